"""A report as one HTML file: no script, no request, prints well on A4.

Owns the markup and the style. Refuses markup from outside: every text is escaped here, and nowhere else.
"""

import base64
import hashlib
from html import escape
from importlib.resources import files

from perenne.hub.reports.charts import TONES, Area, Chart, Dot, Label, Line, Shape
from perenne.hub.reports.pages import Block, Charts, Document, Notes, Table, Text

STYLE = (files("perenne.hub.reports") / "report.css").read_text("utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'"
"""Content-Security-Policy of a report: its own style, and nothing else."""


def write_html(document: Document) -> bytes:
    """Return the report as the bytes of one file."""
    parts = [
        f'<!doctype html>\n<html lang="{document.language}">\n<head>\n<meta charset="utf-8">\n',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">\n',
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
        f"<title>{escape(document.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n",
        f"<header><h1>{escape(document.title)}</h1><p>{escape(document.about)}</p></header>\n",
    ]
    for section in document.sections:
        heading = f"<h2>{escape(section.title)}</h2>\n" if section.title else ""
        body = "".join(_block(block) for block in section.blocks)
        parts.append(f"<section>\n{heading}{body}</section>\n")
    parts.append("</main>\n</body>\n</html>\n")
    return "".join(parts).encode()


def _block(block: Block) -> str:
    if isinstance(block, Text):
        return f'<p class="{block.kind}">{escape(block.text)}</p>\n'
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Notes):
        return "<ol>" + "".join(f"<li>{escape(item)}</li>" for item in block.items) + "</ol>\n"
    return _charts(block)


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n" for row in table.rows
    )
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"


def _charts(block: Charts) -> str:
    figures = "".join(
        f"<figure>{_svg(chart)}<figcaption>{caption}</figcaption></figure>\n"
        for chart, lines in block.items
        for caption in ["<br>".join(escape(line) for line in lines)]
    )
    return f'<div class="charts per{block.per_row}">\n{figures}</div>\n'


def _svg(chart: Chart) -> str:
    body = "".join(_shape(shape) for shape in chart.shapes)
    return (
        f'<svg viewBox="0 0 {chart.width:g} {chart.height:g}" role="img" aria-label="{escape(chart.told)}">'
        f"{body}</svg>"
    )


def _shape(shape: Shape) -> str:
    colour = TONES[shape.tone]
    if isinstance(shape, Line):
        dashes = ' stroke-dasharray="3 2"' if shape.dashed else ""
        return (
            f'<polyline points="{_points(shape.points)}" fill="none" stroke="{colour}" '
            f'stroke-width="{shape.width:g}"{dashes}/>'
        )
    if isinstance(shape, Area):
        return f'<polygon points="{_points(shape.points)}" fill="{colour}"/>'
    if isinstance(shape, Dot):
        return f'<circle cx="{shape.x:g}" cy="{shape.y:g}" r="{shape.r:g}" fill="{colour}"/>'
    assert isinstance(shape, Label)
    return (
        f'<text x="{shape.x:g}" y="{shape.y:g}" font-size="{shape.size:g}" fill="{colour}" '
        f'text-anchor="{shape.anchor}">{escape(shape.text)}</text>'
    )


def _points(points: tuple[tuple[float, float], ...]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)
