"""The inspection path: an image in; prediction, decision, version and latency out; every answer recorded.

Owns the order of the steps: look up what answers at the station, decode once, predict while the bytes go
to stable storage and the image is measured, decide, record all of it in one transaction. What answered at
the last image is the guess to begin with; the database confirms it while the model computes. Holds no
database lock while a model computes. Refuses to invent: a broken image is refused and counted, never
"unsure"; a sound one that the station's quality gate refuses is recorded as "unsure" with the reasons.
"""

import threading
import time
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perenne.hub.accounts import Actor
from perenne.hub.deployments import service
from perenne.hub.deployments.errors import ModelUnusable, ReferenceMissing
from perenne.hub.deployments.loaded import loaded_models
from perenne.hub.deployments.recording import recorder_of
from perenne.hub.deployments.rules import merge_thresholds
from perenne.hub.deployments.service import Setup
from perenne.hub.images import (
    ImageTooLarge,
    Measured,
    Placed,
    PreparedImage,
    add_image,
    judge_measured,
    measure_pixels,
    prepare_image,
    record_refusal,
    store_image,
    tell_reasons,
)
from perenne.hub.infra.services import Hub
from perenne.hub.predictions import record_prediction, summarise_prediction
from perenne.hub.sites import get_product
from perenne.kit.hashing import sha256_hex
from perenne.kit.ids import new_id
from perenne.problems import PROBLEMS
from perenne.quality.decoding import ImageRefused
from perenne.wire.images import CaptureContext
from perenne.wire.predictions import ImageQuality, Inspection, ModelName

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from perenne.runtime import Model

REFERENCES_KEPT = 32
HELPERS = 8
SETUPS_KEPT = 1000


@dataclass(frozen=True)
class Reference:
    """A defect-free template: its pixels, and either the stored image's id or the bytes to store."""

    pixels_HWC: "NDArray[Any]"
    image_id: str | None = None
    prepared: PreparedImage | None = None


@dataclass(frozen=True)
class Answer:
    """What the model said and what follows from it; `signals` and `embedding` are what is watched of it."""

    target: dict[str, Any]
    decision: str
    thresholds: dict[str, Any]
    signals: dict[str, float]
    embedding: bytes | None


@dataclass(frozen=True)
class Beside:
    """What is done in other threads while the model computes."""

    stored: "Future[str]"
    measured: "Future[Measured]"


class Stopwatch:
    """Milliseconds by step, in the order of the steps."""

    def __init__(self) -> None:
        self._began = self._last = time.perf_counter()
        self.ms: dict[str, float] = {}

    def note(self, step: str) -> None:
        """The time since the last step belongs to `step`."""
        now = time.perf_counter()
        self.ms[step] = round(self.ms.get(step, 0.0) + (now - self._last) * 1000, 3)
        self._last = now

    def total(self) -> float:
        """Return the time since the start."""
        return round((time.perf_counter() - self._began) * 1000, 3)


def inspect_image(
    hub: Hub, actor: Actor, *, data: bytes, reference: bytes | None, context: CaptureContext
) -> Inspection:
    """Return the answer of the station that `context` names, after it has been recorded.

    Raises: NotFound, NothingDeployed, ImageRefused, ImageTooLarge, ReferenceMissing, ModelUnusable.
    """
    watch = Stopwatch()
    setups = _known_setups(hub)
    key = (actor.organisation_id, actor.site_ids, context.site, context.station)
    setup = setups.get(key) or _look_up(hub, actor, context)
    watch.note("prepare")
    prepared = _admit(hub, actor, data, site_id=setup.site_id, name=context.file_name)
    watch.note("decode")
    helpers = _helpers(hub)
    asked = helpers.submit(_look_up, hub, actor, context)
    beside = Beside(
        stored=helpers.submit(hub.blobs.put, data, organisation_id=actor.organisation_id),
        measured=helpers.submit(_measure, hub, actor, setup, prepared),
    )
    try:
        answer, template = _ask_model(hub, actor, setup, prepared, reference, watch)
        setup_now = asked.result()
    except (ModelUnusable, ReferenceMissing):
        setup_now = asked.result()
        if setup_now == setup:
            raise
    if setup_now != setup:  # something was deployed since the last image: the right model answers
        answer, template = _ask_model(hub, actor, setup_now, prepared, reference, watch)
    setups[key] = setup_now
    return _record(hub, actor, setup_now, context, prepared, template, answer, beside, watch)


def _measure(hub: Hub, actor: Actor, setup: Setup, prepared: PreparedImage) -> Measured:
    """Return fingerprint and signals of the image, and what the station's gate says of them."""
    measured = measure_pixels(
        prepared.data, admitted=prepared.admitted, pixels_HWC=_pixels(prepared), grey_HW=prepared.grey_HW
    )
    return judge_measured(hub, actor, measured, station_id=setup.station_id, kind="capture")


def _look_up(hub: Hub, actor: Actor, context: CaptureContext) -> Setup:
    with hub.database.reading() as session:
        return service.find_setup(session, actor, site=context.site, station=str(context.station))


def _known_setups(hub: Hub) -> dict[Any, Setup]:
    """Return what answered at each station last time: a guess, confirmed while the model computes."""
    found: dict[Any, Setup] = hub.shared.setdefault("deployments.setups", {})
    if len(found) > SETUPS_KEPT:
        found.clear()
    return found


def _admit(hub: Hub, actor: Actor, data: bytes, *, site_id: str, name: str | None) -> PreparedImage:
    try:
        return prepare_image(hub, data, keep_pixels=True)
    except (ImageRefused, ImageTooLarge) as error:
        record_refusal(hub, actor, sha256=sha256_hex(data), error=error, site_id=site_id, name=name)
        raise


def _find_reference(
    hub: Hub, actor: Actor, setup: Setup, *, model: "Model", given: bytes | None
) -> Reference | None:
    """Return the template that came with the image, else the station's; None for a model without one."""
    if not model.manifest["input"].get("reference"):
        return None
    if given is not None:
        prepared = _admit(hub, actor, given, site_id=setup.site_id, name="reference")
        return Reference(_pixels(prepared), prepared=prepared)
    if setup.reference_image_id is None or setup.reference_sha256 is None:
        raise ReferenceMissing(
            f"Model {setup.model.name}:{setup.model.number} compares with a defect-free image, and "
            f"station '{setup.station}' of '{setup.site}' has none.",
            remedy="Send one as `reference`, or set the station's reference image.",
        )
    pixels_HWC = _decoded_references(hub).get(hub, actor, setup.reference_sha256)
    return Reference(pixels_HWC, image_id=setup.reference_image_id)


def _ask_model(
    hub: Hub,
    actor: Actor,
    setup: Setup,
    prepared: PreparedImage,
    reference: bytes | None,
    watch: Stopwatch,
) -> tuple[Answer, Reference | None]:
    model = loaded_models(hub).get(
        organisation_id=actor.organisation_id, artefact_sha256=setup.model.artefact_sha256
    )
    template = _find_reference(hub, actor, setup, model=model, given=reference)
    watch.note("reference")
    with loaded_models(hub).turn():
        watch.note("wait")
        predicted = model.predict(
            _pixels(prepared), reference_HWC=None if template is None else template.pixels_HWC
        )
    own = model.manifest.get("thresholds", {})
    classes = list(model.manifest["classes"])
    thresholds = merge_thresholds(
        own, overrides=setup.thresholds, problem=setup.model.problem, classes=classes
    )
    problem = PROBLEMS.get(setup.model.problem)
    decision = problem.decide(predicted.target, thresholds, classes=classes)
    size = (prepared.admitted.width, prepared.admitted.height)
    signals = problem.signals(predicted.target, thresholds=thresholds, classes=classes, size=size)
    answer = Answer(predicted.target.to_json(), decision, thresholds, signals, model.project(predicted))
    watch.note("model")
    watch.ms.update({step: round(float(ms), 3) for step, ms in predicted.timings_ms.items()})
    return answer, template


def _record(
    hub: Hub,
    actor: Actor,
    setup: Setup,
    context: CaptureContext,
    prepared: PreparedImage,
    template: Reference | None,
    answer: Answer,
    beside: Beside,
    watch: Stopwatch,
) -> Inspection:
    now = hub.clock.now()
    prediction_id = new_id("ins")
    measured = beside.measured.result()
    quality = {
        "verdict": measured.judgement.verdict,
        "reasons": tell_reasons(measured.judgement.reasons),
    }
    decision = "unsure" if measured.judgement.verdict == "refused" else answer.decision
    note = summarise_prediction(
        answer.target, thresholds=answer.thresholds, decision=decision, model_version_id=setup.model.id
    )
    beside.stored.result()

    def write(session: "Session") -> tuple[str, str | None]:
        reference_id = _store_template(session, hub, actor, context, template)
        placed = _place(session, actor, setup, context, reference_id=reference_id)
        image = add_image(
            session, hub, actor, prepared=prepared, placed=placed, measured=measured, note=note
        ).image
        assert image is not None
        record_prediction(
            session,
            actor,
            prediction_id=prediction_id,
            site_id=setup.site_id,
            station_id=setup.station_id,
            image_id=image.id,
            reference_image_id=reference_id,
            model_version_id=setup.model.id,
            deployment_id=setup.deployment_id,
            target=answer.target,
            decision=decision,
            thresholds=answer.thresholds,
            latency_ms={**watch.ms, "total": watch.total()},
            at=now,
            quality=quality,
            signals=answer.signals,
            embedding=answer.embedding,
        )
        return image.id, reference_id

    image_id, reference_id = recorder_of(hub).record(write)
    watch.note("record")
    return Inspection(
        id=prediction_id,
        image_id=image_id,
        site_id=setup.site_id,
        station_id=setup.station_id,
        deployment_id=setup.deployment_id,
        model=setup.model,
        prediction=answer.target,
        decision=decision,  # type: ignore[arg-type]
        thresholds={k: v for k, v in answer.thresholds.items() if isinstance(v, int | float | list)},
        reference_image_id=reference_id,
        part_id=context.part_id,
        quality=ImageQuality.model_validate(quality),
        latency_ms={**watch.ms, "total": watch.total()},
        at=now,
    )


def _store_template(
    session: "Session", hub: Hub, actor: Actor, context: CaptureContext, template: Reference | None
) -> str | None:
    """Return the id of the stored template that was compared with."""
    if template is None or template.prepared is None:
        return template.image_id if template is not None else None
    place = CaptureContext(site=context.site, station=context.station, kind="reference")
    image = store_image(session, hub, actor, prepared=template.prepared, context=place).image
    return image.id if image is not None else None


def _place(
    session: "Session", actor: Actor, setup: Setup, context: CaptureContext, *, reference_id: str | None
) -> Placed:
    """Return where the inspected image comes from, in ids; the station is known already."""
    product = context.product and get_product(session, actor, context.product).id
    return Placed(
        kind="capture",
        site_id=setup.site_id,
        line_id=setup.line_id,
        station_id=setup.station_id,
        product_id=product or None,
        captured_at=context.captured_at,
        camera=context.camera,
        part_id=context.part_id,
        batch_id=context.batch_id,
        reference_image_id=reference_id or setup.reference_image_id,
    )


class DecodedReferences:
    """The templates decoded last, so that a station's is not decoded for every piece."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pixels: OrderedDict[tuple[str, str], Any] = OrderedDict()

    def get(self, hub: Hub, actor: Actor, sha256: str) -> "NDArray[Any]":
        """Return the upright pixels of a stored image, checked against its hash at the first use."""
        key = (actor.organisation_id, sha256)
        with self._lock:
            pixels_HWC: NDArray[Any] | None = self._pixels.get(key)
        if pixels_HWC is None:
            data = hub.blobs.get(sha256, organisation_id=actor.organisation_id, verify=True)
            pixels_HWC = _pixels(prepare_image(hub, data, keep_pixels=True))
            with self._lock:
                self._pixels[key] = pixels_HWC
                while len(self._pixels) > REFERENCES_KEPT:
                    self._pixels.popitem(last=False)
        return pixels_HWC


def _pixels(prepared: PreparedImage) -> "NDArray[Any]":
    assert prepared.pixels_HWC is not None  # prepared with keep_pixels
    return prepared.pixels_HWC


def _decoded_references(hub: Hub) -> DecodedReferences:
    found = hub.shared.setdefault("deployments.references", DecodedReferences())
    assert isinstance(found, DecodedReferences)
    return found


def _helpers(hub: Hub) -> ThreadPoolExecutor:
    found = hub.shared.get("deployments.helpers")
    if found is None:
        made = ThreadPoolExecutor(HELPERS, thread_name_prefix="inspection")
        found = hub.shared.setdefault("deployments.helpers", made)
    assert isinstance(found, ThreadPoolExecutor)
    return found


__all__ = ["Inspection", "ModelName", "inspect_image"]
