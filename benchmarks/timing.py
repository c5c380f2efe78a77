"""Timing in turns: ours, then each peer, again and again; a machine that speeds up or slows down is fair to all."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

ROUNDS = 25
WARM_UP = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Median, quartiles and 95th percentile of `n` timings, in the unit of the claim."""

    median: float
    low: float
    high: float
    p95: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What is claimed, what was measured, and beside what.

    `limit` is in `unit`; None where nothing is promised. `peers` did the same work in the same rounds, or a part of it
    that cannot be avoided (a floor); `ratio` is ours / peer, the median over the rounds.
    """

    text: str
    unit: str
    limit: float | None
    ours: Spread
    peers: Mapping[str, Spread]
    ratio: Mapping[str, float]

    @property
    def verdict(self) -> str:
        """Whether the median keeps what is claimed."""
        if self.limit is None:
            return "-"
        return "holds" if self.ours.median <= self.limit else "MISSED"


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def cpu_seconds(work: Callable[[], object]) -> float:
    """How long one call keeps the processor, of all threads: what others do on the machine does not count."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def in_turns(timers: Mapping[str, Callable[[], float]], *, rounds: int = ROUNDS, warm_up: int = WARM_UP) -> np.ndarray:
    """Every timer once in each round, in seconds: (rounds, timers). Odd rounds go backwards."""
    taken = np.zeros((warm_up + rounds, len(timers)))
    for turn in range(len(taken)):
        order = list(enumerate(timers.values()))
        for i, timer in reversed(order) if turn % 2 else order:
            taken[turn, i] = timer()
    return taken[warm_up:]


def claim(text: str, limit: float | None, unit: str, taken: np.ndarray, names: tuple[str, ...]) -> Claim:
    """The first column of `taken` (seconds) is ours, the others are the peers called `names`."""
    scale = {"ms": 1000.0, "s": 1.0}[unit]
    peers = {name: spread(taken[:, i] * scale) for i, name in enumerate(names, start=1)}
    ratio = {name: float(np.median(taken[:, 0] / taken[:, i])) for i, name in enumerate(names, start=1)}
    return Claim(text=text, unit=unit, limit=limit, ours=spread(taken[:, 0] * scale), peers=peers, ratio=ratio)


def spread(values: np.ndarray) -> Spread:
    """Median, quartiles and 95th percentile."""
    low, median, high, p95 = (float(q) for q in np.percentile(values, [25, 50, 75, 95]))
    return Spread(median=median, low=low, high=high, p95=p95, n=len(values))
