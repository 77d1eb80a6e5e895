"""Monthly reports: which there are, and one of them as HTML, PDF or data.

Owns the calls. Refuses to touch a file before the whole report has come.
"""

from pathlib import Path

from perenne.client.transport import Transport
from perenne.wire.base import Listing
from perenne.wire.reports import MonthlyReport, ReportFormat, ReportLanguage, ReportMonth


class Reports:
    """Calls about reports."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def months(self, site: str) -> list[ReportMonth]:
        """Return the months of which a site has records, the newest first."""
        return self._transport.get(f"/sites/{site}/reports", Listing[ReportMonth]).items

    def fetch(
        self,
        site: str,
        month: str,
        *,
        format: ReportFormat = "html",
        language: ReportLanguage = "en",
        to: Path | None = None,
    ) -> bytes:
        """Return the report of a month such as 2026-11, written to the file `to` as well."""
        given = {"format": format, "language": language}
        content = self._transport.request("GET", f"/sites/{site}/reports/{month}", params=given).content
        if to is not None:
            to.write_bytes(content)
        return content

    def data(self, site: str, month: str) -> MonthlyReport:
        """Return what the report of a month holds."""
        return self._transport.get(f"/sites/{site}/reports/{month}", MonthlyReport, params={"format": "json"})
