"""The page of perenne-bench: tables and a picture, written from the figures and from nothing else.

Owns docs/reference/watching-measured.md and its picture, as SVG by hand: no plotting library is needed,
and a diff of a picture can be read.
"""

from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

ORDER = (
    "perenne",
    "alibi_pca",
    "alibi_channels",
    "online_cp",
    "adwin",
    "page_hinkley",
    "ks_bonferroni",
)
SHOWN = {
    "perenne": "Perenne",
    "perenne_promised": "Perenne at 1,000,000",
    "alibi_pca": "alibi MMD, PCA",
    "alibi_channels": "alibi MMD, our channels",
    "online_cp": "online-cp SR",
    "adwin": "ADWIN",
    "page_hinkley": "Page-Hinkley",
    "ks_bonferroni": "KS, Bonferroni",
}
COLOURS = {
    "perenne": "#1f6feb",
    "alibi_pca": "#b35900",
    "alibi_channels": "#e39b4d",
    "online_cp": "#2f855a",
    "adwin": "#7c3aed",
    "page_hinkley": "#be185d",
    "ks_bonferroni": "#6b7280",
}
MISSED = 800
HEADLINES = {"jpeg_80": "JPEG 80", "noise_4": "noise 4", "celltype_1": "cell type", "blur_1": "blur 1 px"}
"""The changes whose delays are promised."""

AIMS = {
    "false_alarms_iid": ("false alarms over promised ones, independent images", "at most 1"),
    "false_alarms_lots": ("the same, lots", "at most 1"),
    "false_alarms_fleet_year": ("the same, 20 sites for a year", "at most 1"),
    "delay_jpeg80": ("images until JPEG 80 is seen, 1,000,000 promised", "at most 6"),
    "delay_noise4": ("the same, noise of 4 grey levels", "at most 6"),
    "delay_celltype": ("the same, the other cell type", "at most 6"),
    "delay_blur1": ("the same, blur of 1 px", "at most 18"),
    "cause_top1": ("right cause first", "at least 0.85"),
    "cause_top2": ("right cause among two", "at least 0.95"),
    "unknown_rejected": ("unknown causes told as unknown", "at least 0.8"),
    "false_certification": ("false certificates", "at most 0.05"),
    "shown_number_error": ("error of shown label-free numbers", "at most 0.03"),
    "cpu_ms_per_image": ("CPU ms an image, 17 channels, 10,000 ranks", "at most 0.1"),
}


def write_page(figures: dict[str, Any], *, headlines: dict[str, Any], docs: Path) -> None:
    """Write the page and its pictures for the parts that were run."""
    pictures = docs / "images"
    aims = ["| What | Seen | Aim |", "| --- | --- | --- |"]
    aims += [f"| {AIMS[name][0]} | {value} | {AIMS[name][1]} |" for name, value in headlines.items()]
    sections = [INTRODUCTION, "\n".join(aims) + "\n"]
    if "false_alarms" in figures:
        sections.append(tell_false_alarms(figures["false_alarms"]))
    if "power" in figures:
        (pictures / "watching-delays.svg").write_text(draw_delays(figures["power"]))
        sections.append(tell_power(figures["power"]))
        sections += tell_boards(figures["power"].get("boards"))
        sections += tell_prevalence(figures["power"].get("prevalence"))
    if "fleet" in figures:
        sections.append(tell_fleet(figures["fleet"]))
    if "speed" in figures:
        sections.append(tell_speed(figures["speed"]))
    (docs / "reference" / "watching-measured.md").write_text("\n".join(sections))


INTRODUCTION = """# Watching, measured

Written by `python3 dev.py bench monitoring --docs` from the figures that it prints. Images: ELPV, 2,624 solar
cells; reference of 1,000 images (half of them fit the embedding's frame), features of EfficientNet-Lite0 at
160 px. Changes are made in pixels; what a file tells of itself (format, compression tables) is left out, as
it would be told with no delay. CPU seconds on two shared cores.
"""


def tell_false_alarms(found: dict[str, Any]) -> str:
    """Return the section of part 1."""
    lines = [
        "## False alarms: promised and seen\n",
        "| Healthy stream | Detector | Promise | Units | Allowed | Alarms | p |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    rows = [("independent images", name, row) for at in found["iid"].values() for name, row in at.items()]
    rows += [(f"lots of 8, {found['lots']['streams']} orders", "growing, by lot", row)
             for row in found["lots"]["by_lot"].values()]  # fmt: skip
    rows += [("lots of 8, drawn independently", "growing, by lot", row)
             for row in found["lots"].get("by_lot_drawn", {}).values()]  # fmt: skip
    boards = found.get("boards", {})
    rows += [("circuit boards, independent", name, row)
             for at in boards.get("iid", {}).values() for name, row in at.items()]  # fmt: skip
    rows += [("circuit boards in lots of 8", "growing, by lot", row)
             for row in boards.get("by_lot_drawn", {}).values()]  # fmt: skip
    rows.append(("the same, by image", "growing", found["lots"]["by_image_ignoring_lots"]))
    rows += [("the same, by image", name.removesuffix(" by image"), row)
             for name, row in found["lots"].items() if name.endswith(" by image")]  # fmt: skip
    year = found["fleet_year"]
    rows.append(
        (f"{year['sites']} sites, {year['days']} days", "growing, five years a site", year["by_site"])
    )
    rows += [("random order", name, row) for name, row in found["peers"].items() if "alarms" in row]
    for world, name, row in rows:
        promise = f"{row['promise']:,.0f}" if row["promise"] else "none"
        allowed, p_value = row.get("allowed", ""), row.get("p_value", "")
        seen = f"{row['units']:,} | {allowed} | {row['alarms']} | {p_value}"
        lines.append(f"| {world} | {name} | {promise} | {seen} |")
    lines.append(
        f"\nIn that year the fleet's rule alarmed {year['by_fleet_rule']} sites; daily tests of "
        f"Kolmogorov-Smirnov gave {year['ks_per_channel_alerts']:,} alerts by channel at 0.05, and "
        f"{year['ks_bonferroni_alerts']:,} with Bonferroni's correction."
    )
    for kind in ("mono", "poly"):
        order = found["lots"][f"file_order_{kind}"]
        if not order["enough"]:
            lines.append(f"In file order, {kind} gets no watch: {order['reason']}.")
    lines.append(
        "alibi-detect ran with 1,500 bootstraps, where it advises ten times the run length; a promise of a "
        "million would take ten million of them."
    )
    flags = {name: row for name, row in found["peers"].items() if "flagged_share" in row}
    if flags:
        lines += ["\n| Evidently, window | Healthy windows flagged | Of |", "| --- | --- | --- |"]
        lines += [f"| {name.removeprefix('evidently ')} | {row['flagged_share']:.0%} | {row['windows']} |"
                  for name, row in flags.items()]  # fmt: skip
    return "\n".join(lines) + "\n"


def tell_power(found: dict[str, Any]) -> str:
    """Return the section of part 2: medians, bold where best or tied with the best."""
    explanation = (
        f"Thresholds: one in ten of {found['streams_without_a_change']} healthy streams of 1,000 images"
        " alarms. Images after the change until the alarm, median (90th percentile; missed of all). Bold:"
        " best, or its 90 % interval reaches the best one's. Last column: Perenne, 1,000,000 promised. "
        f"Streams a cell: {least(found, 'perenne')} for Perenne and Kolmogorov-Smirnov "
        f"({most(found, ('perenne',))} of the four changes with a promised delay), "
        f"{most(found, ORDER[1:-1])} for the others: read delays as +-30 %. The streams share cells, so that "
        "medians are less sure than their number says.\n"
    )
    lines = [
        "## Delay at equal false alarms\n",
        "![Median delays by shift and detector](../images/watching-delays.svg)\n",
        explanation,
        *tabulate_delays(found),
    ]
    promised = [(HEADLINES[shift], found["shifts"][shift]["perenne_promised"]) for shift in HEADLINES
                if shift in found["shifts"]]  # fmt: skip
    lines.append(
        "\nAt a promise of 1,000,000, median with its 90 % interval: "
        + "; ".join(
            f"{name} {row['median']:g} ({row['interval'][0]:g} to {row['interval'][1]:g}, "
            f"{row['streams']} streams)"
            for name, row in promised
            if None not in (row["median"], *row["interval"])
        )
        + "."
    )
    lines.append(
        f"\nBest or tied: {found['best_or_tied_cells']} of {found['cells']} shifts and strengths, and "
        f"{found['best_or_tied_shifts']} of {found['shift_kinds']} kinds at their middle strength. With so "
        f"few streams a tie is easily had: the smallest median is Perenne's in "
        f"{found['smallest_median_cells']}; seen by nobody's median, "
        f"and counted as tied: {len(found['seen_by_nobody'])}."
    )
    if found["losses"]:
        lost = "; ".join(
            f"{shift.replace('_', ' ')} ("
            + ", ".join(
                f"{SHOWN[name]} {delay if delay is not None else '800+'}" for name, delay in row.items()
            )
            + ")"
            for shift, row in found["losses"].items()
        )
        lines.append(f"Lost: {lost}.")
    return "\n".join(lines) + "\n"


def tabulate_delays(found: dict[str, Any]) -> list[str]:
    """Return the lines of a table of delays."""
    present = [name for name in ORDER if any(name in row for row in found["shifts"].values())]
    shown = [*present, "perenne_promised"]
    lines = [
        "| Change | " + " | ".join(SHOWN[name] for name in shown) + " |",
        "| --- |" + " --- |" * len(shown),
    ]
    for shift, row in in_order(found):
        best = min((number(row[name]["median"]) for name in present if name in row), default=MISSED)
        ceiling = min(
            number(row[name]["interval"][1]) for name in present if number(row[name]["median"]) == best
        )
        cells = []
        for name in shown:
            told = tell_delay(row[name])
            tied = name in present and number(row[name]["interval"][0]) <= ceiling
            cells.append(f"**{told}**" if tied and best < MISSED else told)
        lines.append(f"| {shift.replace('_', ' ')} | " + " | ".join(cells) + " |")
    return lines


def tell_boards(found: dict[str, Any] | None) -> list[str]:
    """Return the section of part 2 on the second material; nothing where it was not run."""
    if found is None:
        return []
    title = "## The same on circuit boards\n"
    if "skipped" in found:
        return [f"{title}\nSkipped: {found['skipped']}.\n"]
    explanation = (
        "DeepPCB: a reference of 400 scans, 200 clean ones, then 300 changed ones or the boards of other "
        "groups (a new product, real). Thresholds as above, from "
        f"{found['streams_without_a_change']} healthy streams; {least(found, 'perenne')} streams a cell for "
        f"Perenne and Kolmogorov-Smirnov, {most(found, ORDER[1:-1])} for the others. No model is trained on "
        "them: no channel of predictions.\n"
    )
    return ["\n".join([title, explanation, *tabulate_delays(found)]) + "\n"]


def tell_prevalence(found: dict[str, Any] | None) -> list[str]:
    """Return what can be seen of a small change of prevalence, and by what."""
    if found is None:
        return []
    explanation = (
        "Cells drawn with replacement, 15 % of them defective, then so many times as many; images until the "
        "alarm at a promise of 1,000,000, median (90th percentile; missed of all within "
        f"{found['length']:,}). The last column knows the true labels: no score can beat it.\n"
    )
    lines = [
        "## How small a change of prevalence can be seen\n",
        explanation,
        "| Units ranked against, change | Perenne | without the weight of its own | with true labels |",
        "| --- | --- | --- | --- |",
    ]
    for name, row in found["delays"].items():
        cells = [tell_delay(row[one], most=found["length"])
                 for one in ("product", "without_its_weight", "bound_by_labels")]  # fmt: skip
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines.append(
        "\nThe dedicated estimate (`stats.drift.estimate_label_shift`) on windows of "
        f"{found['window']} images, with a labelled reference of 1,000; it promises no run length:\n"
    )
    lines += [
        "| Change | True rate | Mean estimate | Interval leaves the rate before | holds the rate now |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {name} | {row['true_rate']:.3f} | {row['mean_estimate']:.3f} | "
        f"{row['left_the_rate_before']}/{row['windows']} | {row['held_the_true_rate']}/{row['windows']} |"
        for name, row in found["windows"].items()
    ]
    return ["\n".join(lines) + "\n"]


def least(found: dict[str, Any], name: str) -> int:
    """Return the smallest number of streams that a detector saw of one shift."""
    return min(row[name]["streams"] for row in found["shifts"].values() if name in row)


def most(found: dict[str, Any], names: tuple[str, ...]) -> int:
    """Return the largest number of streams that any of these detectors saw of one shift."""
    return max((row[n]["streams"] for row in found["shifts"].values() for n in names if n in row), default=0)


def in_order(found: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the shifts with their rows, by name and then by strength."""

    def key(item: tuple[str, Any]) -> tuple[str, float]:
        name, _, at = item[0].rpartition("_")
        return name, float(at)

    return sorted(found["shifts"].items(), key=key)


def tell_delay(row: dict[str, Any], *, most: int = MISSED) -> str:
    """Return one cell."""
    if not row["streams"]:
        return "all before"
    median = f"{row['median']:g}" if row["median"] is not None else f"{most}+"
    ninety = f"{row['p90']:g}" if row["p90"] is not None else f"{most}+"
    missed = f"; {row['missed']}/{row['streams']} missed" if row["missed"] else ""
    return f"{median} ({ninety}{missed})"


def number(value: float | None) -> float:
    """Return a delay as a number; None is a miss."""
    return MISSED if value is None else value


def tell_fleet(found: dict[str, Any]) -> str:
    """Return the section of part 3."""
    lines = [
        "## Fleets\n",
        "A tenth of the sites change after 60 of 200 images.\n",
        "| Sites | Rule | Found | False | Share false | Mean delay |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for size, rules in found.items():
        for rule, row in rules.items():
            lines.append(
                f"| {size} | {rule.replace('_', ' ')} | {row['found']}/{row['drifting']} | {row['false']} | "
                f"{row['false_share']:.1%} | {row['delay_mean']} |"
            )
    return "\n".join(lines) + "\n"


def tell_speed(found: dict[str, Any]) -> str:
    """Return the section of part 9."""
    lines = ["## Cost\n", "| What | Seen |", "| --- | --- |"]
    lines += [f"| {name.replace('_', ' ')} | {value} |" for name, value in found.items()]
    return "\n".join(lines) + "\n"


def draw_delays(found: dict[str, Any]) -> str:
    """Return an SVG: one line a shift, one mark a detector at its median delay, on a logarithmic axis."""
    import math

    left, right, top, line = 150, 30, 70, 20
    width = 900
    height = top + line * len(found["shifts"]) + 40
    present = [name for name in ORDER if any(name in row for row in found["shifts"].values())]

    def place(delay: float) -> float:
        return left + (width - left - right) * math.log(max(1.0, delay)) / math.log(MISSED)

    style = 'font-family="system-ui, sans-serif" font-size="12"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {style}>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for at, name in enumerate(present):
        x = left + (at % 4) * 180
        y = 20 + 20 * (at // 4)
        parts.append(f'<circle cx="{x}" cy="{y - 4}" r="5" fill="{COLOURS[name]}"/>')
        parts.append(f'<text x="{x + 10}" y="{y}" fill="#1f2328">{escape(SHOWN[name])}</text>')
    for delay in (1, 3, 10, 30, 100, 300, MISSED):
        x = place(delay)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top - 10}" y2="{height - 30}" stroke="#d0d7de"/>')
        label = f"{delay}+" if delay == MISSED else str(delay)
        parts.append(
            f'<text x="{x:.1f}" y="{height - 14}" text-anchor="middle" fill="#57606a">{label}</text>'
        )
    for at, (shift, row) in enumerate(in_order(found)):
        y = top + line * at
        parts.append(
            f'<text x="{left - 10}" y="{y + 4}" text-anchor="end" fill="#1f2328">'
            f"{escape(shift.replace('_', ' '))}</text>"
        )
        for name in reversed(present):
            if name in row and row[name]["streams"]:
                x = place(number(row[name]["median"]))
                radius = 6 if name == "perenne" else 4.5
                parts.append(
                    f'<circle cx="{x:.1f}" cy="{y}" r="{radius}" fill="{COLOURS[name]}" fill-opacity="0.85"/>'
                )
    parts.append("</svg>\n")
    return "\n".join(parts)
