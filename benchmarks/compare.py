"""5,000 people beside 32,774 others on 50 phenotypes; and beside the rest of a million."""

import dataclasses
from functools import partial

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from benchmarks.timing import Claim, Effort, claim, cpu_seconds, in_turns
from latentspace.columns import Columns
from latentspace.comparison.table import Comparing
from latentspace.phenotype import Dictionary, Phenotype

NUMBERS, SHARES = 36, 14
OF_MANY = (
    "Of a million, half of the time are the fits that hold age and a condition equal (13 logistic, 48 linear), "
    "a third are medians."
)
PEERS = ("floor: mean and SD of every column by polars",)


def measure(effort: Effort) -> list[Claim]:
    """For the cohort of the paper and for a million; age and one condition are held equal."""
    paper = _of(37_774, 5_000, 300, "ms", effort.rounds(15))
    return [paper] if effort.quick else [paper, _of(1_000_000, 130_000, 3, "s", 3)]


def _of(n: int, members: int, limit: float, unit: str, rounds: int) -> Claim:
    rng = np.random.default_rng(0)
    numbers = {f"x{i}": rng.normal(50, 10, n).astype(np.float32) for i in range(NUMBERS)}
    table = pl.DataFrame(numbers | {f"c{i}": rng.uniform(size=n) < 0.1 for i in range(SHARES)})
    kinds = [Phenotype(name=c, label=c, kind="continuous" if c[0] == "x" else "boolean") for c in table.columns]
    comparing = Comparing(Columns(table, Dictionary(tuple(kinds))), np.arange(n))
    a = np.zeros(n, bool)
    a[rng.permutation(n)[:members]] = True

    def ours() -> object:
        return comparing.rows([comparing.group(a), comparing.group(~a)], frozenset(), ("x0", "c0"))

    def floor() -> object:
        return [part.select(pl.all().mean(), pl.all().cast(pl.Float64).std().name.suffix("_sd")) for part in halves]

    halves = [table.filter(a), table.filter(~a)]
    with threadpool_limits(1, "blas"):  # as in the server
        taken = in_turns(
            {"ours": partial(cpu_seconds, ours), PEERS[0]: partial(cpu_seconds, floor)}, rounds=rounds, warm_up=1
        )
    measured = claim(
        f"compare {members:,} with {n - members:,} on 50 phenotypes (time of the processor)", limit, unit, taken, PEERS
    )
    return dataclasses.replace(measured, why=OF_MANY)
