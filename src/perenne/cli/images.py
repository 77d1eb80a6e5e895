"""`perenne images`: push and list images, and see why the model answered so.

Owns the tables and the map in letters. Refuses to draw a map that tells nothing.
"""

from collections import Counter
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from perenne.cli.connection import connect
from perenne.cli.options import AsJson, Limit, existing, read_moment
from perenne.cli.style import Column, done, glyph, progress_bar, say, show_json, show_table, size, when

if TYPE_CHECKING:
    from perenne.client.images import PushReport
    from perenne.wire.performance import Sensitivity

app = typer.Typer(help="Push, list and explain images.", no_args_is_help=True, add_completion=False)
SHOWN_REFUSALS = 10
SHADES = "░▒▓█"
LEAST_DRAWN = 0.15


@app.command("push")
def push(
    sources: Annotated[list[Path], typer.Argument(help="Folder (with its sub-folders) or image files.")],
    site: Annotated[str, typer.Option(help="Site that took the images.")],
    station: Annotated[str | None, typer.Option(help="Station that took them.")] = None,
    line: Annotated[str | None, typer.Option(help="Line they were taken on.")] = None,
    product: Annotated[str | None, typer.Option(help="Product they show.")] = None,
    group: Annotated[str | None, typer.Option(help="Group key of all of them (a board, a batch).")] = None,
    group_by_folder: Annotated[bool, typer.Option(help="The folder of each image is its group.")] = False,
    batch: Annotated[str | None, typer.Option(help="Production batch.")] = None,
    camera: Annotated[str | None, typer.Option(help="Camera.")] = None,
    part: Annotated[str | None, typer.Option(help="Part that all of them show, as a golden one.")] = None,
    captured_at: Annotated[str | None, typer.Option(help="When they were taken.")] = None,
    reference: Annotated[bool, typer.Option(help="They are defect-free templates.")] = False,
    as_json: AsJson = False,
) -> None:
    """Push images. Run it again after an interruption: what is there is not sent twice."""
    from perenne.client.images import find_images

    files = find_images([existing(source, what="The source") for source in sources])
    context = {
        "batch_id": batch,
        "camera": camera,
        "part_id": part,
        "captured_at": read_moment(captured_at, option="--captured-at"),
    }
    with progress_bar() as bar:
        task = bar.add_task(f"Pushing to {site}", total=len(files), remark="")
        report = connect().images.push(
            files,
            site=site,
            station=station,
            line=line,
            product=product,
            group=(lambda path: path.parent.name or None) if group_by_folder else group,
            kind="reference" if reference else "capture",
            context=context,
            progress=lambda file: bar.advance(task),
        )
    if as_json:
        show_json(push_as_json(report))
    else:
        show_push(report, what="images")
    if report.refused:
        raise typer.Exit(1)


@app.command("list")
def list_images(
    site: Annotated[str | None, typer.Option(help="Only of this site.")] = None,
    station: Annotated[str | None, typer.Option(help="Only of this station.")] = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """List images, newest first."""
    images = list(islice(connect().images.list(site=site, station=station, limit=min(limit, 200)), limit))
    if as_json:
        show_json(images)
        return
    columns = [Column("image", style="bold"), Column("site"), Column("station"), Column("file", spare=True)]
    columns += [Column("size", right=True), Column("captured"), Column("group", spare=True), Column("truth")]
    rows = [
        (
            i.id,
            i.site,
            i.station,
            i.file_name,
            f"{i.width}x{i.height}",
            i.captured_at,
            i.group_key,
            _yes(i.has_truth),
        )
        for i in images
    ]
    show_table("Images", columns, rows, empty="No image yet: perenne images push FOLDER --site SITE")


@app.command("refused")
def refused(as_json: AsJson = False) -> None:
    """Count the images that were refused, by site and reason."""
    summary = connect().images.refused()
    if as_json:
        show_json(summary)
        return
    columns = [Column("site"), Column("reason", style="bold"), Column("images", right=True)]
    columns += [Column("last"), Column("last file", spare=True), Column("why")]
    rows = [
        (r.site, r.code, r.count, when(r.last_at), r.last_file_name, r.last_detail) for r in summary.items
    ]
    show_table(f"Refused images: {summary.total}", columns, rows, empty="None was refused.")


@app.command("measure")
def measure(as_json: AsJson = False) -> None:
    """Measure the images that came before the hub kept signals; new ones are measured as they come."""
    asked = connect().images.measure()
    if as_json:
        show_json(asked)
        return
    done(f"{asked.n_images} images will be measured: perenne jobs show {asked.job_id}")


@app.command("why")
def why(
    image: Annotated[str, typer.Argument(help="Image: id.")],
    model: Annotated[
        str | None, typer.Option("--model", help="Version to ask; else the one that answered last.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show which part of an image decided, and which images looked alike to the model; takes seconds."""
    images = connect().images
    found = images.sensitivity(image, model=model)
    alike = images.neighbours(image, model=model)
    if as_json:
        show_json({"sensitivity": found, "neighbours": alike})
        return
    version = f"{found.model.name}:{found.model.number}"
    say(f"{version}: [bold]{found.answer}[/], score {found.score:.3f} on the whole image")
    show_sensitivity(found)
    columns = [Column("image", style="bold"), Column("distance", right=True), Column("truth")]
    rows = [(one.image_id, f"{one.distance:.3f}", one.truth) for one in alike]
    empty = "No other image was answered by this version, or it keeps no embedding."
    show_table(f"Images that looked alike to {version}", columns, rows, empty=empty)


def show_sensitivity(found: "Sensitivity") -> None:
    """Print the map, the image's top on top, darker where more of the answer went with the patch."""
    if found.flat:
        say("No patch alone changes this answer: the score is saturated, or what decided is spread over the")
        say("image. A map would show noise; the images that looked alike say more.")
        return
    most = max(abs(fall) for row in found.grid for fall in row)
    for row in found.grid:
        say(Text("  " + "".join(_cell(fall / most) for fall in row)))
    scale = f"{glyph(SHADES)} covered, the score falls, at most by {most:.3f}"
    say(Text(f"  {scale}; -- it rises; {glyph('·')} it hardly moves"), style="dim")


def _cell(share: float) -> str:
    """Return two letters for a change that is `share` of the largest: shades for a fall, dashes for a rise.

    >>> _cell(-0.5), _cell(-1.0)
    ('--', '==')
    """
    if abs(share) < LEAST_DRAWN:
        return glyph("·") + " "
    if share < 0:
        return "==" if share < -0.5 else "--"
    return 2 * glyph(SHADES[min(len(SHADES) - 1, int(share * len(SHADES)))])


def show_push(report: "PushReport", *, what: str) -> None:
    """Print what became of a push; the first refusals with their reasons."""
    parts = [f"[bold]{report.created}[/] new", f"{report.known} already known"]
    if report.refused:
        parts.append(f"[bold red]{report.refused} refused[/]")
    done(f"{what}: {', '.join(parts)} ({size(report.bytes_sent)} sent).")
    if not report.refused:
        return
    reasons = Counter(file.refusal.code for file in report.refusals if file.refusal)
    say("  refused: " + ", ".join(f"{count} {code}" for code, count in reasons.most_common()), style="red")
    for file in report.refusals[:SHOWN_REFUSALS]:
        why = file.refusal.detail if file.refusal else ""
        say(Text(f"    {file.path}: {why}"), style="dim")  # a path may hold brackets: it is not markup
    if len(report.refusals) > SHOWN_REFUSALS:
        say(f"    and {len(report.refusals) - SHOWN_REFUSALS} more (--json lists all)", style="dim")


def push_as_json(report: "PushReport") -> dict[str, object]:
    """Return a push as JSON: counts and every refusal."""
    return {
        "created": report.created,
        "known": report.known,
        "refused": report.refused,
        "bytes_sent": report.bytes_sent,
        "refusals": [{"path": str(file.path), "refusal": file.refusal} for file in report.refusals],
    }


def _yes(held: bool) -> str:
    return "yes" if held else ""
