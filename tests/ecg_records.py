"""Made ECGs with known beats, written as WFDB records, and the folder of real ones."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from jaxtyping import Float

RATE_HZ = 500
LEADS = ("I", "II", "III", "AVR", "AVL", "AVF", "V1", "V2", "V3", "V4", "V5", "V6")


def shared_data() -> Path:
    """Where real data would be, whether it is there or not."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    return Path(os.environ.get("LATENTSPACE_REAL_DATA", beside))


def real_data() -> Path:
    """The folder of real recordings; the test is skipped where there is none."""
    folder = shared_data() / "ptbxl"
    if not folder.is_dir():
        pytest.skip("no real recordings: set LATENTSPACE_REAL_DATA to a folder that holds ptbxl/")
    return folder


def made_ecg(onsets_s: Sequence[float], *, seed: int = 0, odd: Sequence[int] = ()) -> Float[np.ndarray, "12 time"]:
    """Ten seconds in mV whose QRS complexes begin exactly at `onsets_s`; beats in `odd` have another shape.

    The complex is a windowed wave of 90 ms that is 0 before its onset; P, T, wander and 5 uV of noise are added.
    """
    rng = np.random.default_rng(seed)
    time = np.arange(10 * RATE_HZ) / RATE_HZ
    sizes = rng.uniform(0.4, 1.5, 8) * np.array([1, 1, -1, -1, 1, 1, 1, 1])
    leads = np.zeros((8, len(time)))
    for number, onset in enumerate(onsets_s):
        inside = (time >= onset) & (time < onset + 0.09)
        wave = np.where(inside, np.abs(np.sin(np.pi * (time - onset) / 0.09)) ** 1.5, 0.0)
        if number in odd:
            wide = (time >= onset) & (time < onset + 0.16)
            wave = np.where(wide, -1.5 * np.sin(2 * np.pi * (time - onset) / 0.16), 0.0)
        around = 0.12 * np.exp(-(((time - onset + 0.14) / 0.02) ** 2)) + 0.25 * np.exp(
            -(((time - onset - 0.3) / 0.05) ** 2)
        )
        leads += sizes[:, None] * wave + np.abs(sizes)[:, None] * around
    leads += 0.3 * np.sin(2 * np.pi * 0.2 * time + rng.uniform(0, 6, (8, 1))) + rng.normal(0, 0.005, leads.shape)
    one, two = leads[0], leads[1]
    return np.vstack([one, two, two - one, -(one + two) / 2, one - two / 2, two - one / 2, leads[2:]])


def write_record(folder: Path, name: str, values: Float[np.ndarray, "lead time"], leads: Sequence[str] = LEADS) -> Path:
    """A record of format 16 with 1 uV a count, independent of the code under test; NaN is its invalid sample."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = np.where(np.isnan(values), -32768, np.round(np.nan_to_num(values) * 1000)).astype("<i2")
    (folder / f"{name}.dat").write_bytes(counts.T.tobytes())
    lines = [f"{name} {len(leads)} {RATE_HZ} {values.shape[1]}"]
    for lead, row in zip(leads, counts, strict=True):
        checksum = ((int(row.sum()) + 32768) & 0xFFFF) - 32768
        lines.append(f"{name}.dat 16 1000.0(0)/mV 16 0 {row[0]} {checksum} 0 {lead}")
    header = folder / f"{name}.hea"
    header.write_text("\n".join(lines) + "\n")
    return header
