"""Starting a trainer as a process: its name, its recipes, its signals.

Owns what the command line hands over. Refuses to offer a recipe that nobody registered.
"""

import hashlib
import signal
import socket
import sys
from datetime import datetime
from importlib import import_module
from pathlib import Path

from perenne.recipes import RECIPES
from perenne.trainer.hub_link import HubLink
from perenne.trainer.loop import Trainer, TrainerOptions


def start_trainer(
    *,
    url: str,
    token: str,
    name: str,
    workdir: Path,
    recipes: tuple[str, ...],
    device: str = "auto",
    threads: int = 0,
    processes: int = 1,
    load: tuple[str, ...] = (),
    once: bool = False,
) -> None:
    """Work until SIGTERM or SIGINT, or on one run at most. Raises: WorkdirInUse, HubRefused."""
    options = TrainerOptions(
        name=name,
        workdir=workdir,
        recipes=recipes,
        device=device,
        threads=threads,
        processes=processes,
        load=load,
    )
    trainer = Trainer(HubLink(url, token), options, say=_say)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: trainer.stop())
    _say(f"Trainer {name} offers {', '.join(recipes)} to {url}; it works in {workdir}")
    if once:
        trainer.run_alone()
    else:
        trainer.run_forever()


def default_name(workdir: Path) -> str:
    """Return a name that is the same at every start in this folder on this machine, and no other's."""
    mark = hashlib.sha256(str(workdir).encode()).hexdigest()[:6]
    return f"{socket.gethostname()[:60]}-{mark}"


def offered_recipes(*, load: tuple[str, ...], only: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the recipes to offer. Raises: UnknownMember for one that is not registered."""
    for module in load:
        import_module(module)
    for name in only:
        RECIPES.get(name)
    return only or tuple(RECIPES.names())


def _say(text: str) -> None:
    print(f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S} {text}", file=sys.stderr, flush=True)
