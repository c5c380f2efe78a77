"""Untrusted files are read in child processes with limits of memory and time, so that a bad file harms nothing."""

import contextlib
import multiprocessing
import os
import resource
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from multiprocessing import resource_tracker
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Generic, TypeVar

from threadpoolctl import threadpool_limits

from latentspace.children import end_with
from latentspace.cluster import Cluster, Workers, each

AHEAD = 4  # files in flight for each child
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one child may use: address space in all, time for each file; `nice` says how much it gives way."""

    memory_bytes: int = 3 << 30
    seconds_each: float = 60.0
    nice: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read within the limits, or at which the reader broke; `reason` is for the report."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Guarded(Generic[Item, Result]):
    """`work`, called with a deadline; everything that goes wrong in it becomes a Failure."""

    work: Callable[[Item], Result]
    seconds: float

    def __call__(self, item: Item) -> Result | Failure:
        signal.signal(signal.SIGALRM, _too_slow)
        signal.setitimer(signal.ITIMER_REAL, self.seconds)
        try:
            return self.work(item)
        except MemoryError:
            return Failure("needs more memory than a reader may use")
        except TimeoutError:
            return Failure(f"takes longer than {self.seconds:g} s")
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 - a bad file never stops an ingest; a panic of Rust is no Exception
            return Failure(f"makes the reader fail ({type(error).__name__})")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


def map_limited(
    work: Callable[[Item], Result], items: Sequence[Item], *, workers: Workers, limits: Limits
) -> Generator[tuple[int, Result | Failure]]:
    """Yield (position, result) for every item, in the order in which they finish.

    On a cluster every thread of a worker has such a child, with the same limits, for one file after the other.

    `work` and the items are pickled, so `work` is a function of a module. A child that dies (killed by the system, a
    crash in C) takes the files in flight with it: these are tried again in ever smaller parts, until the one that kills
    is alone and becomes a Failure.

    Raises:
        LatentSpaceError: as `cluster.each`, on a cluster.
    """
    if isinstance(workers, Cluster):
        yield from each(workers, _InChild(work, limits), items)
        return
    guarded = _Guarded(work, limits.seconds_each)
    parts = [dict(enumerate(items))]
    while parts:
        lost, rest = yield from _attempt(guarded, parts.pop(0), workers, limits)
        if len(lost) == 1:
            yield next(iter(lost)), Failure("kills the process that reads it")
            lost = {}
        half = list(lost)[: len(lost) // 2]
        halves = [{n: lost[n] for n in half}, {n: item for n, item in lost.items() if n not in half}]
        parts[:0] = [part for part in (*halves, rest) if part]


class Child:
    """One such process that is kept for the next file, so that nobody waits for it to start."""

    def __init__(self, limits: Limits) -> None:
        """Nothing is started yet."""
        self._limits, self._lock = limits, threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._processes: set[BaseProcess] = set()

    def start(self) -> None:
        """Start it, if it does not run, and do not wait."""
        self._submit(_Guarded(_ready, self._limits.seconds_each), None)

    def read(self, work: Callable[[Item], Result], item: Item) -> Result | Failure:
        """`work(item)` in the child; one file at a time. A child that dies is replaced when it is next needed."""
        try:
            return self._submit(_Guarded(work, self._limits.seconds_each), item).result()
        except (BrokenProcessPool, CancelledError):
            with self._lock:
                self._pool = None
            return Failure("kills the process that reads it")

    def stop(self) -> None:
        """Stop it at once, whatever it does."""
        with self._lock:
            pool, self._pool = self._pool, None
            for process in self._processes:
                process.terminate()
            self._processes.clear()
        if pool is not None:
            pool.shutdown(cancel_futures=True)

    def _submit(self, guarded: _Guarded[Item, Result], item: Item) -> "Future[Result | Failure]":
        with self._lock:
            if self._pool is None:
                context = multiprocessing.get_context("spawn")
                self._pool = ProcessPoolExecutor(1, context, initializer=_limit, initargs=(self._limits, os.getpid()))
            before = set(multiprocessing.active_children())
            future = self._pool.submit(guarded, item)
            self._processes |= set(multiprocessing.active_children()) - before
            return future


@dataclass(frozen=True, slots=True)
class _InChild(Generic[Item, Result]):
    """`work` in the child that belongs to this thread of a cluster's worker."""

    work: Callable[[Item], Result]
    limits: Limits

    def __call__(self, item: Item) -> Result | Failure:
        multiprocessing.current_process().daemon = False  # Dask's workers are; those may have no children
        return _child_of(threading.get_ident(), self.limits).read(self.work, item)


@cache
def _child_of(thread: int, limits: Limits) -> Child:
    del thread
    return Child(limits)


def _ready(_nothing: None) -> None:
    """What a child does first: it has imported this module, and with it the readers."""


def _attempt(
    guarded: _Guarded[Item, Result], left: dict[int, Item], workers: int, limits: Limits
) -> Generator[tuple[int, Result | Failure], None, tuple[dict[int, Item], dict[int, Item]]]:
    """Yield results until a child dies; return the files that were in flight then, and those not begun.

    Few are in flight, so that a result is taken before many others are made: memory does not grow with the files.
    """
    context = multiprocessing.get_context("spawn")  # fork would copy the locks of threads that are not copied
    children = max(1, min(workers, len(left)))
    pool = ProcessPoolExecutor(children, context, initializer=_limit, initargs=(limits, os.getpid()))
    others = set(multiprocessing.active_children())
    waiting, flying = deque(left), dict[Future[Result | Failure], int]()
    try:
        while waiting or flying:
            with _born_deaf():
                while waiting and len(flying) < children * AHEAD:
                    flying[pool.submit(guarded, left[waiting[0]])] = waiting[0]
                    waiting.popleft()
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                result, position = future.result(), flying.pop(future)
                yield position, result
    except BrokenProcessPool:
        pass  # whatever was in flight is tried again
    except BaseException:  # stopped: nobody waits for the files in flight
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    return {n: left[n] for n in sorted(flying.values())}, {n: left[n] for n in waiting}


@contextlib.contextmanager
def _born_deaf() -> Generator[None]:
    """Children that start now never hear Ctrl-C, not even before `_limit` runs in them; their parent does, after."""
    resource_tracker.ensure_running()  # it would unblock the signal when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _limit(limits: Limits, parent: int) -> None:
    end_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all of a terminal; the parent decides
    os.nice(limits.nice)
    threadpool_limits(1)  # the children are the parallelism
    with contextlib.suppress(ValueError, OSError):  # macOS has no limit of address space
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _too_slow(signum: int, frame: FrameType | None) -> None:
    del signum, frame
    raise TimeoutError
