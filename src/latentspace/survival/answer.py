"""What questions of survival are answered with: these dataclasses are the wire schema too."""

from dataclasses import dataclass, field

from latentspace.comparison.answer import Estimate
from latentspace.disclosure import Preset


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """One group: `n` people whose time is known, `missing` others, `events` that came; null where not told.

    `share` is without the event at each of the answer's `times` (Kaplan-Meier), `low` and `high` bound it with 95 %
    (log-log Greenwood). `at_risk` are still followed at each of its `ticks`. `median` is when half had the event; null
    where fewer had. `reason` says why there is no curve.
    """

    name: str
    n: int | None = None
    missing: int | None = None
    events: int | None = None
    median: float | None = None
    share: tuple[float | None, ...] = ()
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()
    at_risk: tuple[int | None, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hazards:
    """The hazard of the first group over that of another (Cox), plain and with other columns equal; or the reasons."""

    name: str
    ratio: Estimate = field(default_factory=Estimate)
    adjusted: Estimate = field(default_factory=Estimate)
    reason: str = ""
    reason_adjusted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survival:
    """Groups followed until the event `name`, times in `unit`; `p` is of the log-rank test over all, exploratory.

    `reason` says why there is no p, `adjust` which columns were held equal, `notes` are sentences that belong below.
    """

    name: str
    label: str
    event: str
    unit: str
    times: tuple[float, ...]
    ticks: tuple[float, ...]
    groups: tuple[Followed, ...]
    contrasts: tuple[Hazards, ...]
    p: float | None
    reason: str
    adjust: tuple[str, ...]
    disclosure: Preset
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One predictor of a Cox model: the hazard ratio of one SD more of a number, or of having a level."""

    name: str
    label: str
    ratio: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class CoxModel:
    """A Cox model of everyone from one source: its C-index out of fold, and its terms, the surest first; or a reason.

    `terms` are of the fit on all of them, at most twelve of `of_terms`; their intervals do not know that the fit is
    held back (ridge).
    """

    source: str
    label: str
    n: int | None = None
    events: int | None = None
    concordance: Estimate = field(default_factory=Estimate)
    of_terms: int = 0
    terms: tuple[Term, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoxModels:
    """How well the event `name` is foreseen from each source."""

    name: str
    label: str
    models: tuple[CoxModel, ...]
    disclosure: Preset
    notes: tuple[str, ...]
