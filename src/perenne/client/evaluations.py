"""Evaluations: how good a model version is on a dataset version, site by site, and against another one.

Owns the calls. Refuses numbers without interval: they come as the hub computed them.
"""

from collections.abc import Callable, Iterator
from typing import Any

from perenne.client.transport import Transport
from perenne.client.waiting import wait_until
from perenne.wire.base import Listing
from perenne.wire.evaluation import (
    Evaluation,
    EvaluationComparison,
    EvaluationCurves,
    EvaluationItem,
    EvaluationRequest,
    EvaluationSlice,
    EvaluationSplit,
)
from perenne.wire.performance import LabelSuspicions, SliceReport

FINAL_STATES = ("succeeded", "failed")


class Evaluations:
    """Calls about evaluations."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def run(
        self, model_version: str, dataset_version: str, *, split: EvaluationSplit = "test", reason: str = ""
    ) -> Evaluation:
        """Start an evaluation (or return the one that exists for the same question)."""
        body = EvaluationRequest(
            model_version=model_version, dataset_version=dataset_version, split=split, reason=reason
        )
        return self._transport.post("/evaluations", Evaluation, body=body, repeatable=True)

    def list(self, **filters: Any) -> Iterator[Evaluation]:
        """Yield evaluations, newest first."""
        for page in self._transport.pages("/evaluations", Listing[Evaluation], **filters):
            yield from page.items

    def get(self, evaluation: str) -> Evaluation:
        """Return one evaluation."""
        return self._transport.get(f"/evaluations/{evaluation}", Evaluation)

    def wait(
        self,
        evaluation: str,
        *,
        progress: Callable[[Evaluation], None] | None = None,
        timeout_s: float | None = None,
    ) -> Evaluation:
        """Return the evaluation once it has ended, however it ended."""
        return wait_until(
            lambda: self.get(evaluation),
            done=lambda seen: seen.state in FINAL_STATES,
            what=f"Evaluation {evaluation}",
            progress=progress,
            timeout_s=timeout_s,
        )

    def slices(self, evaluation: str, *, kind: str | None = None) -> Iterator[EvaluationSlice]:
        """Yield every slice of an evaluation, worst first within its kind."""
        path = f"/evaluations/{evaluation}/slices"
        for page in self._transport.pages(path, Listing[EvaluationSlice], kind=kind):
            yield from page.items

    def items(self, evaluation: str, **filters: Any) -> Iterator[EvaluationItem]:
        """Yield the evaluated images, the worst first."""
        path = f"/evaluations/{evaluation}/items"
        for page in self._transport.pages(path, Listing[EvaluationItem], **filters):
            yield from page.items

    def curves(self, evaluation: str, *, site: str | None = None) -> EvaluationCurves:
        """Return the curves of all visible sites, or of one."""
        query = {} if site is None else {"site": site}
        return self._transport.get(f"/evaluations/{evaluation}/curves", EvaluationCurves, params=query)

    def compare(self, champion: str, challenger: str) -> EvaluationComparison:
        """Return challenger minus champion on the same images, per site, with paired intervals."""
        return self._transport.get(f"/evaluations/{champion}/compare/{challenger}", EvaluationComparison)

    def error_slices(self, model: str, *, site: str | None = None) -> SliceReport:
        """Return where a model version's newest evaluation lost most, the surest loss first."""
        params = {"site": site} if site else {}
        return self._transport.get(f"/models/{model}/slices", SliceReport, params=params)

    def label_suspects(self, dataset_version: str) -> LabelSuspicions:
        """Return the labels of a dataset version that are probably wrong, the surest first."""
        params = {"dataset_version": dataset_version}
        return self._transport.get("/label-suspects", LabelSuspicions, params=params)
