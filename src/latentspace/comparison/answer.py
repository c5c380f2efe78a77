"""What a comparison of groups answers with: these dataclasses are the wire schema too."""

from dataclasses import dataclass
from typing import Literal

from latentspace.disclosure import Preset
from latentspace.groups import Recipe

Shape = Literal["numbers", "share", "levels"]
"""A numeric column; one of two levels; one of several."""
Split = Literal["", "not found", "not confirmed", "confirmed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One group to compare: its name in the table and how its people are chosen."""

    name: str
    recipe: Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareOptions:
    """`within` whom to compare (everyone), which columns to hold equal (age and sex, where they are known), how openly.

    `disclosure` can only be stricter than the server's own.
    """

    within: Recipe | None = None
    adjust: tuple[str, ...] | None = None
    disclosure: Preset = "laptop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A group's name and people; null where so few are not told."""

    name: str
    n: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One column in one group: how many are known and missing, and their values; null where there are none to tell.

    `counts` are of each level, in the order of `levels`; empty for numbers.
    """

    n: int | None = None
    missing: int | None = None
    mean: float | None = None
    sd: float | None = None
    median: float | None = None
    low_quartile: float | None = None
    high_quartile: float | None = None
    counts: tuple[int | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value with its 95 % interval from `n` people; nulls where there is none."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """The first group against another, in one column.

    `difference` is of means in the column's unit, or of shares. `smd` is standardised by the root of the mean variance
    of both groups, `adjusted` is in the same units with other columns held equal. `odds` and `adjusted_odds` are odds
    ratios of a share; `corrected` where half a person was added to each cell. `p` is exploratory, `q` the same after
    Benjamini & Hochberg over all tests of the table. `split` says whether a difference that one half of the people
    shows is there in the other half. The reasons say why there is no figure.
    """

    difference: float | None = None
    smd: Estimate = Estimate()
    adjusted: Estimate = Estimate()
    odds: Estimate = Estimate()
    adjusted_odds: Estimate = Estimate()
    corrected: bool = False
    test: str = ""
    p: float | None = None
    q: float | None = None
    split: Split = ""
    reason: str = ""
    reason_adjusted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRow:
    """One column of the subjects table in every group; `level` is the one whose share is compared.

    `defines` says that a recipe asks for this column: its difference is made, not found.
    """

    name: str
    label: str
    unit: str
    section: str
    shape: Shape
    levels: tuple[str, ...]
    level: str
    defines: bool
    groups: tuple[Summary, ...]
    contrasts: tuple[Contrast, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Groups side by side; the first group against each other one.

    Rows are two tables, numbers and then shares and levels, each with the largest difference first.

    `adjust` names the columns that were held equal, `tests` is how many p-values share the correction, `notes` are
    sentences that belong under the table.
    """

    groups: tuple[Size, ...]
    rows: tuple[ComparedRow, ...]
    adjust: tuple[str, ...]
    tests: int
    disclosure: Preset
    notes: tuple[str, ...]
