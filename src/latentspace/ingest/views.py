"""Which of a person's series shows the view that is asked for: a description or the user says so, never a guess."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np

from latentspace.errors import InputError
from latentspace.prepare.cine import FEWEST
from latentspace.readers.series import Series
from latentspace.readers.table import read_table

FOUR = re.compile(r"(?<!\d)(4|four) ?(c|ch|chamber|chambers|chamb|chv|cv)\b|\bhla\b|horizontal long axis")
OTHER = re.compile(
    r"(?<!\d)(2|3|5|two|three|five) ?(c|ch|chamber|chambers|chamb|chv|cv)\b|\b(vla|sax|sa|lvot|rvot)\b|short axis"
    r"|vertical long axis|aort|locali[sz]er|scout|survey|\btag|perf|flow|\b(lge|psir|t1|t2|stir)\b|delayed"
)
SAME_PLANE, SAME_SLICE_MM = np.cos(np.radians(20)), 15.0
LISTED = 12

Mapping = tuple[tuple[str, str], ...]  # (series, view) of a series map, in order


@dataclass(frozen=True, slots=True)
class Choice:
    """The series that is taken, and repeats of the same view that are not."""

    series: Series
    repeats: tuple[Series, ...]


def read_map(path: Path) -> Mapping:
    """A table with the columns `series` (a SeriesInstanceUID, or a description in which `*` is anything) and `view`.

    Raises:
        NotFoundError: no such file.
        InputError: no table, or without these columns.
    """
    frame = read_table(path).frame
    if not {"series", "view"} <= set(frame.columns):
        hint = "Two columns: series, view."
        raise InputError("series.columns", where=path.name, found="lacks a column `series` or `view`", hint=hint)
    return tuple((s or "", (v or "").lower()) for s, v in frame.select("series", "view").rows())


def choose(series: Sequence[Series], view: str, mapping: Mapping) -> Choice:
    """The series of one view; of repeats of one plane the last.

    Raises:
        InputError: there is no series, none is described as this view, or several that show different planes are.
    """
    if not series:
        found, hint = "holds no image that can be read", "Give DICOM or NIfTI images."
        raise InputError("cine.none", where="", found=found, hint=hint)
    named = _named(series, view, mapping)
    if not named:
        reason = f"none of its series is a cine described as {view}: {_list(series)}"
        raise _refused("cine.view", reason)
    last = named[-1]
    if any(not _same_plane(s, last) for s in named):
        raise _refused(
            "cine.ambiguous", f"several series are described as {view} and show different planes: {_list(named)}"
        )
    return Choice(last, tuple(named[:-1]))


def candidates(series: Sequence[Series], view: str, mapping: Mapping) -> tuple[Series, ...]:
    """Of which series one must be named where none can be chosen: those described as the view, or else every cine."""
    return tuple(_named(series, view, mapping) or _usable(series))


def why_not(series: Series, view: str, mapping: Mapping) -> str:
    """Why a series that is not taken is not."""
    if series.refused or not _usable([series]):
        return series.refused or f"{series.frames} frames, no cine"
    told = _mapped(series, mapping)
    if told == view or (not told and says(series.description)):
        return "a repeat of this view, the last is taken"
    return f"{told}, says the series map" if told else f"not described as {view}"


def says(description: str) -> bool:
    """Whether a description names the four-chamber view and no other."""
    text = normalised(description)
    return bool(FOUR.search(text)) and not OTHER.search(text)


def normalised(description: str) -> str:
    """Small letters, and one space for whatever is neither letter nor digit."""
    return re.sub(r"[^a-z0-9]+", " ", description.lower()).strip()


def _usable(series: Sequence[Series]) -> list[Series]:
    return [s for s in series if not s.refused and (s.frames >= FEWEST or not s.frames)]


def _named(series: Sequence[Series], view: str, mapping: Mapping) -> list[Series]:
    """The cines that the map, or else their description, says show a view, by number."""
    mapped = [(s, _mapped(s, mapping)) for s in _usable(series)]
    named = [s for s, told in mapped if told == view] or [s for s, told in mapped if not told and says(s.description)]
    return sorted(named, key=lambda s: (s.number, s.key))


def lines_that_fit(series: Sequence[Series], mapping: Mapping) -> tuple[int, ...]:
    """The lines of a series map that say something of any of the series, from 0."""
    return tuple(sorted({line for s in series if (line := _line(s, mapping)) is not None}))


def _mapped(series: Series, mapping: Mapping) -> str:
    """What the map says of a series."""
    line = _line(series, mapping)
    return "" if line is None else mapping[line][1]


def _line(series: Series, mapping: Mapping) -> int | None:
    """The first line of the map that fits."""
    description = series.description.lower()
    fits = (s == series.key or fnmatchcase(description, s.lower()) for s, _ in mapping)
    return next((i for i, fit in enumerate(fits) if fit), None)


def _same_plane(one: Series, other: Series) -> bool:
    if one is other:
        return True
    if one.normal is None or other.normal is None:
        return False
    cosine = float(one.normal @ other.normal)
    apart = abs(one.offset_mm - np.sign(cosine) * other.offset_mm)
    return abs(cosine) >= SAME_PLANE and apart <= SAME_SLICE_MM


def _list(series: Sequence[Series]) -> str:
    more = f" and {len(series) - LISTED} more" if len(series) > LISTED else ""
    return "; ".join(str(s) for s in series[:LISTED]) + more


def _refused(code: str, found: str) -> InputError:
    hint = "Say which is meant in a series map: see the guide, Ingest."
    return InputError(code, where="", found=found, hint=hint)
