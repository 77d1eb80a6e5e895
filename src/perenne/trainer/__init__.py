"""Trainer: the process beside the hub that trains. It claims a run over HTTP and brings a model back.

Owns the loop of one machine: claim, fetch what the run needs, train in a child process, report, deliver.
Promises: torch lives and dies with the child; a hub that is away for a while loses nothing; killed at any
moment, the trainer takes its run up again from the checkpoint.
Does not know how to train (recipes do), keeps no state but its work folder, and never imports the hub.
"""

from perenne.trainer.hub_link import HubAway, HubLink, HubRefused
from perenne.trainer.loop import Trainer, TrainerOptions

__all__ = ["HubAway", "HubLink", "HubRefused", "Trainer", "TrainerOptions"]
