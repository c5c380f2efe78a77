"""Contact sheet of simulated ECGs beside real ones: python -m studies.ecg_sheet OUT.png PTBXL_WORKSPACE PTBXL_CSV.

One row for each diagnosis: a real recording on the left, a simulated one on the right; median beats in the usual
three by four layout on ECG paper, and ten seconds of a rhythm strip below. On both sides it is the third person who
meets the definition, or the last, if there are fewer: nobody was picked for looks.
Matplotlib comes with the tests (wfdb brings it).
"""

import ast
import csv
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from latentspace.arrays import read_rows
from latentspace.simulate.ecg import LEADS, RATE_HZ, ecg
from latentspace.simulate.physiology import draw
from latentspace.simulate.torso import twelve
from latentspace.workspace import Workspace, open_folder
from studies.picture import write_png

SEED, TURN = 3, 2
BEAT_S, ROW_MV, ROWS = 1.2, 2.0, 4
ILL = ("hypertension", "hcm", "dcm", "old_mi", "af", "heart_failure", "lbbb", "rbbb", "av_block_1", "lvh")
Codes = Mapping[str, float]


def alone(*conditions: str) -> pl.Expr:
    """Simulated people with these and none of the other conditions that an ECG shows."""
    others = [pl.col(name) == 0 for name in ILL if name not in conditions]
    return pl.all_horizontal([*(pl.col(name) == 1 for name in conditions), *others])


# Which real recordings (statements with their likelihood in percent) and which simulated people stand for a diagnosis.
WHO: dict[str, tuple[Callable[[Codes], bool], pl.Expr]] = {
    "normal": (lambda c: c.get("NORM", 0) == 100, alone()),
    "left bundle branch block": (lambda c: "CLBBB" in c, pl.col("lbbb") == 1),
    "right bundle branch block": (lambda c: "CRBBB" in c, pl.col("rbbb") == 1),
    "old myocardial infarction": (
        lambda c: max(c.get(name, 0) for name in ("IMI", "ASMI", "AMI")) >= 80,
        (pl.col("scar") > 0.5) & alone("old_mi"),
    ),
    "left ventricular hypertrophy": (
        lambda c: c.get("LVH", 0) >= 80 and "VCLVH" not in c,
        (pl.col("strain") > 0.5) & (pl.col("lvh") == 1) & (pl.col("lbbb") + pl.col("rbbb") + pl.col("old_mi") == 0),
    ),
    "atrial fibrillation": (lambda c: "AFIB" in c, (pl.col("af") == 1) & (pl.col("lbbb") + pl.col("rbbb") == 0)),
    "first-degree block": (lambda c: "1AVB" in c, alone("av_block_1")),
}


@dataclass(frozen=True)
class Shown:
    """(12, 600) mV, a lead of rhythm in mV, and who it is."""

    beat: np.ndarray
    rhythm: np.ndarray
    caption: str


def real(workspace: Workspace, statements: Path) -> dict[str, Shown]:
    """The recordings of PTB-XL as `ingest` prepares them."""
    with statements.open(encoding="utf-8") as file:
        codes = {row["ecg_id"]: ast.literal_eval(row["scp_codes"]) for row in csv.DictReader(file)}
    visits = workspace.subjects()["visit"].to_list()
    limb, chest, rhythm = (workspace.recordings(name) for name in ("limb", "chest", "rhythm"))
    found: dict[str, Shown] = {}
    for name, (meets, _) in WHO.items():
        beats: dict[int, np.ndarray] = {}
        for i in (i for i, visit in enumerate(visits) if meets(codes[str(visit)])):
            both = np.concatenate([read_rows(m, slice(i, i + 1))[0] for m in (limb, chest)])
            if np.isfinite(both).all():
                beats[i] = twelve(both.astype(np.float64), 2.0**-20)
        row = list(beats)[min(TURN, len(beats) - 1)]
        strip = read_rows(rhythm, slice(row, row + 1))[0, 0]
        found[name] = Shown(beats[row], strip, f"PTB-XL {visits[row]}")
    return found


def simulated() -> dict[str, Shown]:
    """People of the clinic."""
    people = draw(3000, seed=SEED, cohort="clinic").with_row_index("subject")
    found: dict[str, Shown] = {}
    for name, (_, who) in WHO.items():
        person = people.filter(who).row(TURN, named=True)
        beat, strip, _ = ecg(person, np.random.default_rng([SEED, person["subject"], 2]))
        found[name] = Shown(beat.astype(np.float64), strip[0], f"simulated {person['subject']}")
    return found


def paper(axes: Axes, width: float, height: float) -> None:
    """Lines every millimetre and every five, 25 mm/s and 10 mm/mV."""
    for step, colour, line in ((0.04, "#f6dcd8", 0.4), (0.2, "#eeb9b1", 0.7)):
        tall = step * 2.5
        upright = [[(x, 0.0), (x, height)] for x in np.arange(0, width + step / 2, step)]
        level = [[(0.0, y), (width, y)] for y in np.arange(0, height + tall / 2, tall)]
        axes.add_collection(LineCollection(upright + level, colors=colour, linewidths=line, zorder=0))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.set_aspect(0.4)
    axes.axis("off")


def show(axes: Axes, one: Shown, title: str) -> None:
    """Three rows of four leads, and half of the strip."""
    width = len(LEADS) // 3 * BEAT_S
    paper(axes, width, ROWS * ROW_MV)
    time = np.arange(one.beat.shape[1]) / RATE_HZ
    for i, lead in enumerate(LEADS):
        left, level = (i // 3) * BEAT_S, (ROWS - 1 - i % 3) * ROW_MV + 0.9
        axes.plot(left + time, level + one.beat[i], color="#1a1a1a", linewidth=0.9)
        axes.text(left + 0.06, level + 0.75, lead, fontsize=8, color="#444444")
    strip = one.rhythm[: int(width * RATE_HZ)]
    axes.plot(np.arange(len(strip)) / RATE_HZ, 0.8 + strip - np.median(strip), color="#1a1a1a", linewidth=0.8)
    axes.set_title(f"{title} · {one.caption}", fontsize=11, loc="left")


def main(out: Path, workspace: Path, statements: Path) -> None:
    """Draw and write the sheet."""
    left, right = real(open_folder(workspace), statements), simulated()
    figure, axes = plt.subplots(len(WHO), 2, figsize=(14, 5.1 * len(WHO)))
    for row, name in enumerate(WHO):
        show(axes[row, 0], left[name], name)
        show(axes[row, 1], right[name], name)
    figure.tight_layout()
    write_png(figure, out, dpi=84, colours=16)


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]))
