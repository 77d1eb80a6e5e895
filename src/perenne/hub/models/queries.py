"""All SQL of model versions."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, visible_to
from perenne.hub.models.tables import ModelVersionRow


def model_by_id(session: Session, actor: Actor, model_id: str) -> ModelVersionRow | None:
    wanted = select(ModelVersionRow).where(
        *visible_to(actor, ModelVersionRow), ModelVersionRow.id == model_id
    )
    return session.scalar(wanted)


def model_by_number(session: Session, actor: Actor, name: str, number: int | None) -> ModelVersionRow | None:
    """Return the version with this number, or the latest one for None."""
    wanted = select(ModelVersionRow).where(*visible_to(actor, ModelVersionRow), ModelVersionRow.name == name)
    if number is not None:
        wanted = wanted.where(ModelVersionRow.number == number)
    return session.scalar(wanted.order_by(ModelVersionRow.number.desc()).limit(1))


def next_number(session: Session, actor: Actor, name: str) -> int:
    wanted = select(func.max(ModelVersionRow.number)).where(
        *visible_to(actor, ModelVersionRow), ModelVersionRow.name == name
    )
    return (session.scalar(wanted) or 0) + 1


def models_before(
    session: Session, actor: Actor, *, name: str | None, before_id: str | None, limit: int
) -> Sequence[ModelVersionRow]:
    wanted = select(ModelVersionRow).where(*visible_to(actor, ModelVersionRow))
    if name is not None:
        wanted = wanted.where(ModelVersionRow.name == name)
    if before_id is not None:
        wanted = wanted.where(ModelVersionRow.id < before_id)
    return session.scalars(wanted.order_by(ModelVersionRow.id.desc()).limit(limit)).all()
