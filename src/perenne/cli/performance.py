"""`perenne performance`: is every site good enough, how do we know, and how many labels are still owed.

Owns the tables. Refuses a number without its interval, and an estimate where the hub held it back.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from perenne.cli.connection import connect
from perenne.cli.options import AsJson, Limit, Reason
from perenne.cli.style import Column, done, glyph, mark, say, show_json, show_table

if TYPE_CHECKING:
    from perenne.wire.performance import Certificate, MetricFigure

app = typer.Typer(
    help="Is every site good enough, and how do we know.", no_args_is_help=True, add_completion=False
)
Site = Annotated[str, typer.Argument(help="Site: slug or id.")]
REASONS = {
    "missing": "object not labelled",
    "class": "another class",
    "position": "another place",
    "spurious": "nothing is there",
    "value": "another value",
}
ClaimId = Annotated[str, typer.Argument(help="Claim: id.")]
ModelOption = Annotated[str | None, typer.Option("--model", help="Only this version: name:number or id.")]


@app.command("sites")
def list_sites(as_json: AsJson = False) -> None:
    """Show whether each site's performance is shown to be good enough, the worst first."""
    found = connect().performance.sites()
    if as_json:
        show_json(found)
        return
    columns = [
        Column("site", style="bold"),
        Column("stands"),
        Column("claims"),
        Column("labels owed", right=True),
    ]
    columns += [Column("estimated", spare=True), Column("last label", spare=True)]
    rows = [
        (
            s.site,
            mark(s.state),
            ", ".join(_claim(c) for c in s.certificates),
            s.labels_owed or None,
            _range(s.estimate) if s.estimate else None,
            s.last_label_at,
        )
        for s in found
    ]
    show_table("Performance", columns, rows, empty="No site yet: perenne sites add lyon")


@app.command("show")
def show(
    site: Site,
    stream: Annotated[
        Literal["audit", "seeded", "active", "unknown"] | None,
        typer.Option(help="Only labels of this stream."),
    ] = None,
    model: ModelOption = None,
    as_json: AsJson = False,
) -> None:
    """Show what labels say of a site, week by week; streams are never mixed."""
    found = connect().performance.site(site, stream=stream, model=model)
    if as_json:
        show_json(found)
        return
    names = list(dict.fromkeys(f.metric for p in found.periods for f in p.figures))
    columns = [Column("week", style="bold"), Column("model"), Column("labels by")]
    columns += [Column(name, whole=True) for name in names]
    columns += [Column("labelled", right=True), Column("inspected", right=True, spare=True)]
    rows = []
    for period in found.periods:
        figures = {figure.metric: figure for figure in period.figures}
        version = f"{period.model.name}:{period.model.number}"
        told = [_figure(figures.get(name)) for name in names]
        rows.append((period.week, version, period.stream, *told, period.n_labelled, period.n_inspected))
    show_table(f"Performance at {site}", columns, rows, empty="No label of an inspected image yet.")


@app.command("claims")
def list_claims(site: Site, as_json: AsJson = False) -> None:
    """Show the claims of a site and where they stand for the version that answers now."""
    found = connect().performance.claims(site)
    show_json(found) if as_json else _show_claims(site, found)


@app.command("certify")
def certify(
    site: Site,
    metric: Annotated[Literal["recall", "precision", "f1"], typer.Argument(help="What is claimed.")],
    at_least: Annotated[float, typer.Argument(min=0.0, max=1.0, help="The least it must be.")],
    schema: Annotated[str, typer.Option(help="Label schema of the truths.")],
    stream: Annotated[
        Literal["audit", "seeded"], typer.Option(help="Labels of a random audit, or of known parts.")
    ] = "audit",
    alpha: Annotated[float, typer.Option(help="At most so often is a false claim certified.")] = 0.05,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Ask that a metric be certified at a site. It is decided by labels, whenever one looks."""
    from perenne.wire.performance import ClaimNew

    asked = ClaimNew(
        metric=metric, at_least=at_least, alpha=alpha, stream=stream, label_schema=schema, reason=reason
    )
    found = connect().performance.certify(site, asked)
    show_json(found) if as_json else _show_claims(site, [found])


@app.command("withdraw")
def withdraw(claim: ClaimId) -> None:
    """Withdraw a claim; its history stays."""
    connect().performance.withdraw(claim)
    done(f"The claim [bold]{claim}[/] is asked no more.")


@app.command("estimates")
def list_estimates(site: Site, model: ModelOption = None, as_json: AsJson = False) -> None:
    """Show what was estimated without labels, and how far such numbers were off."""
    found = connect().performance.estimates(site, model=model)
    if as_json:
        show_json(found)
        return
    columns = [
        Column("week", style="bold"),
        Column("model"),
        Column("metric"),
        Column("estimate", whole=True),
    ]
    columns += [Column("past error", right=True), Column("why not"), Column("labels", right=True, spare=True)]
    rows = [
        (
            e.week,
            f"{e.model.name}:{e.model.number}",
            e.metric,
            _range(e),
            None if e.mean_past_error is None else f"{e.mean_past_error:.3f}",
            e.why_not,
            e.labels_needed,
        )
        for e in found
    ]
    show_table(f"Estimated at {site}", columns, rows, empty="No week has ended since inspections began.")


@app.command("slices")
def list_slices(
    model: Annotated[str, typer.Argument(help="Model version: name:number, id, or a name.")],
    site: Annotated[str | None, typer.Option(help="Only images of this site.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show where a model version loses its performance, the slice to mend first on top."""
    found = connect().performance.slices(model, site=site)
    if as_json:
        show_json(found)
        return
    metric = found.slices[0].metric.replace("_", " ") if found.slices else "error"
    columns = [Column("slice", style="bold"), Column(metric, whole=True), Column("elsewhere", right=True)]
    columns += [Column("share of errors", whole=True), Column("images", right=True)]
    rows = [
        (
            s.name,
            _range(s),
            None if s.elsewhere is None else f"{s.elsewhere:.3f}",
            f"{s.lost:.3f} [{s.lost_low:.3f}{glyph('–')}{s.lost_high:.3f}]",
            s.n_images,
        )
        for s in found.slices
    ]
    empty = f"No slices: {found.why_not}." if found.why_not else "No slice is worse than the rest."
    show_table(f"Error slices of {model}", columns, rows, empty=empty)
    if rows:
        say("  share of errors: beyond the share of images; above 0: worse than by chance", style="dim")
        say(f"  the intervals hold for all {found.n_tested} slices tested", style="dim")


@app.command("suspects")
def list_suspects(
    dataset: Annotated[str, typer.Argument(help="Dataset version: name:number, id, or a name.")],
    limit: Limit = 40,
    as_json: AsJson = False,
) -> None:
    """Show the labels of a dataset version that are probably wrong, the surest first."""
    found = connect().evaluations.label_suspects(dataset)
    if as_json:
        show_json(found)
        return
    columns = [Column("image", style="bold", whole=True), Column("reason"), Column("label")]
    columns += [Column("probably"), Column("wrong with", right=True), Column("box", spare=True)]
    rows = [
        (
            one.image_id,
            REASONS[one.reason],
            one.given,
            one.expected,
            f"{one.probability:.0%}",
            " ".join(f"{edge:.0f}" for edge in one.box) if one.box else None,
        )
        for one in found.items[:limit]
    ]
    empty = f"None can be judged: {found.why_not}." if found.why_not else "No label is doubtful."
    show_table(f"Doubtful labels of {dataset}", columns, rows, empty=empty)
    if rows:
        say(f"  {len(rows)} of {len(found.items)}, from {found.n_images} images judged", style="dim")


@app.command("report")
def report(
    site: Site,
    month: Annotated[
        str | None, typer.Option(help="Year and month: 2026-11. Without it: which there are.")
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="As PDF; else as HTML.")] = False,
    language: Annotated[Literal["en", "fr"], typer.Option(help="English or French.")] = "en",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", dir_okay=False, help="File; else SITE-MONTH-LANGUAGE here."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the report of a site and month, for the file of a quality lead and for an auditor."""
    reports = connect().reports
    if month is None:
        found = reports.months(site)
        if as_json:
            show_json(found)
            return
        rows = [(one.month, "over" if one.finished else "running") for one in found]
        show_table(
            f"Reports of {site}",
            [Column("month", style="bold"), Column("month is")],
            rows,
            empty="No record yet.",
        )
        return
    format_name: Literal["html", "pdf", "json"] = "json" if as_json else "pdf" if pdf else "html"
    target = output or Path(f"{site}-{month}-{language}.{format_name}")
    size = len(reports.fetch(site, month, format=format_name, language=language, to=target))
    done(f"[bold]{target}[/] is written, {size:,} bytes.")


def _show_claims(site: str, found: "list[Certificate]") -> None:
    columns = [Column("claim", style="bold"), Column("stands"), Column("measured", whole=True)]
    columns += [Column("labels", right=True), Column("left", right=True), Column("model")]
    columns += [Column("labels by", spare=True), Column("id", spare=True, whole=True)]
    rows = [
        (
            f"{c.metric} >= {c.at_least:g}",
            mark(c.state),
            _range(c),
            c.n_labels,
            None if c.labels_left is None else f"about {c.labels_left}",
            f"{c.model.name}:{c.model.number}" if c.model else None,
            c.stream,
            c.id,
        )
        for c in found
    ]
    show_table(
        f"Claims at {site}", columns, rows, empty="None yet: perenne performance certify SITE METRIC 0.95"
    )
    for claim in found:
        if claim.degraded_since:
            say(f"  {_claim(claim)}: worse since {claim.degraded_since:%Y-%m-%d}", style="yellow")
        if claim.why_open:
            say(f"  {_claim(claim)}: {claim.why_open}", style="dim")


def _claim(claim: "Certificate") -> str:
    return f"{claim.metric} >= {claim.at_least:g}"


def _figure(figure: "MetricFigure | None") -> str:
    return glyph("–") if figure is None else _range(figure)


def _range(measured: Any) -> str:
    """Return `value [low–high]`; a dash where there is no value."""
    if measured.value is None:
        return glyph("–")
    if measured.low is None:
        return f"{measured.value:.3f} {glyph('…')}"
    return f"{measured.value:.3f} [{measured.low:.3f}{glyph('–')}{measured.high:.3f}]"
