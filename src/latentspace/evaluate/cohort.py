"""What the full evaluation asks besides held-out recordings: who is like whom, and where hearts lie."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from latentspace.codec import Decoder
from latentspace.columns import Columns
from latentspace.evaluate.people import People
from latentspace.modality import Modality
from latentspace.prepare.heart import HeartFrame
from latentspace.prepare.pose import CANONICAL, Pose, estimate_pose, to_canonical
from latentspace.run import Run
from latentspace.uncertainty import Elements, Source
from latentspace.workspace import Workspace

SEX, AGE, RATE = "sex", "age", "heart_rate"
AGE_APART, RATE_APART = 5.0, 5.0  # years and beats a minute within which two people match
NO_TRAITS = "needs phenotypes named sex, age and heart_rate"


@dataclass(frozen=True, slots=True)
class Hearts:
    """Recorded hearts of held-out people, in their order: pose, maps inside the mask in the canonical pose, gradient.

    `gradient` is the sum of gradient magnitudes inside the mask over five frames of the slow time courses.
    """

    poses: tuple[Pose, ...]
    maps: Float32[np.ndarray, "n 8 inside"]
    gradient: Float64[np.ndarray, " n"]


@dataclass(frozen=True, slots=True)
class Traits:
    """Of every row: sex as a code (-1 unknown), age in years, heart rate per minute (NaN unknown)."""

    sex: Int64[np.ndarray, " rows"]
    age: Float64[np.ndarray, " rows"]
    rate: Float64[np.ndarray, " rows"]

    def known(self, rows: Int64[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
        """Who can be matched."""
        return (self.sex[rows] >= 0) & np.isfinite(self.age[rows] + self.rate[rows])

    def match(self, rows: Int64[np.ndarray, " n"], others: Int64[np.ndarray, " m"]) -> Bool[np.ndarray, "n m"]:
        """Who of the others is another row of the same sex, age +- 5 years and heart rate +- 5 a minute."""
        alike = (self.sex[rows][:, None] == self.sex[others]) & (self.sex[rows] >= 0)[:, None]
        alike &= np.abs(self.age[rows][:, None] - self.age[others]) <= AGE_APART
        alike &= np.abs(self.rate[rows][:, None] - self.rate[others]) <= RATE_APART
        return alike & (rows[:, None] != others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Held-out people with the run and the workspace that they come from.

    `traits` is None where the dictionary has not sex, age and heart rate; `frames` and `hearts` are of cines alone.
    """

    people: People
    source: Source
    columns: Columns
    traits: Traits | None
    elements: Mapping[str, Elements]
    hearts: Mapping[str, Hearts]

    @property
    def decoder(self) -> Decoder:
        """The run's decoders."""
        return self.source.decoder

    def heart(self, modality: str) -> HeartFrame | None:
        """How hearts are compared; None where the modality is no cine."""
        return self.elements[modality].heart

    def has(self, phenotype: str) -> bool:
        """Whether the table has a number of that name."""
        return phenotype in self.columns.dictionary and self.columns.dictionary[phenotype].numeric

    def number(self, phenotype: str) -> Float64[np.ndarray, " rows"]:
        """A number of every row, NaN where it is unknown (everywhere, if the table does not have it)."""
        rows = len(self.columns.subjects)
        return self.columns.values(phenotype).astype(np.float64) if self.has(phenotype) else np.full(rows, np.nan)

    def seen(self, modality: str) -> Int64[np.ndarray, " n"]:
        """Rows of people who are not held out and have a modality (or `joint`: any)."""
        part = self.source.run.split(self.columns.subjects)
        known = ~np.isnan(self.source.run.embedding(modality)).any(axis=1)
        return np.flatnonzero((part != "held_out") & known)


def cohort_of(workspace: Workspace, run: Run, people: People, decoder: Decoder) -> Cohort:
    """Everything that several aspects need, once."""
    source, columns = Source(workspace, run, decoder), Columns(workspace.subjects(), workspace.dictionary())
    elements = {m.name: source.elements(m) for m in people.modalities}
    return Cohort(
        people=people,
        source=source,
        columns=columns,
        traits=traits_of(columns),
        elements=elements,
        hearts={name: _hearts(people, e.modality, e.heart) for name, e in elements.items() if e.heart is not None},
    )


def traits_of(columns: Columns) -> Traits | None:
    """Sex, age and heart rate by the names of their phenotypes; None where one is missing."""
    if any(name not in columns.dictionary for name in (SEX, AGE, RATE)) or not columns.levels(SEX):
        return None
    sex, age, rate = (columns.values(name) for name in (SEX, AGE, RATE))
    return Traits(sex.astype(np.int64), age.astype(np.float64), rate.astype(np.float64))


def gradient(heart: HeartFrame, maps: Float32[np.ndarray, "8 96 96"], mask: Bool[np.ndarray, "96 96"]) -> float:
    """How sharp the slow part of five frames is inside a mask: the sum of its gradient's magnitude."""
    down, right = np.gradient(heart.stills(maps), axis=(1, 2))
    return float(np.hypot(down, right)[:, mask].sum(dtype=np.float64))


def _hearts(people: People, modality: Modality, heart: HeartFrame) -> Hearts:
    """Canonical and black, for a person without the cine."""
    n, poses = len(people.rows), [CANONICAL] * len(people.rows)
    inside, sharp = np.zeros((n, len(heart.typical), int(heart.mask.sum())), np.float32), np.zeros(n)
    for i in people.having(modality.name):
        cine = people.recordings[modality.name][i].reshape(modality.shape)
        poses[i] = estimate_pose(cine)
        maps = to_canonical(heart.maps(cine), poses[i])
        inside[i], sharp[i] = maps[:, heart.mask], gradient(heart, maps, heart.mask)
    return Hearts(tuple(poses), inside, sharp)
