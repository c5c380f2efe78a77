"""What an ingest has read is kept beside the workspace until that is written, so that a stopped one goes on."""

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from latentspace.artifact import replace_file
from latentspace.faults import at
from latentspace.ingest.filed import Filed
from latentspace.ingest.records import Record
from latentspace.ingest.sources import Job
from latentspace.ingest.zipped import holder
from latentspace.report import Entry

FORMAT, TOGETHER, EVERY_S = 2, 64, 5.0
LISTS = ("entries", "ignored", "mapped")


def key_of(job: Job) -> str:
    """What a record depends on: the job, the sizes and times of its files, and the program's version."""
    told = {**asdict(job), "files": [_stat(file) for file in _files(job.path)]}
    text = json.dumps([FORMAT, version("latent-space-explorer"), told], default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def place(into: Path) -> Path:
    """Where the records for a workspace are kept."""
    return into.with_name(f".{into.name}.reading")


@dataclass(slots=True)
class Kept:
    """Records on disk, some to a file, which is there whole or not at all; on a full disk they stay in memory.

    `held` has every record that was added, by its key: once it is on disk, its arrays are `filed`.
    """

    folder: Path
    clock: Callable[[], float] = time.monotonic
    held: dict[str, Record] = field(default_factory=dict[str, Record])
    _waiting: list[tuple[str, Record]] = field(default_factory=list[tuple[str, Record]])
    _since: float | None = None

    def records(self) -> Iterator[tuple[str, Record]]:
        """Every whole record with its key, its arrays unread; damaged files are removed."""
        for path in sorted(self.folder.glob("*.safetensors")):
            try:
                yield from _unpacked(path)
            except (SafetensorError, OSError, ValueError, KeyError, TypeError):
                path.unlink(missing_ok=True)

    def add(self, key: str, record: Record) -> None:
        """Keep a record, now or with the next ones."""
        now = self.clock()
        self._since = now if self._since is None else self._since
        self._waiting.append((key, record))
        self.held[key] = record
        if len(self._waiting) >= TOGETHER or now - self._since >= EVERY_S:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if not self._waiting:
            return
        name = hashlib.sha256("".join(key for key, _ in self._waiting).encode()).hexdigest()[:32]
        file = self.folder / f"{name}.safetensors"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / ".gitignore").write_text("*\n")  # recordings of people
            replace_file(file, _packed(self._waiting), mode=0o600)
            at("ingest.kept")
            for i, (key, record) in enumerate(self._waiting):
                self.held[key] = replace(record, arrays={}, filed={n: Filed(file, f"{i} {n}") for n in record.arrays})
        except OSError:
            pass
        self._waiting.clear()
        self._since = None

    def remove(self) -> None:
        """Forget everything: the workspace is written."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _packed(records: Sequence[tuple[str, Record]]) -> bytes:
    arrays = {f"{i} {name}": array for i, (_, record) in enumerate(records) for name, array in record.arrays.items()}
    told = [{"key": key, **_told(record)} for key, record in records]
    return save(arrays, {"records": json.dumps(told)})


def _told(record: Record) -> dict[str, Any]:
    return {
        "entries": [asdict(entry) for entry in record.entries],
        "digest": record.digest,
        "rr_ms": record.rr_ms,
        "measured": dict(record.measured),
        "source": dict(record.source),
        "chosen": record.chosen,
        "ignored": record.ignored,
        "mapped": record.mapped,
    }


def _unpacked(path: Path) -> Iterator[tuple[str, Record]]:
    with safe_open(path, "np") as file:
        names: list[str] = list(file.keys())
        told: list[Mapping[str, Any]] = json.loads(file.metadata()["records"])
        for i, row in enumerate(told):
            fields = {name: value for name, value in row.items() if name not in ("key", *LISTS)}
            own = [name for name in names if name.startswith(f"{i} ")]
            yield (
                row["key"],
                Record(
                    arrays={},
                    filed={name.split(" ", 1)[1]: Filed(path, name) for name in own},
                    entries=tuple(Entry(**entry) for entry in row["entries"]),
                    ignored=tuple(row["ignored"]),
                    mapped=tuple(row["mapped"]),
                    **fields,
                ),
            )


def _files(path: Path) -> list[Path]:
    path = holder(path) or path
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.is_file())
    return [file for file in (path, path.with_suffix(".dat")) if file.is_file()]


def _stat(file: Path) -> tuple[str, int, int]:
    found = file.stat()
    return str(file), found.st_size, found.st_mtime_ns
