"""On which device a run computes, in which precision, and with which other processes.

Owns CPU threads, CUDA, bf16 and the torchrun environment. Refuses to guess: a missing device is an error.
"""

import gc
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import torch
from torch import Tensor, nn

from perenne.recipes.errors import DeviceUnavailable, OutOfMemory

T = TypeVar("T")


@dataclass(frozen=True)
class Device:
    """One process of a run: where it computes and which of `world` processes it is."""

    torch_device: torch.device
    amp: bool
    rank: int = 0
    world: int = 1

    @property
    def is_main(self) -> bool:
        """True for the process that reports, evaluates and writes."""
        return self.rank == 0

    def autocast(self) -> AbstractContextManager[Any]:
        """Return the context of the forward pass: bf16 where it pays (CUDA), else nothing."""
        if not self.amp:
            return nullcontext()
        return torch.autocast(self.torch_device.type, dtype=torch.bfloat16)

    def move(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return the batch on the device."""
        return {name: value.to(self.torch_device, non_blocking=True) for name, value in batch.items()}

    def wrap(self, model: nn.Module) -> nn.Module:
        """Return `model` on the device, synchronised over all processes."""
        model.to(self.torch_device)
        if self.world == 1:
            return model
        ids = [self.torch_device.index] if self.torch_device.type == "cuda" else None
        return nn.parallel.DistributedDataParallel(model, device_ids=ids)

    def agree(self, values: list[float]) -> list[float]:
        """Return the values of the main process in every process."""
        if self.world == 1:
            return values
        shared = torch.tensor(values, dtype=torch.float64, device=self.torch_device)
        torch.distributed.broadcast(shared, 0)
        return cast(list[float], shared.tolist())

    def share(self, state: dict[str, Tensor]) -> None:
        """Overwrite the tensors of every process with those of the main process."""
        if self.world > 1:
            for name in sorted(state):
                torch.distributed.broadcast(state[name], 0)


def open_device(name: str, *, amp: bool = True, threads: int = 0) -> Device:
    """Return the device called `name` ("cpu", "cuda" or "auto"), joined to the other torchrun processes.

    `threads` = 0 takes every core this process may use. Raises: DeviceUnavailable.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    rank, world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    local = int(os.environ.get("LOCAL_RANK", "0"))
    if name.startswith("cuda"):
        if not torch.cuda.is_available():
            raise DeviceUnavailable(
                "The run asks for 'cuda', but PyTorch sees no GPU on this machine.",
                remedy="Use 'cpu', or run the trainer where a GPU and a CUDA build of PyTorch are.",
            )
        index = local if world > 1 else int(name.partition(":")[2] or 0)
        torch.cuda.set_device(index)
        torch.backends.cudnn.benchmark = True
        torch_device = torch.device("cuda", index)
    elif name == "cpu":
        torch.set_num_threads(threads or len(os.sched_getaffinity(0)))
        torch_device = torch.device("cpu")
    else:
        raise DeviceUnavailable(
            f"There is no device '{name}'.", remedy="Use 'cpu', 'cuda', 'cuda:N' or 'auto'."
        )
    if world > 1 and not torch.distributed.is_initialized():
        torch.distributed.init_process_group("nccl" if torch_device.type == "cuda" else "gloo")
    return Device(torch_device, amp and torch_device.type == "cuda", rank, world)


def close_device(device: Device) -> None:
    """Leave the group of processes; a reference cycle keeps no thread of it alive."""
    if device.world > 1 and torch.distributed.is_initialized():
        gc.collect()
        torch.distributed.destroy_process_group()


def guard_memory(act: Callable[[], T], *, what: str) -> T:
    """Return what `act` returns. Raises: OutOfMemory in place of the many ways memory can run out."""
    try:
        return act()
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise _out_of_memory(what, error) from error
    except RuntimeError as error:
        if "out of memory" in str(error).lower() or "can't allocate memory" in str(error):
            raise _out_of_memory(what, error) from error
        raise


def _out_of_memory(what: str, error: BaseException) -> OutOfMemory:
    cause = (str(error).splitlines() or ["no message"])[0][:200]
    return OutOfMemory(
        f"Memory ran out while {what}: {cause}.",
        remedy="Lower batch_size or canvas in the configuration, or use a machine with more memory.",
    )
