"""Files in the sources that nothing reads: empty ones, and those of a format that is not known, each a line."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from latentspace.ingest.plan import CineModality, Plan
from latentspace.ingest.sources import Sources
from latentspace.ingest.zipped import holder
from latentspace.readers import dicom_cine, nifti_cine, wfdb
from latentspace.report import Entry

FEW, NAMED = 5, 3  # files of one kind that have a line each; that are named where there are more
KNOWN = "WFDB, CardioSoft XML, tables of leads, ECG files of devices; DICOM and NIfTI cines, in folders or zips"
HINTS = {
    ".dat": "A record needs its header (.hea) of the same name beside it.",
    ".gz": f"Unpack it. Read are: {KNOWN}.",
}
HINT = f"Read are: {KNOWN}. Export it as one of these, or move it out of the sources."
EMPTY = "Fetch or export it again."


def strays(sources: Sequence[Path], there: Sources, named: Collection[Path]) -> list[Entry]:
    """A line for every file of the sources that no reader takes, one for many of a kind; hidden files are passed over.

    `named` are files that the command or the modalities file names: tables, dictionaries.
    """
    left = [(source, path) for source in sources for path in _left(source, there, {p.resolve() for p in named})]
    signals = _signals(there.ecg, {path.parent for _, path in left if path.suffix.lower() == ".dat"})
    by_kind: dict[str, list[str]] = {}
    empty: list[str] = []
    for source, path in dict.fromkeys(one for one in left if one[1] not in signals):
        kind = by_kind.setdefault(path.suffix.lower(), []) if path.stat().st_size else empty
        kind.append(_name(source, path))
    return [*_empty(empty), *(entry for kind, names in sorted(by_kind.items()) for entry in _unknown(kind, names))]


def named_files(plan: Plan, given: Sequence[Path | None]) -> list[Path]:
    """The files that the options and the plan name; those beside the plan may lie beside the table too."""
    beside = [d.table for d in (*plan.derive, *plan.conditions) if d.table]
    beside += [m.series_map for m in plan.modalities if isinstance(m, CineModality) and m.series_map]
    options = [path for path in given if path is not None]
    folders = {plan.folder, *(path.parent for path in options)}
    return [*options, *(folder / name for folder in folders for name in beside)]


def _left(source: Path, there: Sources, named: Collection[Path]) -> Iterator[Path]:
    taken, places = {holder(path) or path for path in there.ecg}, {place.path for place in there.cine}
    stems = {(path.parent, path.stem) for path in taken}
    for path in [source] if source.is_file() else sorted(source.rglob("*")):
        parts = path.relative_to(source).parts
        if not path.is_file() or any(part.startswith(".") for part in parts) or path in taken or path in places:
            continue
        image = path.parent in places and path.stat().st_size and _is_image(path)
        if not image and (path.parent, path.stem) not in stems and path.resolve() not in named:
            yield path


def _is_image(path: Path) -> bool:
    return nifti_cine.is_nifti(path.name) or dicom_cine.sniff(path)


def _signals(headers: Sequence[Path], folders: Collection[Path]) -> set[Path]:
    """The files that WFDB headers in these folders name."""
    return {h.parent / name for h in headers if h.parent in folders and h.suffix == ".hea" for name in wfdb.named_in(h)}


def _name(source: Path, path: Path) -> str:
    return path.name if source == path else path.relative_to(source).as_posix()


def _empty(names: Sequence[str]) -> list[Entry]:
    many = f"{len(names):,} empty files: {_some(names)}"
    told = [(name, "empty file") for name in names] if len(names) <= FEW else [(f"{len(names):,} files", many)]
    return [Entry(file=file, code="file.empty", reason=reason, hint=EMPTY) for file, reason in told]


def _unknown(kind: str, names: Sequence[str]) -> list[Entry]:
    what = f"not a format that is known: {kind or 'no suffix'}"
    many = (f"{len(names):,} files {f'*{kind}' if kind else ''}".strip(), f"{what}; {_some(names)}")
    told = [(name, what) for name in names] if len(names) <= FEW else [many]
    hint = HINTS.get(kind, HINT)
    return [Entry(file=file, code="file.unknown", reason=reason, hint=hint) for file, reason in told]


def _some(names: Sequence[str]) -> str:
    return f"{', '.join(names[:NAMED])} and {len(names) - NAMED:,} more"
