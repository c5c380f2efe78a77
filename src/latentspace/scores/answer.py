"""What Explorer answers of scores, how well groups are predicted: these dataclasses are the wire schema too."""

from collections.abc import Mapping
from dataclasses import dataclass

from latentspace.answers import Figure
from latentspace.disclosure import Preset
from latentspace.stats.calibration import Bin


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """How well one task is done for some people, each predicted by a fit on others.

    `people` is `everyone`, or the place of a group in the question (`0`, `1`). Numbers of people that are too small to
    be told are null, and figures are then null with the reason. `n` are people whose truth is known and
    who are predicted, `events` those of them with the event; null of a number. `figures` are `auroc`, `auprc` and
    `brier` of a probability, `r2` and `mae` (in the phenotype's unit) of a number. `held_out` is the first of them
    among the people whom the encoder has never seen.
    """

    people: str
    n: int | None
    events: int | None
    figures: Mapping[str, Figure]
    held_out: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """By how much `n` people are predicted worse (or better) than the rest.

    `attribute` is a phenotype, or `group` with its place in the question as `level`. `statistic` is `auroc` or `mae`;
    `here` and `rest` are its two values, `value` is `here - rest`. `p` is adjusted for every difference that the whole
    table looked at; `named` says that it is worse, and by more than chance.
    """

    attribute: str
    label: str
    level: str
    statistic: str
    n: int | None
    here: float
    rest: float
    value: float
    low: float
    high: float
    p: float
    named: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One phenotype to predict, as its number or as the probability of `level`; scored for everyone and each group.

    `worst` is the difference that is worst; null where there is nobody to compare. `reason` says why it is not named.
    """

    name: str
    label: str
    level: str
    unit: str
    section: str
    scored: tuple[Scored, ...]
    worst: Gap | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What predicts: a space of `scores.parquet`, with a label; `reason` says why it cannot, empty where it can."""

    name: str
    label: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreTable:
    """Every task from one space, told as openly as `disclosure` says.

    `tests` differences were looked at, by the phenotypes of `by` and the groups.
    """

    space: str
    sources: tuple[Source, ...]
    by: tuple[str, ...]
    tests: int
    tasks: tuple[Task, ...]
    disclosure: Preset = "laptop"


@dataclass(frozen=True, slots=True, kw_only=True)
class FromSource:
    """One task from one space, for everyone and each group."""

    space: str
    scored: tuple[Scored, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Of some people: what was said, what is true, in bins; `slope` of a probability, null where undefined."""

    people: str
    n: int | None
    predicted: float | None
    observed: float | None
    slope: float | None
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """How well held-out people are predicted by what `labels` people taught."""

    space: str
    labels: int
    figure: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskScore:
    """One task from every space, with its calibration and differences from one; `learnt_reason` says why it is empty.

    The `p` of `gaps` are adjusted among themselves and those of the whole table, as `Task.worst` is.
    """

    name: str
    space: str
    sources: tuple[FromSource, ...]
    calibration: tuple[Calibration, ...]
    gaps: tuple[Gap, ...]
    learnt: tuple[Learnt, ...]
    learnt_reason: str
