"""Maps of the cohort of the paper and of a million, beside openTSNE as it comes, with what each of them keeps."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import openTSNE

from benchmarks.timing import Claim, Effort, cpu_seconds, in_turns, seconds, valued
from latentspace.project import ProjectOptions, begin_maps, principal_of
from latentspace.stats.neighbours import kept_by_map
from latentspace.stats.tsne import affinities_of, map_of

PAPER, FEW, MILLION = (37_774, 256), (2_000, 64), (1_000_000, 64)
FACTORS, GROUPS, HIDDEN = 6, 8, 64
WALL_S, MILLION_S, TRUSTED, FASTER = 60.0, 900.0, 0.98, 0.5
ANCHORS, NEIGHBOURS = 1000, 15
PEER = "openTSNE as it comes, 2 jobs, one map"


def measure(effort: Effort) -> list[Claim]:
    """Both t-SNE maps and PCA of one space; one map in time of the processor; trustworthiness and neighbours kept."""
    n, dims = FEW if effort.quick else PAPER
    z = codes(n, dims)
    kept: dict[str, np.ndarray] = {}

    def noted(name: str, draw: Callable[[], np.ndarray]) -> None:
        kept[name] = draw()

    theirs = partial(openTSNE.TSNE(n_jobs=2, random_state=0).fit, z)
    rounds = 1 if effort.quick else 2
    whole = {"ours": partial(noted, "ours", partial(_all_maps, z)), PEER: partial(noted, PEER, theirs)}
    taken = in_turns({who: partial(seconds, do) for who, do in whole.items()}, rounds=rounds, warm_up=0)
    of = f"{n:,} people by {dims} numbers"
    one = {"ours": partial(_one_map, z), PEER: theirs}
    alone = in_turns({who: partial(cpu_seconds, do) for who, do in one.items()}, rounds=1, warm_up=0)
    judged = [_judged(z, np.asarray(kept[name], np.float32)) for name in ("ours", PEER)]
    claims = [
        valued(f"two t-SNE maps and PCA of {of}", WALL_S, "s", taken, (PEER,)),
        valued(f"one t-SNE map of {of}, processor time", None, "s", alone, (PEER,)),
        valued(f"the same, share of openTSNE's time at {of}", FASTER, "1", alone[:, :1] / alone[:, 1:], ()),
    ]
    for which, name, limit in ((0, "trustworthiness", TRUSTED), (1, "neighbours kept of 15", None)):
        values = np.array([[each[which] for each in judged]])
        claims.append(valued(f"{name}, {of}", limit, "1", values, (PEER,), more_is_better=True))
    return claims if effort.quick else [*claims, *_million()]


def codes(n: int, dims: int) -> np.ndarray:
    """Made-up codes: six factors and eight groups through one random network, and a little noise."""
    rng = np.random.default_rng(0)
    group = rng.integers(0, GROUPS, n)
    factors = rng.standard_normal((n, FACTORS)) + 2 * rng.standard_normal((GROUPS, FACTORS))[group]
    hidden = np.tanh(factors @ rng.standard_normal((FACTORS, HIDDEN)) / FACTORS**0.5)
    drawn = hidden @ rng.standard_normal((HIDDEN, dims)) / HIDDEN**0.5
    return (drawn + 0.05 * rng.standard_normal((n, dims))).astype(np.float32)


def _all_maps(z: np.ndarray) -> np.ndarray:
    with ThreadPoolExecutor(2) as threads:
        return {name: each.result() for name, each in begin_maps(z, ProjectOptions(), threads).items()}["tsne"]


def _one_map(z: np.ndarray) -> np.ndarray:
    scores = principal_of(z, k=50).scores(z)
    start = scores[:, :2].astype(np.float64) * 1e-4 / scores[:, 0].std()
    return map_of(affinities_of(scores, 30.0), start, seed=0)


def _judged(z: np.ndarray, points: np.ndarray) -> tuple[float, float]:
    anchors = np.sort(np.random.default_rng(1).permutation(len(z))[:ANCHORS])
    kept = kept_by_map(z, points, anchors, k=NEIGHBOURS)
    assert kept is not None
    return float(kept.trustworthiness.mean()), float(kept.knn_kept.mean())


def _million() -> list[Claim]:
    """Once, and without the peer, which would take the better part of an hour."""
    z = codes(*MILLION)
    kept: list[np.ndarray] = []
    taken = np.array([[seconds(lambda: kept.append(_all_maps(z)))]])
    shares = _judged(z, kept[0])
    of = f"{MILLION[0]:,} people by {MILLION[1]} numbers"
    return [
        valued(f"two t-SNE maps and PCA of {of}", MILLION_S, "s", taken, ()),
        valued(f"trustworthiness, {of}", None, "1", np.array([[shares[0]]]), (), more_is_better=True),
        valued(f"neighbours kept of 15, {of}", None, "1", np.array([[shares[1]]]), (), more_is_better=True),
    ]
