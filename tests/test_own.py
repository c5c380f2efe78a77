"""An ECG that is not of the cohort: read from its files, encoded as the cohort's own, and kept nowhere."""

import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

import latentspace
from built import Built
from device_files import write_scp
from door import client_of
from ecg_records import LEADS, made_ecg, real_data, write_record
from latentspace.errors import InputError
from latentspace.readers import lead_csv, wfdb


@pytest.fixture(scope="module")
def explorer(ptbxl: Built) -> Iterator[latentspace.Explorer]:
    opened = latentspace.open(ptbxl.path)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def record() -> tuple[str, dict[str, bytes]]:
    """A real recording that the workspace holds too: its name, and its files."""
    header = sorted(real_data().rglob("*.hea"))[3]
    return header.stem, {path.name: path.read_bytes() for path in (header, header.with_suffix(".dat"))}


def as_csv(values: np.ndarray, *, rate_hz: float = 500, unit: str = "", separator: str = ",") -> bytes:
    """A table with a column of seconds and one for each lead."""
    lines = [separator.join(["time", *(f"{lead}{unit}" for lead in LEADS)])]
    lines += [separator.join(f"{v:.6g}" for v in (i / rate_hz, *column)) for i, column in enumerate(values.T)]
    return "\n".join(lines).encode()


def test_a_dropped_record_has_the_code_of_the_same_record_in_the_cohort(
    explorer: latentspace.Explorer, ptbxl: Built, record: tuple[str, dict[str, bytes]]
) -> None:
    name, files = record
    own = explorer.own(files)
    with (real_data() / "ptbxl_database.csv").open(encoding="utf-8") as table:
        person = next(row for row in csv.DictReader(table) if row["filename_hr"].endswith(name))
    rows = [
        row
        for row, text in enumerate(explorer.workspace.subjects()["subject_id"].to_list())
        if text == str(int(float(person["patient_id"])))
    ]
    limb = own.recordings["limb"]
    row = next(r for r in rows if np.array_equal(explorer.subject(r).recordings["limb"], limb))
    np.testing.assert_allclose(own.code.z, explorer.encode(row, ["limb", "chest"]).z, atol=1e-5)
    assert own.modalities == ("limb", "chest")
    assert ptbxl.path == explorer.workspace.path


def test_microvolts_taken_for_millivolts_are_refused_with_the_unit_as_a_hint(explorer: latentspace.Explorer) -> None:
    values = made_ecg(np.arange(0.5, 9.5, 0.8).tolist())
    assert explorer.own({"a.csv": as_csv(values)}).modalities
    with pytest.raises(InputError, match=r"own\.unlike"):
        explorer.own({"a.csv": as_csv(1000 * values)})


def test_a_dropped_file_of_a_device_is_the_same_ecg_as_a_table_of_its_leads(
    explorer: latentspace.Explorer, tmp_path: Path
) -> None:
    values = made_ecg(np.arange(0.5, 9.5, 0.8).tolist())
    names = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")  # the others follow from I and II
    path = write_scp(tmp_path / "0071.scp", {name: values[LEADS.index(name)] for name in names}, nv=1000)
    device, table = explorer.own({path.name: path.read_bytes()}), explorer.own({"a.csv": as_csv(values)})
    np.testing.assert_allclose(device.recordings["limb"], table.recordings["limb"], atol=0.003)
    np.testing.assert_allclose(device.code.z, table.code.z, atol=0.05)


def test_predictions_of_a_dropped_record_come_from_its_own_modality(explorer: latentspace.Explorer) -> None:
    own = explorer.own({"mine.csv": as_csv(made_ecg(np.arange(0.5, 9.5, 0.8).tolist()))})
    limb = {p.name: p for p in explorer.predict(None, own.code.z, "limb")}
    joint = {p.name: p for p in explorer.predict(None, own.code.z, "joint")}
    assert limb.keys() == joint.keys()
    assert any(limb[name].value != joint[name].value for name in limb)


def test_nothing_of_a_dropped_file_stays(
    explorer: latentspace.Explorer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = sorted(p for p in explorer.workspace.path.rglob("*") if p.is_file())
    explorer.own({"mine.csv": as_csv(made_ecg(np.arange(0.5, 9.5, 0.8).tolist()))})
    assert list(tmp_path.iterdir()) == []
    assert sorted(p for p in explorer.workspace.path.rglob("*") if p.is_file()) == before


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({}, "own.unreadable"),
        ({"a.txt": b"hello"}, "own.unreadable"),
        ({"a.csv": b"time,I,II\n0,1,x\n"}, "own.unusable"),
        ({"a.csv": b"I,II,V1\n0,1,2\n"}, "own.unusable"),
        ({"a.hea": b"a 1 500 10\nb.dat 16 200/mV 16 0 0 0 0 I\n"}, "own.unusable"),
        ({f"{i}.dat": b"" for i in range(9)}, "own.too_large"),
        ({"../../.bashrc": b"x"}, "own.unreadable"),
        ({"noise.csv": as_csv(np.random.default_rng(0).normal(0, 0.02, (12, 5000)))}, "own.unusable"),
    ],
    ids=["nothing", "text", "word", "no-time", "no-signal", "many", "path", "noise"],
)
def test_what_is_no_ecg_is_refused_with_a_hint(
    explorer: latentspace.Explorer, files: dict[str, bytes], code: str
) -> None:
    with pytest.raises(InputError) as refused:
        explorer.own(files)
    assert refused.value.code == code
    assert refused.value.hint


def test_a_workspace_without_ecg_says_so(digits: Built) -> None:
    with pytest.raises(InputError) as refused:
        latentspace.open(digits.path).own({"a.csv": as_csv(made_ecg([1.0, 2.0]))})
    assert refused.value.code == "own.no_ecg"


def test_the_route_takes_files_as_bytes_and_answers_arrays(
    explorer: latentspace.Explorer, record: tuple[str, dict[str, bytes]]
) -> None:
    _, files = record
    body = save({name: np.frombuffer(content, np.uint8) for name, content in files.items()})
    with client_of(explorer) as client:
        home = f"/w/{explorer.workspace.name}"
        answer = client.post(f"{home}/own", content=body)
        assert answer.status_code == 200, answer.text
        np.testing.assert_allclose(load(answer.content)["z"], explorer.own(files).code.z, atol=1e-6)
        assert client.post(f"{home}/own", content=b"zzz").json()["code"] == "body.malformed"


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        (as_csv(np.ones((12, 40)), rate_hz=250), 250.0),
        (as_csv(1000 * np.ones((12, 40)), unit=" [uV]"), 500.0),
        (as_csv(np.ones((12, 40)), separator="\t"), 500.0),
        (as_csv(np.ones((12, 40)) + 0.5, separator=";").replace(b".", b",").replace(b"1,5", b"1"), 500.0),
        (b"\xef\xbb\xbf" + as_csv(np.ones((12, 40))).replace(b"time", b"time [s]", 1), 500.0),
    ],
    ids=["250-hz", "microvolt", "tab", "decimal-comma", "bom-and-unit"],
)
def test_tables_of_leads_are_read_in_the_dialects_of_exporters(tmp_path: Path, text: bytes, rate: float) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text)
    assert lead_csv.sniff(path)
    signal = lead_csv.read(path)
    assert signal.leads == tuple(LEADS)
    assert signal.sampling_rate_hz == pytest.approx(rate, rel=1e-3)
    np.testing.assert_allclose(signal.values, 1.0, atol=1e-6)


def test_a_table_of_people_is_no_recording(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("patient_id,age,sex\n1,60,0\n")
    assert not lead_csv.sniff(path)


def test_a_csv_and_a_wfdb_record_of_the_same_values_are_the_same_signal(tmp_path: Path) -> None:
    values = made_ecg(np.arange(0.5, 9.5, 0.8).tolist())
    header = write_record(tmp_path, "a", values)

    (tmp_path / "a.csv").write_bytes(as_csv(wfdb.read(header).values))
    np.testing.assert_allclose(lead_csv.read(tmp_path / "a.csv").values, wfdb.read(header).values, rtol=1e-5, atol=1e-6)


WAITING = """
import time
from latentspace.ingest.limited import Child, Limits
child = Child(Limits())
child.start()
print(next(iter(child._pool._processes)), flush=True)
time.sleep(600)
"""


def test_a_server_that_is_killed_leaves_no_child_behind() -> None:
    with subprocess.Popen([sys.executable, "-c", WAITING], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        time.sleep(2)  # the child imports what it needs before it watches
        parent.kill()
        parent.wait()
        for _ in range(100):
            if not Path(f"/proc/{child}").exists():
                break
            time.sleep(0.1)
        assert not Path(f"/proc/{child}").exists()
