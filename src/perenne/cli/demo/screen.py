"""What the demonstration shows: stages, the camera's scroll, the claims, and where to go on.

Owns the text. Refuses to decide whether a claim holds.
"""

import itertools
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.rule import Rule
from rich.text import Text

from perenne.cli.demo.cells import LICENCE, PLANTS, RULE, Cell
from perenne.cli.demo.claims import check_claims
from perenne.cli.inspect import latency_text, prediction_text
from perenne.cli.style import console, done, duration, glyph, mark, say

if TYPE_CHECKING:
    from perenne.cli.demo.household import Household
    from perenne.cli.demo.story import Told
    from perenne.client import Client
    from perenne.wire.predictions import Inspection

_numbers = itertools.count(1)
_started = time.monotonic()


def show_greeting(cells: list[Cell], folder: Path) -> None:
    """Print what is about to happen, with the licence of the images."""
    console().print(Rule(Text("Perenne: one turn of the loop", style="bold")))
    say(f"{len(cells):,} electroluminescence images of solar cells enter as three plants. A model is trained")
    say("at one, judged at all three, trained again on all, deployed, and asked by a camera: five minutes.")
    say(LICENCE, style="yellow")
    say(f"{RULE} Plants, panels and capture times are made up.", style="dim")
    say(f"Everything lies in {folder}", style="dim")


def stage(title: str) -> None:
    """Print the beginning of a stage, with the time since the start."""
    console().print()
    text = Text(f"{next(_numbers)} {title}", style="bold cyan")
    text.append(f"   {duration(time.monotonic() - _started)}", style="dim")
    console().print(text)


def show_inspection(cell: Cell, inspection: "Inspection") -> None:
    """Print one answer to the camera, beside what the end-of-line test will say of the part."""
    right = inspection.prediction.get("class") == cell.truth["class"]
    line = Text(f"  {cell.plant:<10}{cell.number:<10}", style="dim")
    line.append(mark(inspection.decision))
    line.pad_right(max(0, 32 - line.cell_len))
    line.append(f"{prediction_text(inspection.prediction):<18}")
    line.append(
        f"{inspection.model.name}:{inspection.model.number}  {latency_text(inspection):>4} ms   ", style="dim"
    )
    line.append(f"{glyph('✓' if right else '✗')} is {cell.truth['class']}", style="green" if right else "red")
    console().print(line)


def show_claims(client: "Client", told: "Told", *, seconds: float) -> bool:
    """Print every claim of the story, and return whether all hold."""
    stage("Is all of that true?")
    claims = check_claims(client, told)
    for claim in claims:
        line = Text(f"  {glyph('✓' if claim.holds else '✗')} ", style="green" if claim.holds else "bold red")
        line.append(claim.sentence, style="" if claim.holds else "red")
        line.append(f"   {claim.seen}", style="dim")
        console().print(line, soft_wrap=True)
    failed = sum(not claim.holds for claim in claims)
    if failed:
        say(
            Text(
                f"{glyph('✗')} {failed} of {len(claims)} claims do not hold, after {duration(seconds)}.",
                style="bold red",
            )
        )
    else:
        done(f"All {len(claims)} claims hold, after {duration(seconds)}.")
    return failed == 0


def show_browser(house: "Household") -> None:
    """Open the story in a browser, or print the address that shows it."""
    from perenne.cli.browser import invitation_url, open_browser

    credentials = house.credentials()
    account = {"email": str(credentials["email"]), "password": str(credentials["password"])}
    address = invitation_url(house.url, **account, path="/turn?then=sites")
    if address is None:
        return
    opened = open_browser(address)
    say("The story is in your browser." if opened else "Follow the story in a browser (signs in once):")
    if not opened:
        say(address, style="bold")


def show_stay(house: "Household") -> None:
    """Print where everything is, and stay until Ctrl+C."""
    credentials = house.credentials()
    console().print()
    console().print(Rule(Text("The hub stays up", style="bold")))
    say(f"{house.url}   the hub (its API: /docs)", style="bold")
    say(f"account {credentials['email']}   password {credentials['password']}")
    say("In another terminal:", style="dim")
    for command in (
        "evaluate show",
        "evaluate worst",
        "models show cells",
        f"deploy history {PLANTS[1]}",
        "doctor",
    ):
        say(f"  perenne --data {house.data} {command}")
    say(
        "Ctrl+C ends it; everything is kept, and comes back with: " + f"perenne up --data {house.data}",
        style="dim",
    )
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        say("\nStopping.", style="dim")
