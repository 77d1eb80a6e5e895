"""All SQL of evaluations."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, visible_to
from perenne.hub.evaluation.tables import EvaluationRow, EvaluationSliceRow
from perenne.hub.sites import LineRow, ProductRow, SiteRow


def evaluation_by_id(session: Session, actor: Actor, evaluation_id: str) -> EvaluationRow | None:
    wanted = select(EvaluationRow).where(*visible_to(actor, EvaluationRow), EvaluationRow.id == evaluation_id)
    return session.scalar(wanted)


def evaluation_of(
    session: Session, actor: Actor, *, model_version_id: str, dataset_version_id: str, split: str
) -> EvaluationRow | None:
    wanted = select(EvaluationRow).where(
        *visible_to(actor, EvaluationRow),
        EvaluationRow.model_version_id == model_version_id,
        EvaluationRow.dataset_version_id == dataset_version_id,
        EvaluationRow.split == split,
    )
    return session.scalar(wanted)


def evaluations_before(
    session: Session,
    actor: Actor,
    *,
    before_id: str | None,
    limit: int,
    model_version_id: str | None = None,
    dataset_version_id: str | None = None,
) -> Sequence[EvaluationRow]:
    """Return evaluations, newest first: their ids grow with time."""
    wanted = select(EvaluationRow).where(*visible_to(actor, EvaluationRow))
    if before_id is not None:
        wanted = wanted.where(EvaluationRow.id < before_id)
    if model_version_id is not None:
        wanted = wanted.where(EvaluationRow.model_version_id == model_version_id)
    if dataset_version_id is not None:
        wanted = wanted.where(EvaluationRow.dataset_version_id == dataset_version_id)
    return session.scalars(wanted.order_by(EvaluationRow.id.desc()).limit(limit)).all()


def slices_of_evaluations(
    session: Session, actor: Actor, evaluation_ids: Sequence[str], *, kinds: Sequence[str] | None = None
) -> Sequence[EvaluationSliceRow]:
    """Return the slices that the actor may see: a limited one sees those that lie in its sites."""
    wanted = select(EvaluationSliceRow).where(
        *visible_to(actor, EvaluationSliceRow), EvaluationSliceRow.evaluation_id.in_(evaluation_ids)
    )
    if kinds is not None:
        wanted = wanted.where(EvaluationSliceRow.kind.in_(kinds))
    return session.scalars(wanted.order_by(EvaluationSliceRow.kind, EvaluationSliceRow.key)).all()


def remove_slices(session: Session, actor: Actor, evaluation_id: str) -> None:
    session.execute(
        delete(EvaluationSliceRow).where(
            *visible_to(actor, EvaluationSliceRow), EvaluationSliceRow.evaluation_id == evaluation_id
        )
    )


def names_of_places(session: Session, actor: Actor) -> dict[str, str]:
    """Return the slug of every visible site, line and product by its id."""
    names: dict[str, str] = {}
    for table in (SiteRow, LineRow, ProductRow):
        for key, slug in session.execute(select(table.id, table.slug).where(*visible_to(actor, table))):
            names[key] = slug
    return names


def line_ids(session: Session, actor: Actor) -> dict[tuple[str, str], str]:
    """Return the id of every visible line by site id and slug."""
    wanted = select(LineRow.site_id, LineRow.slug, LineRow.id).where(*visible_to(actor, LineRow))
    return {(site_id, slug): line_id for site_id, slug, line_id in session.execute(wanted)}
