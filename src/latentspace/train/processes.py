"""Processes that train one model together, as `torchrun` starts them."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import timedelta

import torch.distributed as dist

from latentspace.errors import InputError
from latentspace.vae.ranks import ALONE, Ranks

PATIENCE = timedelta(hours=2)  # of the others while the first exports; one that dies is noticed at once


@contextmanager
def joined(environment: Mapping[str, str]) -> Generator[Ranks]:
    """This process among those that `torchrun` has started, by RANK, WORLD_SIZE and the like; else alone.

    Raises:
        InputError: the others cannot be reached, or the environment is not as torchrun makes it.
    """
    if not _several(environment):
        yield ALONE
        return
    try:
        dist.init_process_group("gloo", timeout=PATIENCE)
    except (RuntimeError, ValueError) as error:
        raise InputError(
            "train.processes",
            where="WORLD_SIZE, RANK, MASTER_ADDR, MASTER_PORT",
            found=f"the processes cannot meet ({str(error).splitlines()[0]})",
            hint="Start them with `torchrun --nproc-per-node N -m latentspace train W`.",
        ) from error
    try:
        yield Ranks(dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()


def refuse_several(environment: Mapping[str, str], what: str) -> None:
    """Say that `what` is done by one process.

    Raises:
        InputError: torchrun has started several.
    """
    if _several(environment):
        raise one_only(what)


def one_only(what: str) -> InputError:
    """The error of what cannot be done by several processes."""
    return InputError(
        "train.processes",
        where="torchrun",
        found=f"{what} is done by one process, torchrun started several",
        hint="Run `train` under torchrun, for a model other than DropFuse, and everything else without it.",
    )


def _several(environment: Mapping[str, str]) -> bool:
    return environment.get("WORLD_SIZE", "1") != "1"
