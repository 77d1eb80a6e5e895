"""All SQL of evaluations."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session, load_only

from perenne.hub.accounts import Actor, visible_to
from perenne.hub.datasets import DatasetItemRow, DatasetRow, DatasetVersionRow
from perenne.hub.evaluation.tables import EvaluationRow, EvaluationSliceRow
from perenne.hub.images import ImageRow, ImageSignalRow, in_portions
from perenne.hub.models import ModelVersionRow
from perenne.hub.predictions import PredictionRow
from perenne.hub.sites import LineRow, ProductRow, SiteRow, StationRow


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


def newest_evaluation(session: Session, actor: Actor, *, model_version_id: str) -> EvaluationRow | None:
    """Return the last finished evaluation on images that the model was not trained on."""
    wanted = select(EvaluationRow).where(
        *visible_to(actor, EvaluationRow),
        EvaluationRow.model_version_id == model_version_id,
        EvaluationRow.state == "succeeded",
        EvaluationRow.split != "train",
    )
    return session.scalar(wanted.order_by(EvaluationRow.finished_at.desc(), EvaluationRow.id.desc()).limit(1))


def places_of_images(
    session: Session, actor: Actor, image_ids: Sequence[str]
) -> dict[str, tuple[str | None, str | None]]:
    """Return (station slug, lot) of each image."""
    found: dict[str, tuple[str | None, str | None]] = {}
    for portion in in_portions(image_ids):
        wanted = (
            select(ImageRow.id, StationRow.slug, ImageRow.batch_id)
            .outerjoin(StationRow, StationRow.id == ImageRow.station_id)
            .where(*visible_to(actor, ImageRow), ImageRow.id.in_(portion))
        )
        found.update({key: (station, lot) for key, station, lot in session.execute(wanted)})
    return found


def extents_of_images(session: Session, actor: Actor, image_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return width and height of each image."""
    found: dict[str, tuple[int, int]] = {}
    for portion in in_portions(image_ids):
        wanted = select(ImageRow.id, ImageRow.width, ImageRow.height).where(
            *visible_to(actor, ImageRow), ImageRow.id.in_(portion)
        )
        found.update({key: (width, height) for key, width, height in session.execute(wanted)})
    return found


def signals_of_images(session: Session, actor: Actor, image_ids: Sequence[str]) -> dict[str, str | None]:
    """Return the signals of each image that was measured, as JSON text."""
    found: dict[str, str | None] = {}
    for portion in in_portions(image_ids):
        wanted = select(ImageSignalRow.image_id, ImageSignalRow.signals).where(
            *visible_to(actor, ImageSignalRow), ImageSignalRow.image_id.in_(portion)
        )
        for key, signals in session.execute(wanted):
            found[key] = signals
    return found


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


def site_slices(
    session: Session,
    actor: Actor,
    *,
    site_id: str | None = None,
    latest: int | None = None,
    model_ids: Iterable[str] = (),
) -> Sequence[Any]:
    """Return (slice, evaluation, model, dataset slug, its number) of finished evaluations, in time order.

    With `latest` only so many of each site, and those of the model versions in `model_ids`. What a model
    says of the images that it was trained on is left out.
    """
    newest_first = (EvaluationRow.finished_at.desc(), EvaluationRow.id.desc())
    rank = func.row_number().over(partition_by=EvaluationSliceRow.site_id, order_by=newest_first)
    ranked = (
        select(EvaluationSliceRow.id, rank.label("rank"))
        .join(EvaluationRow, EvaluationRow.id == EvaluationSliceRow.evaluation_id)
        .where(
            *visible_to(actor, EvaluationSliceRow),
            EvaluationSliceRow.kind == "site",
            EvaluationRow.state == "succeeded",
            EvaluationRow.split != "train",
        )
    )
    if site_id is not None:
        ranked = ranked.where(EvaluationSliceRow.site_id == site_id)
    kept = ranked.subquery()
    query = (
        select(EvaluationSliceRow, EvaluationRow, ModelVersionRow, DatasetRow.slug, DatasetVersionRow.number)
        .join(kept, kept.c.id == EvaluationSliceRow.id)
        .join(EvaluationRow, EvaluationRow.id == EvaluationSliceRow.evaluation_id)
        .join(ModelVersionRow, ModelVersionRow.id == EvaluationRow.model_version_id)
        .join(DatasetVersionRow, DatasetVersionRow.id == EvaluationRow.dataset_version_id)
        .join(DatasetRow, DatasetRow.id == DatasetVersionRow.dataset_id)
        .options(
            load_only(
                EvaluationRow.model_version_id,
                EvaluationRow.split,
                EvaluationRow.problem,
                EvaluationRow.acceptance,
                EvaluationRow.finished_at,
            ),
            load_only(ModelVersionRow.name, ModelVersionRow.number),
        )
        .order_by(EvaluationRow.finished_at, EvaluationRow.id)
    )
    if latest is not None:
        wanted = EvaluationRow.model_version_id.in_(sorted(model_ids))
        query = query.where(or_(kept.c.rank <= latest, wanted))
    return session.execute(query).all()


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


def versions_with_image(session: Session, actor: Actor, *, image_id: str) -> Sequence[Any]:
    """Return (item, version, dataset) of every frozen version that holds an image, newest first."""
    wanted = (
        select(DatasetItemRow, DatasetVersionRow, DatasetRow)
        .join(DatasetVersionRow, DatasetVersionRow.id == DatasetItemRow.version_id)
        .join(DatasetRow, DatasetRow.id == DatasetVersionRow.dataset_id)
        .where(*visible_to(actor, DatasetItemRow), DatasetItemRow.image_id == image_id)
    )
    return session.execute(wanted.order_by(DatasetVersionRow.id.desc())).all()


def models_of_versions(
    session: Session, actor: Actor, version_ids: Iterable[str]
) -> Sequence[ModelVersionRow]:
    """Return the model versions that came from these dataset versions, newest first."""
    mine = visible_to(actor, ModelVersionRow)
    wanted = select(ModelVersionRow).where(*mine, ModelVersionRow.dataset_version_id.in_(sorted(version_ids)))
    return session.scalars(wanted.order_by(ModelVersionRow.id.desc())).all()


def models_evaluated_on(session: Session, actor: Actor, version_ids: Iterable[str]) -> Sequence[Any]:
    """Return (model version, dataset version id, split) of finished evaluations on these, newest first."""
    wanted = (
        select(ModelVersionRow, EvaluationRow.dataset_version_id, EvaluationRow.split)
        .join(EvaluationRow, EvaluationRow.model_version_id == ModelVersionRow.id)
        .where(
            *visible_to(actor, EvaluationRow),
            EvaluationRow.state == "succeeded",
            EvaluationRow.dataset_version_id.in_(sorted(version_ids)),
        )
    )
    return session.execute(wanted.order_by(EvaluationRow.id.desc())).all()


def models_that_predicted(session: Session, actor: Actor, *, image_id: str) -> Sequence[ModelVersionRow]:
    """Return the model versions that said something of an image, newest first."""
    said = select(PredictionRow.model_version_id).where(
        *visible_to(actor, PredictionRow), PredictionRow.image_id == image_id
    )
    wanted = select(ModelVersionRow).where(*visible_to(actor, ModelVersionRow), ModelVersionRow.id.in_(said))
    return session.scalars(wanted.order_by(ModelVersionRow.id.desc())).all()


def evaluations_of_model(session: Session, actor: Actor, *, model_id: str) -> Sequence[Any]:
    """Return (evaluation, dataset slug, dataset number) of a model version's finished ones, newest first."""
    wanted = (
        select(EvaluationRow, DatasetRow.slug, DatasetVersionRow.number)
        .join(DatasetVersionRow, DatasetVersionRow.id == EvaluationRow.dataset_version_id)
        .join(DatasetRow, DatasetRow.id == DatasetVersionRow.dataset_id)
        .where(
            *visible_to(actor, EvaluationRow),
            EvaluationRow.model_version_id == model_id,
            EvaluationRow.state == "succeeded",
        )
    )
    return session.execute(wanted.order_by(EvaluationRow.finished_at.desc(), EvaluationRow.id)).all()
