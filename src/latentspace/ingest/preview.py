"""`ingest --dry-run`: what would be read of whom, which series are taken and why not the others, how long it takes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from time import monotonic

import numpy as np

from latentspace.errors import InputError
from latentspace.ingest.cines import CineJob, listed, refusal
from latentspace.ingest.limited import Failure, Limits, map_limited
from latentspace.ingest.match import Visit
from latentspace.ingest.sheet import MOST_FILES, Candidate, candidate, without_frames
from latentspace.ingest.sources import Job, read_job
from latentspace.ingest.views import candidates, choose, lines_that_fit, why_not
from latentspace.progress import Progress, duration
from latentspace.readers.archive import members
from latentspace.report import Entry

Doubts = Mapping[str, tuple[Candidate, ...]]  # by file
TIMED, START_S = 3, 3.0  # files of each kind that are read to tell the time; starting the children


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What a look at one file tells: the series that is taken, the others and why not, and what is in doubt.

    `seconds` is how long it takes to read it, NaN where that was not tried; `mapped` the lines of the series map that
    fit.
    """

    chosen: str = ""
    ignored: tuple[tuple[str, str], ...] = ()
    entries: tuple[Entry, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    seconds: float = float("nan")
    mapped: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """A file to look at; `timed`: it is read too."""

    job: Job
    timed: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """The plan: `facts` for the report, its lines, the series in doubt by file, and the lines of the map that fit."""

    facts: Mapping[str, object]
    entries: tuple[Entry, ...]
    doubts: Doubts
    mapped: tuple[tuple[int, ...], ...]


def preview(
    visits: Sequence[Visit], jobs: Sequence[tuple[int, str, Job]], workers: int, limits: Limits, progress: Progress
) -> Preview:
    """Look at every file of images and at the time that some files of each kind take; nothing is written."""
    looks = [Look(job, timed) for (_, _, job), timed in zip(jobs, _timed(jobs), strict=True)]
    asked = [i for i, look in enumerate(looks) if look.timed or isinstance(look.job, CineJob)]
    seen = [Glimpse()] * len(jobs)
    for i, one in zip(asked, _seen([looks[i] for i in asked], workers, limits, progress), strict=True):
        seen[i] = one
    taken = Counter(glimpse.chosen for glimpse in seen if glimpse.chosen)
    left = Counter(f"{series}: {why}" for glimpse in seen for series, why in glimpse.ignored)
    return Preview(
        facts={
            "plan": _people(visits, jobs, seen),
            "files": dict(Counter(kind for _, kind, _ in jobs)),
            "visits_with": dict(Counter(" and ".join(sorted(visit.files)) for visit in visits)),
            **({"series_taken": dict(taken.most_common())} if taken else {}),
            **({"series_left_out": dict(left.most_common())} if left else {}),
            "estimated_time": duration(_estimate(jobs, seen, workers)),
        },
        entries=tuple(entry for glimpse in seen for entry in glimpse.entries),
        doubts={job.name: g.candidates for (_, _, job), g in zip(jobs, seen, strict=True) if g.candidates},
        mapped=tuple(glimpse.mapped for glimpse in seen),
    )


def doubts_of(jobs: Sequence[Job], workers: int, limits: Limits, progress: Progress) -> Doubts:
    """The series among which somebody must choose, of files that were refused for that."""
    seen = _seen([Look(job, timed=False) for job in jobs], workers, limits, progress)
    return {job.name: one.candidates for job, one in zip(jobs, seen, strict=True) if one.candidates}


def _seen(looks: Sequence[Look], workers: int, limits: Limits, progress: Progress) -> list[Glimpse]:
    """What a look at each tells; pictures only of as many files as there is room for on a sheet."""
    seen, drawn = [Glimpse()] * len(looks), 0
    results = map_limited(glimpse, looks, workers=workers, limits=limits)
    with closing(results):
        for done, (number, result) in enumerate(results, start=1):
            one = _failed(result, looks[number].job) if isinstance(result, Failure) else result
            drawn += bool(one.candidates)
            seen[number] = one if drawn <= 2 * MOST_FILES else replace(one, candidates=without_frames(one.candidates))
            progress("Looking", done, len(looks))
    return seen


def glimpse(look: Look) -> Glimpse:
    """Look at one file; runs in a limited child process."""
    job = look.job
    started = monotonic()
    entries = read_job(job).entries if look.timed else ()
    seconds = monotonic() - started if look.timed else float("nan")
    if not isinstance(job, CineJob):
        return Glimpse(entries=entries, seconds=seconds)
    return _series(job, seconds)


def _series(job: CineJob, seconds: float) -> Glimpse:
    try:
        with members(job.path) as files:
            found = listed(job, files)
            try:
                chosen = choose(found.series, job.view, job.mapping).series
            except InputError as error:
                doubts = candidates(found.series, job.view, job.mapping)
                drawn = [candidate(job, series, found.middle(files, series)) for series in doubts]
                mapped = lines_that_fit(found.series, job.mapping)
                return Glimpse("", (), (*found.entries, refusal(job, error)), tuple(drawn), seconds, mapped)
    except InputError as error:
        return Glimpse("", (), (refusal(job, error),), (), seconds)
    others = tuple((s.said, why_not(s, job.view, job.mapping)) for s in found.series if s is not chosen)
    return Glimpse(chosen.said, others, found.entries, (), seconds, lines_that_fit(found.series, job.mapping))


def _failed(failure: Failure, job: Job) -> Glimpse:
    hint = "Look at the file; if it is sound, tell us."
    entry = Entry(file=job.name, code="reader.failed", reason=failure.reason, hint=hint, subject=job.subject)
    return Glimpse(entries=(entry,))


def _timed(jobs: Sequence[tuple[int, str, Job]]) -> list[bool]:
    """Some of each kind, the first, the last and between."""
    chosen: set[int] = set()
    for kind in {kind for _, kind, _ in jobs}:
        own = [i for i, (_, k, _) in enumerate(jobs) if k == kind]
        chosen |= {own[i] for i in np.linspace(0, len(own) - 1, TIMED).astype(int)}
    return [i in chosen for i in range(len(jobs))]


def _estimate(jobs: Sequence[tuple[int, str, Job]], seen: Sequence[Glimpse], workers: int) -> float:
    """Seconds: the median time of a file of each kind, times their number."""
    total = 0.0
    for kind, n in Counter(kind for _, kind, _ in jobs).items():
        times = [g.seconds for (_, k, _), g in zip(jobs, seen, strict=True) if k == kind and np.isfinite(g.seconds)]
        total += n * float(np.median(times)) if times else 0.0
    return START_S + total / max(1, min(workers, len(jobs)))


def _people(visits: Sequence[Visit], jobs: Sequence[tuple[int, str, Job]], seen: Sequence[Glimpse]) -> list[str]:
    """A line for each visit: its files by kind, with the series that is taken and those that are not."""
    lines = [f"{visit.subject_id} (visit {visit.visit}):" for visit in visits]
    for (i, kind, job), found in zip(jobs, seen, strict=True):
        taken = f" ({found.chosen})" if found.chosen else ""
        refused = f" ({found.entries[-1].code})" if found.entries and not found.chosen and kind == "cine" else ""
        lines[i] += f" {kind} {job.name}{taken}{refused}"
    return lines
