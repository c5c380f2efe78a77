"""The ceiling of retrieval: an oracle that knows every factor that cine and ECG share looks for the ECG of a person.

`python -m studies.oracle [PAIRS ...] [--cohort population] [--pool 1000]` (default 2000 7000 30000) simulates a cohort,
trains a small network on the factors and another on the noisy beats to find each other (symmetric InfoNCE), and prints
recall among the people of a pool that neither saw, both ways. The true factors stand for a perfect reading of the cine,
so that no model that reads the cine and learns from as many pairs in this way can be expected above. A lower bound of
the true ceiling: the comparison itself is learned. Used to state goals, nowhere in the product.

The electrical axis is told exactly, though the cine shows it only by the turn of the heart, to which weight and chance
contribute more. A second oracle is told that turn in its place: all that a perfect reading of the picture would give.
"""

import argparse
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from itertools import product

import numpy as np
import polars as pl
import torch
from torch import nn

from latentspace.simulate.cine import cine, draw_view
from latentspace.simulate.physiology import draw
from studies.ecg_knows import Block, beats

SEED, BATCH = 77, 512
SECONDS_PER_PAIR = 0.035  # of training, on two threads, within limits
FEWEST_S, MOST_S = 100.0, 420.0


class Watched(Mapping[str, float]):
    """Factors that remember which of them were read."""

    def __init__(self, factors: Mapping[str, float]) -> None:
        """Nothing is read yet."""
        self._factors = factors
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> float:
        """Read one."""
        self.read.add(name)
        return self._factors[name]

    def __iter__(self) -> Iterator[str]:
        """Names alone are no reading."""
        return iter(self._factors)

    def __len__(self) -> int:
        """All of them."""
        return len(self._factors)


def shared_factors(rows: list[dict[str, float]]) -> list[str]:
    """What a cine depends on and an ECG too, or what follows from it: every factor that the drawing of a cine reads."""
    read: set[str] = set()
    for i, row in enumerate(rows):
        watched = Watched(row)
        cine(watched, np.random.default_rng(i))
        read |= watched.read
    return sorted(read)


def ecg_encoder() -> nn.Module:
    """Beats to 64 numbers."""
    return nn.Sequential(
        nn.Conv1d(8, 32, 6, stride=3), Block(32), nn.Conv1d(32, 48, 5, stride=2, padding=2), Block(48),
        nn.Conv1d(48, 64, 5, stride=2, padding=2), Block(64), nn.SiLU(), nn.Flatten(), nn.Dropout(0.2),
        nn.LazyLinear(256), nn.SiLU(), nn.Dropout(0.2), nn.Linear(256, 64),
    )  # fmt: skip


def factor_encoder(width: int) -> nn.Module:
    """Exact factors to 64 numbers."""
    return nn.Sequential(nn.Linear(width, 256), nn.SiLU(), nn.Linear(256, 256), nn.SiLU(), nn.Linear(256, 64))


def recall(one: torch.Tensor, other: torch.Tensor, k: int) -> float:
    """Share of the held-out people whose partner is among the `k` nearest."""
    score = one @ other.T
    rank = (score > score.diagonal()[:, None]).sum(dim=1)
    return float((rank < k).float().mean())


def train(factors: torch.Tensor, ecgs: torch.Tensor, pairs: int) -> tuple[nn.Module, nn.Module, float]:
    """Both encoders on the first `pairs`; gives the epochs too."""
    torch.manual_seed(0)
    sides = nn.ModuleList([factor_encoder(factors.shape[1]), ecg_encoder()])
    sides[1](ecgs[:2])
    scale = nn.Parameter(torch.tensor(2.66))
    optimizer = torch.optim.AdamW([*sides.parameters(), scale], lr=1.5e-3, betas=(0.9, 0.98), weight_decay=0.1)
    budget, begun = min(max(FEWEST_S, SECONDS_PER_PAIR * pairs), MOST_S), time.process_time()
    seen, noise = 0, 0.12
    while (spent := (time.process_time() - begun) / budget) < 1:
        sides.train()
        for group in optimizer.param_groups:
            group["lr"] = 1.5e-3 * min(1.0, seen / (30 * BATCH) + 0.03) * 0.5 * (1 + np.cos(np.pi * spent))
        chosen = torch.randint(pairs, (BATCH,))
        beat = ecgs[chosen] * (1 + 0.08 * torch.randn(BATCH, 8, 1)) * (1 + 0.05 * torch.randn(BATCH, 1, 1))
        beat = torch.roll(beat + noise * torch.randn_like(beat), int(torch.randint(-1, 2, ())), dims=2)
        one, other = (nn.functional.normalize(z) for z in (sides[0](factors[chosen]), sides[1](beat)))
        logits = scale.exp().clamp(max=100) * one @ other.T
        target = torch.arange(BATCH)
        loss = nn.functional.cross_entropy(logits, target) + nn.functional.cross_entropy(logits.T, target)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(sides.parameters(), 2.0)
        optimizer.step()
        seen += BATCH
    return sides[0].eval(), sides[1].eval(), seen / pairs


def main() -> None:
    """Simulate, train at each number of pairs, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", nargs="*", type=int, default=[2000, 7000, 30000], metavar="PAIRS")
    parser.add_argument("--cohort", choices=("population", "clinic"), default="population")
    parser.add_argument("--pool", type=int, default=1000, help="people among whom one is looked for")
    chosen = parser.parse_args()
    sizes: list[int] = chosen.pairs
    torch.set_num_threads(2)
    people = draw(chosen.pool + max(sizes), seed=SEED, cohort=chosen.cohort)
    rows = people.to_dicts()
    names = shared_factors(rows[:200])
    print(f"{len(names)} factors: {', '.join(names)}", flush=True)
    ecgs = _ecgs(rows, chosen.pool)
    turn = [draw_view(row, np.random.default_rng([SEED, i]))["turn"] for i, row in enumerate(rows)]
    told = {"factors": people.select(names), "shown": people.select(names).with_columns(r_axis=pl.Series(turn))}
    for (what, table), pairs in product(told.items(), sizes):
        factors = torch.from_numpy(_standard(table))
        print(f"{what}: {pairs} pairs, {_found(factors, ecgs, pairs, chosen.pool)}", flush=True)


def _ecgs(rows: list[dict[str, float]], pool: int) -> torch.Tensor:
    """Beats of everyone, mean 0 and spread 1 in each lead among those who are learnt from."""
    starts = range(0, len(rows), 500)
    with ProcessPoolExecutor(2) as workers:
        x = np.concatenate(list(workers.map(beats, starts, [rows[i : i + 500] for i in starts]))).astype(np.float32)
    x -= x[pool:].mean(axis=0)
    x /= x[pool:].std(axis=(0, 2), keepdims=True)
    return torch.from_numpy(x)


def _found(factors: torch.Tensor, ecgs: torch.Tensor, pairs: int, pool: int) -> str:
    """What an oracle of so many pairs finds, in words."""
    begun = time.process_time()
    one, other, epochs = train(factors[pool:], ecgs[pool:], pairs)
    with torch.no_grad():
        f, e = (nn.functional.normalize(z) for z in (one(factors[:pool]), other(ecgs[:pool])))
    said = ", ".join(f"recall@{k} {recall(f, e, k):.3f} / {recall(e, f, k):.3f}" for k in (1, 5, 10))
    return f"{epochs:.0f} epochs, {time.process_time() - begun:.0f} CPU s: {said}"


def _standard(table: pl.DataFrame) -> np.ndarray:
    """Mean 0, spread 1; what is unknown (no PR in atrial fibrillation) at the mean; long tails drawn in."""
    values = table.to_numpy().astype(np.float64)
    values = np.where(np.isfinite(values), values, np.nan)
    values = (values - np.nanmean(values, axis=0)) / np.maximum(np.nanstd(values, axis=0), 1e-6)
    return np.clip(np.nan_to_num(values), -6, 6).astype(np.float32)


if __name__ == "__main__":
    main()
