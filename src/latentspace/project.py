"""Maps: two t-SNE and PCA of every shared space, how far they can be trusted, and where a new point would lie."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Literal

import faiss
import numpy as np
from jaxtyping import Float, Float32

from latentspace.errors import InputError, NotFoundError
from latentspace.progress import Progress
from latentspace.reliability import write_trust
from latentspace.run import Run
from latentspace.stats.neighbours import flat_index, kept_by_map, nearest, nearest_others, neighbours_shared
from latentspace.stats.separation import principal_axes
from latentspace.workspace import Workspace

Method = Literal["tsne", "tsne2", "pca"]
Quality = dict[str, float | int | None]
METHODS: tuple[Method, ...] = ("tsne", "tsne2", "pca")
AGAIN: Method = "tsne2"  # t-SNE from a random start; runs of before have none
COMPONENTS = 50  # principal components that t-SNE sees
FEWEST = 10  # subjects of a map
SMALL = 1e-4  # spread of the points from which t-SNE starts
TREE_BELOW = 6_000  # Barnes-Hut below, interpolation (FFT) above: about where their times cross
THREADS = 2
QUALITY_NEIGHBOURS, QUALITY_ANCHORS = 15, 2000
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

    saved: faiss.IndexFlatL2
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
        return cls(flat_index(embedding[known]), run.projection(space, "tsne")[known], principal, again)

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


def project(workspace: Workspace, run: Run, options: ProjectOptions, progress: Progress) -> None:
    """Draw the maps of every shared space; write projection.zarr, trust.zarr and their quality to run.json.

    Raises:
        NotFoundError: the run has no embedding yet.
        InputError: fewer than ten subjects have a posterior in some space, or the perplexity is not above 1.
    """
    _check(options)
    spaces = [s.name for s in run.spaces(workspace.modelled) if not s.name.startswith("private_")]
    embeddings = [run.embedding(space) for space in spaces]
    for space, embedding in zip(spaces, embeddings, strict=True):
        _check_enough(space, int((~np.isnan(embedding).any(axis=1)).sum()))
    drawn: dict[str, dict[str, np.ndarray]] = {}
    quality: dict[str, dict[str, Quality]] = {}
    with ThreadPoolExecutor(THREADS) as threads:  # one thread a space: the same bytes however many there are
        results = threads.map(_draw, embeddings, [options] * len(spaces))
        for i, space in enumerate(spaces):
            progress("project", i, len(spaces), space)
            drawn[space], quality[space] = next(results)
    run.write_projection(drawn)
    maps = {f"{space}.{method}": drawn[space][method] for space in spaces for method in METHODS}
    write_trust(run, dict(zip(spaces, embeddings, strict=True)), maps)
    run.update(projection=quality, projection_options=asdict(options))
    progress("project", len(spaces), len(spaces))


def _draw(
    embedding: Float32[np.ndarray, "n dims"], options: ProjectOptions
) -> tuple[dict[str, np.ndarray], dict[str, Quality]]:
    """Both maps of a space, and how well each keeps its neighbourhoods."""
    known = np.flatnonzero(~np.isnan(embedding).any(axis=1))
    maps = _maps(embedding[known], known, len(embedding), options)
    quality = {m: _quality(embedding[known], maps[m][known], options) for m in METHODS}
    return maps, _with_stability(quality, maps["tsne"][known], maps[AGAIN][known])


def _maps(
    z: Float32[np.ndarray, "k dims"], known: np.ndarray, n: int, options: ProjectOptions
) -> dict[str, np.ndarray]:
    principal = principal_of(z, k=min(COMPONENTS, z.shape[1]))
    scores = principal.scores(z)
    plane = Principal(principal.mean, _two_columns(principal.basis))
    maps = {**_tsne(scores, _two_columns(scores), options), "pca": plane.scores(z)}
    placed = {name: np.full((n, 2), np.nan, np.float32) for name in maps}
    for name, points in maps.items():
        placed[name][known] = points
    return {**placed, "pca_mean": plane.mean, "pca_basis": plane.basis}


def _two_columns(values: Float32[np.ndarray, "rows k"]) -> Float32[np.ndarray, "rows 2"]:
    """The first two columns; a space of one dimension is drawn on a line."""
    wide = np.zeros((len(values), 2), np.float32)
    wide[:, : values.shape[1]] = values[:, :2]
    return wide


def _tsne(
    scores: Float32[np.ndarray, "n k"], plane: Float32[np.ndarray, "n 2"], options: ProjectOptions
) -> dict[str, Float32[np.ndarray, "n 2"]]:
    """t-SNE with exact neighbours, started from the first two principal components and again from anywhere.

    Started alike, two seeds give one map: only another start tells what the data do not settle.

    Source:
        van der Maaten & Hinton 2008; Kobak & Berens 2019 for initialisation and learning rate; openTSNE.
    """
    import openTSNE  # noqa: PLC0415 - takes a second, and `serve` only places points
    from openTSNE.affinity import PerplexityBasedNN  # noqa: PLC0415
    from openTSNE.nearest_neighbors import PrecomputedNeighbors  # noqa: PLC0415

    perplexity = min(options.perplexity, (len(scores) - 1) / 3)
    rows, distance = nearest_others(scores, k=min(len(scores) - 1, int(3 * perplexity)))
    affinity = PerplexityBasedNN(knn_index=PrecomputedNeighbors(rows, distance), perplexity=perplexity)  # pyright: ignore[reportArgumentType] - its default is 30, floats are meant
    anywhere = np.random.default_rng([options.seed, 1]).standard_normal(plane.shape)
    starts = {"tsne": plane.astype(np.float64) / max(float(plane[:, 0].std()), 1e-12), AGAIN: anywhere}
    tsne = openTSNE.TSNE(
        n_jobs=1, random_state=options.seed, negative_gradient_method="bh" if len(scores) < TREE_BELOW else "fft"
    )
    return {
        name: np.asarray(tsne.fit(affinities=affinity, initialization=start * SMALL), np.float32)
        for name, start in starts.items()
    }


def _quality(z: Float32[np.ndarray, "n dims"], points: Float32[np.ndarray, "n 2"], options: ProjectOptions) -> Quality:
    rng = np.random.default_rng(options.seed)
    anchors = np.sort(rng.permutation(len(z))[:QUALITY_ANCHORS])
    kept = kept_by_map(z, points, anchors, k=QUALITY_NEIGHBOURS)
    shares = ("trustworthiness", "continuity", "knn_kept")
    means = {name: None if kept is None else float(getattr(kept, name).mean()) for name in shares}
    return {**means, "neighbours": QUALITY_NEIGHBOURS}


def _with_stability(
    quality: Mapping[str, Quality], tsne: Float32[np.ndarray, "k 2"], again: Float32[np.ndarray, "k 2"]
) -> dict[str, Quality]:
    """Both t-SNE maps with the share of neighbours that they have in common."""
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
