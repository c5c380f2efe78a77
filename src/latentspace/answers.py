"""What Explorer answers with: these dataclasses are the wire schema too."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from latentspace.disclosure import Preset
from latentspace.groups import Recipe
from latentspace.latent import Association, RankedDim
from latentspace.modality import Modality, Space
from latentspace.phenotype import Phenotype

MOST_BYTES = 16 << 20  # of files that are not of the cohort


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Where a space's dimensions lie in a full code z."""

    space: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MapInfo:
    """One drawn projection and how far it may be trusted (1 = every neighbourhood kept).

    `stability` is the share of a point's neighbours that the t-SNE maps from two starts have in common.
    """

    space: str
    label: str
    method: str
    trustworthiness: float | None
    continuity: float | None
    stability: float | None
    neighbours: int


def map_info(space: Space, method: str, quality: Mapping[str, float]) -> MapInfo:
    """One map of a space, with what run.json says of it."""

    def kept(name: str) -> float | None:
        value = quality.get(name)
        return None if value is None or math.isnan(value) else float(value)

    return MapInfo(
        space=space.name,
        label=space.label,
        method=method,
        trustworthiness=kept("trustworthiness"),
        continuity=kept("continuity"),
        stability=kept("stability"),
        neighbours=int(quality.get("neighbours", 0)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A value with its 95 % interval over `n` people, or the reason why there is none."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a page must know before it asks for anything else.

    `evaluation` is without the thousand `downstream` figures, but how often the ranges of predictions from the full
    code held: `predict` carries the skill of what it predicts.
    `told` are numbers that the model gives each row, read and brushed as phenotypes are; they are none.
    `map_hash` is of all maps of the run, `disclosure` how openly the server tells counts of groups.
    `brought` says that another program made the codes: nobody was encoded here, and whom its model has seen is unknown.
    `labels_warning` names the phenotypes that the encoder has seen; it is empty where it has seen none.
    """

    workspace: str
    title: str
    simulator: str
    run: str
    brought: bool
    labels_warning: str
    version: str
    n: int
    people: int
    held_out: int
    modalities: tuple[Modality, ...]
    spaces: tuple[Space, ...]
    layout: tuple[Part, ...]
    n_latent: int
    phenotypes: tuple[Phenotype, ...]
    told: tuple[Phenotype, ...]
    maps: tuple[MapInfo, ...]
    evaluation: dict[str, Figure]
    map_hash: str
    disclosure: Preset


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a run comes from: what stands under every figure that is saved.

    `cohort` is one hash (SHA-256) of all that was ingested, `hashes` those of the run's own files by name, `versions`
    of the programs that trained it. What a run of another program does not know is empty or None.
    """

    cohort: str
    run: str
    versions: dict[str, str]
    model: str
    preset: str
    seed: int | None
    split_seed: int | None
    n_train: int | None
    hashes: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One row: who, which visit, in which part of the split, and every recording there is."""

    row: int
    subject_id: str
    visit: str
    part: str
    recordings: Mapping[str, np.ndarray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A full code z = [joint | private of each modality] with its log-variances, both (n_latent,) float32."""

    z: np.ndarray
    log_var: np.ndarray


Reach = Literal["shared", "all"]
"""Whether a direction moves the shared dimensions alone, or private ones too, as far as they go with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """How many dimensions a direction moves of those that a space has."""

    space: str
    n: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Direction:
    """How far the course of a phenotype through latent space may be trusted, learnt from `n` people.

    `low`, `centre` and `high` are the cohort's 5th centile, median and 95th, in the phenotype's unit. `stability` is
    the mean cosine between the courses of two halves of the people, with the 5th and 95th centile over 100 splits.
    `share` is the share of the phenotype's variance that the place along one half's course explains in the other;
    `share_permuted` and `share_random` are what chance reaches in 95 of 100: the phenotype shuffled among the people,
    and a random direction. Of a phenotype with two levels (`told_by` "auc") the way goes from the mean of one to that
    of the other, `low` is 0, `high` 1 and `centre` the share of people with the second; the three shares are areas
    under the ROC curve. `moves` says which dimensions move, `along` the phenotypes that go most with this one. `reason`
    is empty unless refused.
    """

    name: str
    reach: Reach
    told_by: Literal["variance", "auc"] = "variance"
    n: int = 0
    low: float | None = None
    centre: float | None = None
    high: float | None = None
    stability: float | None = None
    stability_low: float | None = None
    stability_high: float | None = None
    share: float | None = None
    share_permuted: float | None = None
    share_random: float | None = None
    moves: tuple[Moved, ...] = ()
    along: tuple[Association, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Separated:
    """The shared dimensions by how well they part `n` people from `against` others, best first."""

    n: int
    against: int
    ranked: tuple[RankedDim, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What the model makes of a file that is not of the cohort: its recordings, as prepared, and its code.

    `notes` say what was odd about the file; `rr_ms` is the recorded RR interval, NaN where there are not two beats.
    """

    code: Code
    modalities: tuple[str, ...]
    recordings: Mapping[str, np.ndarray]
    rr_ms: float
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One number read from a recorded or generated signal or image; null with the reason where there is none."""

    name: str
    label: str
    modality: str
    unit: str
    value: float | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """What a space says of one phenotype of one person; predicted by a linear fit, never measured.

    `value` is a number in `unit`, or the probability of `level`; `low` and `high` bound a number with 90 %. It was
    learnt from `n` people. `skill` says how well such predictions do out of fold: R2 of a number (1 perfect, 0 as the
    mean of all), AUROC of a level (1 perfect, 0.5 chance). Null with the reason where nothing can be predicted.
    """

    name: str
    label: str
    level: str
    unit: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    skill: float | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedGroup:
    """A named group: how its people are chosen, never who they are.

    `slot` is the place of its letter and colour (0 is A); `created` is ISO 8601 in UTC; `reason` says why this run
    cannot use it, and is empty where it can.
    """

    id: str
    slot: int
    letter: str
    name: str
    recipe: Recipe
    created: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """What the page showed, under a name; `state` is the page's own and is handed back as it came."""

    name: str
    state: dict[str, Any]
    created: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """One modality drawn from another alone, with the band in which nine of ten recorded values are expected.

    `mean` is what the model draws, in the modality's unit and dtype; `low` and `high` (float32) are the 5 % and 95 %
    bounds, NaN where there are none, with the `reason`, and off the heart in a cine. `covered` is the share of held-out
    people's values that such bands held.
    """

    modality: str
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    covered: Figure
    reason: str
