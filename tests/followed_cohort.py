"""A follow-up that is planted in a cohort: a hazard that is known, and an end of follow-up for everyone."""

import json
from pathlib import Path

import numpy as np
import polars as pl
from jaxtyping import Bool, Float64

from latentspace.artifact import content_hash

LAST_YEAR = 10.0
TIME = {
    "name": "years_followed",
    "label": "Heart failure or death",
    "kind": "time_to_event",
    "unit": "years",
    "section": "Follow-up",
    "event": "had_event",
}
EVENT = {"name": "had_event", "label": "Had heart failure or died", "kind": "boolean", "section": "Follow-up"}


def planted(
    log_hazard: Float64[np.ndarray, " n"], base: float, rng: np.random.Generator
) -> tuple[Float64[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
    """Years until the event or the end of follow-up, and whether it came.

    The hazard is constant in time: `base` a year times exp(`log_hazard`). People enter over five years and all are
    followed to one day, so follow-up ends after 5 to 10 years.
    """
    came = rng.exponential(1 / (base * np.exp(log_hazard)))
    end = rng.uniform(LAST_YEAR / 2, LAST_YEAR, len(log_hazard))
    return np.minimum(came, end).round(3), came <= end


def plant(workspace: Path, years: Float64[np.ndarray, " n"], event: Bool[np.ndarray, " n"]) -> None:
    """Put both columns into the table of a workspace, which must be a copy that nobody else reads."""
    table, dictionary, record = (workspace / name for name in ("subjects.parquet", "phenotypes.json", "workspace.json"))
    frame = pl.read_parquet(table)
    made = frame.with_columns(pl.Series(TIME["name"], years), pl.Series(EVENT["name"], event))
    phenotypes = [*json.loads(dictionary.read_text(encoding="utf-8")), TIME, EVENT]
    table.unlink()  # it may share its bytes with the workspace that this is a copy of
    dictionary.unlink()
    made.write_parquet(table)
    dictionary.write_text(json.dumps(phenotypes), encoding="utf-8")
    written = json.loads(record.read_text(encoding="utf-8"))
    written["hashes"] |= {path.name: content_hash(path) for path in (table, dictionary)}
    record.unlink()
    record.write_text(json.dumps(written), encoding="utf-8")
