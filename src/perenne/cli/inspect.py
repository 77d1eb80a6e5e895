"""`perenne inspect`: send images to a station and read its decisions."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from perenne.cli.connection import connect
from perenne.cli.options import AsJson, existing
from perenne.cli.style import Column, mark, say, show_json, show_table

if TYPE_CHECKING:
    from perenne.wire.predictions import Inspection


def inspect(
    site: Annotated[str, typer.Argument(help="Site: slug or id.")],
    station: Annotated[str, typer.Argument(help="Station: slug or id.")],
    sources: Annotated[list[Path], typer.Argument(help="Image files, or folders of them.")],
    part: Annotated[str | None, typer.Option(help="Part that the image shows.")] = None,
    as_json: AsJson = False,
) -> None:
    """Send images to a station and read its decisions: pass, fail or unsure.

    An image that the station's quality gate refuses is unsure, and the reason is told below the table.
    """
    from perenne.client.images import find_images

    client = connect()
    files = find_images([existing(source, what="The source") for source in sources])
    seen = [(path, client.inspections.inspect(site, station, image=path, part_id=part)) for path in files]
    if as_json:
        show_json([inspection for _, inspection in seen])
        return
    columns = [
        Column("file"),
        Column("decision"),
        Column("prediction"),
        Column("model"),
        Column("ms", right=True),
    ]
    rows = [
        (
            path.name,
            mark(inspection.decision),
            prediction_text(inspection.prediction),
            f"{inspection.model.name}:{inspection.model.number}",
            latency_text(inspection),
        )
        for path, inspection in seen
    ]
    show_table(f"{site}/{station}", columns, rows)
    for path, inspection in seen:
        for line in quality_lines(inspection):
            say(Text(f"  {path.name}: {line}"), style="dim")  # a path may hold brackets: it is not markup


def quality_lines(inspection: "Inspection") -> list[str]:
    """Return why the quality gate refused or flagged the image, in a line each."""
    if inspection.quality is None or inspection.quality.verdict not in ("refused", "flagged"):
        return []
    return [f"image {inspection.quality.verdict}. {one.words}" for one in inspection.quality.reasons]


def prediction_text(prediction: dict[str, Any]) -> str:
    """Return a prediction in a few words."""
    if "class" in prediction:
        score = prediction.get("scores", {}).get(prediction["class"])
        return f"{prediction['class']} {score:.2f}" if score is not None else str(prediction["class"])
    if "boxes" in prediction:
        boxes = prediction["boxes"]
        names = ", ".join(f"{box['class']} {box.get('score', 1.0):.2f}" for box in boxes[:4])
        return f"{len(boxes)} boxes: {names}" if boxes else "no box"
    return f"{prediction['value']:.3g}" if "value" in prediction else str(prediction)


def latency_text(inspection: "Inspection") -> str:
    """Return the total latency in milliseconds."""
    total = inspection.latency_ms.get("total")
    return f"{total:.0f}" if total is not None else ""
