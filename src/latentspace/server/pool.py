"""A bounded pool for one kind of work: few at once, few waiting, everyone else is told to come back."""

import threading
from collections.abc import Generator
from contextlib import contextmanager

from latentspace.errors import BusyError

WAIT_S = 2.0


class Pool:
    """At most `workers` at work and `waiting` in line, each for `patience_s` at most."""

    def __init__(self, *, workers: int, waiting: int, patience_s: float = WAIT_S) -> None:
        """Make the pool; it holds no threads of its own, it only counts."""
        self._patience_s = patience_s
        self._places = threading.BoundedSemaphore(workers + waiting)
        self._workers = threading.BoundedSemaphore(workers)

    @contextmanager
    def worker(self) -> Generator[None]:
        """Hold a worker while the block runs.

        Raises:
            BusyError: the line is full, or no worker came free in time.
        """
        if not self._places.acquire(blocking=False):
            raise _busy("the line is full")
        try:
            if not self._workers.acquire(timeout=self._patience_s):
                raise _busy(f"no worker came free in {self._patience_s:g} s")
            try:
                yield
            finally:
                self._workers.release()
        finally:
            self._places.release()


def _busy(found: str) -> BusyError:
    return BusyError("server.busy", where="server", found=found, hint="Try again in a second.")
