"""How far the t-SNE maps can be trusted around held-out people."""

import numpy as np

from latentspace.evaluate.people import People
from latentspace.modality import private
from latentspace.run import Run
from latentspace.stats.bootstrap import Figure, figure, mean
from latentspace.stats.neighbours import kept_by_map

NEIGHBOURS = 15
SHARES = ("trustworthiness", "continuity", "knn_kept")


def projection(people: People, run: Run, rng: np.random.Generator) -> dict[str, Figure]:
    """Trustworthiness, continuity and kept neighbours (15) of every shared space, held-out people among everybody."""
    figures: dict[str, Figure] = {}
    for space in (name for name in people.spaces if not name.startswith(private(""))):
        names = [f"projection.{space}.{share}" for share in SHARES]
        if not run.has("projection.zarr"):
            figures |= dict.fromkeys(names, Figure(reason="not projected yet"))
            continue
        z, points = run.embedding(space), run.projection(space, "tsne")
        known = np.flatnonzero(~np.isnan(z).any(axis=1))
        anchors = np.flatnonzero(np.isin(known, people.rows))
        kept = kept_by_map(z[known], points[known], anchors, k=NEIGHBOURS)
        for name, share in zip(names, SHARES, strict=True):
            if kept is None:
                figures[name] = Figure(n=len(known), reason=f"{len(known)} subjects are too few")
            else:
                figures[name] = figure(mean(getattr(kept, share)), len(anchors), rng)
    return figures
