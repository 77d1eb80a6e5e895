"""Where an image has been: in which dataset versions, before which model versions, with which truths.

Owns what an image meets on its way round the loop. Refuses to tell of a sealed test set before somebody
opened it, and what the actor may not read elsewhere.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor
from perenne.hub.datasets import is_open
from perenne.hub.evaluation import queries
from perenne.hub.images import ImageRow
from perenne.hub.models import ModelVersionRow
from perenne.hub.review import truths_of_image
from perenne.wire.evaluation import ImageLineage, LineageDataset, LineageModel, LineageTruth

HOW = {"train": "trained", "val": "validated"}


def lineage_of_image(session: Session, actor: Actor, image: ImageRow) -> ImageLineage:
    """Return where the image has been."""
    placed = [
        (item, version, dataset)
        for item, version, dataset in queries.versions_with_image(session, actor, image_id=image.id)
        if item.split != "test" or is_open(session, actor, version)
    ]
    truths = truths_of_image(session, actor, image) if actor.may("truth:read") else []
    return ImageLineage(
        image_id=image.id,
        datasets=[
            LineageDataset(
                version_id=version.id,
                dataset=dataset.name,
                slug=dataset.slug,
                number=version.number,
                split=item.split,
            )
            for item, version, dataset in placed
        ],
        models=_models(session, actor, image, placed) if actor.may("models:read") else [],
        truths=[LineageTruth(**dict(truth), superseded=truth.superseded_by is not None) for truth in truths],
    )


def _models(session: Session, actor: Actor, image: ImageRow, placed: Sequence[Any]) -> list[LineageModel]:
    split_of = {version.id: item.split for item, version, _ in placed}
    found = [
        _met(model, HOW[split_of[str(model.dataset_version_id)]])
        for model in queries.models_of_versions(session, actor, split_of)
        if split_of[str(model.dataset_version_id)] in HOW
    ]
    if actor.may("evaluations:read"):
        found += [
            _met(model, "evaluated")
            for model, version_id, split in queries.models_evaluated_on(session, actor, split_of)
            if split in ("all", split_of[version_id])
        ]
    if actor.may("predictions:read"):
        said = queries.models_that_predicted(session, actor, image_id=image.id)
        found += [_met(model, "predicted") for model in said]
    return list({(one.id, one.how): one for one in found}.values())


def _met(model: ModelVersionRow, how: str) -> LineageModel:
    return LineageModel.model_validate(
        {"id": model.id, "name": model.name, "number": model.number, "how": how}
    )
