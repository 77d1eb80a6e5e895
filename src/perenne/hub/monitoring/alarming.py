"""From a step of the engine to an alarm with its evidence.

Owns which detector alarms, once each until a person closes, and what is kept of the moment: since when, which
channels, how far, typical images. Refuses to raise the same alarm twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from perenne.hub.monitoring.rules import log_threshold, unseen_values
from perenne.hub.monitoring.watcher import Seen, Watcher
from perenne.monitoring.channels import describe_channel
from perenne.monitoring.effects import effects, typical
from perenne.monitoring.monitor import FROZEN_AFTER, Step
from perenne.monitoring.record import ImageRecord

FROZEN_CHANNEL = "acquisition.frozen"
SHOWN = 6


@dataclass(frozen=True)
class AlarmDraft:
    """An alarm before it has an incident."""

    context_id: str
    site_id: str
    detector: str
    prediction_id: str
    number: int
    raised_at: datetime
    onset_at: datetime
    onset_image_id: str
    delay_images: int
    log_evidence: float | None
    log_threshold: float | None
    shares: dict[str, float]
    effects: list[dict[str, Any]]
    new_values: dict[str, str]
    typical_images: list[str]
    reference_images: list[str]
    main_channel: str
    main_group: str


def draft_alarms(
    step: Step,
    *,
    watcher: Watcher,
    seen: Seen,
    alarmed: set[str],
    told: dict[str, list[str]],
    context_id: str,
    site_id: str,
) -> list[AlarmDraft]:
    """Return the alarms that this step raises; `alarmed` and `told` then know of them."""
    found = []
    place = {"context_id": context_id, "site_id": site_id, "prediction_id": seen.prediction_id}
    place["raised_at"] = seen.record.at  # type: ignore[assignment]
    place["number"] = watcher.number  # type: ignore[assignment]
    new = unseen_values(step.new_values, told=told)
    if new:
        for name, value in new.items():
            told.setdefault(name, []).append(value)
        alarmed.add("fingerprint")
        first = min(new)
        found.append(
            _draft(
                place,
                detector="fingerprint",
                records=[seen.record],
                watcher=watcher,
                delay=0,
                shares={},
                main=(f"fingerprint.{first}", "fingerprint"),
                new_values=new,
            )
        )
    if step.frozen and "frozen" not in alarmed:
        alarmed.add("frozen")
        records = [one.record for one in list(watcher.window)[-FROZEN_AFTER:]]
        found.append(
            _draft(
                place,
                detector="frozen",
                records=records,
                watcher=watcher,
                delay=len(records),
                shares={},
                main=(FROZEN_CHANNEL, "acquisition"),
            )
        )
    for detector, reading in (("growing", step.growing), ("anchored", step.anchored)):
        if not reading.alarm or detector in alarmed:
            continue
        alarmed.add(detector)
        channel = max(sorted(step.shares), key=lambda name: step.shares[name])
        onset = step.onset
        records = watcher.since(onset.image_id if onset else None)
        found.append(
            _draft(
                place,
                detector=detector,
                records=records,
                watcher=watcher,
                delay=onset.n_images if onset else len(records),
                shares=step.shares,
                main=(channel, describe_channel(channel).group),
                evidence=(reading.log_evidence, log_threshold(reading.run_length)),
                onset=(onset.image_id, onset.at) if onset else None,
            )
        )
    return found


def _draft(
    place: dict[str, Any],
    *,
    detector: str,
    records: Sequence[ImageRecord],
    watcher: Watcher,
    delay: int,
    shares: dict[str, float],
    main: tuple[str, str],
    evidence: tuple[float | None, float | None] = (None, None),
    onset: tuple[str, datetime] | None = None,
    new_values: dict[str, str] | None = None,
) -> AlarmDraft:
    assert watcher.monitor is not None
    reference = watcher.monitor.reference
    shown = typical(reference, records, k=SHOWN)
    began = onset or (records[0].image_id, records[0].at)
    return AlarmDraft(
        **place,
        detector=detector,
        onset_image_id=began[0],
        onset_at=began[1],
        delay_images=delay,
        log_evidence=evidence[0],
        log_threshold=evidence[1],
        shares={name: round(share, 6) for name, share in shares.items()},
        effects=tell_effects(watcher, records, shares=shares),
        new_values=new_values or {},
        typical_images=list(shown.window),
        reference_images=list(shown.reference),
        main_channel=main[0],
        main_group=main[1],
    )


def tell_effects(
    watcher: Watcher, records: Sequence[ImageRecord], *, shares: dict[str, float]
) -> list[dict[str, Any]]:
    """Return how far each channel moved, the largest share of the evidence first; of one image nothing."""
    assert watcher.monitor is not None
    if len(records) < 2:
        return []
    found = [
        {
            "channel": one.channel,
            "group": one.group,
            "share": round(shares.get(one.channel, 0.0), 6),
            "auc": round(one.auc, 6),
            "auc_low": round(min(one.auc, one.auc_low), 6),
            "auc_high": round(max(one.auc, one.auc_high), 6),
            "shift": round(one.shift, 6),
            "n_reference": one.n_reference,
            "n_window": one.n_window,
        }
        for one in effects(watcher.monitor.reference, records)
        if one.n_window and one.auc == one.auc and one.shift == one.shift
    ]
    return sorted(found, key=lambda one: (-one["share"], -abs(one["auc"] - 0.5), one["channel"]))
