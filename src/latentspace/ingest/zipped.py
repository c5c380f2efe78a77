"""ECGs within zips: found by name and first bytes, and on disk, alone and in private, for the moment of reading."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from latentspace.errors import InputError
from latentspace.readers import cardiosoft, dicom_cine, ecgdatakit, lead_csv, nifti_cine, wfdb
from latentspace.readers.archive import Member, listable, members

SUFFIXES = {".hea", ".xml", ".scp", ".edf", ".ecg", ".csv", ".tsv", ".txt"}
LOOKED_AT = 4096  # bytes


def is_zip(name: str) -> bool:
    """Whether a file's name is that of a zip."""
    return name.lower().endswith(".zip")


def holder(path: Path) -> Path | None:
    """The zip that holds a file which is named as if the zip were a folder; None for a file on disk."""
    return next((parent for parent in path.parents if is_zip(parent.name) and parent.is_file()), None)


def ecgs_in(path: Path) -> tuple[Path, ...]:
    """The ECGs in a zip, as `a.zip/folder/name`; none where it cannot be listed: its reader says why."""
    if not listable(path):
        return ()
    try:
        with members(path) as files:
            return tuple(Path(path, *_parts(file)) for file in files if _is_ecg(file))
    except InputError:
        return ()


def holds_images(path: Path) -> bool:
    """Whether a zip, in which ECGs are, holds images too."""
    try:
        with members(path) as files:
            return any(nifti_cine.is_nifti(f.name) or dicom_cine.is_image(f.head(LOOKED_AT)) for f in files)
    except InputError:
        return True


@contextmanager
def on_disk(path: Path) -> Generator[Path]:
    """The path itself, or that of a copy of the file in a zip, with the signals that its header names; then removed.

    Raises:
        InputError: the zip cannot be read, or holds too much.
    """
    zipped = holder(path)
    if zipped is None:
        yield path
        return
    with members(zipped) as files, TemporaryDirectory(prefix="latentspace-") as folder:
        wanted = path.relative_to(zipped).parts
        beside = [file for file in files if _parts(file)[:-1] == wanted[:-1]]
        copy = _copied(beside, wanted[-1], Path(folder), path.name)
        for name in wfdb.named_in(copy) if copy.suffix == ".hea" else ():
            if name in {file.name for file in beside}:
                _copied(beside, name, Path(folder), path.name)
        yield copy


def _copied(files: Sequence[Member], name: str, folder: Path, where: str) -> Path:
    """The file of that name, which is the last part of a path and nothing else."""
    copy = folder / PurePosixPath(name).name
    try:
        copy.write_bytes(next(file for file in files if file.name == name).read())
    except (OSError, ValueError, StopIteration) as error:
        found = f"cannot be taken out of its zip ({type(error).__name__})"
        raise InputError("zip.damaged", where=where, found=found, hint="Unpack the zip.") from error
    return copy


def _is_ecg(file: Member) -> bool:
    suffix = PurePosixPath(file.name).suffix.lower()
    if suffix not in SUFFIXES or suffix == ".hea":
        return suffix == ".hea"
    head = file.head(LOOKED_AT)
    return cardiosoft.fits(file.name, head) or lead_csv.fits(file.name, head) or ecgdatakit.fits(head)


def _parts(file: Member) -> tuple[str, ...]:
    """Folders and name within the zip, without those that lead out of it."""
    return tuple(part for part in PurePosixPath(file.within).parts if part not in ("/", "..", "."))
