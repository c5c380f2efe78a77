"""Processes that were started to help another one, and end when it does."""

import os
import threading
import time

from threadpoolctl import threadpool_limits

WATCH_S = 0.5


def end_with(parent: int) -> None:
    """Let this process end when `parent`, which started it, is gone, however it went.

    A killed process says no goodbye, and a child that waits for work of it would wait for ever.
    """
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def work_for(parent: int) -> None:
    """Work on one thread, for the processes are the parallelism, and end with the parent: see `end_with`."""
    end_with(parent)
    threadpool_limits(1)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(WATCH_S)
    os._exit(0)
