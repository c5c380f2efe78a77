"""What recordings themselves tell of a person: heart rates, and what a device has measured; as phenotypes."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from latentspace.ingest.records import Record
from latentspace.phenotype import Phenotype
from latentspace.report import Entry


def _interval(name: str, label: str, unit: str = "ms") -> Phenotype:
    return Phenotype(name=name, label=label, kind="continuous", unit=unit, section="ECG, by the device")


HEART_RATE = Phenotype(
    name="heart_rate", label="Heart rate", kind="continuous", unit="1/min", section="ECG", range=(10.0, 400.0)
)
RR = Phenotype(name="rr_ms", label="RR interval", kind="continuous", unit="ms", section="ECG")
CINE_RR = Phenotype(name="cine_rr_ms", label="RR interval in the scanner", kind="continuous", unit="ms", section="MRI")
DEVICE = (
    _interval("device_heart_rate", "Heart rate", "1/min"),
    _interval("device_p_ms", "P duration"),
    _interval("device_pq_ms", "PQ interval"),
    _interval("device_qrs_ms", "QRS duration"),
    _interval("device_qt_ms", "QT interval"),
    _interval("device_qtc_ms", "QTc interval"),
    _interval("device_p_axis", "P axis", "degrees"),
    _interval("device_qrs_axis", "QRS axis", "degrees"),
    _interval("device_t_axis", "T axis", "degrees"),
)


@dataclass(frozen=True, slots=True)
class Told:
    """Phenotypes and their columns, a row for each visit; `entries` say which a table has told already."""

    phenotypes: tuple[Phenotype, ...]
    columns: tuple[pl.Series, ...]
    entries: tuple[Entry, ...]


def told_by_files(people: Sequence[Mapping[str, Record]], said: Iterable[Phenotype]) -> Told:
    """What any recording tells and no table has `said`.

    An ECG gives heart rate and RR interval, a cine the RR interval in the scanner.
    """
    told: list[tuple[Phenotype, list[float | None]]] = []
    kinds = {kind for each in people for kind in each}
    if "ecg" in kinds:
        rr = [_rr(each, "ecg") for each in people]
        told += [(HEART_RATE, [60_000 / value if value else None for value in rr]), (RR, rr)]
    if "cine" in kinds:
        told.append((CINE_RR, [_rr(each, "cine") for each in people]))
    for phenotype in DEVICE:
        values = [each["ecg"].measured.get(phenotype.name) if "ecg" in each else None for each in people]
        if any(value is not None for value in values):
            told.append((phenotype, values))
    names = {phenotype.name for phenotype in said}
    new = [(phenotype, values) for phenotype, values in told if phenotype.name not in names]
    return Told(
        phenotypes=tuple(phenotype for phenotype, _ in new),
        columns=tuple(pl.Series(phenotype.name, values, dtype=pl.Float64) for phenotype, values in new),
        entries=tuple(_told_twice(phenotype.name) for phenotype, _ in told if phenotype.name in names),
    )


def _told_twice(name: str) -> Entry:
    return Entry(
        file="table",
        code="column.told_twice",
        reason=f"has a column {name}, which recordings tell too: the table's is kept",
        hint="Name the column otherwise to have both.",
        outcome="flagged",
    )


def _rr(each: Mapping[str, Record], kind: str) -> float | None:
    value = each[kind].rr_ms if kind in each else float("nan")
    return value if math.isfinite(value) else None
