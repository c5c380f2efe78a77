"""What an ECG tells of the heart: a supervised network from simulated beats to LV mass, on people it never saw.

`python -m studies.ecg_knows [PEOPLE [FACTOR]]` simulates a population, trains on 7,000 (the default) of it, and prints
the r of Pearson over all held-out people and within each sex, of `lvm` (the default), `lvedv` or `la_max`. The
simulator must not make an ECG know too much: the goals for LV mass are .75 to .85 over all (published: .79) and .45 to
.65 within sex. Labels are used here and nowhere in the product.
"""

import sys
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import polars as pl
import torch
from torch import nn

from latentspace.simulate.ecg import INDEPENDENT, LEADS, ecg
from latentspace.simulate.physiology import draw

SEED, HELD_OUT, EPOCHS, BATCH = 77, 2000, 14, 128
ROWS = [LEADS.index(lead) for lead in INDEPENDENT]


def beats(first: int, rows: list[dict[str, float]]) -> np.ndarray:
    """Independent leads, every second sample, of consecutive subjects."""
    drawn = [ecg(row, np.random.default_rng([SEED, first + i, 2]))[0][ROWS, ::2] for i, row in enumerate(rows)]
    return np.stack(drawn)


class Block(nn.Module):
    """Two convolutions beside a short cut."""

    def __init__(self, channels: int) -> None:
        """Width stays."""
        super().__init__()
        self.inner = nn.Sequential(
            nn.BatchNorm1d(channels), nn.SiLU(), nn.Conv1d(channels, channels, 7, padding=3),
            nn.BatchNorm1d(channels), nn.SiLU(), nn.Conv1d(channels, channels, 7, padding=3),
        )  # fmt: skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Residual."""
        return x + self.inner(x)


def network() -> nn.Module:
    """A small residual network of the kind that the published figure came from, for 8 leads of 300 samples."""
    return nn.Sequential(
        nn.Conv1d(8, 32, 7, stride=3, padding=3), Block(32), nn.Conv1d(32, 48, 5, stride=2, padding=2), Block(48),
        nn.Conv1d(48, 64, 5, stride=2, padding=2), Block(64), nn.SiLU(), nn.Flatten(), nn.Dropout(0.3),
        nn.Linear(64 * 25, 64), nn.SiLU(), nn.Dropout(0.3), nn.Linear(64, 1),
    )  # fmt: skip


def main(n_train: int, factor: str) -> None:
    """Simulate, train, print."""
    factors = draw(n_train + HELD_OUT, seed=SEED, cohort="population")
    rows = factors.to_dicts()
    starts = range(0, len(rows), 500)
    with ProcessPoolExecutor(2) as pool:
        x = np.concatenate(list(pool.map(beats, starts, [rows[i : i + 500] for i in starts])))
    y = np.log(factors[factor].to_numpy())
    train, held = slice(0, n_train), slice(n_train, None)
    centre, spread = x[train].mean(axis=0), x[train].std(axis=(0, 2), keepdims=True)
    inputs = torch.from_numpy(((x - centre) / spread).astype(np.float32))
    target = torch.from_numpy(((y - y[train].mean()) / y[train].std()).astype(np.float32))
    torch.manual_seed(0)
    model = network()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.05)
    steps = EPOCHS * (n_train // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps)
    for epoch in range(EPOCHS):
        model.train()
        for part in torch.randperm(n_train)[: n_train // BATCH * BATCH].split(BATCH):
            gain = 1 + 0.05 * torch.randn(len(part), 8, 1)
            loss = nn.functional.mse_loss(model(inputs[part] * gain)[:, 0], target[part])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1} of {EPOCHS}", _agreement(model, inputs[held], factors[held], y[held]), flush=True)


def _agreement(model: nn.Module, inputs: torch.Tensor, people: pl.DataFrame, truth: np.ndarray) -> str:
    model.eval()
    with torch.no_grad():
        said = np.concatenate([model(part)[:, 0].numpy() for part in inputs.split(500)])
    male = people["male"].to_numpy() == 1
    groups = {"all": np.ones(len(male), bool), "women": ~male, "men": male}
    return ", ".join(f"{name} {np.corrcoef(said[mask], truth[mask])[0, 1]:.3f}" for name, mask in groups.items())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7000, sys.argv[2] if len(sys.argv) > 2 else "lvm")
