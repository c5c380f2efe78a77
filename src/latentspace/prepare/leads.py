"""The leads of an ECG: their names and order, those that follow from others, and what is wrong with one."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float32

from latentspace.errors import InputError
from latentspace.modality import Signal

STANDARD = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
INDEPENDENT = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")
FLAT_MV, MIN_CLIPPED_RUN, MAX_CLIPPED_SHARE, MAX_MISSING_SHARE = 0.02, 10, 0.005, 0.1

FaultKind = Literal["flat", "saturated", "gaps", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadFault:
    """What is wrong with one lead; `usable` is whether its values still mean something."""

    lead: str
    kind: FaultKind
    reason: str
    usable: bool


def standard_leads(signal: Signal) -> Signal:
    """The leads of the twelve that the signal has or that follow from its limb leads, in the standard order.

    Any two of I, II, III give the third and the augmented ones; a measured lead is never replaced.

    Raises:
        InputError: a lead is there twice, or none of the twelve is there.

    Source:
        Einthoven's law I + III = II; Goldberger: aVR = -(I + II) / 2, aVL = I - II / 2, aVF = II - I / 2.
    """
    names = [standard_name(lead) for lead in signal.leads]
    if twice := sorted({name for name in names if name in STANDARD and names.count(name) > 1}):
        raise _leads_error(signal, "lead.twice", f"lead {twice[0]} is there twice")
    known = {name: row for name, row in zip(names, signal.values, strict=True) if name in STANDARD}
    if not known:
        raise _leads_error(signal, "lead.none", f"has none of the twelve leads (it has {', '.join(names)[:80]})")
    known = _with_limb_leads(known)
    order = tuple(name for name in STANDARD if name in known)
    return replace(signal, leads=order, values=np.stack([known[name] for name in order]))


def standard_name(lead: str) -> str:
    """`AVR`, `avr` and `lead aVR` are all `aVR`; an unknown name is returned as it is."""
    bare = lead.strip().upper().removeprefix("LEAD").strip(" _-")
    return {name.upper(): name for name in STANDARD}.get(bare, lead.strip())


def limb_residual(signal: Signal) -> float:
    """Root mean square of III - (II - I) in mV; NaN where one of the three is missing.

    The law holds for any electrodes, so a residual says that leads were exchanged or scaled apart in the file.
    """
    if not {"I", "II", "III"} <= set(signal.leads):
        return float("nan")
    one, two, three = (signal.values[signal.leads.index(name)] for name in ("I", "II", "III"))
    residual = three - (two - one)
    residual = residual[np.isfinite(residual)]
    return float(np.sqrt(np.mean((residual - np.median(residual)) ** 2))) if residual.size else float("nan")


def lead_faults(signal: Signal) -> tuple[LeadFault, ...]:
    """Flat, saturated and missing stretches of every lead; at most one fault for each lead, the worst."""
    faults = (_fault(lead, row) for lead, row in zip(signal.leads, signal.values, strict=True))
    return tuple(fault for fault in faults if fault is not None)


def _fault(lead: str, row: Float32[np.ndarray, " time"]) -> LeadFault | None:
    missing = float(1 - np.isfinite(row).mean())
    if missing > MAX_MISSING_SHARE:
        return LeadFault(lead=lead, kind="missing", reason=f"{missing:.0%} of lead {lead} has no value", usable=False)
    valid = row[np.isfinite(row)]
    low, high = np.percentile(valid, [1, 99])
    if high - low < FLAT_MV:
        return LeadFault(lead=lead, kind="flat", reason=f"lead {lead} is flat", usable=False)
    clipped = _clipped_share(valid)
    if clipped > MAX_CLIPPED_SHARE:
        reason = f"{clipped:.1%} of lead {lead} sticks at its highest or lowest value"
        return LeadFault(lead=lead, kind="saturated", reason=reason, usable=True)
    if missing:
        return LeadFault(lead=lead, kind="gaps", reason=f"{missing:.2%} of lead {lead} has no value", usable=True)
    return None


def _clipped_share(row: Float32[np.ndarray, " time"]) -> float:
    """Share of samples in runs of at least `MIN_CLIPPED_RUN` equal samples at the lead's highest or lowest value."""
    at_limit = (row == row.max()) | (row == row.min())
    edges = np.flatnonzero(np.diff(at_limit.astype(np.int8), prepend=0, append=0))
    starts, ends = edges[::2], edges[1::2]
    runs = (ends - starts)[(starts > 0) & (ends < len(row))]  # devices hold the first or last value at the borders
    return float(runs[runs >= MIN_CLIPPED_RUN].sum() / len(row))


def _with_limb_leads(known: dict[str, Float32[np.ndarray, " time"]]) -> dict[str, Float32[np.ndarray, " time"]]:
    full = dict(known)
    if {"II", "III"} <= full.keys():
        full.setdefault("I", full["II"] - full["III"])
    if {"I", "III"} <= full.keys():
        full.setdefault("II", full["I"] + full["III"])
    if {"I", "II"} <= full.keys():
        one, two = full["I"], full["II"]
        derived = {"III": two - one, "aVR": -(one + two) / 2, "aVL": one - two / 2, "aVF": two - one / 2}
        full = {**derived, **full}
    return full


def _leads_error(signal: Signal, code: str, found: str) -> InputError:
    return InputError(code, where=signal.source, found=found, hint="Check the lead names in the file's header.")
