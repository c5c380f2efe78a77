"""Who asked what and when: lines of JSON, each with the hash of the line before; appended, never changed."""

import fcntl
import json
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from latentspace.errors import InputError

FILE = "audit.jsonl"
BEGIN = "0" * 64
TAIL = 1 << 16  # more than any line


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What somebody asked: no values and nobody's id.

    `recipe` is the hash of the question, `n` how many people it was about, as openly as that was told; both null where
    there is none. `outcome` is the HTTP status.
    """

    who: str
    what: str
    recipe: str | None
    n: int | None
    outcome: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How many lines there are, the hash of the last one, and what is wrong with which (none: all is well)."""

    lines: int
    head: str
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The file `audit.jsonl` in a folder; several processes may append. `now` says the time (ISO 8601, UTC)."""

    folder: Path
    now: Callable[[], str]

    def add(self, deed: Deed) -> None:
        """Append one line. It outlives the process; it is not forced onto the disk one by one.

        Raises:
            InputError: it cannot be written, or not whole; the file is then as it was.
        """
        with self._locked() as (file, size):
            before = _last(file, size)
            torn = size > 0 and not before.endswith(b"\n")
            entry = {"when": self.now(), **asdict(deed), "before": _hash(before) if size else BEGIN}
            line = b"\n" * torn + json.dumps(entry, ensure_ascii=False).encode() + b"\n"
            if os.write(file, line) != len(line):
                os.ftruncate(file, size)
                raise _not_written(self.folder / FILE, "the disk is full")

    @contextmanager
    def _locked(self) -> Generator[tuple[int, int]]:
        """The open file, held against other processes, and its size."""
        path = self.folder / FILE
        file = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file, os.fstat(file).st_size
        except OSError as error:
            raise _not_written(path, error.strerror or "refused") from error
        finally:
            if file is not None:
                os.close(file)


def verify(folder: Path, head: str = "") -> Checked:
    """Follow the hashes of `audit.jsonl` from the first line to the last; `head` is a hash noted earlier.

    What was changed, removed or put in between breaks the chain at the next line. The newest lines are bound to nothing
    yet: whoever notes the head elsewhere can tell later that all before it is as it was.

    Raises:
        InputError: there is no such file, or it cannot be read.
    """
    path = folder / FILE
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InputError(
            "audit.missing",
            where=str(path),
            found=f"cannot be read ({error.strerror})",
            hint="Give the folder with --state; it is written when a page is served.",
        ) from error
    findings = [*_breaks(lines)]
    hashes = [_hash(line) for line in lines]
    if head and head not in hashes:
        findings.append(f"no line has the hash {head[:16]}: lines up to that note are changed or gone")
    return Checked(lines=len(lines), head=hashes[-1] if hashes else BEGIN, findings=tuple(findings))


def _breaks(lines: list[bytes]) -> Generator[str]:
    before = BEGIN
    for number, line in enumerate(lines, start=1):
        try:
            said = json.loads(line)["before"]
        except (ValueError, KeyError, TypeError):
            yield f"line {number} is cut off or no entry"
        else:
            if said != before:
                yield f"line {number} does not follow the one before: something was changed, removed or put in"
        before = _hash(line)


def _last(file: int, size: int) -> bytes:
    """The last line, with its end if it has one."""
    tail = os.pread(file, TAIL, max(0, size - TAIL))
    return tail[tail.rstrip(b"\n").rfind(b"\n") + 1 :]


def _hash(line: bytes) -> str:
    return sha256(line.rstrip(b"\n")).hexdigest()


def _not_written(path: Path, why: str) -> InputError:
    return InputError(
        "audit.not_written",
        where=str(path),
        found=f"cannot be written ({why})",
        hint="Make room, or give a folder of your own with --state DIR. Nothing is answered that is not noted.",
    )
