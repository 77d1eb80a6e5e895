"""Two processes on the CPU train one model (gloo), as torchrun starts them."""

import os
import socket
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
from pathlib import Path
import numpy as np, torch
from perenne.recipes import SilentReporter
from perenne.recipes.lite.device import close_device, open_device
from perenne.recipes.lite.loop import LoopPlan, TrainingLoop
from perenne.recipes.lite.schedule import BudgetLimits
from perenne.trainer.child import leave

class Line:
    def make_batch(self, rng, *, fraction):
        x = rng.normal(size=(4, 1)).astype(np.float32)
        return {"x": x, "y": 3 * x}

def squared(model, batch, fraction):
    loss = ((model(batch["x"]) - batch["y"]) ** 2).mean()
    return loss, {"loss": loss.detach()}

device = open_device("cpu", threads=1)
torch.manual_seed(device.rank)
limits = BudgetLimits(steps=40)
plan = LoopPlan(limits=limits, fingerprint="x", learning_rate=0.3, warmup_steps=2, ema_decay=0.8)
outcome = TrainingLoop(
    torch.nn.Linear(1, 1), loss=squared, batches=Line(), plan=plan, device=device, reporter=SilentReporter(),
    evaluate=lambda m: {"score": -float((m(torch.ones(1, 1)) - 3).abs())}, workdir=Path(sys.argv[1]),
).run()
print(outcome.steps, float(outcome.best_state["weight"]), bool(outcome.history))
close_device(device)
leave(0)
"""


def test_two_processes_end_with_the_same_weights_and_only_the_first_evaluates(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(tmp_path)],
            env={**environment, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    said = [process.communicate(timeout=240) for process in started]
    assert [process.returncode for process in started] == [0, 0], said
    first, second = (out.split() for out, _ in said)
    assert first[:2] == second[:2]
    assert (first[2], second[2]) == ("True", "False")
