"""Files and folders that are either whole or not there: write beside, flush, rename; and their content hashes."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from latentspace.errors import InputError
from latentspace.faults import at


def replace_file(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Write `data` beside `path`, flush it to disk and rename: a reader sees the old bytes or the new ones.

    `mode` says who may read it, as far as the umask lets.
    """
    beside = _beside(path)
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    at(f"{path.name}.written")
    beside.replace(path)
    at(f"{path.name}.placed")


def replace_json(path: Path, value: object) -> None:
    """`replace_file` for one JSON document."""
    replace_file(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False).encode())


def read_json(path: Path) -> Any:  # noqa: ANN401 - JSON
    """One JSON document.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not JSON.
    """
    return json.loads(path.read_text(encoding="utf-8"))


def replace_folder(path: Path, fill: Callable[[Path], None]) -> None:
    """Let `fill` write a folder beside `path`, then exchange the two.

    Killed between the two renames, the old folder is left as `.<name>.old`; `recover` puts it back.
    """
    beside = _beside(path)
    old = path.with_name(f".{path.name}.old")
    beside.mkdir(parents=True)
    try:
        fill(beside)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)
    at(f"{path.name}.written")
    if path.exists():
        path.rename(old)
        at(f"{path.name}.moved")
    beside.rename(path)
    at(f"{path.name}.placed")
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def room_for(path: Path) -> Generator[None]:
    """Say plainly that `path` cannot be written, should that be so.

    Raises:
        InputError: the disk is full, or the folder cannot be written; what was there before is whole.
    """
    try:
        yield
    except OSError as error:
        raise InputError(
            "artifact.unwritable",
            where=str(path),
            found=f"cannot be written ({error.strerror or error})",
            hint="Free some space, then repeat the command; what was there before is whole.",
        ) from error


@contextmanager
def scratch(path: Path) -> Generator[Path]:
    """A folder beside `path` for what waits there; removed in the end, by the next such folder if this was killed."""
    folder = _beside(path)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def recover(path: Path) -> None:
    """Put back a folder whose exchange was interrupted; does nothing otherwise."""
    old = path.with_name(f".{path.name}.old")
    if old.exists() and not path.exists():
        old.rename(path)


def content_hash(path: Path) -> str:
    """SHA-256 of a file, or of a folder's files with their relative names, in order."""
    digest = hashlib.sha256()
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    for file in files:
        if file != path:
            digest.update(file.relative_to(path).as_posix().encode() + b"\0")
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _beside(path: Path) -> Path:
    """Where to write what is to be renamed; whatever processes that are gone have left there is removed."""
    begin, end, own = f".{path.name}.", ".partial", str(os.getpid())
    for other in path.parent.iterdir() if path.parent.is_dir() else ():
        pid = other.name.removeprefix(begin).removesuffix(end)
        if other.name == f"{begin}{pid}{end}" and pid.isdigit() and (pid == own or not _alive(int(pid))):
            shutil.rmtree(other, ignore_errors=True) if other.is_dir() else other.unlink(missing_ok=True)
    return path.with_name(f"{begin}{own}{end}")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
