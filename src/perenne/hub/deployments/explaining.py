"""Why a model answered so: the part of the image that decided, and images that looked alike to it.

Owns the computing of a sensitivity on demand and the search for neighbours. Refuses to keep a database
transaction while a model computes, and to compare what two models saw.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor
from perenne.hub.deployments.errors import ReferenceMissing
from perenne.hub.deployments.loaded import loaded_models
from perenne.hub.images import ImageRow, get_image, get_images, image_bytes, reference_of
from perenne.hub.infra.services import Hub
from perenne.hub.models import ModelVersionRow, get_model_version
from perenne.hub.predictions import embeddings_of_model
from perenne.hub.review import truths_of_image
from perenne.kit.errors import NotFound
from perenne.quality.decoding import decode_upright
from perenne.wire.models import ModelReference
from perenne.wire.performance import Neighbour, Sensitivity

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEIGHBOURS = 8
COMPARED = 5000


@dataclass(frozen=True)
class _Asked:
    """The image, the version that explains it, and the image that it compares with."""

    image: ImageRow
    model: ModelVersionRow
    reference: ImageRow | None


def explain_answer(hub: Hub, actor: Actor, *, image: str, model: str | None) -> Sensitivity:
    """Return which part of an image decided; of the version that answered last unless `model` names one.

    Up to 85 inferences. Raises: NotFound, ReferenceMissing, ModelUnusable, ImageRefused.
    """
    from perenne.runtime.sensitivity import explain_by_occlusion

    with hub.database.reading() as session:
        asked = _look_up(session, actor, image=image, model=model)
    loaded = loaded_models(hub).get(
        organisation_id=actor.organisation_id, artefact_sha256=asked.model.artefact_sha256
    )
    name = f"{asked.model.name}:{asked.model.number}"
    if loaded.needs_reference and asked.reference is None:
        raise ReferenceMissing(
            f"Model {name} compares with a defect-free image, and image {asked.image.id} has none.",
            remedy="Set the station's reference image.",
        )
    beside = _pixels(hub, asked.reference) if loaded.needs_reference and asked.reference else None
    with loaded_models(hub).turn():
        found = explain_by_occlusion(loaded, _pixels(hub, asked.image), reference_HWC=beside)
    columns = found.grid_RC.shape[1]
    return Sensitivity(
        image_id=asked.image.id,
        model=ModelReference(id=asked.model.id, name=asked.model.name, number=asked.model.number),
        answer=found.answer,
        score=found.score,
        grid=[[round(float(fall), 5) for fall in row] for row in found.grid_RC],
        flat=found.is_flat,
        patch_px=round(asked.image.width / columns, 2),
        ms=round(found.ms, 1),
    )


def nearest_images(
    session: Session, actor: Actor, *, image: str, model: str | None, limit: int = NEIGHBOURS
) -> list[Neighbour]:
    """Return the images that looked most alike to the model, of its latest answers, the nearest first.

    Empty where the model's answer to the image was kept without its embedding. Raises: NotFound.
    """
    import numpy as np

    from perenne.runtime.projection import unpack_embedding

    asked = _look_up(session, actor, image=image, model=model)
    own = embeddings_of_model(session, actor, model_id=asked.model.id, image_id=asked.image.id, limit=1)
    if not own:
        return []
    others: dict[str, Any] = {}
    for image_id, packed in embeddings_of_model(session, actor, model_id=asked.model.id, limit=COMPARED):
        if image_id != asked.image.id:
            others.setdefault(image_id, unpack_embedding(packed))
    if not others:
        return []
    ids = list(others)
    steps_N64 = np.stack([others[i] for i in ids]) - unpack_embedding(own[0][1])
    distances = np.sqrt((steps_N64.astype(np.float64) ** 2).sum(1))
    nearest = np.lexsort((np.array(ids), distances))[:limit].tolist()
    rows = get_images(session, actor, [ids[i] for i in nearest])
    return [
        Neighbour(
            image_id=ids[i],
            distance=round(float(distances[i]), 5),
            truth=_truth_in_words(session, actor, rows[ids[i]]),
        )
        for i in nearest
        if ids[i] in rows
    ]


def _look_up(session: Session, actor: Actor, *, image: str, model: str | None) -> _Asked:
    row = get_image(session, actor, image)
    name = model or row.last_model_id
    if name is None:
        raise NotFound(
            f"No model version has answered image {row.id} yet.",
            remedy="Name a version with `model`, or inspect the image first.",
        )
    reference_id = reference_of(session, actor, row)
    reference = get_image(session, actor, reference_id) if reference_id else None
    return _Asked(row, get_model_version(session, actor, name), reference)


def _truth_in_words(session: Session, actor: Actor, row: ImageRow) -> str | None:
    """Return what the truth given last says: the class, the value, or the classes of the boxes."""
    truths = truths_of_image(session, actor, row) if row.has_truth else []
    if not truths:
        return None
    target = truths[0].target
    if "boxes" in target:
        return ", ".join(sorted({str(box["class"]) for box in target["boxes"]}))
    return str(target.get("class", target.get("value")))


def _pixels(hub: Hub, row: ImageRow) -> "NDArray[Any]":
    return decode_upright(image_bytes(hub, row), max_pixels=hub.settings.max_megapixels * 1_000_000)
