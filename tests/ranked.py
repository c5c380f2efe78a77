"""Commands of `latentspace` in two processes that train together, forked from one after the slow imports."""

import importlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from latentspace.faults import ASKED

SIZE = 2


@dataclass(frozen=True, slots=True)
class Job:
    """`latentspace train W --config F` for the workspaces of each process; the first dies at a named point."""

    workspaces: Sequence[str]
    config: str
    crash_at: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """Exit codes, negative for a signal, and what each process said on either stream."""

    codes: Sequence[int]
    said: Sequence[str]


def together(*jobs: Job) -> list[Ended]:
    """Every job, one after the other."""
    asked = json.dumps([[list(job.workspaces), job.config, job.crash_at] for job in jobs])
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    command = [sys.executable, __file__, asked]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **threads})
    assert done.returncode == 0, done.stderr
    return [Ended(codes, said) for codes, said in json.loads(done.stdout)]


def _run(job: Job) -> Ended:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    pids: list[int] = []
    pipes: list[int] = []
    for rank in range(SIZE):
        reading, writing = os.pipe()
        if not (pid := os.fork()):
            os.dup2(writing, 1)
            os.dup2(writing, 2)
            os.environ |= {"RANK": str(rank), "WORLD_SIZE": str(SIZE)}
            os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
            os.environ[ASKED] = job.crash_at if rank == 0 else ""
            os._exit(_train(Path(job.workspaces[rank]), job.config))
        os.close(writing)
        pids.append(pid)
        pipes.append(reading)
    said: list[str] = []
    for pipe in pipes:
        with os.fdopen(pipe, "rb") as stream:
            said.append(stream.read().decode())
    return Ended([os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids], said)


def _train(workspace: Path, config: str) -> int:
    from latentspace.cli import main  # noqa: PLC0415 - only in these processes
    from latentspace.train import loop  # noqa: PLC0415

    loop.CHECKPOINT_EVERY_S = 0.0
    code = main(["train", str(workspace), "--config", config, "--json"])
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    for name in ("cli", "train", "model_verbs"):  # before the forks
        importlib.import_module(f"latentspace.{name}")
    ended = [_run(Job(*given)) for given in json.loads(sys.argv[1])]
    sys.stdout.write(json.dumps([[list(e.codes), list(e.said)] for e in ended]))
