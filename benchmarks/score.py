"""Ten tasks of 37,774 people with intervals: everyone, and a group of 5,000, from predictions that are in memory."""

from functools import partial

import numpy as np

from benchmarks.timing import Claim, Effort, claim, cpu_seconds, in_turns
from latentspace.scores.judged import Predictions, Table, scored

N, MEMBERS, TASKS, LIMIT_MS = 37_774, 5_000, 10, 150
PEERS = ("floor: sorting what is said of each task",)


def measure(effort: Effort) -> list[Claim]:
    """Five conditions and five numbers; a group that was not asked for before, and everyone asked anew."""
    rng = np.random.default_rng(0)
    group = np.zeros(N, bool)
    group[rng.permutation(N)[:MEMBERS]] = True
    everything = [_predictions(seed) for seed in range(40)]
    turns = iter(everything)

    def ours() -> float:
        return cpu_seconds(partial(_score, next(turns), group))

    def floor() -> float:
        return cpu_seconds(lambda: [np.argsort(said, kind="stable") for said in everything[0].said])

    taken = in_turns({"ours": ours, PEERS[0]: floor}, rounds=effort.rounds(25), warm_up=2)
    text = f"score {TASKS} tasks of {N:,} and of {MEMBERS:,} among them, with intervals (time of the processor)"
    return [claim(text, LIMIT_MS, "ms", taken, PEERS)]


def _predictions(seed: int) -> Predictions:
    """Half of the tasks conditions that a tenth has, half numbers; people are predicted better than by chance."""
    rng = np.random.default_rng(seed)
    binary = tuple(i % 2 == 0 for i in range(TASKS))
    signal = [rng.normal(size=N) for _ in binary]
    truth = [
        (s + rng.normal(size=N) > 1.8).astype(float) if b else s + rng.normal(size=N)
        for s, b in zip(signal, binary, strict=True)
    ]
    said = [(1 / (1 + np.exp(2 - s)) if b else s).astype(np.float32) for s, b in zip(signal, binary, strict=True)]
    table = Table(person=np.arange(N), fold=np.arange(N) % 5, held_out=np.arange(N) % 5 == 0)
    return Predictions(space="joint", binary=binary, said=tuple(said), truth=tuple(truth), table=table)


def _score(predictions: Predictions, group: np.ndarray) -> object:
    return [scored(predictions, which, [group]) for which in range(TASKS)]
