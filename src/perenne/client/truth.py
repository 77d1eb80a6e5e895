"""Ground truth given from outside, in bulk, early or late.

Owns the calls and the cutting into batches. Refuses to stop at one bad item: each gets its own answer.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from perenne.client.transport import Transport
from perenne.wire.base import Listing
from perenne.wire.performance import LabelStream
from perenne.wire.truth import Truth, TruthAnswer, TruthAnswers, TruthItem, TruthNew, TruthSource

BATCH = 2000


@dataclass
class TruthReport:
    """What became of the pushed truths, counted; the refused ones in full."""

    accepted: int = 0
    unchanged: int = 0
    pending: int = 0
    outdated: int = 0
    refused: list[TruthAnswer] = field(default_factory=list)


class Truths:
    """Calls about ground truth."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def push(
        self,
        items: Iterable[TruthItem],
        *,
        schema: str,
        source: TruthSource = "api",
        stream: LabelStream = "unknown",
        inclusion_probability: float | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> TruthReport:
        """Send truths of one schema and return what became of them. Sending again changes nothing.

        `stream` tells how the images were chosen: only "audit" (drawn at random, each image with
        `inclusion_probability`) and "seeded" (known parts run again) measure a model.
        """
        report = TruthReport()
        rest = iter(items)
        sent = 0
        while batch := list(islice(rest, BATCH)):
            body = TruthNew(
                label_schema=schema,
                source=source,
                stream=stream,
                inclusion_probability=inclusion_probability,
                items=batch,
            )
            answer: TruthAnswers = self._transport.post(
                "/ground-truth", TruthAnswers, body=body, repeatable=True, timeout_s=300.0
            )
            report.accepted += answer.accepted
            report.unchanged += answer.unchanged
            report.pending += answer.pending
            report.outdated += answer.outdated
            report.refused += [
                item.model_copy(update={"index": sent + item.index}) for item in answer.items if item.refusal
            ]
            sent += len(batch)
            if progress:
                progress(len(batch))
        return report

    def list(self, **filters: Any) -> Iterator[Truth]:
        """Yield truths that stand, newest first; with `standing=False` those superseded too."""
        for page in self._transport.pages("/ground-truth", Listing[Truth], **filters):
            yield from page.items
