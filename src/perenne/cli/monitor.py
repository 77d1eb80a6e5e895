"""`perenne monitor`: is anything drifting, since when, why; and what people do about it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from perenne.cli.connection import connect
from perenne.cli.gates import gate
from perenne.cli.options import AsJson, Reason, read_moment
from perenne.cli.style import Column, done, mark, note, show_facts, show_json, show_table

if TYPE_CHECKING:
    from perenne.wire.monitoring import ChannelDifference, Incident, ToldApart, WindowComparison

app = typer.Typer(
    help="Is anything drifting, since when, why; incidents.", no_args_is_help=True, add_completion=False
)
Site = Annotated[str, typer.Argument(help="Site: slug or id.")]
Station = Annotated[str, typer.Argument(help="Station: slug or id.")]
Context = Annotated[str, typer.Argument(help="Context: its id in `perenne monitor contexts`.")]
Number = Annotated[str, typer.Argument(help="Incident: number or id.")]
Note = Annotated[str, typer.Option(help="A remark that goes into its history.")]
Since = Annotated[str | None, typer.Option(help="From this moment, like 2026-01-31T08:00.")]
Until = Annotated[str | None, typer.Option(help="Up to this moment.")]
SHOWN = 12


@app.command("sites")
def list_sites(as_json: AsJson = False) -> None:
    """Show how the watching of every site stands, the worst first."""
    found = connect().monitoring.sites()
    if as_json:
        show_json(found)
        return
    columns = [Column("site", style="bold"), Column("watch"), Column("evidence", right=True)]
    columns += [Column("open incidents", right=True), Column("watched", right=True)]
    columns += [Column("images 7 d", right=True, spare=True), Column("last image", spare=True)]
    rows = [
        (s.site, mark(s.state), _level(s.level), s.open_incidents, s.contexts, s.images_7d, s.last_image_at)
        for s in found
    ]
    show_table("Watching", columns, rows, empty="No site yet: perenne sites add lyon")


@app.command("contexts")
def list_contexts(site: Site, as_json: AsJson = False) -> None:
    """Show what is watched at a site: a context a station, product and model version."""
    found = connect().monitoring.contexts(site)
    if as_json:
        show_json(found)
        return
    columns = [Column("station", style="bold"), Column("product"), Column("model"), Column("watch")]
    columns += [Column("evidence", right=True), Column("images", right=True)]
    columns += [Column("promise", spare=True), Column("context", spare=True, whole=True)]
    rows = [
        (
            c.station,
            c.product,
            c.model,
            mark(c.state),
            _level(max(c.level, c.anchored_level)),
            f"{c.n_images} of {c.n_needed}" if c.state == "collecting" else c.n_images,
            f"1 false alarm in {c.promise.run_length:,.0f} {c.promise.unit}s" if c.promise else None,
            c.id,
        )
        for c in found
    ]
    show_table(f"Watched at {site}", columns, rows, empty="Nothing was inspected there yet.")


@app.command("window")
def compare_window(
    context: Context,
    since: Annotated[str, typer.Option(help="From this moment, like 2026-01-31T08:00.")],
    until: Until = None,
    against_since: Annotated[
        str | None, typer.Option(help="Compare with the images from this moment, not with the reference.")
    ] = None,
    against_until: Annotated[str | None, typer.Option(help="Up to this moment.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare the images of a span with the reference: how far, and in what, they differ."""
    other = [
        read_moment(against_since, option="--against-since"),
        read_moment(against_until, option="--against-until"),
    ]
    begin, end = read_moment(since, option="--since"), read_moment(until, option="--until")
    if begin is None or (other[0] is None) != (other[1] is None):
        raise typer.BadParameter("--against-since and --against-until go together.")
    found = connect().monitoring.window(
        context,
        since=begin,
        until=end,
        against=(other[0], other[1]) if other[0] and other[1] else None,
    )
    if as_json:
        show_json(found)
        return
    _show_comparison(found)


def _show_comparison(found: "WindowComparison") -> None:
    sides = [("the window", found.window)]
    if found.other is not None:
        sides.append(("the reference" if found.against == "reference" else "the other span", found.other))
    facts = [
        (name, f"{one.n_images} of {one.n_in_span} images in {one.n_units} {found.unit or 'image'}s")
        for name, one in sides
    ]
    apart, mmd = found.told_apart, found.discrepancy
    if apart is not None and mmd is not None:
        facts += [
            ("told apart", f"AUC {_auc(apart)}; 0.5 is not at all"),
            ("distance", f"{mmd.mmd:.3f}, usually {mmd.usual_low:.3f} to {mmd.usual_high:.3f}"),
            ("p-value", f"{mmd.p_value:.3f} of {mmd.n_permutations} permutations by {found.unit}"),
            ("typical", ", ".join(found.typical_images)),
        ]
    show_facts("Comparison", facts)
    if found.why:
        note(found.why)
        return
    columns = [Column("channel", style="bold"), Column("AUC"), Column("shift", right=True)]
    rows = [
        (one.channel, _auc(one), None if one.shift is None else f"{one.shift:+.1f}")
        for one in found.effects[:SHOWN]
    ]
    show_table("What differs, the farthest first (all: --json)", columns, rows)
    note(found.caution)


@app.command("incidents")
def list_incidents(
    site: Annotated[str | None, typer.Option(help="Only those of this site.")] = None,
    state: Annotated[
        Literal["open", "acknowledged", "closed"] | None, typer.Option(help="Only those in this state.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List incidents, newest first."""
    found = list(connect().monitoring.incidents(state=state, site=site))
    if as_json:
        show_json(found)
        return
    columns = [Column("#", right=True, style="bold"), Column("state"), Column("sites"), Column("channel")]
    columns += [Column("cause"), Column("since"), Column("alarms", right=True, spare=True)]
    columns += [Column("assignee", spare=True)]
    rows = [
        (
            i.number,
            mark(i.state),
            ", ".join(name_site(slug, i.site_names) for slug in i.sites),
            i.main_channel,
            i.cause,
            i.onset_at,
            i.n_alarms,
            i.assignee,
        )
        for i in found
    ]
    show_table("Incidents", columns, rows, empty="No incident.")


@app.command("show")
def show(incident: Number, as_json: AsJson = False) -> None:
    """Show an incident: cause, evidence, alarms, probes and history."""
    found = connect().monitoring.incident(incident)
    if as_json:
        show_json(found)
        return
    finding = found.finding
    show_facts(
        f"Incident {found.number}",
        [
            ("state", mark(found.state)),
            ("sites", ", ".join(name_site(slug, found.site_names) for slug in found.sites)),
            ("since", found.onset_at),
            ("cause", found.cause),
            ("action", found.action),
            ("signature", finding.signature_strength if finding else None),
            ("assignee", found.assignee),
            ("closed because", found.close_reason),
        ],
    )
    if finding is not None:
        lines = [(line.found, _says(line.supports)) for line in finding.evidence]
        show_table("What was looked at", [Column("seen"), Column("says")], lines)
    _show_alarms(found)
    steps = [(step.at, step.by, step.act, step.text) for step in found.steps]
    show_table("History", [Column("at"), Column("by", spare=True), Column("act"), Column("text")], steps)


def _show_alarms(found: "Incident") -> None:
    columns = [Column("station", style="bold"), Column("detector"), Column("since"), Column("channel")]
    columns += [Column("share", right=True), Column("AUC"), Column("shift", right=True, spare=True)]
    rows = []
    for alarm in found.alarms:
        first = alarm.effects[0] if alarm.effects else None
        rows.append(
            (
                f"{alarm.site}/{alarm.station}",
                alarm.detector,
                alarm.onset_at,
                first.channel if first else ", ".join(f"{k}={v}" for k, v in alarm.new_values.items()),
                f"{first.share:.0%}" if first else None,
                f"{first.auc:.2f} [{first.auc_low:.2f}-{first.auc_high:.2f}]" if first else None,
                f"{first.shift:+.1f}" if first else None,
            )
        )
    show_table("Alarms", columns, rows)
    probes = [(p.kind, mark(p.state), f"{p.n_different} of {p.n_images}", p.detail) for p in found.probes]
    if probes:
        show_table(
            "Probes",
            [Column("probe"), Column("result"), Column("differ"), Column("detail", spare=True)],
            probes,
        )


@app.command("acknowledge")
def acknowledge(incident: Number, note: Note = "") -> None:
    """Say that somebody looks after it."""
    found = connect().monitoring.acknowledge(incident, note=note)
    done(f"Incident [bold]{found.number}[/] is acknowledged.")


@app.command("assign")
def assign(
    incident: Number,
    assignee: Annotated[str, typer.Argument(help="E-mail of the person.")],
    note: Note = "",
) -> None:
    """Make a person responsible."""
    found = connect().monitoring.assign(incident, assignee, note=note)
    done(f"Incident [bold]{found.number}[/] is {found.assignee}'s.")


@app.command("close")
def close(
    incident: Number,
    reason: Reason,
    cause: Annotated[str | None, typer.Option(help="What it really was, kept beside the proposal.")] = None,
) -> None:
    """Close it; the evidence of its contexts begins anew."""
    found = connect().monitoring.close(incident, reason=reason, confirmed_cause=cause)
    done(f"Incident [bold]{found.number}[/] is closed; the watch begins anew.")


@app.command("reopen")
def reopen(incident: Number, note: Note = "") -> None:
    """Open a closed one again."""
    found = connect().monitoring.reopen(incident, note=note)
    done(f"Incident [bold]{found.number}[/] is open again.")


@app.command("probe")
def probe(
    incident: Number,
    kind: Annotated[Literal["replay", "golden"], typer.Argument(help="Kept files, or the golden part.")],
) -> None:
    """Run kept files through today's software again, or look at the golden part."""
    connect().monitoring.probe(incident, kind)
    done(f"The {kind} probe is asked: perenne monitor show {incident}")


@app.command("reference")
def set_reference(
    context: Context,
    reason: Reason,
    since: Since = None,
    until: Until = None,
    at: Annotated[str | None, typer.Option(help="When it shall happen; now without it.")] = None,
) -> None:
    """Hold a context against other images from now on: a logged act."""
    found = connect().monitoring.set_reference(
        context,
        reason=reason,
        since=read_moment(since, option="--since"),
        until=read_moment(until, option="--until"),
        at=read_moment(at, option="--at"),
    )
    done(f"Reference asked for {found.due_at:%Y-%m-%d %H:%M}: images from {found.since:%Y-%m-%d %H:%M} on.")


app.command("gate")(gate)


@app.command("golden-part")
def set_golden_part(
    site: Site,
    station: Station,
    part: Annotated[
        str | None, typer.Argument(help="Part id that its captures carry; without it, show.")
    ] = None,
    name: Annotated[str, typer.Option(help="What people call it.")] = "",
    remove: Annotated[
        bool, typer.Option("--remove", help="The station has no golden part any more.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show, register, replace or remove the known part that is photographed again."""
    monitoring = connect().monitoring
    if remove:
        monitoring.remove_golden_part(site, station)
        done(f"{site}/{station} has no golden part any more.")
        return
    if part is not None:
        monitoring.set_golden_part(site, station, part, name=name)
        done(f"[bold]{part}[/] is the golden part of {site}/{station}.")
        return
    found = monitoring.golden_part(site, station)
    if as_json:
        show_json(found)
        return
    show_facts(
        f"Golden part of {site}/{station}",
        [
            ("part", found.part_id),
            ("name", found.name or None),
            ("pictures", found.captures),
            ("last", found.last_at),
            ("set by", found.set_by),
            ("set at", found.set_at),
        ],
    )


def name_site(slug: str, names: Mapping[str, str]) -> str:
    """Return what people call a site, with the word that commands take."""
    name = names.get(slug, slug)
    return slug if name == slug else f"{name} ({slug})"


def _auc(of: "ToldApart | ChannelDifference") -> str:
    return f"{of.auc:.2f} [{of.auc_low:.2f}-{of.auc_high:.2f}]"


def _level(level: float) -> str:
    """Return evidence as a share of what an alarm takes."""
    return f"{level:.0%}"


def _says(supports: bool | None) -> str:
    return {True: "for it", False: "against it", None: ""}[supports]
