"""`perenne import`: labelled sets from outside, dry run first.

Owns the options of the three formats and what the terminal shows of a report. Refuses to hide a loss: what
was left out stands in the summary, and ends the command with exit code 1 when something did not arrive.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from perenne.cli.connection import connect
from perenne.cli.images import push_as_json, show_push
from perenne.cli.options import AsJson, BadOption, read_pairs
from perenne.cli.style import Column, done, glyph, progress_bar, say, show_facts, show_json, show_table

if TYPE_CHECKING:
    from perenne.client.imports import ImportOutcome
    from perenne.formats import ImportReport

app = typer.Typer(
    help="Import a labelled set: COCO, CSV, a folder per class.", no_args_is_help=True, add_completion=False
)
SHOWN_FINDINGS = 12

Source = Annotated[Path, typer.Argument(help="The file or folder to import.")]
Schema = Annotated[str, typer.Option(help="Label schema; created from the set's classes when missing.")]
ImagesFolder = Annotated[Path | None, typer.Option("--images", help="Folder of the images.")]
References = Annotated[
    Path | None, typer.Option("--references", help="Folder of defect-free templates of the same file names.")
]
Site = Annotated[str | None, typer.Option(help="Site of all images.")]
SiteField = Annotated[str | None, typer.Option(help="Field or column that names the site.")]
Station = Annotated[str | None, typer.Option(help="Station of all images.")]
Line = Annotated[str | None, typer.Option(help="Line of all images.")]
Product = Annotated[str | None, typer.Option(help="Product of all images.")]
GroupField = Annotated[
    str | None, typer.Option(help="Field or column that names what must stay on one side of a split.")
]
TimeField = Annotated[str | None, typer.Option(help="Field or column with the capture time.")]
Fields = Annotated[
    list[str] | None, typer.Option("--field", help="CONTEXT=FIELD, for example part_id=serial; repeatable.")
]
NamePattern = Annotated[
    str | None,
    typer.Option(help="Regular expression whose named groups read the file name, (?P<part_id>...)."),
]
ClassMap = Annotated[
    list[str] | None, typer.Option("--rename", help="CLASS=NEW NAME; repeatable, then complete.")
]
TimeZone = Annotated[str | None, typer.Option(help="Zone of times written without one.")]
GoodClass = Annotated[
    str | None,
    typer.Option("--good", help="Class of a good part; every other class makes a piece fail."),
]
CreateSites = Annotated[
    bool, typer.Option("--create-sites", help="Create missing sites, stations, products.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be sent.")]


@app.command("coco")
def coco(
    source: Source,
    schema: Schema,
    images: ImagesFolder = None,
    references: References = None,
    site: Site = None,
    site_field: SiteField = None,
    station: Station = None,
    line: Line = None,
    product: Product = None,
    group_field: GroupField = None,
    time_field: TimeField = None,
    field: Fields = None,
    name_pattern: NamePattern = None,
    rename: ClassMap = None,
    time_zone: TimeZone = None,
    unlabelled: Annotated[
        str, typer.Option(help="What an image without any box is: not-seen, or empty (a good part).")
    ] = "not-seen",
    create_sites: CreateSites = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Import boxes from a COCO file."""
    fields = _fields(field, site=site_field, group_key=group_field, captured_at=time_field)
    reading = _reading(images, references, site, station, line, product, name_pattern, rename, time_zone)
    _run(
        "coco",
        source,
        schema,
        {**reading, "fields": fields, "unlabelled": unlabelled},
        create_sites,
        dry_run,
        as_json,
    )


@app.command("csv")
def csv(
    source: Source,
    schema: Schema,
    images: ImagesFolder = None,
    references: References = None,
    file_column: Annotated[str | None, typer.Option(help="Column of the file names.")] = None,
    class_column: Annotated[str | None, typer.Option(help="Column of the classes.")] = None,
    value_column: Annotated[str | None, typer.Option(help="Column of the values (regression).")] = None,
    site: Site = None,
    site_field: SiteField = None,
    station: Station = None,
    line: Line = None,
    product: Product = None,
    group_field: GroupField = None,
    time_field: TimeField = None,
    field: Fields = None,
    name_pattern: NamePattern = None,
    rename: ClassMap = None,
    time_zone: TimeZone = None,
    good: GoodClass = None,
    create_sites: CreateSites = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Import a class or a value for each image from a CSV file."""
    columns = {"file": file_column, "class": class_column, "value": value_column}
    fields = _fields(field, site=site_field, group_key=group_field, captured_at=time_field, **columns)
    reading = _reading(images, references, site, station, line, product, name_pattern, rename, time_zone)
    _run("csv", source, schema, {**reading, "fields": fields}, create_sites, dry_run, as_json, good=good)


@app.command("folder")
def folder(
    source: Source,
    schema: Schema,
    references: References = None,
    site: Site = None,
    station: Station = None,
    line: Line = None,
    product: Product = None,
    name_pattern: NamePattern = None,
    rename: ClassMap = None,
    good: GoodClass = None,
    create_sites: CreateSites = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Import a folder per class."""
    reading = _reading(None, references, site, station, line, product, name_pattern, rename, None)
    _run("folder", source, schema, reading, create_sites, dry_run, as_json, good=good)


def _fields(pairs: list[str] | None, **named: str | None) -> dict[str, str]:
    return {name: column for name, column in named.items() if column} | read_pairs(pairs, option="--field")


def _reading(
    images: Path | None,
    references: Path | None,
    site: str | None,
    station: str | None,
    line: str | None,
    product: str | None,
    name_pattern: str | None,
    rename: list[str] | None,
    time_zone: str | None,
) -> dict[str, Any]:
    return {
        "images": images,
        "references": references,
        "site": site,
        "station": station,
        "line": line,
        "product": product,
        "name_pattern": name_pattern,
        "class_map": read_pairs(rename, option="--rename") or None,
        "time_zone": time_zone,
    }


def _run(
    kind: str,
    source: Path,
    schema: str,
    reading: dict[str, Any],
    create_sites: bool,
    dry_run: bool,
    as_json: bool,
    *,
    good: str | None = None,
) -> None:
    from perenne.formats import READERS, ReadOptions

    labelled = READERS.get(kind)(source, ReadOptions(**reading))
    if good is not None:
        labelled = replace(labelled, good_class=_named_class(good, labelled.report.classes))
    if not as_json:
        show_report(labelled.report)
        if labelled.report.problem == "classification" and labelled.report.classes:
            show_good_class(labelled.good_class, labelled.report.classes)
    with progress_bar() as bar:
        tasks: dict[str, Any] = {}

        def advance(stage: str, count: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(f"{stage:<17}", total=total, remark="")
            bar.advance(tasks[stage], count)

        outcome = connect().imports.send(
            labelled, schema=schema, create_sites=create_sites, dry_run=dry_run, progress=advance
        )
    if as_json:
        show_json(_outcome_as_json(outcome, dry_run))
    else:
        _show_outcome(outcome, dry_run, create_sites)
    if not outcome.complete:
        raise typer.Exit(1)


def _named_class(name: str, classes: list[str]) -> str:
    if name not in classes:
        raise BadOption(
            f"--good names '{name}', and the set has the classes {', '.join(classes) or 'none'}.",
            remedy="Name one of them, as it is after --rename.",
        )
    return name


def show_good_class(good: str | None, classes: list[str]) -> None:
    """Print which class passes, and how to say it when its name does not."""
    if good is not None:
        say(f"'{good}' is the class of a good part: every other class makes a piece fail.")
        return
    say(
        f"No class name says which part is good: in a new schema '{classes[0]}' passes and every other "
        "class fails. Name the right one with --good.",
        style="yellow",
    )


def show_report(report: "ImportReport") -> None:
    """Print what was read: counts by class and site, then the findings."""
    states = (
        f"{report.annotated} annotated, {report.seen_empty} seen and empty, {report.not_seen} not yet seen"
    )
    facts: list[tuple[str, Any]] = [
        ("problem", report.problem),
        ("images", f"{report.listed} listed, {report.left_out} left out"),
        (
            "truth left out",
            f"{report.truth_left_out} (a part of it is wrong)" if report.truth_left_out else 0,
        ),
        ("state", states),
        ("classes", ", ".join(f"{name} {count}" for name, count in report.per_class.items()) or "none"),
        ("sites", ", ".join(f"{name} {count}" for name, count in report.per_site.items())),
        ("groups", report.groups),
        ("reference images", report.with_reference),
    ]
    show_facts(report.source, facts)
    if not report.findings:
        return
    rows = [(f.level, f.where, f.what, f.remedy) for f in (*report.errors, *report.warnings)][:SHOWN_FINDINGS]
    columns = [Column("", style="bold"), Column("where"), Column("what"), Column("what to do", spare=True)]
    show_table(f"{len(report.errors)} errors, {len(report.warnings)} warnings", columns, rows)
    if len(report.findings) > SHOWN_FINDINGS:
        say(f"  and {len(report.findings) - SHOWN_FINDINGS} more (--json lists all)", style="dim")


def _show_outcome(outcome: "ImportOutcome", dry_run: bool, create_sites: bool) -> None:
    if dry_run:
        if outcome.would_create_sites:
            verb = "would be created" if create_sites else "are missing: give --create-sites"
            say(f"sites {', '.join(outcome.would_create_sites)} {verb}", style="yellow")
        done("Dry run: nothing was sent.")
        return
    if outcome.created_sites:
        done(f"sites created: {', '.join(outcome.created_sites)}")
    if outcome.references is not None:
        show_push(outcome.references, what="reference images")
    if outcome.images is not None:
        show_push(outcome.images, what="images")
    if outcome.truth is not None:
        truth = outcome.truth
        rest = f"{truth.unchanged} unchanged, {truth.outdated} outdated"
        done(f"ground truth: [bold]{truth.accepted}[/] accepted, {rest}.")
        for answer in truth.refused[:SHOWN_FINDINGS]:
            say(f"    {glyph('✗')} {answer.refusal.detail if answer.refusal else ''}", style="red")
    if outcome.truth_left_behind:
        say(f"  {outcome.truth_left_behind} truths stayed behind: their images were refused", style="yellow")


def _outcome_as_json(outcome: "ImportOutcome", dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "report": outcome.report.to_json(),
        "missing_sites": outcome.would_create_sites,
        "created_sites": outcome.created_sites,
        "schema": outcome.schema,
        "references": outcome.references and push_as_json(outcome.references),
        "images": outcome.images and push_as_json(outcome.images),
        "truth": outcome.truth and vars(outcome.truth),
        "truth_left_behind": outcome.truth_left_behind,
        "complete": outcome.complete,
    }
