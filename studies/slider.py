"""The slider of a direction against what is measured on the drawing: by the questions that the page asks of Explorer.

`python -m studies.slider WORKSPACE [PEOPLE]` takes 50 (the default) held-out people who have every recording, moves
the slider of LV mass, EF, QRS and QT to nine places from its left end to its right, with the private numbers as the
page opens it and with the shared ones alone, and prints a table: the median of Spearman's rho of slider and
measurement, the share of people with .8 or more, and how often the nearest recorded person stays the same by the
smallest step of the slider's keys.
"""

import sys
from pathlib import Path
from typing import Literal

import numpy as np
from scipy.stats import rankdata

from latentspace.explorer import Explorer, open_workspace

PHENOTYPES = ("lvm", "lvef", "qrs", "qt")
PLACES, PEOPLE, ENOUGH, SEED = 9, 50, 0.8, 0
KEY_SD, WIDE_SD = 0.1, 3.29  # one key moves a tenth of an SD; between the 5th and the 95th centile lie 3.29
Reach = Literal["shared", "all"]


def held_out(explorer: Explorer, people: int) -> list[int]:
    """Rows of people whom the model never saw and who have every modelled recording, drawn once and for all."""
    parts = [explorer.run.embedding(part.space) for part in explorer.describe().layout]
    whole = np.all([~np.isnan(part[:, 0]) for part in parts], axis=0)
    rows = np.flatnonzero(whole & (explorer.columns(["part"])["part"] == 2))
    return sorted(np.random.default_rng(SEED).permutation(rows)[:people].tolist())


def moved(course: dict[str, np.ndarray], z: np.ndarray, origin: float, to: float) -> np.ndarray:
    """A code brought from one value of the phenotype to another, as the page does: straight between two stops."""
    values, steps = course["values"], course["steps"]
    at = [np.array([np.interp(value, values, dim) for dim in steps.T]) for value in (origin, to)]
    return (z + at[1] - at[0]).astype(np.float32)


def origin_of(value: float, course: dict[str, np.ndarray], centre: float) -> float:
    """Where the slider of a person starts: its own value within the slider, its centre where nobody knows it."""
    low, high = course["values"][[0, -1]]
    return float(np.clip(value, low, high)) if np.isfinite(value) else centre


def judged(explorer: Explorer, name: str, reach: Reach, rows: list[int]) -> tuple[list[float], list[bool]]:
    """Spearman's rho of each person (NaN under five measurements), and whether the nearest person stays the same."""
    said, course = explorer.direction(name, reach), explorer.course(name, reach)
    values = explorer.columns([name])[name]
    modalities = [m.name for m in explorer.workspace.modelled]
    low, high = map(float, course["values"][[0, -1]])
    key = KEY_SD * (high - low) / WIDE_SD
    rho: list[float] = []
    kept: list[bool] = []
    for row in rows:
        z, origin = explorer.encode(row, modalities).z, origin_of(values[row], course, said.centre or 0.0)
        places = np.linspace(low, high, PLACES)
        read = np.array([measured(explorer, row, moved(course, z, origin, to), name) for to in places])
        known = np.isfinite(read)
        rho.append(correlation(places[known], read[known]) if known.sum() >= 5 else np.nan)
        step = moved(course, z, origin, origin - key if origin + key > high else origin + key)
        kept.append(len({explorer.neighbours(code, 1).nearest[0].subject_id for code in (z, step)}) == 1)
    return rho, kept


def measured(explorer: Explorer, row: int, z: np.ndarray, name: str) -> float:
    """What is measured on the drawing of a code, NaN where nothing can be."""
    return next((np.nan if m.value is None else m.value for m in explorer.measure(row, z) if m.name == name), np.nan)


def correlation(places: np.ndarray, read: np.ndarray) -> float:
    """Spearman's rho, 0 where nothing changes."""
    return float(np.corrcoef(rankdata(places), rankdata(read))[0, 1]) if np.ptp(read) else 0.0


def main(workspace: Path, people: int) -> None:
    """Judge, print."""
    explorer = open_workspace(workspace)
    rows = held_out(explorer, people)
    print(f"run {explorer.run.name}, {len(rows)} held-out people")
    print("| phenotype | moves | median rho | rho .8 or more | same nearest person |\n|---|---|---|---|---|")
    reaches: tuple[Reach, ...] = ("all", "shared")
    for reach in reaches:
        for name in PHENOTYPES:
            rho, kept = judged(explorer, name, reach, rows)
            known = np.array(rho)[np.isfinite(rho)]
            enough = f"{(known >= ENOUGH).sum()} / {len(known)}"
            print(
                f"| {name} | {reach} | {np.median(known):.2f} | {enough} | {sum(kept)} / {len(kept)} |",
                flush=True,
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else PEOPLE)
