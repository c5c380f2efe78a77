"""A folder of WFDB records, a table, a dictionary and a modalities file in which every kind of trouble occurs once."""

import ast
import csv
import json
from pathlib import Path

import numpy as np
from jaxtyping import Float

from ecg_records import LEADS, made_ecg, write_record
from latentspace.ingest import IngestOptions

KEPT = ("limbs", "flat", "gaps", "swapped", "arms", "clipped", "loud", "noise")
MODALITIES = """
title = "Made"
[table]
subject = "id"
visit = "visit"
file = "file"
[[modality]]
name = "limb"
leads = ["I", "II"]
[[modality]]
name = "chest"
leads = ["V1", "V2", "V3", "V4", "V5", "V6"]
[[modality]]
name = "rhythm"
leads = ["II"]
signal = "strip"
seconds = 10
[[derive]]
kind = "from-codes"
column = "codes"
table = "statements.csv"
group = "group"
where = { used = "1" }
min_likelihood = 50
classes = [{ value = "ILL", name = "sick" }, { value = "OK", name = "well" }]
"""


def heart(seed: int) -> Float[np.ndarray, "12 time"]:
    """A sound ECG at 75 beats a minute."""
    return made_ecg([0.5 + 0.8 * k for k in range(12)], seed=seed)


def options(folder: Path, *, dry_run: bool = False) -> IngestOptions:
    """What `write` wrote, as options of an ingest."""
    return IngestOptions(
        table=folder / "people.csv",
        dictionary=folder / "dictionary.json",
        modalities=folder / "modalities.toml",
        dry_run=dry_run,
    )


def write(folder: Path) -> IngestOptions:
    """Write all files into `folder`."""
    _records(folder / "records")
    (folder / "people.csv").write_text(_table())
    (folder / "statements.csv").write_text("code,group,used\nMI,ILL,1\nNORM,OK,1\nAF,ILL,0\n")
    (folder / "modalities.toml").write_text(MODALITIES)
    rows = [
        {"name": "age", "kind": "continuous", "range": [0, 120], "missing": ["300"]},
        {"name": "sex", "kind": "nominal", "levels": ["Man", "Woman"], "codes": ["0", "1"]},
        {"name": "shoe", "kind": "continuous"},
    ]
    (folder / "dictionary.json").write_text(json.dumps(rows))
    return options(folder)


def _records(folder: Path) -> None:
    for seed, name in enumerate(["first", "second", "gone", "cut", "orphan"]):
        write_record(folder, name, heart(seed))
    (folder / "gone.dat").unlink()
    (folder / "cut.dat").write_bytes((folder / "cut.dat").read_bytes()[:5000])
    write_record(folder, "copy", heart(0))
    (folder / "liar.hea").write_text("liar 12 500 100000000\n")
    write_record(folder, "limbs", heart(10)[:6], LEADS[:6])
    values = {name: heart(11 + i) for i, name in enumerate(KEPT[1:])}
    values["flat"][7] = 0.1
    values["gaps"][8, 100:110] = np.nan
    values["swapped"][[0, 1]] = values["swapped"][[1, 0]]
    for lead in (0, 3):  # an exchange of the arms mirrors I, and II and III change places
        values["arms"][lead] *= -1
    values["arms"][[1, 2]] = values["arms"][[2, 1]]
    values["arms"][11] = -1.1 * values["arms"][0]
    values["clipped"][9] = np.clip(values["clipped"][9], -0.3, 0.3)
    values["loud"] *= 12
    values["noise"] = made_ecg([], seed=3) + np.random.default_rng(0).normal(0, 0.1, (12, 5000))
    values["noise"][2] = values["noise"][1] - values["noise"][0]
    for name, array in values.items():
        write_record(folder, name, array)


def _table() -> str:
    special = {
        "gaps": ("CANARY", "0", "{'NORM': 100.0}"),
        "loud": ("130", "1", ""),
        "arms": ("300", "CANARY", "{'MI': 0.0}"),
        "flat": ("50", "0", "{broken CANARY"),
    }
    lines = ["id,visit,file,name,age,sex,codes"]

    def row(subject: str, file: str, visit: str = "1") -> None:
        age, sex, codes = special.get(subject, ("61", "1", "{'MI': 80.0, 'AF': 100.0, 'NORM': 15.0}"))
        lines.append(f'{subject},{visit},sub/{file},CANARY {file},{age},{sex},"{codes}"')

    row("007", "first")
    row("007", "second", "2")
    row("007", "second", "2")
    for subject in ("gone", "cut", "liar", "copy", "absent", *KEPT):
        row(subject, subject)
    row("thief", "limbs")
    row("", "orphan2")
    lines.append("ragged,1,x,CANARY,1,1,1,CANARY,CANARY")
    return "\n".join(lines) + "\n"


def superclasses(ptbxl: Path, visits: list[int]) -> dict[str, int]:
    """How many of these records have each superclass, counted as the authors' example code does (literal_eval)."""
    with (ptbxl / "scp_statements.csv").open() as file:
        groups = {row[""]: row["diagnostic_class"] for row in csv.DictReader(file) if row["diagnostic"] == "1.0"}
    counts: dict[str, int] = dict.fromkeys(("NORM", "MI", "CD", "HYP"), 0)
    with (ptbxl / "ptbxl_database.csv").open() as file:
        for row in csv.DictReader(file):
            if int(row["ecg_id"]) in visits:
                for group in {groups[code] for code in ast.literal_eval(row["scp_codes"]) if code in groups}:
                    counts[group] = counts.get(group, 0) + 1
    names = {"NORM": "normal", "MI": "infarction", "CD": "conduction", "HYP": "hypertrophy"}
    return {name: counts[group] for group, name in names.items()}
