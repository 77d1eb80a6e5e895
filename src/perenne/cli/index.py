"""The index of commands: name, where its code stands, one line of help, and the panel it is listed in.

Owns the list; a new command is one line here. Refuses imports: a command's module is read when it is called,
so that `perenne --help` and `perenne up` start fast and small.
"""

from dataclasses import dataclass

RUN = "Run Perenne"
BRING = "Bring images and truth in"
TURN = "Datasets, models, sites"
KEEP = "Keep it in order"


@dataclass(frozen=True)
class Entry:
    """A command: `target` is `module:attribute`, a typer application or a plain function."""

    name: str
    target: str
    help: str
    panel: str


COMMANDS: tuple[Entry, ...] = (
    Entry("up", "perenne.cli.up:up", "Start everything on this machine: hub, worker, trainer.", RUN),
    Entry("demo", "perenne.cli.demo:demo", "Show one full turn of the loop on real images.", RUN),
    Entry("hub", "perenne.cli.hub:hub", "Start a hub alone.", RUN),
    Entry("worker", "perenne.cli.worker:worker", "Start a worker for durable jobs.", RUN),
    Entry("trainer", "perenne.cli.trainer:trainer", "Start a trainer: it claims runs from a hub.", RUN),
    Entry("login", "perenne.cli.login:login", "Sign in to a hub and keep a token on this machine.", RUN),
    Entry("logout", "perenne.cli.login:logout", "Forget the kept token.", RUN),
    Entry("whoami", "perenne.cli.login:whoami", "Who this machine is to the hub, and what it may do.", RUN),
    Entry("sites", "perenne.cli.sites:app", "Production sites and their lines.", BRING),
    Entry("stations", "perenne.cli.stations:app", "Camera positions and their reference images.", BRING),
    Entry("products", "perenne.cli.products:app", "References of the inspected pieces.", BRING),
    Entry("images", "perenne.cli.images:app", "Push and list images.", BRING),
    Entry("schemas", "perenne.cli.schemas:app", "Label schemas: the classes, versioned.", BRING),
    Entry(
        "import", "perenne.cli.imports:app", "Import a labelled set: COCO, CSV, a folder per class.", BRING
    ),
    Entry("truth", "perenne.cli.truth:app", "Ground truth that comes later, by image or part.", BRING),
    Entry("datasets", "perenne.cli.datasets:app", "Freeze dataset versions, compare them.", TURN),
    Entry("train", "perenne.cli.train:app", "Start, watch and cancel training runs.", TURN),
    Entry("models", "perenne.cli.models:app", "Model versions and their artefacts.", TURN),
    Entry("evaluate", "perenne.cli.evaluate:app", "How good a model is, site by site, worst first.", TURN),
    Entry(
        "performance", "perenne.cli.performance:app", "Is every site good enough, and how do we know.", TURN
    ),
    Entry("deploy", "perenne.cli.deploy:app", "Which version answers where; undo; history.", TURN),
    Entry("monitor", "perenne.cli.monitor:app", "Is anything drifting, since when, why; incidents.", TURN),
    Entry("inspect", "perenne.cli.inspect:inspect", "Send images to a station and read its decision.", TURN),
    Entry("users", "perenne.cli.users:app", "Accounts of people.", KEEP),
    Entry("tokens", "perenne.cli.tokens:app", "Tokens of programs.", KEEP),
    Entry("jobs", "perenne.cli.jobs:app", "Background work and how far it is.", KEEP),
    Entry("backup", "perenne.cli.backup:backup", "Copy everything while the hub runs, verified.", KEEP),
    Entry("restore", "perenne.cli.backup:restore", "Bring a backup back, verified.", KEEP),
    Entry("doctor", "perenne.cli.doctor:doctor", "Check this machine and the hub.", KEEP),
)
