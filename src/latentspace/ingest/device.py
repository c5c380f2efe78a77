"""What recordings themselves tell of a person: heart rates, and what a device has measured; as phenotypes."""

import math
from collections.abc import Collection, Mapping, Sequence

import polars as pl

from latentspace.ingest.records import Record
from latentspace.phenotype import Phenotype


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


def told_by_files(
    people: Sequence[Mapping[str, Record]], said: Collection[str] = ()
) -> tuple[tuple[Phenotype, ...], tuple[pl.Series, ...]]:
    """Phenotypes and their columns, a row for each visit; only those that any recording tells and no table has `said`.

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
    told = [(phenotype, values) for phenotype, values in told if phenotype.name not in said]
    columns = (pl.Series(phenotype.name, values, dtype=pl.Float64) for phenotype, values in told)
    return tuple(phenotype for phenotype, _ in told), tuple(columns)


def _rr(each: Mapping[str, Record], kind: str) -> float | None:
    value = each[kind].rr_ms if kind in each else float("nan")
    return value if math.isfinite(value) else None
