"""Readers of other packages: that of the guide works, and a bad one harms nothing."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ecg_records import LEADS, made_ecg, write_record
from latentspace.arrays import read_rows
from latentspace.ingest import IngestOptions, ingest
from latentspace.ingest.limited import Limits
from latentspace.ingest.records import find_records
from latentspace.progress import silent
from latentspace.workspace import open_folder

GUIDE = Path(__file__).parents[1] / "docs" / "guide" / "reader.md"
BEATS = np.arange(0.5, 9.5, 0.8).tolist()
TRICKS = {  # what `read` does, and the code of its line
    "raises": ("raise KeyError(path)", "plugin.failed"),
    "exits": ("raise SystemExit(0)", "plugin.failed"),
    "dies": ("import os; os._exit(1)", "reader.failed"),
    "hangs": ("while True: pass", "reader.failed"),
    "fewer": (
        "return Signal(leads=('I', 'II'), values=np.zeros((1, 5)), sampling_rate_hz=500, source='')",
        "plugin.shape",
    ),
    "flat": ("return Signal(leads=('I',), values=np.zeros(5), sampling_rate_hz=500, source='')", "plugin.shape"),
    "texts": ("return Signal(leads=('I',), values=np.array([['a']]), sampling_rate_hz=500, source='')", "plugin.shape"),
    "rate": ("return Signal(leads=('I',), values=np.zeros((1, 5)), sampling_rate_hz='x', source='')", "plugin.shape"),
    "thing": ("return {'leads': ['I']}", "plugin.shape"),
    "never": ("return None", "plugin.other"),
}


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def test_the_reader_of_the_guide_is_installed_and_reads_what_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, target, source = (tmp_path / name for name in ("package", "target", "source"))
    package.mkdir()
    source.mkdir()
    assert block("python").count("\n") <= 30
    (package / "pyproject.toml").write_text(block("toml"))
    (package / "rhythm_reader.py").write_text(block("python"))
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--disable-pip-version-check", "--target", target, package], check=True)
    values = made_ecg(BEATS)
    lines = [f"RHY 500 {' '.join(LEADS)}", *(" ".join(f"{1000 * v:.2f}" for v in column) for column in values.T)]
    (source / "0071.rhy").write_text("\n".join(lines))
    (source / "0072.rhy").write_text("no such file")
    assert find_records([source]) == ()
    monkeypatch.syspath_prepend(str(target))
    write_record(tmp_path / "same", "0071", values)
    report = ingest([source], tmp_path / "w", IngestOptions(workers=1), silent)
    ingest([tmp_path / "same"], tmp_path / "w2", IngestOptions(workers=1), silent)
    assert [(e.file, e.code) for e in report.entries] == [("0072.rhy", "plugin.other")]
    workspace = open_folder(tmp_path / "w")
    assert workspace.subjects()["subject_id"].to_list() == ["0071"]
    ours = read_rows(open_folder(tmp_path / "w2").recordings("ecg"))
    np.testing.assert_allclose(read_rows(workspace.recordings("ecg")), ours, atol=0.002)


def test_a_bad_reader_is_a_line_and_the_other_files_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site, source = tmp_path / "site", tmp_path / "source"
    (site / "tricks-1.dist-info").mkdir(parents=True)
    (site / "tricks-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: tricks\nVersion: 1\n")
    points = ["[latentspace.readers]", *(f"{name} = trick_{name}" for name in TRICKS), "gone = no_such_module"]
    (site / "tricks-1.dist-info" / "entry_points.txt").write_text("\n".join(points))
    write_record(source, "good", made_ecg(BEATS))
    (source / "a.gone").write_text("x")
    for name, (body, _) in TRICKS.items():
        sniff = f"def sniff(path):\n    return {name != 'never'}\n"
        code = f"import numpy as np\nfrom latentspace.modality import Signal\n{sniff}def read(path):\n    {body}\n"
        (site / f"trick_{name}.py").write_text(code)
        (source / f"a_{name}.{name}").write_text("x")
    monkeypatch.syspath_prepend(str(site))
    report = ingest([source], tmp_path / "w", IngestOptions(workers=1, limits=Limits(seconds_each=2)), silent)
    lines = {entry.file: entry.code for entry in report.entries}
    assert lines == {f"a_{n}.{n}": code for n, (_, code) in TRICKS.items()} | {"a.gone": "plugin.failed"}
    assert open_folder(tmp_path / "w").subjects()["subject_id"].to_list() == ["good"]
    assert not any(name.startswith("trick_") for name in sys.modules)
