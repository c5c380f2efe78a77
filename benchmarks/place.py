"""A new point is placed, judged and given its neighbours among 37,774 subjects, as many as the paper's cohort had."""

from functools import partial

import numpy as np
from sklearn.neighbors import NearestNeighbors

from benchmarks.timing import Claim, Effort, claim, in_turns, seconds
from latentspace.explorer.manifold import Manifold, Neighbourhood
from latentspace.project import PLACE_NEIGHBOURS, Placer, principal_of
from latentspace.stats.neighbours import flat_index

SUBJECTS, AROUND_MS = 37_774, 20.0
PEERS = ("scikit-learn's exact neighbours alone", "floor: the index's search alone")


def measure(effort: Effort) -> list[Claim]:
    """For a code of 32 dimensions and for the 256 of the paper; density and nearest people for the 64 of the demo."""
    return [*(_among(dims, effort) for dims in (32, 256)), _around(64, effort)]


def _among(dims: int, effort: Effort) -> Claim:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(SUBJECTS, dims)).astype(np.float32)
    placer = Placer(flat_index(z), rng.normal(size=(SUBJECTS, 2)).astype(np.float32), principal_of(z, k=2))
    brute = NearestNeighbors(n_neighbors=PLACE_NEIGHBOURS, algorithm="brute").fit(z)
    new = rng.normal(size=(1, dims)).astype(np.float32)
    assert set(brute.kneighbors(new, return_distance=False)[0]) == set(placer.saved.search(new, PLACE_NEIGHBOURS)[1][0])
    work = {
        "ours": lambda: (placer.place(new, "tsne"), placer.place(new, "pca")),
        PEERS[0]: partial(brute.kneighbors, new),
        PEERS[1]: partial(placer.saved.search, new, PLACE_NEIGHBOURS),
    }
    taken = in_turns({who: partial(seconds, do) for who, do in work.items()}, rounds=effort.rounds(50))
    text = f"place a new code of {dims} dimensions on both maps of {SUBJECTS:,}"
    return claim(text, None, "ms", taken, PEERS)


def _around(dims: int, effort: Effort) -> Claim:
    rng = np.random.default_rng(1)
    z = rng.normal(size=(SUBJECTS, dims)).astype(np.float32)
    near = Neighbourhood.of(z, [f"S-{i:05d}" for i in range(SUBJECTS)])
    manifold, who = Manifold.of(near), near.person(7)
    work = {"ours": lambda: (manifold.centile(z[[7]], who), near.others(z[[7]], 4, who))}
    taken = in_turns({name: partial(seconds, do) for name, do in work.items()}, rounds=effort.rounds(50))
    return claim(f"density and nearest people of a code among {SUBJECTS:,}", AROUND_MS, "ms", taken, ())
