"""Where codes lie among the recorded cohort: how densely, who is nearest, and ways between two codes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import polars as pl
from jaxtyping import Bool, Float32, Float64, Int64

from latentspace.project import principal_of
from latentspace.stats.neighbours import Exact, exact_index, nearest

Where = Literal["inside", "at the edge", "outside"]
How = Literal["straight", "density"]
Near = Literal["joint", "code"]  # which numbers say who is near: the shared ones, or all
OUTSIDE_BELOW, EDGE_BELOW = 5.0, 10.0  # centiles of the cohort
K = 15  # the distance to the k-th nearest person says how dense it is
LEADING, LEADING_SHARE = 12, 0.9  # axes at most, and the share of variance after which the rest is noise
CLOUD = 100_000  # rows at most that density is told by; fewer of the same kind keep the centile of a newcomer uniform
LANDMARKS = 2000  # people who stand for the cohort where comparing all with all would take seconds
POWER = 3  # of the length of a hop: many short ones, through people, are nearer than one long one across a gap
BLENDS = (0.25, 0.5, 0.75, 1.0)  # how far the straight way is bent towards the way through people


@dataclass(frozen=True, slots=True, kw_only=True)
class Density:
    """How densely people lie about a code: a centile of the cohort, 50 where as densely as about its median person.

    Outside lies what fewer than 5 % of the recorded people are lonelier than; at the edge, fewer than 10 %.
    """

    centile: float
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A recorded row and its Euclidean distance from a code, in latent units."""

    row: int
    subject_id: str
    distance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The nearest recorded rows, nearest first; `typical` is the median distance of a person to the nearest other."""

    nearest: tuple[Neighbour, ...]
    typical: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A way between two codes, ends included.

    At each step the full code, the centile of its density, the nearest recorded row and the distance to that.
    """

    z: Float32[np.ndarray, "steps n_latent"]
    centile: Float32[np.ndarray, " steps"]
    nearest: Int64[np.ndarray, " steps"]
    distance: Float32[np.ndarray, " steps"]


@dataclass(frozen=True)
class Neighbourhood:
    """Exact search among the rows of one space that have a code there; `people` numbers the person of each."""

    rows: Int64[np.ndarray, " k"]
    people: Int64[np.ndarray, " k"]
    points: Float32[np.ndarray, "k dims"]
    index: Exact
    visits: int

    @classmethod
    def of(cls, points: Float32[np.ndarray, "n dims"], subject_ids: Sequence[str]) -> "Neighbourhood":
        """Rows with NaN are left out."""
        rows = np.flatnonzero(~np.isnan(points).any(axis=1))
        numbers = pl.Series(subject_ids, dtype=pl.String).rank("dense").to_numpy().astype(np.int64) - 1
        people = numbers[rows]
        known = np.ascontiguousarray(points[rows])
        return cls(rows, people, known, exact_index(known), int(np.bincount(people).max(initial=1)))

    def others(
        self, queries: Float32[np.ndarray, "m dims"], k: int, persons: Int64[np.ndarray, " m"] | None = None
    ) -> tuple[Int64[np.ndarray, "m j"], Float32[np.ndarray, "m j"]]:
        """Places in `rows` and distances of the k nearest, nearest first; without the visits of each query's person.

        Fewer than k where the cohort is smaller.
        """
        found, distance = nearest(self.index, queries, k=min(k + (self.visits if persons is not None else 0), self.n))
        if persons is None:
            return found, distance
        own = self.people[found] == persons[:, None]
        order = np.argsort(own, axis=1, kind="stable")[:, : min(k, found.shape[1] - int(own.sum(axis=1).max()))]
        return np.take_along_axis(found, order, axis=1), np.take_along_axis(distance, order, axis=1)

    def landmarks(self, most: int) -> Int64[np.ndarray, " m"]:
        """Places of so many rows, drawn once and for all, in their order."""
        return np.sort(np.random.default_rng(0).permutation(self.n)[:most])

    def part(self, most: int) -> "Neighbourhood":
        """So many rows at most, the landmarks."""
        if self.n <= most:
            return self
        places = self.landmarks(most)
        points = self.points[places]
        return Neighbourhood(self.rows[places], self.people[places], points, exact_index(points), self.visits)

    @property
    def n(self) -> int:
        """Rows that can be found."""
        return len(self.rows)

    def person(self, row: int) -> Int64[np.ndarray, " 1"] | None:
        """The number of a row's person, as `others` takes it; None where the row has no code here."""
        place = int(np.searchsorted(self.rows, row))
        return self.people[[place]] if place < self.n and self.rows[place] == row else None

    @cached_property
    def typical(self) -> float:
        """Median distance of a person to the nearest other one, from 500 people at most, from 100 of a large cohort."""
        places = self.landmarks(500 if self.n <= CLOUD else 100)
        return float(np.median(self.others(self.points[places], 1, self.people[places])[1]))


@dataclass(frozen=True, slots=True)
class Manifold:
    """Density of the cohort on the leading principal axes of a space, each in units of its spread.

    A code's density is told by its distance to the k-th nearest person (k = 15), a centile by the share of recorded
    people whose own distance is larger; each is compared with the others alone, so that the centile of one more
    person of the same kind is uniform.

    Source:
        Loftsgaarden & Quesenberry 1965 (the k-th neighbour); the centile is a conformal p-value (Vovk et al. 2005).
    """

    mean: Float32[np.ndarray, " dims"]
    to_axes: Float32[np.ndarray, "dims k"]
    from_axes: Float32[np.ndarray, "k dims"]
    cloud: Neighbourhood
    reference: Float64[np.ndarray, " m"]
    smooth: Float32[np.ndarray, "m k"]

    @classmethod
    def of(cls, space: Neighbourhood) -> "Manifold":
        """Axes, and the density about each of 2,000 people at most, both among 100,000 rows at most."""
        space = space.part(CLOUD)
        axes = principal_of(space.points, k=min(LEADING, space.points.shape[1]))
        spread = axes.scores(space.points).std(axis=0)
        total = float(space.points.var(axis=0).sum())
        enough = int(np.searchsorted(np.cumsum(spread**2), LEADING_SHARE * total)) + 1
        basis, spread = axes.basis[:, :enough], np.maximum(spread[:enough], 1e-6)
        points = np.ascontiguousarray((space.points - axes.mean) @ (basis / spread))
        cloud = Neighbourhood(space.rows, space.people, points, exact_index(points), space.visits)
        places = cloud.landmarks(LANDMARKS)
        found, distance = cloud.others(points[places], K, cloud.people[places])
        reference = np.sort(distance[:, -1].astype(np.float64))
        return cls(axes.mean, basis / spread, (basis * spread).T.copy(), cloud, reference, points[found].mean(axis=1))

    def centile(
        self, z: Float32[np.ndarray, "m dims"], person: Int64[np.ndarray, " 1"] | None = None
    ) -> Float64[np.ndarray, " m"]:
        """Share of recorded people, in %, about whom others lie less densely; `person` is left out of the cohort."""
        return self._centile((z - self.mean) @ self.to_axes, person)

    def _centile(
        self, at: Float32[np.ndarray, "m k"], person: Int64[np.ndarray, " 1"] | None = None
    ) -> Float64[np.ndarray, " m"]:
        persons = None if person is None else np.repeat(person, len(at))
        far = self.cloud.others(at, K, persons)[1][:, -1].astype(np.float64)
        lonelier = len(self.reference) - np.searchsorted(self.reference, far, side="right")
        return 100 * lonelier / len(self.reference)

    def follow(self, a: Float32[np.ndarray, " dims"], b: Float32[np.ndarray, " dims"], steps: int) -> np.ndarray:
        """A way from `a` to `b` through people, (steps, dims); the straight one where none runs more densely.

        The shortest way over neighbourhoods' means by a power of the hops' lengths, made even and smooth, is blended
        with the straight one; of the blends that with the largest smallest centile is taken. Only the leading axes
        bend; all else goes straight.

        Source:
            Groisman, Jonckheere & Sapienza 2022, Nonhomogeneous Euclidean first-passage percolation and distance
            learning (the power of the hops).
        """
        straight = between(a, b, steps)
        line = (straight - self.mean) @ self.to_axes
        bend = smoothed(shortest_way(self.smooth, line[0], line[-1]), steps) - line
        best = max((0.0, *BLENDS), key=lambda share: self._merit(line + np.float32(share) * bend))
        return (straight + np.float32(best) * (bend @ self.from_axes)).astype(np.float32)

    def _merit(self, way: Float32[np.ndarray, "steps k"]) -> tuple[float, float]:
        centile = self._centile(way)
        return float(centile.min()), float(centile.mean())


def where(centile: float) -> Where:
    """A centile in words."""
    if centile < OUTSIDE_BELOW:
        return "outside"
    return "at the edge" if centile < EDGE_BELOW else "inside"


def between(a: Float32[np.ndarray, " dims"], b: Float32[np.ndarray, " dims"], steps: int) -> np.ndarray:
    """Straight from `a` to `b` in even steps, both ends exact, (steps, dims)."""
    share = np.linspace(0, 1, steps, dtype=np.float32)[:, None]
    way = (1 - share) * a + share * b
    way[-1] = b
    return way.astype(np.float32)


def shortest_way(
    stones: Float32[np.ndarray, "m k"], a: Float32[np.ndarray, " k"], b: Float32[np.ndarray, " k"]
) -> Float32[np.ndarray, "j k"]:
    """Corners of the way from `a` to `b` whose hops, from stone to stone, have the least sum of cubed lengths.

    Source:
        Dijkstra 1959, on the complete graph.
    """
    points = np.concatenate([stones, a[None], b[None]]).astype(np.float64)
    start, end = len(points) - 2, len(points) - 1
    cost, before = np.full(len(points), np.inf), np.full(len(points), start)
    is_open: Bool[np.ndarray, " m"] = np.ones(len(points), bool)
    cost[start], here = 0.0, start
    while here != end:
        is_open[here] = False
        reached = cost[here] + np.square(points - points[here]).sum(axis=1) ** (POWER / 2)
        nearer = is_open & (reached < cost)
        cost[nearer], before[nearer] = reached[nearer], here
        here = int(np.where(is_open, cost, np.inf).argmin())
    way = [end]
    while way[-1] != start:
        way.append(int(before[way[-1]]))
    return points[way[::-1]].astype(np.float32)


def smoothed(corners: Float32[np.ndarray, "j k"], steps: int) -> Float32[np.ndarray, "steps k"]:
    """Even steps along a polyline, its corners rounded; the ends stay."""
    wide = corners.astype(np.float64)
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(wide, axis=0), axis=1))])
    at = np.linspace(0, along[-1], steps)
    way = np.stack([np.interp(at, along, wide[:, i]) for i in range(wide.shape[1])], axis=1)
    for _ in range(steps // 2):
        way[1:-1] = way[1:-1] / 2 + (way[:-2] + way[2:]) / 4
    return way.astype(np.float32)
