"""Routes of reports: the months of a site, and the report of one."""

from typing import Any

from fastapi import Response

from perenne.hub.accounts.auth import Caller, GuardedRouter
from perenne.hub.performance import catch_up
from perenne.hub.reports import service
from perenne.hub.reports.html import POLICY, write_html
from perenne.hub.reports.pages import compose_report
from perenne.hub.reports.pdf import write_pdf
from perenne.hub.reports.wording import wording_of
from perenne.hub.sites import get_site
from perenne.kit.hashing import sha256_hex
from perenne.wire import reports as wire
from perenne.wire.base import Listing

router = GuardedRouter(tag="reports")
MEDIA_TYPES: dict[wire.ReportFormat, str] = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "json": "application/json",
}
_FILE = {"schema": {"type": "string", "format": "binary"}}
_DOCUMENTED: dict[int | str, dict[str, Any]] = {
    200: {"model": wire.MonthlyReport, "content": {"text/html": _FILE, "application/pdf": _FILE}}
}


@router.get("/sites/{site}/reports", permission="performance:read")
def list_reports(site: str, caller: Caller) -> Listing[wire.ReportMonth]:
    """List the months of which a site has records, the newest first: each has a report."""
    catch_up(caller.hub, caller.actor)
    row = get_site(caller.session, caller.actor, site)
    now = caller.hub.clock.now()
    return Listing(items=service.list_months(caller.session, caller.actor, site=row, now=now))


@router.get(
    "/sites/{site}/reports/{month}",
    permission="performance:read",
    response_model=None,
    responses=_DOCUMENTED,
)
def show_report(
    site: str,
    month: str,
    caller: Caller,
    format: wire.ReportFormat = "html",
    language: wire.ReportLanguage = "en",
) -> Response:
    """Give the report of a site and month (2026-11) as HTML, as PDF, or its data alone as JSON.

    The same records give the same bytes. The hash on its pages, sent as X-Perenne-Data-Sha256 too, is that of
    the JSON; when this copy was made stands in X-Perenne-Made-At.
    """
    catch_up(caller.hub, caller.actor)
    row, now = get_site(caller.session, caller.actor, site), caller.hub.clock.now()
    report = service.gather_month(caller.session, caller.actor, site=row, month=month, now=now)
    data = report.model_dump_json().encode()
    data_sha256 = sha256_hex(data)
    content = data
    if format != "json":
        words = wording_of(language, time_zone=report.time_zone)
        document = compose_report(report, data_sha256=data_sha256, words=words)
        content = write_html(document) if format == "html" else write_pdf(document)
    headers = {
        "Content-Disposition": f'inline; filename="{report.site}-{month}-{language}.{format}"',
        "Content-Security-Policy": POLICY,
        "X-Perenne-Data-Sha256": data_sha256,
        "X-Perenne-Made-At": now.isoformat(timespec="seconds"),
        "Cache-Control": "no-cache",
    }
    return Response(content, media_type=MEDIA_TYPES[format], headers=headers)
