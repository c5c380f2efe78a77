"""The files in a folder or a zip, read into memory one at a time and never unpacked to disk."""

import struct
import zipfile
import zlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from latentspace.errors import InputError

MAX_FILES, MAX_FILE_BYTES, MAX_BYTES = 20_000, 64 << 20, 2 << 30
MAX_LIST_BYTES, LOOKED_AT = 4 << 20, (64 << 10) + 22  # a list of files; where in a zip it is announced
SMALL, PACKED = 1 << 20, 200  # what may be inflated from anything; how many times its size a member may become
ENCRYPTED = 1  # bit of a member's flags
HINT = "Fetch or export it again."


@dataclass(frozen=True, slots=True)
class Member:
    """One file, whole or its first bytes; `name` is its last part, for the report, `within` its name in the zip.

    Neither is ever used as a path.
    """

    name: str
    read: Callable[[], bytes]
    head: Callable[[int], bytes]
    within: str = ""


@contextmanager
def members(path: Path) -> Generator[tuple[Member, ...]]:
    """Every file in a folder and its folders, or in a zip, in order of the names; a file is its own only member.

    A zip within a zip is not opened. Sizes are checked against what a zip announces before anything is inflated, and
    never more than that is.

    Raises:
        InputError: no zip, an encrypted one, a compression that is not read, too many files, or too much in it;
            `read` raises it where a file is too large or its bytes are damaged.
    """
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        _check(path, len(files), 0)
        yield tuple(_plain(file) for file in files)
    elif path.suffix.lower() == ".zip":
        try:
            if not path.stat().st_size:
                raise _refused(path.name, "zip.damaged", "is an empty file")
            archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise _refused(path.name, "zip.damaged", f"no zip that can be read ({type(error).__name__})") from error
        with archive:
            yield _packed(path, archive)
    else:
        yield (_plain(path),)


def listable(path: Path) -> bool:
    """Whether a zip's list of files is small enough to be read outside a limited child, as its last bytes announce it.

    Source:
        PKWARE APPNOTE 6.3.10, 4.3.16: the end of central directory record.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - LOOKED_AT))
            end = file.read()
    except OSError:
        return False
    at = end.rfind(b"PK\5\6")
    return 0 <= at <= len(end) - 22 and struct.unpack_from("<I", end, at + 12)[0] <= MAX_LIST_BYTES


def _plain(path: Path) -> Member:
    return Member(path.name, partial(_file, path), partial(_file, path))


def _packed(path: Path, archive: zipfile.ZipFile) -> tuple[Member, ...]:
    infos = sorted((info for info in archive.infolist() if not info.is_dir()), key=lambda info: info.filename)
    _check(path, len(infos), sum(info.file_size for info in infos))
    for info in infos:
        if info.flag_bits & ENCRYPTED or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _refused(path.name, "zip.locked", "is encrypted, or packed in a way that is not read")
    return tuple(
        Member(PurePosixPath(info.filename).name, part, part, info.filename)
        for info, part in ((info, partial(_inflate, archive, info)) for info in infos)
    )


def _check(path: Path, n: int, size: int) -> None:
    if n > MAX_FILES or size > MAX_BYTES:
        raise _refused(path.name, "zip.size", f"{n} files of {size >> 20} MB in all, at most {MAX_FILES} and 2 GB")


def _inflate(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int = MAX_FILE_BYTES) -> bytes:
    name = PurePosixPath(info.filename).name
    if info.file_size > MAX_FILE_BYTES:
        raise _refused(name, "zip.size", f"{info.file_size >> 20} MB, at most {MAX_FILE_BYTES >> 20}")
    if info.file_size > max(SMALL, PACKED * info.compress_size):
        raise _refused(name, "zip.size", f"{info.file_size >> 20} MB out of {info.compress_size} bytes: no image")
    try:
        with archive.open(info) as file:
            return file.read(most)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise _refused(name, "zip.damaged", f"its bytes in the zip are damaged ({type(error).__name__})") from error


def _file(path: Path, most: int = MAX_FILE_BYTES) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise _refused(path.name, "zip.size", f"{size >> 20} MB, at most {MAX_FILE_BYTES >> 20}")
        with path.open("rb") as file:
            return file.read(min(most, size))  # a read allocates what it is asked for
    except OSError as error:
        raise _refused(path.name, "zip.damaged", f"cannot be read ({error.strerror})") from error


def _refused(where: str, code: str, found: str) -> InputError:
    return InputError(code, where=where, found=found, hint=HINT)
