"""Commands that die or find no room: each in a child that is forked after the slow imports; jobs come as JSON lines."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from latentspace.faults import ASKED

IMPORTED = ("embed", "project", "evaluate", "ingest", "simulate.verb", "openTSNE")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code, negative for a signal, and what it said on standard error."""

    code: int
    said: str


@dataclass(frozen=True, slots=True)
class Mortal:
    """The process that forks; `run` one command at a time."""

    process: subprocess.Popen[str]

    def run(self, *arguments: str | Path, crash_at: str = "", largest: int = 0) -> Ended:
        """One command of `latentspace`, killed at a named point, or where no file may be larger than so many bytes."""
        assert self.process.stdin
        assert self.process.stdout
        job = {"arguments": [str(a) for a in arguments], "crash_at": crash_at, "largest": largest}
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        return Ended(**json.loads(self.process.stdout.readline()))


@contextmanager
def mortal() -> Generator[Mortal]:
    """Such a process, ended at the end."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    with subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **threads},
    ) as process:
        yield Mortal(process)
        assert process.stdin
        process.stdin.close()


def all_gone(group: int) -> bool:
    """Whether no process of a group is left; Python's own tracker of resources takes a moment after its parent."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def _child(arguments: Sequence[str], crash_at: str, largest: int, said: int) -> int:
    os.dup2(said, 2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.environ[ASKED] = crash_at
    if largest:  # Python ignores the signal, so that a write ends as on a full disk: with an OSError
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
    from latentspace.cli import main  # noqa: PLC0415 - only in this process

    try:
        code = main(arguments)
    except BaseException as error:  # noqa: BLE001 - the parent reads what it was
        sys.excepthook(type(error), error, error.__traceback__)
        code = 99
    sys.stderr.flush()
    return code


def _serve() -> None:
    import importlib  # noqa: PLC0415

    for name in IMPORTED:
        importlib.import_module(name if name == "openTSNE" else f"latentspace.{name}")
    for line in sys.stdin:
        job = json.loads(line)
        reading, writing = os.pipe()  # no file: the limit is for files
        child = os.fork()
        if not child:
            os.close(reading)
            os._exit(_child(job["arguments"], job["crash_at"], job["largest"], writing))
        os.close(writing)
        with os.fdopen(reading, "rb") as said:
            text = said.read().decode()
        _, status = os.waitpid(child, 0)
        told = {"code": os.waitstatus_to_exitcode(status), "said": text}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve()
