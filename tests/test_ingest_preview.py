"""`ingest --dry-run`: the plan, the contact sheet, the series map that follows from it; and the report as a page."""

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bulk import CANARY, Scan, cardiosoft, heart, write_folder, write_zip
from ecg_records import made_ecg
from latentspace.arrays import read_rows
from latentspace.errors import InputError, MissingExtraError
from latentspace.ingest import IngestOptions, ingest
from latentspace.ingest import sheet as sheets
from latentspace.ingest.cines import CineJob
from latentspace.ingest.page import report_page
from latentspace.progress import silent
from latentspace.readers.series import Series
from latentspace.report import Entry, IngestReport
from latentspace.workspace import open_folder

TURNED = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people with ECG and cine; one whose two series of the view show two planes; one with no such series."""
    folder = tmp_path_factory.mktemp("source")
    strip = made_ecg([0.5 + 0.8 * k for k in range(12)])
    for i in (1, 2):
        scans = [
            Scan(frames=heart(i, n=10), number=20),
            Scan(frames=heart(i, n=10), number=19),
            Scan(frames=heart(9, n=10), description="CINE_LAX_2Ch", number=3),
            Scan(frames=heart(9, n=3), description="scout", number=1, kind="LOCALIZER"),
        ]
        write_zip(folder / f"{i}_20208_2_0.zip", scans)
        (folder / f"{i}_20205_2_0.xml").write_bytes(cardiosoft(strip + i / 50 * np.sin(np.arange(5000))))
    planes = [
        Scan(frames=heart(5, n=10), description="retro 4CH", number=7),
        Scan(frames=heart(6, n=10), description="retro 4CH", number=8, orientation=TURNED),
    ]
    write_folder(folder / "doubt", planes)
    write_folder(folder / "none", [Scan(frames=heart(7, n=10), description="whatever", number=2)])
    return folder


@pytest.fixture(scope="module")
def planned(source: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[IngestReport, Path]:
    sheet = tmp_path_factory.mktemp("sheet") / "series.png"
    options = IngestOptions(workers=1, dry_run=True, contact_sheet=sheet)
    report = ingest([source], sheet.parent / "w.ls", options, silent)
    assert [path.name for path in sheet.parent.iterdir()] == ["series.png"]
    return report, sheet


def test_the_plan_says_who_has_what_and_which_series_is_taken(planned: tuple[IngestReport, Path]) -> None:
    facts = planned[0].facts
    assert facts["plan"] == [
        "1 (visit 2): ecg 1_20205_2_0.xml cine 1_20208_2_0.zip (cine segmented lax 4ch)",
        "2 (visit 2): ecg 2_20205_2_0.xml cine 2_20208_2_0.zip (cine segmented lax 4ch)",
        "doubt (visit 1): cine doubt (cine.ambiguous)",
        "none (visit 1): cine none (cine.view)",
    ]
    assert (facts["people"], facts["files"]) == (4, {"ecg": 2, "cine": 4})
    assert facts["visits_with"] == {"cine and ecg": 2, "cine": 2}


def test_every_series_that_is_not_taken_has_its_reason(planned: tuple[IngestReport, Path]) -> None:
    assert planned[0].facts["series_left_out"] == {
        "cine segmented lax 4ch: a repeat of this view, the last is taken": 2,
        "cine lax 2ch: not described as 4ch": 2,
        "scout: a localizer": 2,
    }
    assert sorted((e.subject, e.code) for e in planned[0].entries) == [
        ("doubt", "cine.ambiguous"),
        ("none", "cine.view"),
    ]


def test_the_time_that_is_told_is_of_the_size_of_the_work(planned: tuple[IngestReport, Path]) -> None:
    told = re.fullmatch(r"(\d+) s", str(planned[0].facts["estimated_time"]))
    assert told
    assert 3 <= int(told[1]) <= 30


def test_the_contact_sheet_shows_the_middle_frame_of_every_candidate(planned: tuple[IngestReport, Path]) -> None:
    picture = np.asarray(Image.open(planned[1]).convert("L")).astype(float)
    step = sheets.HIGH + sheets.TEXT + 2 * sheets.MARGIN
    for row, column, seed in ((0, 0, 5), (0, 1, 6), (1, 0, 7)):
        top = 2 * sheets.MARGIN + row * step + 20
        left = sheets.MARGIN + column * (sheets.WIDE + sheets.MARGIN)
        wanted = heart(seed, n=10)[5].astype(float)
        scale = min(sheets.WIDE / 140, sheets.HIGH / 120)
        shown = picture[top : top + int(120 * scale), left : left + int(140 * scale)]
        small = np.asarray(Image.fromarray(shown.astype(np.uint8)).resize((140, 120))).astype(float)
        assert np.corrcoef(small.ravel(), wanted.ravel())[0, 1] > 0.98
    assert picture.shape[0] < 3 * step


def test_a_line_of_the_sheet_in_a_series_map_chooses_on_the_next_run(source: Path, tmp_path: Path) -> None:
    (tmp_path / "series_map.csv").write_text("series,view\n1.2.3.7,4ch\n1.2.3.2,4ch\n")
    options = IngestOptions(workers=1, series_map=tmp_path / "series_map.csv")
    with pytest.raises(
        InputError, match="could be read"
    ):  # seven alone is not enough: the map must be read, not guessed
        ingest([source / "doubt"], tmp_path / "w.ls", IngestOptions(workers=1), silent)
    report = ingest([source / "doubt", source / "none"], tmp_path / "w.ls", options, silent)
    assert report.rejected == 0
    assert [row["series"] for row in report.recordings] == [7, 2]
    assert read_rows(open_folder(tmp_path / "w.ls").recordings("cine")).shape == (2, 50, 96, 96)


def test_without_pillow_a_sheet_is_refused_before_anything_is_read(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "find_spec", lambda _: None)
    options = IngestOptions(dry_run=True, contact_sheet=tmp_path / "a.png")
    with pytest.raises(MissingExtraError, match="formats"):
        ingest([source], tmp_path / "w.ls", options, silent)


def test_the_normal_run_says_the_plan_before_it_begins(source: Path, tmp_path: Path) -> None:
    said: list[tuple[str, str]] = []

    def progress(phase: str, done: float, total: float, note: str = "") -> None:
        del done, total
        said.append((phase, note))

    (tmp_path / "t.csv").write_text("subject_id\n1\n2\n")
    ingest([source], tmp_path / "w.ls", IngestOptions(workers=1, table=tmp_path / "t.csv"), progress)
    assert said[0] == ("Planning", "2 people: 2 ecg, 2 cine; 2 files are left out")
    assert said[1][0] == "Reading records"


class Page(HTMLParser):
    """What a page names, and the text of its cells."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        super().__init__()
        self.tags: list[str] = []
        self.names: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag and its attributes."""
        self.tags.append(tag)
        self.names += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        """The text of a cell."""
        self.texts.append(data)


def test_the_page_beside_the_report_has_every_line_and_needs_nothing_else(source: Path, tmp_path: Path) -> None:
    report = ingest([source], tmp_path / "w.ls", IngestOptions(workers=1), silent)
    text = (tmp_path / "w.ls" / "ingest.html").read_text()
    page = Page()
    page.feed(text)
    assert not {"script", "img", "link", "iframe", "object"} & set(page.tags)
    assert not {"src", "href", "onload", "onclick"} & set(page.names)
    assert CANARY not in text
    for entry in report.entries:
        assert {entry.file, entry.reason, entry.hint, entry.code} <= set(page.texts)
    assert "ingest.html" in open_folder(tmp_path / "w.ls").hashes


def test_what_files_say_is_text_on_the_page_and_many_lines_are_cut_off() -> None:
    evil = "<script>alert(1)</script>"
    line = Entry(file=evil, code="a.b", reason=evil, hint=evil, subject=evil)
    page = Page()
    page.feed(report_page(evil, IngestReport(entries=[line] * 2500, facts={"series_chosen": {evil: 2}})))
    assert "script" not in page.tags
    assert page.texts.count(evil) == 4 * 2000 + 2
    assert "500 more are in ingest.json." in page.texts


def test_a_frame_of_one_grey_and_a_large_one_are_drawn(tmp_path: Path) -> None:
    series = Series(key="1.2", number=1, description="4ch", frames=9, parts=())
    job = CineJob(path=tmp_path, name="a", subject="a", modality="cine", view="4ch", mapping=())
    drawn = sheets.candidate(job, series, np.full((600, 700), -3.5))
    assert drawn.frame is not None
    assert drawn.frame.shape == (300, 350)
    assert drawn.line == "1.2,4ch"
    sheets.write_sheet(tmp_path / "a.png", {"a": [drawn, sheets.candidate(job, series, None)]})
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(InputError, match="cannot be written"):
        sheets.write_sheet(tmp_path / "none" / "a.png", {"a": [drawn]})
