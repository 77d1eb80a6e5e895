"""`perenne datasets`: start a dataset, freeze versions, look inside, compare, hand on to other tools."""

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from perenne.cli.connection import connect
from perenne.cli.exports import fetch_exported
from perenne.cli.options import AsJson, BadOption, Limit, read_moment, split_names
from perenne.cli.style import Column, done, note, progress_bar, say, show_facts, show_json, show_table

if TYPE_CHECKING:
    from perenne.wire.datasets import AcceptanceRule, DatasetCard, DatasetVersion

app = typer.Typer(help="Freeze dataset versions, compare them.", no_args_is_help=True, add_completion=False)
Dataset = Annotated[str, typer.Argument(help="Dataset: slug or id.")]
Version = Annotated[str, typer.Argument(help="Dataset version: slug:number, id, or a slug for the latest.")]
AtLeast = Annotated[
    str | None,
    typer.Option("--accept", help="Acceptance rule: METRIC>=LIMIT or METRIC<=LIMIT, at every site."),
]


@app.command("create")
def create(
    slug: Annotated[str, typer.Argument(help="Short name: a-z, 0-9, hyphens.")],
    schema: Annotated[str, typer.Option(help="Label schema whose ground truth it holds.")],
    name: Annotated[str | None, typer.Option(help="Name that people read.")] = None,
    accept: AtLeast = None,
) -> None:
    """Start a dataset: a line of frozen versions."""
    dataset = connect().datasets.create(slug, schema=schema, name=name, acceptance=read_rule(accept))
    done(f"Dataset [bold]{dataset.slug}[/] created ({dataset.problem}).")
    say(f"  perenne datasets freeze {dataset.slug}", style="dim")


@app.command("list")
def list_datasets(as_json: AsJson = False) -> None:
    """List the datasets."""
    datasets = list(connect().datasets.list())
    if as_json:
        show_json(datasets)
        return
    columns = [Column("dataset", style="bold"), Column("problem"), Column("versions", right=True)]
    columns += [Column("acceptance"), Column("classes", spare=True)]
    rows = [
        (d.slug, d.problem, d.n_versions, rule_text(d.acceptance), ", ".join(d.classes)) for d in datasets
    ]
    show_table("Datasets", columns, rows)


@app.command("accept")
def accept(
    dataset: Dataset, rule: Annotated[str, typer.Argument(help="METRIC>=LIMIT or METRIC<=LIMIT.")]
) -> None:
    """Say what "satisfactory" means for models of a dataset."""
    found = connect().datasets.change(dataset, acceptance=read_rule(rule))
    done(f"{found.slug}: satisfactory means {rule_text(found.acceptance)} at every site.")


TestShare = Annotated[
    float | None,
    typer.Option(min=0, max=0.9, help="Fraction for the test set: 0.15, or 0 when its groups are named."),
]


Unlike = Annotated[
    bool, typer.Option(help="Also images that their station's gate found unlike its production.")
]
NearDuplicates = Annotated[
    Literal["together", "ignore"], typer.Option(help="Keep them on one side of the split, or ignore them.")
]


def share_of_test(given: float | None, *, named: bool) -> float:
    """Return the fraction that is drawn for the test set: none when its groups are named, unless it is given.

    >>> share_of_test(None, named=True), share_of_test(None, named=False), share_of_test(0.3, named=True)
    (0.0, 0.15, 0.3)
    """
    return given if given is not None else 0.0 if named else 0.15


@app.command("freeze")
def freeze(
    dataset: Dataset,
    sites: Annotated[str | None, typer.Option(help="Only images of these sites.")] = None,
    stations: Annotated[str | None, typer.Option(help="Only images of these stations.")] = None,
    products: Annotated[str | None, typer.Option(help="Only images of these products.")] = None,
    since: Annotated[str | None, typer.Option(help="Only images captured at or after this moment.")] = None,
    until: Annotated[str | None, typer.Option(help="Only images captured before this moment.")] = None,
    require_truth: Annotated[bool, typer.Option(help="Refuse when an image has no ground truth.")] = False,
    include_unlike: Unlike = False,
    val: Annotated[float, typer.Option(min=0, max=0.9, help="Fraction for validation.")] = 0.15,
    test: TestShare = None,
    train_sites: Annotated[
        str | None, typer.Option(help="Sites to train on; the others are the test set.")
    ] = None,
    val_sites: Annotated[str | None, typer.Option(help="Sites whose images are validation.")] = None,
    test_sites: Annotated[
        str | None, typer.Option(help="Sites whose images are the test set, whole.")
    ] = None,
    test_groups: Annotated[str | None, typer.Option(help="Groups whose images are the test set.")] = None,
    val_groups: Annotated[str | None, typer.Option(help="Groups whose images are validation.")] = None,
    test_after: Annotated[str | None, typer.Option(help="Captured at or after: test set.")] = None,
    val_after: Annotated[str | None, typer.Option(help="Captured at or after: validation.")] = None,
    near_duplicates: NearDuplicates = "together",
    join: Annotated[
        bool, typer.Option(help="Move a group that a rule would part to the stricter side.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the chance in the split.")] = 7,
    sealed: Annotated[
        bool, typer.Option(help="Hide the test set until it is opened, with a reason.")
    ] = False,
    note_text: Annotated[str, typer.Option("--note", help="A remark kept with the version.")] = "",
    as_json: AsJson = False,
) -> None:
    """Freeze the present state into a version that never changes."""
    from perenne.wire.datasets import Assignment, Selection, SplitRule

    selection = Selection(
        sites=split_names(sites),
        stations=split_names(stations),
        products=split_names(products),
        since=read_moment(since, option="--since"),
        until=read_moment(until, option="--until"),
        require_truth=require_truth,
        include_unlike=include_unlike,
    )
    by_site = train_sites or test_sites or val_sites
    values: dict[str, Any] = {
        "by": "site" if by_site else "time" if test_after else "group",
        "val": val,
        "test": 0.0 if by_site else share_of_test(test, named=bool(test_groups)),
        "seed": seed,
        "train_sites": split_names(train_sites),
        "val_sites": split_names(val_sites),
        "test_sites": split_names(test_sites),
        "test_after": read_moment(test_after, option="--test-after"),
        "val_after": read_moment(val_after, option="--val-after"),
        "assign": Assignment(val_groups=split_names(val_groups), test_groups=split_names(test_groups)),
        "conflicts": "join" if join else "refuse",
        "near_duplicates": near_duplicates,
    }
    with progress_bar(counted=False) as bar:
        task = bar.add_task(f"Freezing {dataset}", total=1.0, remark="")
        answer = connect().datasets.freeze(
            dataset,
            selection=selection,
            split=SplitRule(**values),
            sealed=sealed,
            note=note_text,
            progress=lambda job: bar.update(task, completed=job.progress, remark=job.message),
        )
        bar.update(task, completed=1.0, remark="")
    version = answer.version
    assert version is not None
    if as_json:
        show_json(answer)
        return
    said = "had been frozen before, with the same content" if answer.existed else "frozen"
    done(f"Dataset version [bold]{version.dataset}:{version.number}[/] {said}.")
    show_version(version)


@app.command("versions")
def versions(dataset: Dataset, as_json: AsJson = False) -> None:
    """List the versions of a dataset, newest first."""
    found = list(connect().datasets.versions(dataset))
    if as_json:
        show_json(found)
        return
    columns = [Column("version", style="bold"), Column("images", right=True), Column("train", right=True)]
    columns += [Column("val", right=True), Column("test", right=True), Column("test set"), Column("frozen")]
    columns += [Column("manifest", spare=True), Column("note", spare=True)]
    rows = [
        (
            f"{v.dataset}:{v.number}",
            v.n_images,
            *(v.splits.get(split, 0) for split in ("train", "val", "test")),
            _seal(v),
            v.frozen_at,
            v.manifest_sha256[:12],
            v.note,
        )
        for v in found
    ]
    show_table(
        f"Versions of {dataset}", columns, rows, empty=f"None frozen yet: perenne datasets freeze {dataset}"
    )


@app.command("show")
def show(version: Version, as_json: AsJson = False) -> None:
    """Show a version: its content address, its rules, and what is inside."""
    client = connect()
    found = client.datasets.version(version)
    if as_json:
        show_json(found)
        return
    show_version(found)
    show_card(client.datasets.card(found.id))


@app.command("card")
def card(version: Version, as_json: AsJson = False) -> None:
    """Show what is inside a version, counted by site, class and split."""
    found = connect().datasets.card(version)
    show_json(found) if as_json else show_card(found)


@app.command("items")
def items(version: Version, limit: Limit = 20, as_json: AsJson = False) -> None:
    """List the images of a version with their targets."""
    found = list(islice(connect().datasets.items(version, limit=min(limit, 200)), limit))
    if as_json:
        show_json(found)
        return
    columns = [
        Column("image"),
        Column("split", style="bold"),
        Column("group"),
        Column("site"),
        Column("target"),
    ]
    show_table("Images", columns, [(i.image_id, i.split, i.group, i.site, str(i.target)) for i in found])


@app.command("manifest")
def manifest(version: Version) -> None:
    """Print the manifest: one image a line (NDJSON)."""
    for line in connect().datasets.manifest(version):
        typer.echo(line)


@app.command("export")
def export(
    version: Version,
    to: Annotated[Path, typer.Option(help="Folder to write to; made when missing.")],
    kind: Annotated[
        Literal["coco", "csv"], typer.Option("--format", help="coco holds boxes; csv a class or a value.")
    ] = "coco",
    images: Annotated[bool, typer.Option(help="Fetch the images and their templates too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a version for other tools, and say what the format cannot hold."""
    client = connect()
    to.mkdir(parents=True, exist_ok=True)
    path = to / {"coco": "annotations.json", "csv": "labels.csv"}[kind]
    loss = client.datasets.export(version, to=path, format_name=kind)
    fetched = fetch_exported(client, path) if images else 0
    if as_json:
        show_json({**loss, "file": str(path), "fetched": fetched})
        return
    states = f"{loss['seen_empty']} seen and empty, {loss['not_seen']} not yet seen"
    done(f"[bold]{path}[/]: {loss['images']} images, {loss['annotations']} annotations, {states}.")
    for thing, count in loss["lost"].items():
        note(f"not in the file: {thing} ({count})")
    if images:
        say(
            f"  {fetched} images fetched to {to}; bring it all back with `perenne import {kind}`", style="dim"
        )


@app.command("diff")
def diff(version: Version, other: Version, as_json: AsJson = False) -> None:
    """Say what changed from one version to another."""
    found = connect().datasets.diff(version, other)
    if as_json:
        show_json(found)
        return
    facts = [
        ("added", found.added.count),
        ("removed", found.removed.count),
        ("relabelled", found.relabelled.count),
    ]
    facts += [("moved", found.moved.count), ("unchanged", found.unchanged)]
    show_facts(f"{found.base} to {found.other}", facts)
    for move, count in found.moves.items():
        say(f"  {count} images: {move}", style="dim")


@app.command("open")
def open_test(
    version: Version, reason: Annotated[str, typer.Option(help="Why: kept in the record.")]
) -> None:
    """Open a sealed test set; who, when and why are kept."""
    opening = connect().datasets.open_test(version, reason=reason)
    done(f"Opened by {opening.actor}: {opening.reason}")


@app.command("openings")
def openings(version: Version, as_json: AsJson = False) -> None:
    """List who opened a sealed test set, when and why."""
    found = list(connect().datasets.openings(version))
    if as_json:
        show_json(found)
        return
    columns = [Column("when"), Column("who"), Column("purpose"), Column("why")]
    show_table(
        "Openings", columns, [(o.at, o.actor, o.purpose, o.reason) for o in found], empty="Never opened."
    )


def read_rule(text: str | None) -> "AcceptanceRule | None":
    """Return METRIC>=LIMIT or METRIC<=LIMIT as a rule. Raises: BadOption."""
    from perenne.wire.datasets import AcceptanceRule

    if text is None:
        return None
    for sign, name in ((">=", "at_least"), ("<=", "at_most")):
        metric, found, limit = text.partition(sign)
        try:
            if found:
                return AcceptanceRule(metric=metric.strip(), **{name: float(limit)})
        except ValueError:
            break
    raise BadOption(f"'{text}' is not an acceptance rule.", remedy='Write it like "map50>=0.9".')


def rule_text(rule: "AcceptanceRule | None") -> str | None:
    """Return an acceptance rule as people write it."""
    if rule is None:
        return None
    return (
        f"{rule.metric} >= {rule.at_least}"
        if rule.at_least is not None
        else f"{rule.metric} <= {rule.at_most}"
    )


def show_version(version: "DatasetVersion") -> None:
    """Print a version in a few lines."""
    splits = ", ".join(f"{name} {version.splits.get(name, 0)}" for name in ("train", "val", "test"))
    facts = [
        ("images", f"{version.n_images} ({splits})"),
        ("test set", _seal(version)),
        ("split", version.split.by),
    ]
    facts += [("manifest", version.manifest_sha256), ("id", version.id)]
    facts += [("frozen", f"{version.frozen_at.astimezone():%Y-%m-%d %H:%M} by {version.frozen_by}")]
    show_facts(f"{version.dataset}:{version.number}", facts)


def show_card(card: "DatasetCard") -> None:
    """Print the counts of a version: site by split, class by split."""
    splits = ("train", "val", "test")
    columns = [
        Column("", style="bold"),
        *(Column(split, right=True) for split in splits),
        Column("all", right=True),
    ]
    sites = [
        (site, *(card.sites_per_split.get(split, {}).get(site, 0) for split in splits), count)
        for site, count in card.sites.items()
    ]
    classes = [
        (name, *(card.classes_per_split.get(split, {}).get(name, 0) for split in splits), count)
        for name, count in card.classes.items()
    ]
    show_table("Images by site", columns, sites)
    show_table("Images by class", columns, classes, empty="No class: see the values.")
    say(card.summary)
    for warning in card.warnings:
        note(f"[yellow]! {warning}[/]")


def _seal(version: "DatasetVersion") -> str:
    if not version.sealed:
        return "open"
    return "sealed, opened" if version.opened else "sealed"
