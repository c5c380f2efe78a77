"""Timing in turns: ours, then each peer, again and again; a machine that speeds up or slows down is fair to all."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

ROUNDS = 25
WARM_UP = 3


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured: all of it, or a little of everything in less than five minutes."""

    quick: bool = False

    def rounds(self, n: int) -> int:
        """How often, where all of it would be `n` times."""
        return min(n, max(3, n // 6)) if self.quick else n


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

    `limit` is in `unit`, the most that may be, or the least where `more_is_better`; None where nothing is promised.
    `peers` did the same work in the same rounds, or a part of it that cannot be avoided (a floor); `ratio` is
    ours / peer, the median over the rounds. `why` is said where the limit is missed.
    """

    text: str
    unit: str
    limit: float | None
    ours: Spread
    peers: Mapping[str, Spread]
    ratio: Mapping[str, float]
    more_is_better: bool = False
    why: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether the median keeps what is claimed; None where nothing is."""
        if self.limit is None:
            return None
        return self.ours.median >= self.limit if self.more_is_better else self.ours.median <= self.limit

    def rows(self) -> list[dict[str, object]]:
        """A row for each peer, or one without."""
        own: dict[str, object] = {
            "name": self.text,
            "value": self.ours.median,
            "unit": self.unit,
            "budget": self.limit,
            "holds": self.holds,
            "reason": self.why if self.holds is False else "",
            "low": self.ours.low,
            "high": self.ours.high,
            "p95": self.ours.p95,
            "n": self.ours.n,
        }
        nobody: dict[str, Spread | None] = {"": None}
        return [
            {
                **own,
                "peer": name or None,
                "peer_value": None if peer is None else peer.median,
                "ratio": self.ratio.get(name),
            }
            for name, peer in (self.peers or nobody).items()
        ]


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
    return valued(text, limit, unit, taken * {"ms": 1000.0, "s": 1.0}[unit], names)


def rate(
    text: str, limit: float | None, unit: str, taken: np.ndarray, names: tuple[str, ...], work: tuple[float, ...]
) -> Claim:
    """How much of `work` (of each column) is done in a second: more is better."""
    return valued(text, limit, unit, np.asarray(work) / taken, names, more_is_better=True)


def valued(
    text: str,
    limit: float | None,
    unit: str,
    values: np.ndarray,
    names: tuple[str, ...],
    *,
    more_is_better: bool = False,
) -> Claim:
    """The first column of `values` is ours, the others are the peers called `names`."""
    return Claim(
        text=text,
        unit=unit,
        limit=limit,
        ours=spread(values[:, 0]),
        peers={name: spread(values[:, i]) for i, name in enumerate(names, start=1)},
        ratio={name: float(np.median(values[:, 0] / values[:, i])) for i, name in enumerate(names, start=1)},
        more_is_better=more_is_better,
    )


def spread(values: np.ndarray) -> Spread:
    """Median, quartiles and 95th percentile."""
    low, median, high, p95 = (float(q) for q in np.percentile(values, [25, 50, 75, 95]))
    return Spread(median=median, low=low, high=high, p95=p95, n=len(values))
