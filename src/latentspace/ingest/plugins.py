"""Readers that other packages bring: offered files by suffix, run in the limited child alone, trusted in nothing."""

import math
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from latentspace.errors import InputError
from latentspace.modality import Signal

GROUP = "latentspace.readers"
Point = Any  # an entry point, of the standard library or of the backport that replaces it where it is installed
MAX_LEADS, MAX_SAMPLES = 64, 4_000_000  # of all leads
HINT = "Ask who wrote the reader, or uninstall it."


def brought_readers() -> Mapping[str, Point]:
    """The installed readers by the suffix of their files, which is the name of the entry point; none is loaded."""
    return _installed(tuple(sys.path))


@cache
def _installed(_places: tuple[str, ...]) -> Mapping[str, Point]:
    return {f".{point.name.lower()}": point for point in entry_points(group=GROUP)}


def read_by_plugin(path: Path) -> Signal:
    """Read a file by the reader for its suffix, in a limited child; of what it returns only a sound signal is kept.

    Raises:
        InputError: no such reader, it says that the file is none of its own, fails, or returns no sound signal.
    """
    point = brought_readers().get(path.suffix.lower())
    if point is None:
        raise _refused(path, "plugin.failed", f"no reader for {path.suffix} is installed here")
    try:
        reader = point.load()
        signal = reader.read(path) if reader.sniff(path) else None
    except (TimeoutError, MemoryError):
        raise  # the child's own limits
    except (Exception, SystemExit) as error:
        found = f"makes the reader {_name(point)} fail ({type(error).__name__})"
        raise _refused(path, "plugin.failed", found) from error
    if signal is None:
        raise _refused(path, "plugin.other", f"is no file of the reader {_name(point)}")
    return _checked(path, point, signal)


def _checked(path: Path, point: Point, signal: object) -> Signal:
    """A signal made anew of leads, values in mV and rate alone."""
    if not isinstance(signal, Signal):
        raise _lie(path, point, f"a {type(signal).__name__}, no Signal")
    values = _values(path, point, signal)
    rate: Any = signal.sampling_rate_hz
    if not isinstance(rate, int | float) or not math.isfinite(rate):
        raise _lie(path, point, "a sampling rate that is no number")
    return Signal(
        leads=tuple(str(lead)[:8] for lead in signal.leads),
        values=values,
        sampling_rate_hz=float(rate),
        source=str(path),
        own_id=str(signal.own_id)[:64],
    )


def _values(path: Path, point: Point, signal: Signal) -> Float32[np.ndarray, "lead time"]:
    values: Any = signal.values
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu":
        raise _lie(path, point, "values that are no array of numbers")
    if values.ndim != 2 or not 0 < len(values) == len(signal.leads) <= MAX_LEADS or values.size > MAX_SAMPLES:
        raise _lie(path, point, f"values of shape {values.shape} for {len(signal.leads)} leads")
    if not values.shape[1]:
        raise _lie(path, point, "leads without samples")
    with np.errstate(over="ignore"):
        plain = values.astype(np.float32)
    return np.where(np.isfinite(plain), plain, np.float32(np.nan))


def _name(point: Point) -> str:
    return f"{point.name} of {point.dist.name if point.dist else point.module}"


def _lie(path: Path, point: Point, what: str) -> InputError:
    return _refused(path, "plugin.shape", f"its reader {_name(point)} returns {what}")


def _refused(path: Path, code: str, found: str) -> InputError:
    return InputError(code, where=path.name, found=found, hint=HINT)
