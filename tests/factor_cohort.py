"""A small cohort with known shared factors: a signal with leads, an image and a vector of the same people."""

from pathlib import Path

import numpy as np
import polars as pl

from latentspace.modality import Axis, Modality
from latentspace.phenotype import Dictionary, Phenotype
from latentspace.workspace import CohortData, Workspace, create

N_FACTORS = 3
SIGNAL = Modality(
    name="signal",
    label="Signal",
    axes=(Axis(name="lead", size=2, labels=("I", "II")), Axis(name="time", size=10, step=0.1, unit="s")),
    unit="mV",
)
IMAGE = Modality(name="image", label="Image", axes=(Axis(name="row", size=4), Axis(name="column", size=5)), unit="1")
TABLE = Modality(name="table", label="Table", axes=(Axis(name="test", size=6),), unit="mmol/l")


def factor_workspace(
    folder: Path, modalities: tuple[Modality, ...] = (SIGNAL, IMAGE), *, n: int = 80, missing: int = 0
) -> Workspace:
    """People with `N_FACTORS` shared factors, seen by each modality through its own map, with noise and an offset.

    The first `missing` rows lack the last modality; the last row is a second visit of the first person.
    """
    rng = np.random.default_rng(5)
    factors = rng.standard_normal((n, N_FACTORS))
    recordings: dict[str, np.ndarray] = {}
    present = {m.name: np.ones(n, bool) for m in modalities}
    present[modalities[-1].name][:missing] = False
    for m in modalities:
        size = int(np.prod(m.shape))
        values = 7.0 + 3.0 * (factors @ rng.standard_normal((N_FACTORS, size)) + 0.3 * rng.standard_normal((n, size)))
        values[~present[m.name]] = np.nan
        recordings[m.name] = values.reshape(n, *m.shape).astype(np.float32)
    cohort = CohortData(
        title="Factors",
        simulator="test 1",
        modalities=modalities,
        subjects=pl.DataFrame(
            {
                "subject_id": [f"p{i:03d}" for i in range(n - 1)] + ["p000"],
                "visit": ["1"] * (n - 1) + ["2"],
                "first": factors[:, 0],
            }
        ),
        dictionary=Dictionary((Phenotype(name="first", label="First factor", kind="continuous"),)),
        recordings=recordings,
        present=present,
        report={},
    )
    return create(folder / "factors.ls", cohort)
