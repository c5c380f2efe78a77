"""A table of leads (CSV, TSV): a column of times, a column for each lead, as devices export a single ECG."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import polars as pl
from jaxtyping import Float64

from latentspace.errors import InputError
from latentspace.modality import Signal
from latentspace.prepare.leads import STANDARD, standard_name

requires: tuple[str, ...] = ()
SUFFIXES = {".csv", ".tsv", ".txt"}
MAX_BYTES, LARGEST_MV = 64 << 20, 1e6
LOOKED_AT = 4096  # bytes in which a header ends
FEWEST_LEADS = 2
TIMES = {"time": 1.0, "t": 1.0, "time_s": 1.0, "seconds": 1.0, "s": 1.0, "time_ms": 1e-3, "ms": 1e-3}
SECONDS = {"s": 1.0, "ms": 1e-3}
MILLIVOLTS = {"mv": 1.0, "uv": 1e-3, "µv": 1e-3, "v": 1e3}
COLUMN = re.compile(r"^\s*(?P<name>[^(\[]*?)\s*(?:[(\[]\s*(?P<unit>[^)\]]*)[)\]])?\s*$")


def sniff(path: Path) -> bool:
    """Whether a file is a table whose first line names two leads or more."""
    if path.suffix.lower() not in SUFFIXES or not path.is_file():
        return False
    with path.open("rb") as file:
        return fits(path.name, file.read(LOOKED_AT))


def fits(name: str, head: bytes) -> bool:
    """Whether a file of this name and these first bytes is such a table."""
    lines = head.decode("utf-8-sig", "replace").splitlines()
    if not lines or Path(name).suffix.lower() not in SUFFIXES:
        return False
    return sum(standard_name(name) in STANDARD for name, _ in _columns(lines[0])) >= FEWEST_LEADS


def read(path: Path) -> Signal:
    """Read a table of leads in mV (or as `I [uV]` says), with times in a column `time` (seconds) or `time_ms`.

    Raises:
        InputError: no column of times, uneven times, a value that is no number, or a unit that is no voltage.
    """
    if path.stat().st_size > MAX_BYTES:
        raise _malformed(path, "csv.size", f"more than {MAX_BYTES >> 20} MB", "Cut the recording.")
    lines = path.read_text("utf-8-sig", errors="replace").splitlines()
    columns = _columns(lines[0])
    table = _numbers(path, [line for line in lines[1:] if line.strip()], lines[0], len(columns))
    leads = [i for i, (name, _) in enumerate(columns) if standard_name(name) in STANDARD]
    scale = np.array([_millivolts(path, columns[i][1]) for i in leads])
    millivolts = (table[:, leads] * scale).T
    if (np.abs(millivolts) > LARGEST_MV).any():
        raise _malformed(path, "csv.values", "a number that is no voltage of a heart", "Check the unit.")
    return Signal(
        leads=tuple(columns[i][0] for i in leads),
        values=millivolts.astype(np.float32),
        sampling_rate_hz=_rate(path, columns, table),
        source=str(path),
    )


def _columns(header: str) -> list[tuple[str, str]]:
    """Name and unit of each column."""
    names = next(csv.reader([header], delimiter=_separator(header)), [])
    found = [COLUMN.match(name) for name in names]
    return [(m["name"].strip(), (m["unit"] or "").strip()) if m else ("", "") for m in found]


def _separator(header: str) -> str:
    return max("\t;,", key=header.count)


def _numbers(path: Path, lines: list[str], header: str, n: int) -> Float64[np.ndarray, "samples columns"]:
    """Values, NaN where a cell is empty."""
    separator = _separator(header)
    if separator != "," and any("," in line for line in lines):
        lines = [line.replace(",", ".") for line in lines]  # a decimal comma
    schema = {f"column {i}": pl.Float64 for i in range(n)}
    try:
        table = pl.read_csv(io.StringIO("\n".join(lines)), separator=separator, has_header=False, schema=schema)
    except (pl.exceptions.PolarsError, ValueError) as error:
        hint = "Leave nothing but one row of numbers for each sample under the header."
        raise _malformed(path, "csv.values", "a line that is no row of numbers", hint) from error
    return table.fill_null(float("nan")).to_numpy()


def _rate(path: Path, columns: list[tuple[str, str]], table: Float64[np.ndarray, "samples columns"]) -> float:
    names = [name.lower() for name, _ in columns]
    at = next((i for i, name in enumerate(names) if name in TIMES), None)
    if at is None:
        hint = "Add a column `time` in seconds, or `time_ms`."
        raise _malformed(path, "csv.time", "no column says when a sample was taken", hint)
    if not np.isfinite(table[:, at]).all():
        raise _malformed(path, "csv.time", "times are missing", "Write one row for each sample.")
    steps = np.diff(table[:, at]) * SECONDS.get(columns[at][1].lower(), TIMES[names[at]])
    step = float(np.median(steps)) if len(steps) else float("nan")
    if not step > 0 or not np.abs(np.cumsum(steps - steps.mean())).max() < step:
        raise _malformed(path, "csv.time", "times are not evenly spaced", "Write one row for each sample.")
    return 1 / float(steps.mean())


def _millivolts(path: Path, unit: str) -> float:
    if unit and unit.lower() not in MILLIVOLTS:
        raise _malformed(path, "csv.unit", f"unit {unit!r} is no voltage", "Use mV, uV or V.")
    return MILLIVOLTS[unit.lower()] if unit else 1.0


def _malformed(path: Path, code: str, found: str, hint: str) -> InputError:
    return InputError(code, where=path.name, found=found, hint=hint)
