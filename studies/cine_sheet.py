"""Contact sheets of simulated cines beside a real one: python -m studies.cine_sheet OUT_FOLDER [REAL_DATA_FOLDER].

Matplotlib comes with the tests (wfdb brings it).

Writes cine_sheet.png (end diastole and end systole of eight people) and cine_film.png (every third phase of one).
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
import pydicom
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from latentspace.prepare.cine import Acquired, prepare_cine
from latentspace.simulate.cine import chamber_masks, cine
from latentspace.simulate.physiology import draw
from studies.picture import write_png

SEED = 3
ILL = pl.sum_horizontal("hypertension", "hcm", "dcm", "old_mi", "af", "heart_failure", "lbbb", "lvh")
WHO = {
    "normal": (ILL == 0) & (pl.col("male") == 1) & (pl.col("bmi") < 27),
    "LVH": (pl.col("lvm_index") > 75) & (pl.col("hcm") + pl.col("dcm") == 0) & (pl.col("lvef") > 55),
    "HCM": (pl.col("hcm") == 1) & (pl.col("dcm") == 0) & (pl.col("lvef") > 55),
    "DCM": (pl.col("dcm") == 1) & (pl.col("lvef") < 35) & (pl.col("af") == 0),
    "MI, septum": (pl.col("scar") > 0.6) & (pl.col("scar_wall") == 0) & (pl.col("dcm") == 0),
    "AF": (pl.col("af") == 1) & (pl.col("la_max") > 100) & (pl.col("dcm") == 0),
    "obese": (ILL == 0) & (pl.col("bmi") > 36),
    "small woman": (ILL == 0) & (pl.col("male") == 0) & (pl.col("height") < 155) & (pl.col("bmi") < 23),
}


def chosen() -> dict[str, tuple[np.ndarray, int]]:
    """Frames and the phase of end systole for each kind of person."""
    people = draw(1500, seed=SEED, cohort="clinic").with_row_index("subject")
    found: dict[str, tuple[np.ndarray, int]] = {}
    for name, who in WHO.items():
        person = people.filter(who).row(1, named=True)
        frames, view = cine(person, np.random.default_rng([SEED, person["subject"], 7]))
        found[name] = frames, int(chamber_masks(person, view)[0].sum(axis=(1, 2)).argmin())
    return found


def real(folder: Path) -> np.ndarray:
    """The real four-chamber cine as the tests prepare it."""
    sets = [pydicom.dcmread(file) for file in sorted((folder / "cine_dicom/subject1/Se6").glob("*.dcm"))]
    first = sets[0]
    stored = Acquired(
        frames=np.stack([one.pixel_array for one in sets]).astype(np.float32),
        spacing_mm=(float(first.PixelSpacing[0]), float(first.PixelSpacing[1])),
        trigger_ms=np.array([float(one.TriggerTime) for one in sets]),
        rr_ms=float(first.NominalInterval),
        orientation=np.array(first.ImageOrientationPatient, dtype=np.float64),
    )
    return prepare_cine(stored, source="Se6").frames


def show(axes: Axes, frame: np.ndarray, title: str) -> None:
    """One frame on its own axes."""
    axes.imshow(frame, cmap="gray", vmin=0, vmax=255, interpolation="bicubic")
    axes.set_title(title, fontsize=20)


def main(out: Path, data: Path | None) -> None:
    """Draw and write both sheets."""
    people = chosen()
    shown = ({"real": (real(data), 19)} if data else {}) | people
    figure, axes = plt.subplots(3, 6, figsize=(30, 16.2))
    for i, (name, (frames, systole)) in enumerate(shown.items()):
        show(axes[i // 3, 2 * (i % 3)], frames[0], f"{name}, ED")
        show(axes[i // 3, 2 * (i % 3) + 1], frames[systole], f"{name}, ES")
    finish(figure, out / "cine_sheet.png", 44)
    films = ([shown["real"][0]] if data else []) + [people["normal"][0]]
    figure, axes = plt.subplots(2 * len(films), 9, figsize=(36, 8.3 * len(films)))
    for j, frames in enumerate(films):
        for i, phase in enumerate(range(0, 50, 3)):
            show(axes[2 * j + i // 9, i % 9], frames[phase], str(phase))
    finish(figure, out / "cine_film.png", 60)


def finish(figure: Figure, path: Path, dpi: int) -> None:
    """Without axes, written as PNG."""
    for axes in figure.axes:
        axes.axis("off")
    figure.tight_layout(h_pad=1.6)
    write_png(figure, path, dpi=dpi, colours=64)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
