"""A span of time of one context beside its reference, or beside another span.

Owns which images are compared and what is said when they are too few. Refuses to alarm, to keep what it
found, and to compare images with a reference that was made from them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from perenne.hub.accounts import Actor
from perenne.hub.monitoring import queries, service, stream
from perenne.hub.monitoring.errors import WindowTimes
from perenne.hub.monitoring.tables import WatchContextRow
from perenne.hub.monitoring.ticking import see
from perenne.kit.saying import Said, to_code
from perenne.monitoring.effects import ChannelEffectValue
from perenne.monitoring.reference import Reference, Unit
from perenne.monitoring.window import (
    MIN_UNITS,
    MOST_IMAGES,
    Comparison,
    Numbers,
    Sample,
    compare_samples,
    number_units,
    thin_evenly,
)
from perenne.wire import monitoring as wire
from perenne.wire.base import Said as Coded

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

DAY = timedelta(days=1)
MOST_READ = 100_000
"""Of a longer span the newest images are taken, so that an answer never takes long."""
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class _Side:
    """A span as it was read: the predictions that may be compared, and the unit of each (-1: of none)."""

    span: Span
    n_in_span: int
    rows: Sequence[Any]
    units_N: Numbers

    def tell(self, kept: NDArray[np.intp]) -> wire.WindowSide:
        return wire.WindowSide(
            since=self.span[0],
            until=self.span[1],
            n_in_span=self.n_in_span,
            n_left_out=self.n_in_span - len(self.rows),
            n_images=len(kept),
            n_units=_count_units(self.units_N[kept]),
        )


def compare_window(
    session: "Session",
    actor: Actor,
    *,
    context_id: str,
    span: Span,
    against: tuple[datetime | None, datetime | None],
) -> wire.WindowComparison:
    """Return how the images of a span differ from the reference or from another span; at most 1,000 a side.

    The same images give the same answer. Raises: NotFound, WindowTimes.
    """
    context = service.get_context(session, actor, context_id)
    other_span = _check_spans(span, against)
    reference = _reference_of(session, actor, context)
    if reference is None:
        return _without_reference(context, span, against=other_span)
    window = _read_side(session, actor, context, reference, span)
    if other_span is None:
        other = None
        units_N = reference.groups_N
        kept_other, kept = thin_evenly((units_N, window.units_N))
        told_other = _tell_reference(reference, kept_other)
    else:
        other = _read_side(session, actor, context, reference, other_span)
        units_N = other.units_N
        kept_other, kept = thin_evenly((units_N, window.units_N))
        told_other = other.tell(kept_other)
    frame = _answer(context, reference.unit, window.tell(kept), told_other, against=other_span)
    if min(_count_units(units_N), _count_units(window.units_N)) < MIN_UNITS:
        return frame.model_copy(update=_say("why", _why_too_few(frame)))
    found = compare_samples(
        Sample.of_reference(reference).take(kept_other)
        if other is None
        else _sample(session, actor, reference, other, kept_other),
        _sample(session, actor, reference, window, kept),
    )
    return frame.model_copy(update=_tell_found(found))


def _check_spans(span: Span, against: tuple[datetime | None, datetime | None]) -> Span | None:
    since, until = against
    if (since is None) != (until is None):
        raise WindowTimes(
            "The span to compare with has only one end.",
            remedy="Give both `against_since` and `against_until`, or neither for the reference.",
        )
    other = None if since is None or until is None else (since, until)
    for one in (span, *([other] if other else [])):
        if one[0] >= one[1]:
            raise WindowTimes(
                f"The span from {one[0]:%Y-%m-%d %H:%M} to {one[1]:%Y-%m-%d %H:%M} ends before it begins.",
                remedy="Exchange `since` and `until`.",
            )
    if other and other[0] < span[1] and span[0] < other[1]:
        raise WindowTimes(
            f"Both spans overlap: the one to compare with is {other[0]:%Y-%m-%d %H:%M} to "
            f"{other[1]:%Y-%m-%d %H:%M}. An image cannot stand on both sides.",
            remedy="Choose spans apart from each other.",
        )
    return other


def _reference_of(session: "Session", actor: Actor, context: WatchContextRow) -> Reference | None:
    if context.reference_id is None:
        return None
    row = stream.reference_with_data(session, actor, context.reference_id)
    return None if row is None or row.data is None else Reference.from_npz(row.data)


def _read_side(
    session: "Session", actor: Actor, context: WatchContextRow, reference: Reference, span: Span
) -> _Side:
    """Return the predictions of a span, those left out that the reference or a golden part accounts for.

    The reference's embeddings fit its own frame: its images lie closer than any later one, on either side.
    """
    rows = stream.lots_between(session, actor, context, since=span[0], until=span[1], limit=MOST_READ)
    golden = queries.golden_part_ids(session, actor)
    apart = [
        row
        for row in rows
        if not reference.since <= row.at <= reference.until
        and (context.station_id, row.part_id) not in golden
    ]
    return _Side(span, len(rows), apart, number_units([row.lot for row in apart], reference.unit))


def _sample(
    session: "Session", actor: Actor, reference: Reference, side: _Side, kept: NDArray[np.intp]
) -> Sample:
    chosen = [side.rows[place].id for place in kept]
    by_id = {row.id: see(row).record for row in stream.predictions_among(session, actor, chosen)}
    return Sample.of_records(reference, [by_id[one] for one in chosen], groups_N=side.units_N[kept])


def _count_units(units_N: Numbers) -> int:
    return len(np.unique(units_N[units_N >= 0]))


def _tell_reference(reference: Reference, kept: NDArray[np.intp]) -> wire.WindowSide:
    return wire.WindowSide(
        since=reference.since,
        until=reference.until,
        n_in_span=reference.n_images,
        n_left_out=reference.n_images - len(reference.image_ids),
        n_images=len(kept),
        n_units=_count_units(reference.groups_N[kept]),
    )


def _answer(
    context: WatchContextRow,
    unit: Unit | None,
    window: wire.WindowSide,
    other: wire.WindowSide | None,
    *,
    against: Span | None,
) -> wire.WindowComparison:
    """Return the answer while nothing is computed."""
    length = unit.length if unit else None
    return wire.WindowComparison(
        context_id=context.id,
        against="span" if against else "reference",
        state="too_few",
        unit=unit.kind if unit else None,
        unit_images=length,
        needed_units=MIN_UNITS,
        needed_images=MIN_UNITS * length if length else None,
        most_images=MOST_IMAGES,
        window=window,
        other=other,
    )


def _without_reference(
    context: WatchContextRow, span: Span, *, against: Span | None
) -> wire.WindowComparison:
    nothing = wire.WindowSide(since=span[0], until=span[1], n_in_span=0, n_left_out=0, n_images=0, n_units=0)
    why = Said(
        f"There is no reference yet, so that no unit and no frame is known to compare in: "
        f"{context.n_images} of {context.n_needed} images are collected.",
        code="window.no_reference",
        got=context.n_images,
        needed=context.n_needed,
    )
    return _answer(context, None, nothing, None, against=against).model_copy(update=_say("why", why))


def _say(name: str, said: Said) -> dict[str, Any]:
    """Return the two fields of a sentence."""
    return {name: str(said), f"{name}_said": Coded.of(to_code(said))}


def _why_too_few(frame: wire.WindowComparison) -> Said:
    assert frame.other is not None and frame.unit is not None
    of = f" of {frame.unit_images} images" if frame.unit == "block" else ""
    sides = [("the window", frame.window), ("the other side", frame.other)]
    name, side = min(sides, key=lambda one: one[1].n_units)
    own = side is frame.window or frame.against == "span"
    left_out = (
        f" ({side.n_left_out} images of the span belong to the reference or to a golden part)"
        if own and side.n_left_out
        else ""
    )
    return Said(
        f"Too few to compare: {name} has {side.n_units} {frame.unit}s{of}{left_out}, and {MIN_UNITS} are "
        f"needed a side. Choose a longer span.",
        code="window.few_kept" if left_out else "window.few",
        side="window" if side is frame.window else "other",
        got=side.n_units,
        unit=f"{frame.unit}s",
        left_out=side.n_left_out,
        needed=MIN_UNITS,
    )


def _tell_found(found: Comparison) -> dict[str, Any]:
    """Return the fields that a comparison fills in."""
    apart, mmd = found.told_apart, found.discrepancy
    return {
        "state": "compared",
        "discrepancy": wire.Discrepancy(
            mmd=mmd.mmd,
            usual_low=mmd.typical[0],
            usual_high=mmd.typical[1],
            p_value=mmd.p_value,
            n_permutations=mmd.n_permutations,
        ),
        "told_apart": wire.ToldApart(auc=apart.auc, auc_low=apart.low, auc_high=apart.high),
        "effects": [_tell_effect(one) for one in found.effects if one.n_window and one.n_reference],
        "typical_images": list(found.typical),
        "other_images": list(found.unlike),
        **_say("caution", caution_for(len(found.effects))),
    }


def _tell_effect(one: ChannelEffectValue) -> wire.ChannelDifference:
    return wire.ChannelDifference(
        channel=one.channel,
        group=one.group,
        auc=one.auc,
        auc_low=one.auc_low,
        auc_high=one.auc_high,
        shift=one.shift if math.isfinite(one.shift) else None,
        n_reference=one.n_reference,
        n_window=one.n_window,
    )


def caution_for(n_channels: int) -> Said:
    """Return what to keep in mind beside the numbers.

    >>> caution_for(40).split(". ")[0]
    'This comparison alarms nobody'
    """
    by_chance = max(1, round(0.05 * n_channels))
    return Said(
        "This comparison alarms nobody. A p-value says only that a difference is there: with many images the "
        "smallest one is, and who looks every day finds one by chance. How far and in what the images differ "
        f"counts; of {n_channels} signals about {by_chance} leave out 0.5 by chance. Whether something "
        "changed is the watch's word, which promises how often it is wrong.",
        code="window.caution",
        channels=n_channels,
        by_chance=by_chance,
    )
