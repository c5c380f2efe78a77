"""A new point is placed, judged and given its neighbours among 37,774 subjects, as many as the paper's cohort had."""

from functools import partial
from itertools import cycle

import numpy as np
from sklearn.neighbors import NearestNeighbors

from benchmarks.maps import codes
from benchmarks.timing import Claim, Effort, claim, in_turns, seconds
from latentspace.explorer.manifold import Manifold, Neighbourhood
from latentspace.project import PLACE_NEIGHBOURS, Placer, principal_of
from latentspace.stats.neighbours import flat_index, nearest
from latentspace.stats.sifted import Sifted

SUBJECTS, AROUND_MS = 37_774, 20.0
MILLION, FLAT = 1_000_000, "every distance (faiss, flat)"
PEERS = ("scikit-learn's exact neighbours alone", "floor: the index's search alone")


def measure(effort: Effort) -> list[Claim]:
    """For a code of 32 dimensions and for 256, as the paper had; density and nearest for the demo's 64; a million."""
    million = [] if effort.quick else [_of_a_million(64, effort)]
    return [*(_among(dims, effort) for dims in (32, 256)), _around(64, effort), *million]


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


def _of_a_million(dims: int, effort: Effort) -> Claim:
    """Codes between two people, as on a walk."""
    z, rng = codes(MILLION, dims), np.random.default_rng(2)
    flat, k = flat_index(z), PLACE_NEIGHBOURS
    sifted = Sifted.of(flat)
    between = [z[rng.integers(MILLION, size=2)].mean(axis=0, keepdims=True) for _ in range(effort.rounds(50))]
    for code in between[:5]:
        np.testing.assert_array_equal(nearest(sifted, code, k=k)[0], nearest(flat, code, k=k)[0])
    turn = cycle(between)
    work = {"ours": lambda: nearest(sifted, next(turn), k=k), FLAT: lambda: nearest(flat, next(turn), k=k)}
    taken = in_turns({name: partial(seconds, do) for name, do in work.items()}, rounds=effort.rounds(50))
    return claim(f"{k} nearest people to a code of {dims} numbers among a million", None, "ms", taken, (FLAT,))
