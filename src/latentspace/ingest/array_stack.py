"""The arrays of one modality for the rows of a table: found in the sources, read in limited children, put in order."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32

from latentspace.errors import InputError, LatentSpaceError, NotFoundError
from latentspace.ingest.aligned import aligned
from latentspace.ingest.array_modality import ArrayModality
from latentspace.ingest.limited import Failure, Limits, map_limited
from latentspace.modality import Modality
from latentspace.progress import Progress
from latentspace.readers.array_file import read_array, read_texts
from latentspace.readers.table import Table
from latentspace.readers.vectors import Vectors
from latentspace.report import Entry

LIMITS = Limits(memory_bytes=4 << 30, seconds_each=300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Where arrays are looked for and whose they are: subject and visit of each row of the table."""

    sources: Sequence[Path]
    table: Table
    whose: Sequence[tuple[str | None, str]]
    workers: int
    progress: Progress


@dataclass(frozen=True, slots=True)
class Stack:
    """One modality for every row of the table, NaN where it has none; and what was wrong."""

    modality: Modality
    values: Float32[np.ndarray, "rows ..."]
    present: Bool[np.ndarray, " rows"]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class ArrayJob:
    """An array to read, and the list of ids beside it, `""` for none."""

    path: Path
    key: str
    ids: str


@dataclass(frozen=True, slots=True)
class Given:
    """What a file gave: an array, and whose its rows are, where the file says."""

    values: np.ndarray
    ids: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a file gave none; an error itself does not cross from the child."""

    code: str
    found: str
    hint: str


def stack_of(one: ArrayModality, asked: Asked) -> Stack:
    """The arrays of one modality.

    Raises:
        NotFoundError: no file of it is in the sources.
        InputError: the one file of all cannot be read or does not fit the table; or the arrays do not fit the axes.
    """
    values, entries = _each(one, asked) if one.each else _together(one, asked)
    modality = one.modality(values.shape[1:])
    known = np.isfinite(values).reshape(len(values), -1)
    partly = known.any(axis=1) & ~known.all(axis=1)
    if partly.any():
        found = f"{one.name}: {partly.sum()} arrays hold numbers that are not finite; they are left out"
        entries = [*entries, _entry(one.file, Refused("array.not_finite", found, "Fill the gaps, or leave them out."))]
    return Stack(modality, values, known.min(axis=1), tuple(entries))


def read_job(job: ArrayJob) -> Given | Refused:
    """One file, as a limited child reads it."""
    try:
        return Given(read_array(job.path, job.key), read_texts(job.path, job.ids) if job.ids else None)
    except LatentSpaceError as error:
        return Refused(error.code, error.found, error.hint)


def _together(one: ArrayModality, asked: Asked) -> tuple[Float32[np.ndarray, "rows ..."], list[Entry]]:
    """From one file with a row for each person."""
    path = _find(one.file, asked.sources)
    if path is None:
        raise _nothing(one, asked)
    given = _read([ArrayJob(path, one.key, one.ids)], asked)[0]
    if isinstance(given, Refused):
        raise InputError(given.code, where=path.name, found=given.found, hint=given.hint)
    flat = given.values.reshape(len(given.values), -1).astype(np.float32)
    subjects = [subject for subject, _ in asked.whose]
    rows, entries = aligned(path, Vectors(values=flat, ids=given.ids), asked.table, subjects)
    return rows.reshape(len(rows), *given.values.shape[1:]), entries


def _each(one: ArrayModality, asked: Asked) -> tuple[Float32[np.ndarray, "rows ..."], list[Entry]]:
    """From a file for each person; the shape that most have counts."""
    paths = {row: _find(one.named(s, v), asked.sources) for row, (s, v) in enumerate(asked.whose) if s is not None}
    jobs = {row: ArrayJob(path, one.key, "") for row, path in paths.items() if path is not None}
    if not jobs:
        raise _nothing(one, asked)
    read = dict(zip(jobs, _read(list(jobs.values()), asked), strict=True))
    shapes = Counter(given.values.shape for given in read.values() if isinstance(given, Given))
    shape = shapes.most_common(1)[0][0] if shapes else ()
    values = np.full((len(asked.whose), *shape), np.nan, np.float32)
    entries: list[Entry] = []
    for row, given in read.items():
        if isinstance(given, Given) and given.values.shape == shape:
            values[row] = given.values
            continue
        found = given if isinstance(given, Refused) else _other_shape(given.values.shape, shape)
        entries.append(_entry(jobs[row].path.name, found, asked.whose[row][0] or ""))
    return values, entries


def _read(jobs: Sequence[ArrayJob], asked: Asked) -> list[Given | Refused]:
    read: dict[int, Given | Refused] = {}
    for place, answer in map_limited(read_job, jobs, workers=asked.workers, limits=LIMITS):
        hint = "Look at the file; if it is sound, tell us."
        read[place] = Refused("reader.failed", answer.reason, hint) if isinstance(answer, Failure) else answer
        asked.progress("Reading arrays", len(read), len(jobs))
    return [read[place] for place in range(len(jobs))]


def _find(name: str, sources: Sequence[Path]) -> Path | None:
    """The file of that name in a source, or that is a source; an id with `..` in it leads nowhere else."""
    for source in sources:
        if source.name == name:
            return source
        path = source / name
        if path.exists() and path.resolve().is_relative_to(source.resolve()):
            return path
    return None


def _other_shape(found: tuple[int, ...], usual: tuple[int, ...]) -> Refused:
    return Refused("array.shape", f"has an array of shape {found}, the others {usual}", "Bring all to one shape.")


def _nothing(one: ArrayModality, asked: Asked) -> NotFoundError:
    found, hint = f"holds no {one.file} for {one.name}", "Check the sources and `file` in the modalities file."
    return NotFoundError("array.missing", where=str(asked.sources[0]), found=found, hint=hint)


def _entry(file: str, why: Refused, subject: str = "") -> Entry:
    return Entry(file=file, code=why.code, reason=why.found, hint=why.hint, subject=subject)
