"""From a table with times to an event, with the faults that such tables have, to curves: by the command line alone."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import latentspace
from built import latentspace as command
from followed_cohort import EVENT, TIME
from latentspace.comparison.answer import CompareOptions, Side
from latentspace.groups import OneOf, parse

N = 300
OLD = {"kind": "one_of", "column": "group", "values": ["Old"]}
SPOILT = {0: ("-2", "yes"), 1: ("soon", "no"), 2: ("", "yes"), 3: ("4.5", "perhaps"), 4: ("3", "")}


@dataclass(frozen=True, slots=True)
class Ingested:
    """The workspace, what `ingest` said of it, and the truth in the table's order."""

    path: Path
    said: Mapping[str, Any]
    old: np.ndarray
    time: np.ndarray
    event: np.ndarray


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Ingested:
    """300 people, the old with three times the hazard; five rows whose time or event cannot be read."""
    folder, rng = tmp_path_factory.mktemp("followed"), np.random.default_rng(0)
    old = rng.uniform(size=N) < 0.4
    came, end = rng.exponential(12 / np.where(old, 3, 1)), rng.uniform(4, 9, N)
    time, event = np.minimum(came, end).round(2), came <= end
    lines = [f"{time[i]},{'yes' if event[i] else 'no'}" for i in range(N)]
    for i, cells in SPOILT.items():
        lines[i] = ",".join(cells)
    rows = [f"{i:04d},{'Old' if old[i] else 'Young'},{line}" for i, line in enumerate(lines)]
    table, codes, dictionary = (folder / name for name in ("people.csv", "codes.npy", "dictionary.json"))
    table.write_text("\n".join([f"subject_id,group,{TIME['name']},{EVENT['name']}", *rows]), encoding="utf-8")
    np.save(codes, rng.standard_normal((N, 4)).astype(np.float32))
    group = {"name": "group", "kind": "nominal", "levels": ["Young", "Old"]}
    dictionary.write_text(json.dumps([group, TIME, EVENT]), encoding="utf-8")
    said = command(
        *("ingest", table, "--embedding", f"joint={codes}", "--dictionary", dictionary, "--into", folder / "w.ls"),
    )
    return Ingested(folder / "w.ls", said, old, time, event)


def test_what_cannot_be_read_is_reported_by_row_and_counts_as_not_known(ingested: Ingested) -> None:
    report = json.loads((ingested.path / "ingest.json").read_text(encoding="utf-8"))
    told = {(entry["subject"], entry["code"]) for entry in report["entries"]}
    assert {("0000", "cell.range"), ("0001", "cell.text"), ("0003", "cell.boolean")} <= told
    found = latentspace.open(ingested.path).survival()
    assert (found.groups[0].n, found.groups[0].missing) == (N - len(SPOILT), len(SPOILT))


def test_curves_and_log_rank_of_an_ingested_table_are_scipys(ingested: Ingested) -> None:
    explorer = latentspace.open(ingested.path)
    side = Side(name="old", recipe=OneOf(column="group", values=("Old",)))
    assert side.recipe == parse(OLD)
    found = explorer.survival([side], options=CompareOptions(adjust=()))
    known = ~np.isin(np.arange(N), list(SPOILT))
    courses = [
        stats.CensoredData(uncensored=ingested.time[who & ingested.event], right=ingested.time[who & ~ingested.event])
        for who in (known & ingested.old, known & ~ingested.old)
    ]
    first, second = courses
    assert found.p == pytest.approx(stats.logrank(first, second).pvalue, rel=1e-6)
    for group, course in zip(found.groups, courses, strict=True):
        told = [value for value in group.share if value is not None]
        np.testing.assert_allclose(told, stats.ecdf(course).sf.evaluate(np.array(found.times[: len(told)])), atol=1e-9)
    ratio = found.contrasts[0].ratio
    assert ratio.low is not None
    assert ratio.high is not None
    assert ratio.low < 3 < ratio.high


def test_the_command_line_follows_a_group_of_an_ingested_table(ingested: Ingested, tmp_path: Path) -> None:
    recipe = tmp_path / "old.json"
    recipe.write_text(json.dumps(OLD), encoding="utf-8")
    said = command("group", ingested.path, "survival", recipe, "--event", TIME["name"])
    lines = list(csv.DictReader(io.StringIO(said["table"])))
    assert {line["group"] for line in lines} == {"old", "The rest"}
    known = ~np.isin(np.arange(N), list(SPOILT))
    assert int(lines[0]["events"]) == int((ingested.event & ingested.old & known).sum())
