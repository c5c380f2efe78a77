"""Several processes that answer at one socket; one that dies is started again."""

import logging
import multiprocessing
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from typing import NoReturn

from latentspace.errors import LatentSpaceError, StoppedError

DEATHS, WITHIN_S = 5, 60.0  # so many so soon are no accident
END_S = 4.8  # a process drains for 4 s, and is patient for half a second more
log = logging.getLogger(__name__)


def keep_answering(work: Callable[[], None], processes: int) -> NoReturn:
    """Run `work`, which is pickled, in so many processes until this one is interrupted; then none is left.

    Raises:
        StoppedError: five died within a minute.
    """
    children: list[SpawnProcess] = []
    deaths: deque[float] = deque(maxlen=DEATHS)
    try:
        children.extend(_started(work) for _ in range(processes))
        while True:
            wait([child.sentinel for child in children])
            for i, child in enumerate(children):
                if child.is_alive():
                    continue
                deaths.append(time.monotonic())
                _give_up_if_too_many(deaths)
                children[i] = _started(work)
                log.warning("server process %s ended (%s), %s takes its place", child.pid, _how(child), children[i].pid)
    finally:
        _end()


def _give_up_if_too_many(deaths: deque[float]) -> None:
    if len(deaths) == DEATHS and deaths[-1] - deaths[0] < WITHIN_S:
        raise StoppedError(
            "serve.dying",
            where="--processes",
            found=f"{DEATHS} server processes ended within {WITHIN_S:g} s",
            hint="Look above for the reason (memory?), then serve with fewer processes.",
        )


def _started(work: Callable[[], None]) -> SpawnProcess:
    child = multiprocessing.get_context("spawn").Process(target=_child, args=(work,))
    with _born_deaf():
        child.start()
    return child


@contextmanager
def _born_deaf() -> Generator[None]:
    """What starts now is deaf to Ctrl-C, which goes to all processes of a terminal: the parent ends its children."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end() -> None:
    children = multiprocessing.active_children()  # also one that a signal kept from being noted
    for child in children:
        child.terminate()
    until = time.monotonic() + END_S
    for child in children:
        child.join(max(0.0, until - time.monotonic()))
        child.kill()
        child.join()


def _how(child: SpawnProcess) -> str:
    code = child.exitcode or 0
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


def _child(work: Callable[[], None]) -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    try:
        work()
    except LatentSpaceError as error:
        sys.stderr.write(f"latentspace: {error}\n")
        sys.exit(error.exit_code)


def _leave_with_parent() -> None:
    """A parent that was killed says no goodbye."""
    if parent := multiprocessing.parent_process():
        parent.join()
        signal.raise_signal(signal.SIGTERM)
