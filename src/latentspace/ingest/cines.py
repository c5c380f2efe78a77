"""One person's images: found, the series of the view chosen, read, and prepared as the cine of the model."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Real

from latentspace.errors import InputError
from latentspace.ingest.records import Record
from latentspace.ingest.views import Mapping, choose, lines_that_fit
from latentspace.ingest.zipped import ecgs_in, holds_images, is_zip
from latentspace.prepare.cine import prepare_cine
from latentspace.readers import dicom_cine, nifti_cine
from latentspace.readers.archive import HINT, Member, members
from latentspace.readers.series import Cine, Note, Series
from latentspace.report import Entry, Outcome

LEFT_OUT = {"dicom.malformed", "dicom.directory", "file.empty", "zip.nested"}  # notes of files that are not read
LOOK = "Look at the series."


@dataclass(frozen=True, slots=True, kw_only=True)
class CineJob:
    """A folder, zip or file to read, its name and person for the report, the modality, and what the user says."""

    path: Path
    name: str
    subject: str
    modality: str
    view: str
    mapping: Mapping


@dataclass(frozen=True, slots=True)
class Place:
    """Where images lie: a zip, an image file or a folder that holds some, in one of the sources.

    `dicom` is whether pydicom is needed for it.
    """

    source: Path
    path: Path
    dicom: bool

    @property
    def person(self) -> Path:
        """What is one person without a table: the zip or file, or the folder directly in the source."""
        if self.path.is_file() or self.path == self.source:
            return self.path
        return self.source / self.path.relative_to(self.source).parts[0]

    def around(self) -> Iterator[Path]:
        """Itself and every folder about it below the source: a table may name any of them."""
        yield self.path
        yield from (folder for folder in self.path.parents if self.source in folder.parents)


def find_cines(sources: Sequence[Path]) -> tuple[Place, ...]:
    """Every place of images in the sources and their folders, in order, each once."""
    return tuple(dict.fromkeys(place for source in sources for place in _places(source)))


def _places(source: Path) -> Iterator[Place]:
    if source.is_file():
        if _is_zip_of_images(source) or _is_image(source):
            yield _place(source, source, source)
        return
    seen: set[Path] = set()
    for path in sorted(source.rglob("*")):
        known = is_zip(path.name) or nifti_cine.is_nifti(path.name)
        if not path.is_file() or (path.parent in seen and not known):
            continue
        if not _is_zip_of_images(path) and not _is_image(path):
            continue
        if is_zip(path.name) or (nifti_cine.is_nifti(path.name) and path.parent == source):
            yield _place(source, path, path)
        elif path.parent not in seen:
            seen.add(path.parent)
            yield _place(source, path.parent, path)


def _place(source: Path, path: Path, image: Path) -> Place:
    return Place(source, path, dicom=not nifti_cine.is_nifti(image.name))


def _is_zip_of_images(path: Path) -> bool:
    """A zip; but where ECGs are in it, only if images are too."""
    return is_zip(path.name) and (not ecgs_in(path) or holds_images(path))


def _is_image(path: Path) -> bool:
    return path.stat().st_size > 0 if nifti_cine.is_nifti(path.name) else dicom_cine.sniff(path)


def read_cine(job: CineJob) -> Record:
    """Read one person's cine; runs in a limited child process. What cannot be read has no arrays and an entry."""
    entries: list[Entry] = []
    seen: list[Series] = []
    try:
        with members(job.path) as files:
            cine, chosen = _chosen(job, files, seen, entries)
        entries += [_entry(job, note) for note in cine.notes]
        prepared = prepare_cine(cine.acquired, source=job.name)
    except InputError as error:
        ignored, mapped = tuple(s.said for s in seen), lines_that_fit(seen, job.mapping)
        return Record(arrays={}, entries=(*entries, refusal(job, error)), ignored=ignored, mapped=mapped)
    acquired = cine.acquired
    source = {
        "series": chosen.number,
        "description": chosen.said,
        "frames": len(acquired.frames),
        "rr_ms": round(acquired.rr_ms, 2) if cine.timed else None,
        "spacing_mm": list(acquired.spacing_mm),
        "orientation": None if acquired.orientation is None else acquired.orientation.tolist(),
        "centre": list(prepared.centre),
        "low": prepared.low,
        "high": prepared.high,
    }
    return Record(
        arrays={job.modality: prepared.frames},
        entries=tuple(entries),
        digest=hashlib.sha256(np.ascontiguousarray(acquired.frames).tobytes()).hexdigest(),
        rr_ms=acquired.rr_ms if cine.timed else float("nan"),
        source=source,
        chosen=chosen.said,
        ignored=tuple(s.said for s in seen if s is not chosen),
        mapped=lines_that_fit(seen, job.mapping),
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """The series of one person's files, with their images, and what was odd."""

    series: tuple[Series, ...]
    images: Sequence[dicom_cine.Image]
    entries: tuple[Entry, ...]

    def of_dicom(self, series: Series) -> bool:
        """Whether its parts are images of DICOM files."""
        return not nifti_cine.is_nifti(series.key)

    def load(self, files: Sequence[Member], series: Series) -> Cine:
        """Its frames.

        Raises:
            InputError: they cannot be read, or are no cine.
        """
        if self.of_dicom(series):
            return dicom_cine.load(files, series, self.images)
        return nifti_cine.load(files[series.parts[0]])

    def middle(self, files: Sequence[Member], series: Series) -> Real[np.ndarray, "rows columns"] | None:
        """The frame in its middle, None where it cannot be read."""
        try:
            if self.of_dicom(series):
                return dicom_cine.middle(files, series, self.images)
            frames = nifti_cine.load(files[series.parts[0]]).acquired.frames
            return frames[len(frames) // 2]
        except InputError:
            return None


def listed(job: CineJob, files: Sequence[Member]) -> Listed:
    """The series among a person's files.

    Raises:
        InputError: there is none.
    """
    found, images, notes = dicom_cine.list_series(files)
    nifti = [nifti_cine.series_of(f, i) for i, f in enumerate(files) if nifti_cine.is_nifti(f.name) and f.head(1)]
    unopened = _unopened(job, files)
    if not (found or nifti or notes) and unopened:
        hint = "Unpack the inner zip." if unopened[0].code == "zip.nested" else HINT
        raise InputError(unopened[0].code, where="", found=unopened[0].reason, hint=hint)
    notes += unopened
    return Listed((*found, *nifti), images, tuple(_entry(job, note) for note in notes))


def _unopened(job: CineJob, files: Sequence[Member]) -> list[Note]:
    """Zips within a zip, and empty images in it; those of a folder have lines of their own."""
    if job.path.is_dir():
        return []
    zips = [f.name for f in files if is_zip(f.name)]
    empty = [f.name for f in files if nifti_cine.is_nifti(f.name) and not f.head(1)]
    inner = [Note("zip.nested", f"{zips[0]} is a zip within a zip, which is not opened{_more(zips)}")] if zips else []
    return [*inner, *([Note("file.empty", f"{empty[0]} is an empty file{_more(empty)}")] if empty else [])]


def _more(names: Sequence[str]) -> str:
    return f"; so are {len(names) - 1} more" if len(names) > 1 else ""


def _chosen(job: CineJob, files: Sequence[Member], seen: list[Series], entries: list[Entry]) -> tuple[Cine, Series]:
    """The cine of the view, and its series; all series come into `seen`, all that is odd into `entries`."""
    found = listed(job, files)
    seen += found.series
    entries += found.entries
    choice = choose(seen, job.view, job.mapping)
    if choice.repeats:
        others = "; ".join(map(str, choice.repeats[:6]))
        reason = f"the last of {len(choice.repeats) + 1} series of this view is taken: {choice.series}; not {others}"
        entries.append(_entry(job, Note("cine.repeat", reason)))
    return found.load(files, choice.series), choice.series


def refusal(job: CineJob, error: InputError) -> Entry:
    """The line of a person whose images cannot be taken."""
    where = f"{error.where}: " if error.where not in ("", job.name) else ""
    reason = f"{where}{error.found}"
    return Entry(file=job.name, code=error.code, reason=reason, hint=error.hint, subject=job.subject)


def _entry(job: CineJob, note: Note) -> Entry:
    outcome: Outcome = "rejected" if note.code in LEFT_OUT else "flagged"
    return Entry(file=job.name, code=note.code, reason=note.reason, hint=LOOK, outcome=outcome, subject=job.subject)
