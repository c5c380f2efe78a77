"""Work on many machines: one `Executor` for processes of this machine and for the workers of a Dask cluster."""

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Generic, TypeVar

from latentspace.children import work_for
from latentspace.errors import InputError, MissingExtraError, StoppedError

AHEAD = 4  # pieces of work in flight for each worker
MEETING_S = 15.0  # for the scheduler to answer, and for a first worker
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Dask cluster by the address of its scheduler; its workers see `shared` at the same paths as this machine."""

    address: str
    shared: tuple[Path, ...]


Workers = int | Cluster
"""So many processes of this machine, or a cluster."""


def workers_of(processes: int, address: str | None, *shared: Path) -> Workers:
    """The cluster at `address` if there is one, else processes of this machine."""
    return Cluster(address, tuple(path.resolve() for path in shared)) if address else processes


def each(workers: Workers, work: Callable[[Item], Result], items: Sequence[Item]) -> Generator[tuple[int, Result]]:
    """Yield (position, result) for every item, in the order in which they finish; one process works here.

    `work` and the items are pickled, so `work` is a function of a module. What a worker of a cluster had in hand when
    it died is done again by another.

    Raises:
        MissingExtraError: a cluster is asked for, and the extra `cluster` is not installed.
        InputError: the cluster cannot be reached, has no worker, does not see the files, or has another version.
        StoppedError: workers die again and again, or the scheduler is gone.
        LatentSpaceError: whatever `work` raises.
    """
    if workers == 1:
        yield from ((position, work(item)) for position, item in enumerate(items))
        return
    there = checked(work, workers.shared) if isinstance(workers, Cluster) else work
    with executor(workers, len(items)) as (pool, abreast):
        waiting, flying = deque(enumerate(items)), dict[Future[Result], int]()
        while waiting or flying:
            while waiting and len(flying) < abreast * AHEAD:
                position, item = waiting.popleft()
                flying[pool.submit(there, item)] = position
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                yield flying.pop(future), future.result()


@contextmanager
def executor(workers: Workers, most: int) -> Generator[tuple[Executor, int]]:
    """Where to submit work, and how many pieces are worked at abreast, at `most` so many.

    Raises:
        LatentSpaceError: as `each`.
    """
    try:
        if isinstance(workers, Cluster):
            with _cluster(workers.address) as (pool, threads):
                yield pool, threads
        else:
            processes = max(1, min(workers, most))
            context = multiprocessing.get_context("spawn")
            pool = ProcessPoolExecutor(processes, context, initializer=work_for, initargs=(os.getpid(),))
            try:
                yield pool, processes
            finally:
                pool.shutdown(cancel_futures=True)
    except (BrokenProcessPool, CancelledError) as error:
        raise lost(workers) from error


def checked(work: Callable[[Item], Result], shared: Sequence[Path]) -> "Checked[Item, Result]":
    """`work` for a cluster's worker, once that is known to see the same files with the same program."""
    return Checked(work, tuple(shared), own_version())


def lost(workers: Workers) -> StoppedError:
    """The error of work that nobody is left to do."""
    where = workers.address if isinstance(workers, Cluster) else "worker processes"
    return StoppedError(
        "cluster.lost",
        where=where,
        found="the workers, or the scheduler, are gone",
        hint="Look at their log (memory?), then repeat the same command.",
    )


@dataclass(frozen=True, slots=True)
class Checked(Generic[Item, Result]):
    """See `checked`; raises an InputError where a worker does not."""

    work: Callable[[Item], Result]
    shared: tuple[Path, ...]
    version: str

    def __call__(self, item: Item) -> Result:
        """Look, then work."""
        if self.version != own_version():
            found = f"a worker has version {own_version()}, this machine {self.version}"
            raise InputError(
                "cluster.version", where=os.uname().nodename, found=found, hint="Install the same version."
            )
        if missing := [str(path) for path in self.shared if not path.exists()]:
            raise InputError(
                "cluster.unshared",
                where=os.uname().nodename,
                found=f"a worker there does not see {missing[0]}",
                hint="Give every worker the folder at the same path.",
            )
        return self.work(item)


@contextmanager
def _cluster(address: str) -> Generator[tuple[Executor, int]]:
    if find_spec("distributed") is None:
        hint = "Run `pip install 'latent-space-explorer[cluster]'`."
        raise MissingExtraError("extra.cluster", where="--cluster", found="distributed is not installed", hint=hint)
    from distributed import Client, KilledWorker  # noqa: PLC0415 - an extra, needed only here

    try:
        client = Client(address, timeout=MEETING_S, set_as_default=False)
    except (OSError, ValueError, ImportError, TypeError) as error:  # TypeError: tls without certificates
        hint = "Give the address that `dask scheduler` says; tls:// needs certificates in Dask's configuration."
        found = f"no scheduler answers ({type(error).__name__})"
        raise InputError("cluster.unreachable", where=address, found=found, hint=hint) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=MEETING_S)
        except TimeoutError as error:
            hint = f"Start some with `dask worker {address}`."
            raise InputError("cluster.no_workers", where=address, found="no worker is there", hint=hint) from error
        pool = client.get_executor(pure=False)
        try:
            threads: dict[str, int] = client.nthreads()  # pyright: ignore[reportAssignmentType] - no coroutine here
            yield pool, sum(threads.values())
        except KilledWorker as error:
            raise lost(Cluster(address, ())) from error
        finally:
            pool.shutdown(wait=False)


@cache
def own_version() -> str:
    """Of this program."""
    return version("latent-space-explorer")
