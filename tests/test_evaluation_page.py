"""The page of an evaluation: complete, self-contained, honest about what is drawn, and safe with hostile texts."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from factor_cohort import IMAGE, SIGNAL, TABLE
from foreign_run import foreign_run
from latentspace.cli import main
from latentspace.codec import Decoder, OnnxCodec
from latentspace.evaluate import evaluate
from latentspace.evaluate.drawings import interval, paper_for, scale_of, traces
from latentspace.evaluate.page import page
from latentspace.evaluate.people import held_out
from latentspace.evaluate.pictures import Look, look_at, sample_row, strip_row
from latentspace.evaluate.png import CHANGES, GREYS, png, shaded
from latentspace.evaluate.samples import Judged, Sample, Strip
from latentspace.evaluate.words import Metric, bracket, metric_of, number
from latentspace.modality import CINE, Axis, Modality
from latentspace.progress import silent
from latentspace.run import Run
from latentspace.stats.bootstrap import Figure
from latentspace.workspace import Workspace

HOSTILE = '"><script>alert(1)</script>'
HEART = Modality(
    name="cine",
    label="Cine",
    axes=tuple(Axis(name=n, size=s) for n, s in zip(("time", "row", "column"), CINE, strict=True)),
    unit="grey",
    dtype="uint8",
)
LEADS = Modality(
    name="ecg",
    label="ECG",
    axes=(
        Axis(name="lead", size=4, labels=("I", "II", "III", "<V1>")),
        Axis(name="time", size=600, step=0.002, unit="s"),
    ),
    unit="mV",
)


FOUR = Modality(name="four", label="Four", axes=tuple(Axis(name=n, size=2) for n in "abcd"), unit="1")
LONG = Modality(name="long", label="Long", axes=(Axis(name="gene", size=90),), unit="1")


class Seen(HTMLParser):
    """Tags with their attributes; which figures hold a picture, of what kind and with which words."""

    def __init__(self, html: str) -> None:
        """Read it all."""
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.figures: list[dict[str, Any]] = []
        self.loose = 0
        self._inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag; count pictures outside of figures."""
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag == "figure":
            self._inside = True
            self.figures.append({"kind": given["class"], "pictures": 0, "drawn": 0, "words": ""})
        picture = tag == "img" or (tag == "svg" and given.get("class") == "traces")
        if picture and self._inside:
            self.figures[-1]["pictures"] += 1
        if (picture or given.get("class") == "now") and not self._inside:
            self.loose += 1
        if given.get("class") == "now" and self._inside:
            self.figures[-1]["drawn"] += 1

    def handle_endtag(self, tag: str) -> None:
        """Leave the figure."""
        self._inside = self._inside and tag != "figure"

    def handle_data(self, data: str) -> None:
        """Words within a figure."""
        if self._inside:
            self.figures[-1]["words"] += data


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Run, str]:
    """A workspace with a hostile title, label and subject, its run, and the page."""
    workspace, run = foreign_run(tmp_path_factory.mktemp("page"))
    manifest = json.loads((workspace.path / "workspace.json").read_text())
    ids = pl.read_parquet(workspace.path / "subjects.parquet")
    ids = ids.with_columns((pl.col("subject_id") + HOSTILE).alias("subject_id"))
    ids.write_parquet(workspace.path / "subjects.parquet")
    modalities = tuple(replace(m, label=m.label + HOSTILE, unit=HOSTILE) for m in workspace.modalities)
    hostile = replace(workspace, title=manifest["title"] + HOSTILE, modalities=modalities, simulator="")
    run.update(config={"preset": HOSTILE}, versions={HOSTILE: HOSTILE})
    evaluate(hostile, run, seed=0, progress=silent)
    return hostile, run, run.file("evaluation.html").read_text(encoding="utf-8")


def test_every_figure_and_every_reason_is_on_the_page(judged: tuple[Workspace, Run, str]) -> None:
    _, run, text = judged
    figures = json.loads(run.file("evaluation.json").read_text())
    for name, figure in figures.items():
        row = re.search(rf"<tr><td>[^<]*<code>{re.escape(name)}</code>.*?</tr>", text)
        assert row, name
        assert (number(figure["value"]) if figure["value"] is not None else figure["reason"]) in row[0], name
        assert ("low" in figure) == ("<circle" in row[0]), name
    assert any(figure["value"] is None for figure in figures.values())
    assert "Not judged here" not in text


def test_many_figures_are_folded_and_all_there(judged: tuple[Workspace, Run, str]) -> None:
    workspace, run, _ = judged
    people = held_out(workspace, run, np.random.default_rng(0))
    decoder = Decoder(OnnxCodec(run, workspace.modalities), run.spaces(workspace.modalities))
    names = [f"downstream.{space}.height.r2_at_{i}" for space in ("joint", "a") for i in range(40)]
    figures = {name: Figure(value=0.5, low=0.4, high=0.6, n=9) for name in names}
    seen = Judged(
        people=people, decoder=decoder, effects={m: np.ones(4) for m in "ab"}, courses={}, figures=figures, seed=0
    )
    written = page(workspace, run, seen)
    assert written.count("<details><summary>") == 2
    assert all(f"<code>{name}</code>" in written for name in names)
    assert "Height · R squared learnt from 39 people" in written


def test_nothing_runs_and_nothing_is_fetched(judged: tuple[Workspace, Run, str]) -> None:
    text = judged[2]
    seen = Seen(text)
    assert not {"script", "link", "iframe", "object", "form"} & {tag for tag, _ in seen.tags}
    assert "://" not in text
    assert "@import" not in text
    for tag, given in seen.tags:
        assert not any(name.startswith("on") for name in given), tag
        if tag == "a":
            assert str(given["href"]).startswith("#")
        assert str(given.get("src", "data:image/png")).startswith("data:image/png")
    assert set(re.findall(r"url\(([^)]*)\)", text)) <= {"#mm", "#cm"}


def test_hostile_texts_are_words(judged: tuple[Workspace, Run, str]) -> None:
    text = judged[2]
    assert "<script" not in text
    assert text.count("&lt;script&gt;") > 10


def test_all_that_is_decoded_is_marked_and_people_are_not_called_simulated(judged: tuple[Workspace, Run, str]) -> None:
    text = judged[2]
    seen = Seen(text)
    drawn = [figure for figure in seen.figures if figure["drawn"]]
    assert len(drawn) == 2 * 3 * 2 + 3 * 2 * 5  # two modalities, three people, two panels; three dimensions, five steps
    assert all(figure["kind"] == "generated" and "GENERATED" in figure["words"] for figure in drawn)
    assert seen.loose == 0
    assert "figure.generated > div { border: 1px dashed" in text
    assert "simulated" not in text.lower()
    assert "confidential" in text


def test_the_command_says_where_the_page_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace, run = foreign_run(tmp_path)
    assert main(["evaluate", str(workspace.path), "--quick", "--json"]) == 0
    said = capsys.readouterr()
    assert set(json.loads(said.out)) == set(json.loads(run.file("evaluation.json").read_text()))
    assert said.err.splitlines()[-1] == f"The page is {run.path / 'evaluation.html'}"


def test_the_same_evaluation_gives_the_same_page(judged: tuple[Workspace, Run, str]) -> None:
    workspace, run, text = judged
    evaluate(workspace, run, seed=0, progress=silent)
    assert run.file("evaluation.html").read_text(encoding="utf-8") == text


def test_best_median_and_worst_are_those_of_the_translation(tmp_path: Path) -> None:
    workspace, run = foreign_run(tmp_path)
    evaluate(workspace, run, seed=0, progress=silent)
    text = run.file("evaluation.html").read_text(encoding="utf-8")
    assert "SIMULATED" not in text  # traces lie over each other: nothing recorded stands alone
    assert "over simulated (grey)" in text
    rows = workspace.subjects().with_row_index()
    held = np.flatnonzero(run.split(workspace.subjects()) == "held_out")
    held = np.array([r for r in held if rows["visit"][int(r)] == "1"])
    x = {m: np.asarray(workspace.recordings(m)[:]) for m in "ab"}
    z = np.zeros((len(held), 8), np.float32)
    z[:, :4] = run.embedding("b")[held]
    drawn = OnnxCodec(run, workspace.modalities).decode(z, "a")
    seen = np.setdiff1d(np.arange(len(rows)), np.flatnonzero(run.split(workspace.subjects()) == "held_out"))
    typical = x["a"][seen].mean(axis=0)
    unexplained = ((x["a"][held] - drawn) ** 2).sum(axis=1) / ((x["a"][held] - typical) ** 2).sum(axis=1)
    order = np.argsort(unexplained)
    for rank, i in (("Best", order[0]), ("Median", order[len(order) // 2]), ("Worst", order[-1])):
        subject = rows["subject_id"][int(held[i])]
        assert f"{rank} <span>{subject}, unexplained variance {number(float(unexplained[i]))}</span>" in text


def test_a_heart_is_shown_at_both_phases_with_its_change_and_stays_small() -> None:
    rng = np.random.default_rng(0)
    still = rng.integers(0, 200, CINE).astype(np.uint8)
    still[:] = still[0]
    beating = still.copy()
    beating[17, 40:60, 40:60] += 50
    look = look_at(HEART, beating.reshape(1, -1))
    sample = Sample(
        rank="Best", of=9, place=0, unexplained=0.5, modality=HEART, source=SIGNAL,
        recorded=beating.ravel(), reconstructed=still.ravel(), translated=still.ravel(),
    )  # fmt: skip
    row = sample_row(look, sample, "Simulated")
    figures = Seen(row).figures
    assert [(f["kind"], f["pictures"]) for f in figures] == [("recorded", 3), ("generated", 3), ("generated", 3)]
    assert "SIMULATED" in figures[0]["words"]
    assert row.count('alt="end systole"') == row.count('alt="change"') == 3
    assert len(set(re.findall(r"base64,[^\"]*", row))) == 4  # two phases differ only in the recorded heart
    strip = strip_row(look, Strip(along="z0", share=0.1, modality=HEART, drawn=np.stack([beating.ravel()] * 5)))
    assert [f["pictures"] for f in Seen(strip).figures] == [4] * 5
    assert len(row) < 200_000


@pytest.mark.parametrize("modality", [SIGNAL, IMAGE, TABLE, LEADS, FOUR, LONG], ids=lambda m: m.name)
def test_every_kind_of_modality_has_a_picture(modality: Modality) -> None:
    drawn = np.random.default_rng(0).random((5, int(np.prod(modality.shape)))).astype(np.float32)
    strip = strip_row(look_at(modality, drawn), Strip(along="z0", share=0.1, modality=modality, drawn=drawn))
    for label in ("−2 SD", "0 SD", "+2 SD"):
        assert label in strip
    figures = Seen(strip).figures
    assert [f["pictures"] + f["drawn"] > 0 for f in figures] == [True] * 5


def test_a_png_is_read_back_by_an_independent_decoder() -> None:
    levels = np.random.default_rng(0).integers(0, 256, (7, 11)).astype(np.uint8)
    for palette in (GREYS, CHANGES):
        read = np.asarray(Image.open(BytesIO(png(levels, palette))).convert("RGB"))
        np.testing.assert_array_equal(read, palette[levels])


def test_no_change_is_neutral_and_ink_is_dark() -> None:
    middle = shaded(np.zeros((1, 1)), -3.0, 3.0)[0, 0]
    assert CHANGES[middle].tolist() == [0x12, 0x12, 0x12]
    np.testing.assert_array_equal(shaded(np.array([[0.0, 1.0, 2.0]]), 1.0, 0.0), [[255, 0, 0]])


def test_a_trace_stands_on_ecg_paper_at_25_mm_a_second_and_10_mm_a_millivolt() -> None:
    values = np.zeros((4, 600), np.float32)
    values[1, 300] = 1.5
    assert scale_of(LEADS, values.reshape(1, -1)) == 10
    paper = paper_for(LEADS, 10.0, values.reshape(1, -1))
    svg = traces(paper, values.ravel(), values.ravel(), 4)
    assert f'width="{2 * 30 * 4}"' in svg  # two columns of 1.2 s
    assert "&lt;V1&gt;" in svg
    line = re.findall(r"M(\d+) (\d+)l([-\d ]+)", svg)[1]
    steps = np.array(line[2].split(), int).reshape(-1, 2)
    points = np.vstack([[[int(line[0]), int(line[1])]], steps]).cumsum(axis=0)
    highest = points[points[:, 1].argmin()]
    assert highest[0] - points[0, 0] == 15 * 20  # 0.6 s in twentieths of a millimetre
    assert points[0, 1] - highest[1] == 15 * 20


def test_the_dot_of_an_interval_lies_where_its_axis_says() -> None:
    figure, share = Figure(value=0.25, low=0.2, high=0.3, n=9), Metric(label="x", ends=(0.0, 1.0), nothing=0.5)
    drawn = interval(figure, share)
    assert 'cx="47.0"' in drawn  # 4 + 0.25 x 172
    assert 'd="M90.0 2V16"' in drawn
    wider = interval(Figure(value=1.2, low=-0.1, high=1.7, n=9), share)
    assert re.findall(r'class="end">([^<]*)<', wider) == ["-0.1", "2"]


def test_the_line_of_knowing_nothing_in_a_pool_is_chance() -> None:
    assert metric_of("retrieval.a_to_b.recall_at_5", 400).nothing == pytest.approx(5 / 400)
    assert metric_of("new.thing.half_life", 4).label == "half life"


def test_numbers_have_three_digits_and_intervals_the_decimals_of_their_value() -> None:
    assert [number(v) for v in (0.0, 0.0342, 1.0, 12.34, 400.0, 1234.0)] == [
        "0.00", "0.0342", "1.00", "12.3", "400", "1,234",
    ]  # fmt: skip
    assert bracket(0.0258, 0.0228, 0.029) == "[0.0228, 0.0290]"
    assert number(float("1e-9")) == "0.000000"


def test_a_look_of_nobody_is_still_one() -> None:
    look = look_at(TABLE, np.full((3, 6), np.nan, np.float32))
    assert isinstance(look, Look)
    assert look.limits is not None
    assert np.isfinite(look.limits).all()
