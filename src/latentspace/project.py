"""Maps: t-SNE and PCA of every shared space, how far they can be trusted, and where a new point would lie."""

from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32

from latentspace.errors import InputError
from latentspace.progress import Progress
from latentspace.run import Run
from latentspace.stats.neighbours import kept_by_map, nearest
from latentspace.workspace import Workspace

Method = Literal["tsne", "pca"]
METHODS: tuple[Method, ...] = ("tsne", "pca")
COMPONENTS = 50  # principal components that t-SNE sees
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
    """What is needed to place new points on a space's maps; loaded once."""

    embedding: Float32[np.ndarray, "n dims"]
    tsne: Float32[np.ndarray, "n 2"]
    principal: Principal

    @classmethod
    def load(cls, run: Run, space: str) -> "Placer":
        """Read a space's embedding and maps; rows without a posterior are left out."""
        embedding = run.embedding(space)
        known = ~np.isnan(embedding).any(axis=1)
        principal = Principal(run.projection(space, "pca_mean"), run.projection(space, "pca_basis"))
        return cls(embedding[known], run.projection(space, "tsne")[known], principal)

    def place(self, z: Float32[np.ndarray, "m dims"], method: Method) -> Float32[np.ndarray, "m 2"]:
        """Where new points lie: PCA exactly; t-SNE by their affinity to the nearest saved neighbours.

        The weights are Gaussian affinities of perplexity 5 over 15 neighbours, divided by the squared distance, so
        that a saved point is placed on itself.
        """
        if method == "pca":
            return self.principal.scores(z)[:, :2]
        rows, distance = nearest(self.embedding, z, k=min(PLACE_NEIGHBOURS, len(self.embedding)))
        affinity = affinities(distance.astype(np.float64), perplexity=min(PLACE_PERPLEXITY, distance.shape[1] / 2))
        weight = affinity / (distance.astype(np.float64) ** 2 + 1e-9)
        weight /= weight.sum(axis=1, keepdims=True)
        return np.einsum("mk,mkc->mc", weight, self.tsne[rows]).astype(np.float32)


def affinities(distance: Float[np.ndarray, "m k"], *, perplexity: float) -> Float[np.ndarray, "m k"]:
    """Gaussian weights over each row's neighbours, bandwidth chosen so that their entropy is log(perplexity) nats."""
    squared = distance**2
    squared = squared - squared.min(axis=1, keepdims=True)
    low, high = np.full(len(squared), 1e-12), np.full(len(squared), 1e12)
    for _ in range(80):
        middle = np.sqrt(low * high)
        weight = np.exp(-squared * middle[:, None])
        weight /= weight.sum(axis=1, keepdims=True)
        entropy = -(weight * np.log(np.maximum(weight, 1e-300))).sum(axis=1)
        too_wide = entropy > np.log(perplexity)
        low, high = np.where(too_wide, middle, low), np.where(too_wide, high, middle)
    return weight


def principal_axes(z: Float32[np.ndarray, "n dims"], *, k: int) -> Principal:
    """The k directions of largest variance, each with its largest loading positive."""
    mean = z.mean(axis=0, dtype=np.float64)
    _, vectors = np.linalg.eigh(np.cov(z.astype(np.float64), rowvar=False))
    basis = vectors[:, ::-1][:, :k]
    signs = np.sign(basis[np.abs(basis).argmax(axis=0), np.arange(basis.shape[1])])
    return Principal(mean.astype(np.float32), (basis * signs).astype(np.float32))


def project(workspace: Workspace, run: Run, options: ProjectOptions, progress: Progress) -> None:
    """Draw t-SNE and PCA of every shared space; write projection.zarr and their quality to run.json.

    Raises:
        NotFoundError: the run has no embedding yet.
        InputError: fewer than ten subjects have a posterior in some space.
    """
    spaces = [s.name for s in run.spaces(workspace.modelled) if not s.name.startswith("private_")]
    drawn: dict[str, dict[str, np.ndarray]] = {}
    quality: dict[str, dict[str, dict[str, float | None]]] = {}
    for i, space in enumerate(spaces):
        progress("project", i, len(spaces), space)
        embedding = run.embedding(space)
        known = np.flatnonzero(~np.isnan(embedding).any(axis=1))
        if len(known) < 10:
            raise InputError(
                "project.too_few",
                where=f"space {space}",
                found=f"{len(known)} subjects have a posterior there",
                hint="Ingest more recordings of this modality.",
            )
        drawn[space] = _maps(embedding[known], known, len(embedding), options)
        quality[space] = {m: _quality(embedding[known], drawn[space][m][known], options) for m in METHODS}
    run.write_projection(drawn)
    run.update(projection=quality, projection_options=asdict(options))
    progress("project", len(spaces), len(spaces))


def _maps(
    z: Float32[np.ndarray, "k dims"], known: np.ndarray, n: int, options: ProjectOptions
) -> dict[str, np.ndarray]:
    principal = principal_axes(z, k=min(COMPONENTS, z.shape[1]))
    scores = principal.scores(z)
    maps = {"tsne": _tsne(scores, options), "pca": scores[:, :2]}
    placed = {name: np.full((n, 2), np.nan, np.float32) for name in maps}
    for name, points in maps.items():
        placed[name][known] = points
    return {**placed, "pca_mean": principal.mean, "pca_basis": principal.basis[:, :2].copy()}


def _tsne(scores: Float32[np.ndarray, "n k"], options: ProjectOptions) -> Float32[np.ndarray, "n 2"]:
    """t-SNE with exact neighbours, started from the first two principal components.

    Source:
        van der Maaten & Hinton 2008; Kobak & Berens 2019 for initialisation and learning rate; openTSNE.
    """
    import openTSNE  # noqa: PLC0415 - takes a second, and `serve` only places points
    from openTSNE.affinity import PerplexityBasedNN  # noqa: PLC0415
    from openTSNE.nearest_neighbors import PrecomputedNeighbors  # noqa: PLC0415

    perplexity = min(options.perplexity, (len(scores) - 1) / 3)
    rows, distance = nearest(scores, scores, k=min(len(scores) - 1, int(3 * perplexity)) + 1)
    neighbours = PrecomputedNeighbors(rows[:, 1:], distance[:, 1:])
    affinity = PerplexityBasedNN(knn_index=neighbours, perplexity=perplexity)
    start = scores[:, :2] / scores[:, 0].std() * 1e-4
    tsne = openTSNE.TSNE(
        n_jobs=1, random_state=options.seed, negative_gradient_method="bh" if len(scores) < 10_000 else "fft"
    )
    return np.asarray(tsne.fit(affinities=affinity, initialization=start.astype(np.float64)), np.float32)


def _quality(
    z: Float32[np.ndarray, "n dims"], points: Float32[np.ndarray, "n 2"], options: ProjectOptions
) -> dict[str, float | None]:
    rng = np.random.default_rng(options.seed)
    anchors = np.sort(rng.permutation(len(z))[:QUALITY_ANCHORS])
    kept = asdict(kept_by_map(z, points, anchors, k=QUALITY_NEIGHBOURS))
    return {name: None if np.isnan(value) else value for name, value in kept.items()}
