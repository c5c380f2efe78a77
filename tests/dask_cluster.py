"""A Dask scheduler and workers, each a process of its own, as a person would start them."""

import os
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE_S = 90.0


@dataclass(frozen=True, slots=True)
class Dask:
    """The scheduler's address, and the workers."""

    address: str
    workers: Sequence[subprocess.Popen[bytes]]


@contextmanager
def started(folder: Path, *, workers: int, before: Sequence[str] = (), host: str = "127.0.0.1") -> Generator[Dask]:
    """Such a cluster; `before` is put before the commands, `host` is where it listens."""
    with ExitStack() as stack:
        scheduler = _begun(stack, folder, [*before, *_dask("scheduler"), "--host", host, "--port", "0"])
        address = _address(scheduler, folder / "scheduler.log")
        own = ["--nthreads", "1", "--no-nanny", "--local-directory", str(folder), "--host", host]
        yield Dask(address, [_begun(stack, folder, [*before, *_dask("worker"), address, *own]) for _ in range(workers)])


def _dask(part: str) -> list[str]:
    return [sys.executable, "-m", f"distributed.cli.dask_{part}", "--no-dashboard"]


def _begun(stack: ExitStack, folder: Path, command: Sequence[str]) -> subprocess.Popen[bytes]:
    name = "scheduler" if any("dask_scheduler" in part for part in command) else "worker"
    log = stack.enter_context((folder / f"{name}.log").open("ab"))
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    stack.callback(_ended, process)
    return process


def _ended(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _address(scheduler: subprocess.Popen[bytes], log: Path) -> str:
    give_up = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up:
        said = log.read_text(encoding="utf-8", errors="replace")
        for line in said.splitlines():
            if "Scheduler at:" in line:
                return line.split()[-1]
        assert scheduler.poll() is None, said
        time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8", errors="replace"))
