"""`perenne monitor gate`: how a station's quality gate stands, and calibrating it.

Owns that one command. Refuses to calibrate without a reason, which the hub keeps.
"""

from typing import Annotated

import typer

from perenne.cli.connection import connect
from perenne.cli.options import AsJson, BadOption, read_moment
from perenne.cli.style import done, note, progress_bar, show_facts, show_json
from perenne.wire.gates import GatePower, GateReasonCount, GateShare, GateWindow, StationGate


def gate(
    site: Annotated[str, typer.Argument(help="Site: slug or id.")],
    station: Annotated[str, typer.Argument(help="Station: slug or id.")],
    calibrate: Annotated[
        bool, typer.Option("--calibrate", help="Learn anew from the station's own images.")
    ] = False,
    reason: Annotated[str | None, typer.Option(help="Why it is calibrated; kept in the record.")] = None,
    since: Annotated[str | None, typer.Option(help="Learn from images taken at or after this.")] = None,
    until: Annotated[str | None, typer.Option(help="Learn from images taken before this.")] = None,
    include_refused: Annotated[
        bool, typer.Option(help="Learn from refused images too: the line was changed on purpose.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show a station's quality gate, or calibrate it from the station's own images."""
    if (reason or since or until or include_refused) and not calibrate:
        raise BadOption("Nothing is learnt without --calibrate.", remedy="Say --calibrate too.")
    if calibrate and not reason:
        raise BadOption(
            "Calibrating needs a reason: it is kept in the record.", remedy='For example --reason "new lamp".'
        )
    client = connect()
    if calibrate:
        with progress_bar(counted=False) as bar:
            task = bar.add_task(f"Calibrating {site}/{station}", total=1.0, remark="")
            found = client.monitoring.calibrate_gate(
                site,
                station,
                reason=str(reason),
                since=read_moment(since, option="--since"),
                until=read_moment(until, option="--until"),
                include_refused=include_refused,
                progress=lambda job: bar.update(task, completed=job.progress, remark=job.message),
            )
            bar.update(task, completed=1.0, remark="")
    else:
        found = client.monitoring.gate(site, station)
    if as_json:
        show_json(found)
        return
    show_gate(found)


def show_gate(found: StationGate) -> None:
    """The gate is on the terminal, in words."""
    facts: list[tuple[str, object]] = [("state", found.state.replace("_", " "))]
    if found.calibration is None:
        facts.append(("images", f"{found.n_available} of the {found.n_automatic} it calibrates itself with"))
    else:
        one = found.calibration
        span = f"{one.since:%Y-%m-%d} to {one.until:%Y-%m-%d}"
        facts += [
            ("learnt from", f"{one.n_images} images, {span}"),
            ("promise", one.words),
            ("calibrated", f"{one.at:%Y-%m-%d %H:%M} by {one.by}: {one.reason}"),
            *facts_of_power(one.power),
        ]
    for window in found.windows:
        facts += facts_of_window(window)
    show_facts(f"Gate of {found.site}/{found.station}", facts)
    if found.calibration is None:
        note("Until then only absolute rules judge: black, white, nothing to see, frozen.")
    else:
        done("An image that is refused is stored and visible all the same.")


def facts_of_power(power: list[GatePower]) -> list[tuple[str, object]]:
    """Return which faults the gate refuses in how many of its own good images, the worst first."""
    heads = {"no": "hardly sees", "partly": "partly sees", "yes": "sees"}
    return [
        (heads[one.seen], f"{one.words}: {say_share(one.refused)} of {one.n_images} refused")
        for one in sorted(power, key=lambda one: one.refused.value)
    ]


def facts_of_window(window: GateWindow) -> list[tuple[str, object]]:
    """Return what the gate did in a window, in words."""
    days = f"last {window.days} days"
    if not window.n_images:
        return [(days, "no image")]
    facts: list[tuple[str, object]] = [
        (f"{days}: refused", f"{say_share(window.refused_share)} of {window.n_images}"),
        (f"{days}: flagged", say_share(window.flagged_share)),
    ]
    facts += [("", say_reason(reason)) for reason in window.refused_reasons]
    if window.not_for_training:
        facts.append((f"{days}: not for training", f"{window.not_for_training}"))
        facts += [("", say_reason(reason)) for reason in window.not_for_training_reasons]
    return facts


def say_share(share: GateShare | None) -> str:
    """Return a share with its interval, in percent.

    >>> say_share(GateShare(value=0.006, low=0.004, high=0.012))
    '0.6 % (0.4 to 1.2)'
    """
    if share is None:
        return "-"
    return f"{share.value:.1%} ({100 * share.low:.1f} to {100 * share.high:.1f})".replace("%", " %")


def say_reason(reason: GateReasonCount) -> str:
    """Return a reason and how often it was given."""
    return f"{reason.n} x {reason.words}"
