"""A report as PDF: real text, charts as vectors, the same bytes from the same report.

Owns paper, type and the drawing of shapes. Refuses pictures, and dates of making in the file: they would
make two copies of one report differ. ReportLab is imported when the first PDF is asked for.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from perenne.hub.reports.charts import TONES, Area, Chart, Dot, Label, Line
from perenne.hub.reports.pages import Block, Charts, Document, Notes, Table, Text

MARGIN, WIDTH, HEIGHT = 42.0, 595.28, 841.89
INNER = WIDTH - 2 * MARGIN
FAMILY = {"Perenne": "Vera.ttf", "Perenne-Bold": "VeraBd.ttf"}
"""Bitstream Vera, which comes with ReportLab and has every letter of French."""
LOOK = {"body": (8.2, 11.2), "lead": (12, 15.5), "mark": (8.2, 11.2), "small": (7, 9.4), "hash": (7, 9.4),
        "h1": (15, 19), "h2": (10.2, 13), "cell": (6.9, 8.8), "head": (6.9, 8.8)}  # fmt: skip
BOLD = {"lead", "mark", "h1", "h2", "head"}
MUTED = {"small", "head"}
_one_at_a_time = threading.Lock()


@dataclass
class Typeface:
    """The characters that can be set; `lacked` is true once one could not."""

    known: frozenset[int]
    lacked: bool = False

    def set(self, text: str) -> str:
        """Return the text as it can be set: narrow spaces are made plain, what is unknown is a `?`."""
        text = text.replace("\u202f", "\u00a0")
        found = "".join(c if ord(c) in self.known or c in "\n\t" else "?" for c in text)
        self.lacked = self.lacked or found != text
        return found


def write_pdf(document: Document) -> bytes:
    """Return the report as the bytes of a PDF."""
    with _one_at_a_time:  # ReportLab keeps the fonts of a document in the process
        return _write(document)


def _write(document: Document) -> bytes:
    from reportlab.platypus import Flowable, KeepTogether, SimpleDocTemplate

    face, styles = Typeface(_register_fonts()), _styles()
    drawing = _drawing_class(Flowable)
    story: list[Any] = [
        _paragraph(document.title, "h1", face=face, styles=styles),
        _paragraph(document.about, "small", face=face, styles=styles),
    ]
    for section in document.sections:
        made = [one for block in section.blocks for one in _block(block, drawing, face=face, styles=styles)]
        if section.title:
            title = _paragraph(section.title, "h2", face=face, styles=styles)
            story += [KeepTogether([title, *made[:2]]), *made[2:]]
        else:
            story += made
    if face.lacked:
        story.append(_paragraph(document.lacking, "small", face=face, styles=styles))

    def foot(canvas: Any, _: Any) -> None:
        canvas.setFont("Perenne", 6.5)
        canvas.setFillColor(TONES["muted"])
        page = canvas.getPageNumber()
        canvas.drawRightString(WIDTH - MARGIN, 24, face.set(document.foot.replace("{page}", str(page))))

    out = BytesIO()
    SimpleDocTemplate(
        out,
        pagesize=(WIDTH, HEIGHT),
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=36,
        bottomMargin=40,
        title=document.title,
        author="Perenne",
        creator="Perenne",
        lang=document.language,
        invariant=1,
    ).build(story, onFirstPage=foot, onLaterPages=foot)
    return out.getvalue()


@lru_cache
def _register_fonts() -> frozenset[int]:
    """Return the characters that both weights have; from then on they can be used by name."""
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    known: set[int] | None = None
    for name, file in FAMILY.items():
        font = TTFont(name, str(files("reportlab") / "fonts" / file))
        registerFont(font)
        has = set(font.face.charToGlyph)
        known = has if known is None else known & has
    return frozenset(known or ())


def _styles() -> dict[str, Any]:
    from reportlab.lib.styles import ParagraphStyle

    return {
        name: ParagraphStyle(
            name,
            fontName="Perenne-Bold" if name in BOLD else "Perenne",
            fontSize=size,
            leading=leading,
            textColor=TONES["muted" if name in MUTED else "ink"],
            spaceBefore={"h2": 9, "lead": 8}.get(name, 0),
            spaceAfter={"cell": 0, "head": 0}.get(name, 3),
            splitLongWords=1,
        )
        for name, (size, leading) in LOOK.items()
    }


def _paragraph(text: str, style: str, *, face: Typeface, styles: dict[str, Any]) -> Any:
    from reportlab.platypus import Paragraph

    return Paragraph(escape(face.set(text)), styles[style])


def _block(block: Block, drawing: Callable[..., Any], *, face: Typeface, styles: dict[str, Any]) -> list[Any]:
    if isinstance(block, Text):
        return [_paragraph(block.text, block.kind, face=face, styles=styles)]
    if isinstance(block, Notes):
        numbered = (f"{number}. {item}" for number, item in enumerate(block.items, start=1))
        return [_paragraph(item, "small", face=face, styles=styles) for item in numbered]
    if isinstance(block, Table):
        return [_table(block, face=face, styles=styles)]
    return _charts(block, drawing, face=face, styles=styles)


def _table(block: Table, *, face: Typeface, styles: dict[str, Any]) -> Any:
    from reportlab.platypus import Table as Grid

    whole = sum(block.widths)
    cells = [[_paragraph(cell, "head", face=face, styles=styles) for cell in block.columns]]
    cells += [[_paragraph(cell, "cell", face=face, styles=styles) for cell in row] for row in block.rows]
    look = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, TONES["faint"]),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 5),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]
    widths = [INNER * part / whole for part in block.widths]
    return Grid(cells, colWidths=widths, repeatRows=1, style=look, spaceAfter=4, hAlign="LEFT")


def _charts(
    block: Charts, drawing: Callable[..., Any], *, face: Typeface, styles: dict[str, Any]
) -> list[Any]:
    from reportlab.platypus import Table as Grid

    width = INNER / block.per_row
    cells: list[list[Any]] = []
    for start in range(0, len(block.items), block.per_row):
        row: list[Any] = [
            [
                drawing(chart, width - 10, face),
                _caption(lines, face=face, styles=styles),
            ]
            for chart, lines in block.items[start : start + block.per_row]
        ]
        cells.append(row + [""] * (block.per_row - len(row)))
    look = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]
    return [Grid(cells, colWidths=[width] * block.per_row, style=look, hAlign="LEFT")]


def _caption(lines: tuple[str, ...], *, face: Typeface, styles: dict[str, Any]) -> Any:
    from reportlab.platypus import Paragraph

    return Paragraph("<br/>".join(escape(face.set(line)) for line in lines), styles["small"])


def _drawing_class(flowable: Any) -> Callable[..., Any]:
    """Return the flowable that draws a chart; a class made late, as its base comes with ReportLab."""

    class Drawing(flowable):  # type: ignore[misc]
        def __init__(self, chart: Chart, width: float, face: Typeface) -> None:
            super().__init__()
            self.chart, self.face, self.scale = chart, face, width / chart.width
            self.width, self.height = width, chart.height * self.scale

        def draw(self) -> None:
            self.canv.scale(self.scale, self.scale)
            _draw(self.chart, self.canv, face=self.face)

    return Drawing


def _draw(chart: Chart, canvas: Any, *, face: Typeface) -> None:
    for shape in chart.shapes:
        canvas.setFillColor(TONES[shape.tone])
        canvas.setStrokeColor(TONES[shape.tone])
        if isinstance(shape, Label):
            write = {
                "start": canvas.drawString,
                "middle": canvas.drawCentredString,
                "end": canvas.drawRightString,
            }[shape.anchor]
            canvas.setFont("Perenne", shape.size)
            write(shape.x, chart.height - shape.y, face.set(shape.text))
        elif isinstance(shape, Dot):
            canvas.circle(shape.x, chart.height - shape.y, shape.r, stroke=0, fill=1)
        else:
            path = canvas.beginPath()
            path.moveTo(shape.points[0][0], chart.height - shape.points[0][1])
            for x, y in shape.points[1:]:
                path.lineTo(x, chart.height - y)
            if isinstance(shape, Area):
                path.close()
                canvas.drawPath(path, stroke=0, fill=1)
            else:
                assert isinstance(shape, Line)
                canvas.setLineWidth(shape.width)
                canvas.setDash([3, 2] if shape.dashed else [])
                canvas.drawPath(path, stroke=1, fill=0)
