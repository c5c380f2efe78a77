"""Maps: two t-SNE and PCA of every shared space, how far they can be trusted, and where a new point would lie."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64

from latentspace.cluster import Workers
from latentspace.errors import InputError, NotFoundError
from latentspace.neighbourhoods import nearest_on
from latentspace.progress import Progress
from latentspace.reliability import write_trust
from latentspace.run import Run
from latentspace.stats.neighbours import (
    MANY,
    Exact,
    Near,
    exact_index,
    kept_by_map,
    nearest,
    nearest_others,
    neighbours_shared,
)
from latentspace.stats.separation import principal_axes
from latentspace.stats.tsne import affinities_of, map_of
from latentspace.workspace import Workspace

Method = Literal["tsne", "tsne2", "pca"]
Quality = dict[str, float | int | None]
METHODS: tuple[Method, ...] = ("tsne", "tsne2", "pca")
AGAIN: Method = "tsne2"  # t-SNE from a random start; runs of before have none
COMPONENTS = 50  # principal components that t-SNE sees
FEWEST = 10  # subjects of a map
SMALL = 1e-4  # spread of the points from which t-SNE starts
THREADS = 2
QUALITY_NEIGHBOURS, ANCHORS, ANCHORS_OF_MANY = 15, 2000, 500
PLACE_NEIGHBOURS, PLACE_PERPLEXITY = 15, 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectOptions:
    """`perplexity` is the size of a neighbourhood that t-SNE keeps; a small cohort gets a third of its size."""

    perplexity: float = 30.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Principal:
    """Principal axes of an embedding."""

    mean: Float32[np.ndarray, " dims"]
    basis: Float32[np.ndarray, "dims k"]

    def scores(self, z: Float32[np.ndarray, "n dims"]) -> Float32[np.ndarray, "n k"]:
        """Coordinates on the axes."""
        return (z - self.mean) @ self.basis


@dataclass(frozen=True, slots=True)
class Placer:
    """What is needed to place new points on a space's maps; made once, then each point takes milliseconds."""

    saved: Exact
    tsne: Float32[np.ndarray, "n 2"]
    principal: Principal
    again: Float32[np.ndarray, "n 2"] | None = None

    @classmethod
    def load(cls, run: Run, space: str) -> "Placer":
        """Read a space's embedding and maps; rows without a posterior are left out.

        Raises:
            NotFoundError: the run is not projected yet.
        """
        embedding = run.embedding(space)
        known = ~np.isnan(embedding).any(axis=1)
        principal = Principal(run.projection(space, "pca_mean"), run.projection(space, "pca_basis"))
        again = run.projection(space, AGAIN)[known] if AGAIN in drawn_methods(run) else None
        return cls(exact_index(embedding[known]), run.projection(space, "tsne")[known], principal, again)

    def place(self, z: Float32[np.ndarray, "m dims"], method: Method) -> Float32[np.ndarray, "m 2"]:
        """Where new points lie: PCA exactly; t-SNE by their affinity to the nearest saved neighbours.

        The weights are Gaussian affinities of perplexity 5 over 15 neighbours, divided by the squared distance, so
        that a saved point is placed on itself.

        Raises:
            NotFoundError: the run has no second t-SNE.

        Source:
            Policar, Strazar & Zupan 2023, Embedding to reference t-SNE space, section 2 (the affinities); Shepard
            1968 for the division.
        """
        if method == "pca":
            return self.principal.scores(z)
        points = self.again if method == AGAIN else self.tsne
        if points is None:
            raise no_map(method)
        rows, distance = nearest(self.saved, z, k=min(PLACE_NEIGHBOURS, len(points)))
        far = distance.astype(np.float64)
        affinity = affinities(far, perplexity=min(PLACE_PERPLEXITY, far.shape[1] / 2))
        weight = affinity / (far**2 + 1e-9)
        weight /= weight.sum(axis=1, keepdims=True)
        return np.einsum("mk,mkc->mc", weight, points[rows]).astype(np.float32)


def affinities(distance: Float[np.ndarray, "m k"], *, perplexity: float) -> Float[np.ndarray, "m k"]:
    """Gaussian weights over each row's neighbours, bandwidth chosen so that their entropy is log(perplexity) nats."""
    squared = distance**2
    squared = squared - squared.min(axis=1, keepdims=True)
    low, high = np.full(len(squared), 1e-12), np.full(len(squared), 1e12)
    weight = np.ones_like(squared)
    for _ in range(80):
        middle = np.sqrt(low * high)
        weight = np.exp(-squared * middle[:, None])
        weight /= weight.sum(axis=1, keepdims=True)
        entropy = -(weight * np.log(np.maximum(weight, 1e-300))).sum(axis=1)
        too_wide = entropy > np.log(perplexity)
        low, high = np.where(too_wide, middle, low), np.where(too_wide, high, middle)
    return weight


def principal_of(z: Float32[np.ndarray, "n dims"], *, k: int) -> Principal:
    """The mean and the k directions of largest variance."""
    axes, _ = principal_axes(z, k)
    return Principal(z.mean(axis=0, dtype=np.float64).astype(np.float32), axes.T)


def project(workspace: Workspace, run: Run, options: ProjectOptions, progress: Progress, workers: Workers = 1) -> None:
    """Draw the maps of every shared space; write projection.zarr, trust.zarr and their quality to run.json.

    The workers of a cluster seek the neighbours, the maps are drawn here.

    Raises:
        NotFoundError: the run has no embedding yet.
        InputError: fewer than ten subjects have a posterior in some space, or the perplexity is not above 1.
        LatentSpaceError: as `cluster.each`.
    """
    _check(options)
    others = partial(nearest_on, workers, beside=run.path / "neighbours")
    spaces = [s.name for s in run.spaces(workspace.modelled) if not s.name.startswith("private_")]
    embeddings = [run.embedding(space) for space in spaces]
    for space, embedding in zip(spaces, embeddings, strict=True):
        _check_enough(space, int((~np.isnan(embedding).any(axis=1)).sum()))
    drawn: dict[str, dict[str, np.ndarray]] = {}
    judged: dict[str, dict[str, Future[Quality]]] = {}
    with ThreadPoolExecutor(THREADS) as threads:  # one thread a map: the same bytes however many there are
        begun = [begin_maps(embedding, options, threads, others) for embedding in embeddings]
        for i, (space, embedding, maps) in enumerate(zip(spaces, embeddings, begun, strict=True)):
            progress("project", i, len(spaces), space)
            drawn[space] = {name: maps[name].result() for name in maps}
            judged[space] = {m: threads.submit(_quality, embedding, drawn[space][m], options) for m in METHODS}
        quality = {
            space: _with_stability({m: each.result() for m, each in judged[space].items()}, drawn[space])
            for space in spaces
        }
    run.write_projection(drawn)
    maps = {f"{space}.{method}": drawn[space][method] for space in spaces for method in METHODS}
    write_trust(run, dict(zip(spaces, embeddings, strict=True)), maps)
    run.update(projection=quality, projection_options=asdict(options))
    progress("project", len(spaces), len(spaces))


def begin_maps(
    embedding: Float32[np.ndarray, "n dims"],
    options: ProjectOptions,
    threads: ThreadPoolExecutor,
    others: Callable[..., Near] = nearest_others,
) -> dict[str, "Future[np.ndarray]"]:
    """All maps of a space, NaN for those who are not in it, and its principal plane; t-SNE goes on in threads.

    t-SNE starts from the first two principal components and again from anywhere: started alike, two seeds give one
    map, and only another start tells what the data do not settle.
    """
    known = np.logical_not(np.isnan(embedding).any(axis=1))
    z = embedding[known]
    principal = principal_of(z, k=min(COMPONENTS, z.shape[1]))
    scores = principal.scores(z)
    plane = Principal(principal.mean, _two_columns(principal.basis))
    affinities, first = affinities_of(scores, options.perplexity, others), _two_columns(scores).astype(np.float64)
    anywhere = np.random.default_rng([options.seed, 1]).standard_normal(first.shape)
    starts = {"tsne": first / max(float(first[:, 0].std()), 1e-12), AGAIN: anywhere}

    def placed(start: Float64[np.ndarray, "k 2"]) -> np.ndarray:
        return _all_rows(map_of(affinities, start * SMALL, options.seed), known)

    there = {"pca": _all_rows(plane.scores(z), known), "pca_mean": plane.mean, "pca_basis": plane.basis}
    drawing = {name: threads.submit(placed, start) for name, start in starts.items()}
    return {**drawing, **{name: _done(values) for name, values in there.items()}}


def _done(values: np.ndarray) -> "Future[np.ndarray]":
    future = Future[np.ndarray]()
    future.set_result(values)
    return future


def _all_rows(points: Float32[np.ndarray, "k 2"], known: Bool[np.ndarray, " n"]) -> Float32[np.ndarray, "n 2"]:
    rows = np.full((len(known), 2), np.nan, np.float32)
    rows[known] = points
    return rows


def _two_columns(values: Float32[np.ndarray, "rows k"]) -> Float32[np.ndarray, "rows 2"]:
    """The first two columns; a space of one dimension is drawn on a line."""
    wide = np.zeros((len(values), 2), np.float32)
    wide[:, : values.shape[1]] = values[:, :2]
    return wide


def _quality(
    embedding: Float32[np.ndarray, "n dims"], points: Float32[np.ndarray, "n 2"], options: ProjectOptions
) -> Quality:
    """How well a map keeps neighbourhoods, those of some people drawn once."""
    known = ~np.isnan(points).any(axis=1)
    n = int(known.sum())
    anchors = np.sort(np.random.default_rng(options.seed).permutation(n)[: ANCHORS if n <= MANY else ANCHORS_OF_MANY])
    kept = kept_by_map(embedding[known], points[known], anchors, k=QUALITY_NEIGHBOURS)
    shares = ("trustworthiness", "continuity", "knn_kept")
    means = {name: None if kept is None else float(getattr(kept, name).mean()) for name in shares}
    return {**means, "neighbours": QUALITY_NEIGHBOURS}


def _with_stability(quality: Mapping[str, Quality], maps: Mapping[str, np.ndarray]) -> dict[str, Quality]:
    """Both t-SNE maps with the share of neighbours that they have in common."""
    tsne, again = (points[~np.isnan(points).any(axis=1)] for points in (maps["tsne"], maps[AGAIN]))
    k = min(QUALITY_NEIGHBOURS, len(tsne) - 1)
    stability = float(neighbours_shared(tsne, again, k=k).mean()) / k
    return {name: {**said, "stability": stability} if name != "pca" else said for name, said in quality.items()}


def _check(options: ProjectOptions) -> None:
    if not options.perplexity > 1:
        raise InputError(
            "project.perplexity",
            where="perplexity",
            found=f"{options.perplexity:g}, it must be above 1",
            hint="Leave it out, or give a number between 5 and 50.",
        )


def _check_enough(space: str, n: int) -> None:
    if n < FEWEST:
        raise InputError(
            "project.too_few",
            where=f"space {space}",
            found=f"{n} subjects have a posterior there, at least {FEWEST} are needed",
            hint="Ingest more recordings of this modality.",
        )


def drawn_methods(run: Run) -> tuple[Method, ...]:
    """The methods by which a run's maps are drawn: all, or without the second t-SNE where `project` ran before it."""
    quality: dict[str, dict[str, object]] = run.record.get("projection", {})
    old = any(AGAIN not in maps for maps in quality.values())
    return tuple(method for method in METHODS if method != AGAIN or not old)


def no_map(name: str) -> NotFoundError:
    """The refusal of a map that was not drawn."""
    return NotFoundError(
        "map.missing",
        where=f"map {name}",
        found="not drawn in this run",
        hint="`describe` lists the maps that are; `latentspace project` draws them anew.",
    )
