"""Downstream figures, scores.parquet and predictions: a linear run with phenotypes of known relation to its factors."""

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from safetensors.numpy import load_file
from scipy.special import expit
from sklearn.metrics import average_precision_score, brier_score_loss, mean_absolute_error, r2_score
from threadpoolctl import threadpool_limits

from door import client_of
from foreign_run import N, foreign_run
from latentspace.columns import Columns
from latentspace.errors import InputError, LatentSpaceError, NotFoundError
from latentspace.evaluate.downstream import downstream
from latentspace.evaluate.lessons import done
from latentspace.evaluate.scores import score
from latentspace.evaluate.targets import raw_phenotypes, targets_of
from latentspace.explorer import Explorer
from latentspace.phenotype import Dictionary, Phenotype
from latentspace.run import Run
from latentspace.stats.bootstrap import Figure
from latentspace.stats.scoring import Problem, fit
from latentspace.workspace import Workspace

Judged = tuple[Workspace, Run, dict[str, Figure]]
SPACES = ("joint", "a", "b", "code", "all", "phenotypes", "both")


def with_phenotypes(workspace: Workspace) -> pl.DataFrame:
    """`height` is a factor, `tall` and `build` follow from it; `luck` is noise, `rare` and `same` cannot be judged."""
    rng = np.random.default_rng(7)
    subjects = workspace.subjects()
    height = subjects["height"].to_numpy()
    luck = rng.standard_normal(N)
    luck[:10] = np.nan
    subjects = subjects.with_columns(
        tall=pl.Series(height + 0.3 * rng.standard_normal(N) > 0),
        build=pl.Series(np.array(["slight", "middling", "strong"])[np.digitize(height, [-0.5, 0.5])]),
        luck=pl.Series(luck, nan_to_null=True),
        height_twice=pl.Series(2 * height + 1),
        weight=pl.Series(height + rng.standard_normal(N)),
        rare=pl.Series(np.arange(N) // 4 == 12),
        same=pl.Series(np.ones(N)),
        years_to_end=pl.Series(height),
        day=pl.Series([19_000] * N).cast(pl.Date),
    )
    kinds: dict[str, Any] = {"tall": "boolean", "rare": "boolean", "build": "nominal", "day": "date"}
    names = [c for c in subjects.columns if c not in ("subject_id", "visit", "kept_with")]
    dictionary = Dictionary(
        tuple(
            Phenotype(
                name=name,
                label=name.title(),
                kind=kinds.get(name, "continuous"),
                unit="cm" if name == "height" else "",
                section="Follow-up" if name == "years_to_end" else "Phenotypes",
                levels=("slight", "middling", "strong") if name == "build" else (),
            )
            for name in names
        )
    )
    subjects.write_parquet(workspace.path / "subjects.parquet")
    (workspace.path / "phenotypes.json").write_text(dictionary.to_json())
    return subjects


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    workspace, run = foreign_run(tmp_path_factory.mktemp("downstream"), missing=9)
    with_phenotypes(workspace)
    return workspace, run, downstream(workspace, run, np.random.default_rng(0))


def test_every_space_predicts_every_phenotype_or_says_why_not(judged: Judged) -> None:
    figures = judged[2]
    number = {"r2", "mae", "held_out_r2", "held_out_coverage_90"}
    chance = {"auroc", "auprc", "brier", "calibration_slope", "held_out_auroc"}
    for space in SPACES:
        for key in ("height", "luck", "weight", "same", "years_to_end", "height_twice"):
            assert number <= {n.rpartition(".")[2] for n in figures if n.startswith(f"downstream.{space}.{key}.")}
        for key in ("tall", "rare", "build=slight", "build=middling", "build=strong"):
            assert chance <= {n.rpartition(".")[2] for n in figures if n.startswith(f"downstream.{space}.{key}.")}
        assert figures[f"downstream.{space}.day"].reason == "not predicted: a date"
        assert figures[f"downstream.{space}.same.r2"].reason == "the same for everybody"
        assert "4 people of one class" in (figures[f"downstream.{space}.rare.auroc"].reason or "")
    for name, each in figures.items():
        assert (each.value is None) == bool(each.reason), name
        if each.low is not None and each.high is not None:
            assert each.low <= (each.value or 0) <= each.high, name


def test_what_was_planted_is_found_and_noise_is_not(judged: Judged) -> None:
    figures = judged[2]
    for space in ("joint", "a", "b", "code", "all"):
        assert (figures[f"downstream.{space}.height.r2"].value or 0) > 0.95, space
        assert (figures[f"downstream.{space}.tall.auroc"].value or 0) > 0.9, space
        assert (figures[f"downstream.{space}.luck.r2"].value or 0) < 0.1, space
    assert figures["downstream.joint.weight.r2"].value == pytest.approx(0.5, abs=0.15)
    assert (figures["downstream.joint.height.r2_at_100"].reason or "") == "fewer people are not held out"


def test_figures_are_of_the_scores_that_were_written(judged: Judged) -> None:
    workspace, run, figures = judged
    scores, subjects = pl.read_parquet(run.file("scores.parquet")), workspace.subjects()
    assert len(scores) == N
    said, height = scores["joint.height"].to_numpy(), subjects["height"].to_numpy()
    assert figures["downstream.joint.height.r2"].value == pytest.approx(r2_score(height, said), abs=1e-5)
    assert figures["downstream.joint.height.mae"].value == pytest.approx(mean_absolute_error(height, said), abs=1e-5)
    chance, tall = scores["joint.tall"].to_numpy(), subjects["tall"].to_numpy()
    assert figures["downstream.joint.tall.brier"].value == pytest.approx(brier_score_loss(tall, chance), abs=1e-5)
    precision = average_precision_score(tall, chance)
    assert figures["downstream.joint.tall.auprc"].value == pytest.approx(precision, abs=1e-5)
    assert np.isnan(scores["b.height"].to_numpy()[:9]).all()  # no recording of b
    assert np.isnan(scores["all.height"].to_numpy()[:9]).all()
    assert np.isfinite(scores["code.height"].to_numpy()).all()
    assert np.isnan(scores["joint.luck"].to_numpy()[:10]).all()  # not known


def test_a_second_visit_is_predicted_by_people_who_are_others(judged: Judged) -> None:
    workspace, run, _ = judged
    scores = score(workspace, run)
    assert scores.known.fold[0] == scores.known.fold[N - 1]  # the first person's two visits
    assert scores.known.held_out[0] == scores.known.held_out[N - 1]


def test_what_gives_a_phenotype_away_does_not_predict_it(judged: Judged) -> None:
    columns = Columns(judged[0].subjects(), judged[0].dictionary())
    targets, left_out = targets_of(columns)
    assert left_out == {"day": "a date"}
    keys = [t.key for t in targets]
    _, allowed = raw_phenotypes(columns, targets)
    inputs = [key for key in keys if key != "years_to_end"]  # follow-up predicts nothing
    may = {key: {inputs[i] for i in np.flatnonzero(allowed[:, keys.index(key)])} for key in keys}
    assert len(allowed) == len(inputs)
    assert may["weight"] >= {"height", "tall", "luck"}
    assert not may["height"] & {"height", "height_twice"}
    assert not may["height_twice"] & {"height", "height_twice"}
    assert not may["build=strong"] & {"build=slight", "build=middling", "height", "height_twice"}
    assert not may["years_to_end"] & {"height", "height_twice"}


def test_columns_that_determine_a_phenotype_together_do_not_predict_it(tmp_path: Path) -> None:
    workspace, _ = foreign_run(tmp_path)
    rng = np.random.default_rng(0)
    end, stroke, other = rng.uniform(60, 90, N), rng.uniform(60, 100, N), rng.standard_normal(N)
    table = (
        workspace.subjects()
        .select("subject_id", "visit")
        .with_columns(
            fraction=pl.Series(100 * stroke / (stroke + end)),
            stroke=pl.Series(stroke),
            whole=pl.Series(stroke + end),
            other=pl.Series(other),
        )
    )
    names = ("fraction", "stroke", "whole", "other")
    columns = Columns(table, Dictionary(tuple(Phenotype(name=n, label=n, kind="continuous") for n in names)))
    targets, _ = targets_of(columns)
    _, allowed = raw_phenotypes(columns, targets)
    assert allowed[1:3, 0].sum() == 1  # a quotient: one of its two parts stays
    assert allowed[3, 0]


def test_a_code_is_predicted_by_the_weights_that_were_written(judged: Judged) -> None:
    workspace, run, _ = judged
    explorer = Explorer(workspace, run)
    z = np.random.default_rng(0).standard_normal(explorer.n_latent).astype(np.float32)
    tensors = load_file(run.file("predictors.safetensors"))
    said = {p.name: p for p in explorer.predict(None, z)}
    linear = dict(zip(said, z @ tensors["code.weights"][-1] + tensors["code.offset"][-1], strict=True))
    assert said["height"].value == pytest.approx(float(linear["height"]), abs=1e-5)
    assert said["tall"].value == pytest.approx(float(expit(linear["tall"])), abs=1e-5)
    joint = {p.name: p.value for p in explorer.predict(None, z, "joint")}
    moved = {p.name: p.value for p in explorer.predict(None, np.append(z[:4], z[4:] + 1).astype(np.float32), "joint")}
    assert joint == moved  # private latents have no say in `joint`


def test_the_code_of_a_row_is_predicted_as_the_row_is(judged: Judged) -> None:
    workspace, run, _ = judged
    explorer = Explorer(workspace, run)
    height = workspace.subjects()["height"].to_numpy()
    for row in (20, 60):
        z = explorer.encode(row, ["a", "b"]).z
        for said in (explorer.predict(None, z)[0], explorer.predict(row)[0]):
            assert said.value == pytest.approx(height[row], abs=0.2)
            assert (said.low or 0) < (said.value or 0) < (said.high or 0)
        own, recorded = explorer.predict(row, z), explorer.predict(row)  # the person taught neither
        for said, same in zip(own, recorded, strict=True):
            assert (said.value is None) == (same.value is None)
            assert said.value == pytest.approx(same.value, abs=1e-4)
            assert said.n == same.n


def test_a_row_is_predicted_out_of_fold_with_an_interval_and_what_is_no_better_than_chance_is_not(
    judged: Judged,
) -> None:
    workspace, run, figures = judged
    explorer, scores = Explorer(workspace, run), pl.read_parquet(run.file("scores.parquet"))
    said = {p.name: p for p in explorer.predict(50, space="joint")}
    assert said["height"].value == pytest.approx(scores["joint.height"][50])
    assert said["height"].skill == figures["downstream.joint.height.r2"].value
    residual = np.sort(np.abs(workspace.subjects()["height"].to_numpy() - scores["joint.height"].to_numpy()))
    width = residual[int(np.ceil(0.9 * (N + 1))) - 1]
    assert (said["height"].high or 0) - (said["height"].value or 0) == pytest.approx(width, abs=1e-4)
    assert 0.75 * N < said["height"].n < N
    assert (said["tall"].level, said["tall"].low) == ("Yes", None)
    assert said["luck"].value is None
    assert said["luck"].reason == "predicted no better than by the mean of all"
    without_b = {p.name: p for p in explorer.predict(0, space="b")}
    assert without_b["height"].value is None
    assert "missing" in without_b["height"].reason


def test_what_cannot_be_predicted_is_said_with_a_hint(judged: Judged, tmp_path: Path) -> None:
    explorer = Explorer(judged[0], judged[1])
    z = np.zeros(explorer.n_latent, np.float32)
    for ask, kind, code in (
        (lambda: explorer.predict(None), InputError, "predict.nothing"),
        (lambda: explorer.predict(None, z, "all"), NotFoundError, "predict.space"),
        (lambda: explorer.predict(1, space="weather"), NotFoundError, "predict.space"),
        (lambda: explorer.predict(N), NotFoundError, "subject.missing"),
        (lambda: explorer.predict(None, z[:2]), InputError, "code.malformed"),
    ):
        with pytest.raises(kind) as raised:
            ask()
        assert isinstance(raised.value, LatentSpaceError)
        assert raised.value.code == code
    workspace, run = foreign_run(tmp_path)
    with pytest.raises(NotFoundError, match="latentspace evaluate"):
        Explorer(workspace, run).predict(1)


def test_a_cohort_without_phenotypes_has_nothing_to_predict(tmp_path: Path) -> None:
    workspace, run = foreign_run(tmp_path)
    workspace.subjects().drop("height").write_parquet(workspace.path / "subjects.parquet")
    (workspace.path / "phenotypes.json").write_text("[]")
    assert downstream(workspace, run, np.random.default_rng(0)) == {}
    assert Explorer(workspace, run).predict(3) == []
    assert Explorer(workspace, run).predict(None, np.zeros(8, np.float32)) == []


def test_both_routes_answer_what_explorer_answers(judged: Judged) -> None:
    explorer = Explorer(judged[0], judged[1])
    z = explorer.encode(30, ["a", "b"]).z
    client = client_of(explorer)
    row = client.get("/w/linear.ls/predict?row=30&space=joint")
    assert row.json() == [asdict(p) for p in explorer.predict(30, space="joint")]
    for query, asked in (("", None), ("?row=30", 30)):
        code = client.post(f"/w/linear.ls/predict{query}", content=z.tobytes())
        assert code.json() == [asdict(p) for p in explorer.predict(asked, z)]
    refused = client.post("/w/linear.ls/predict?space=all", content=z.tobytes())
    assert (refused.status_code, refused.json()["code"]) == (404, "predict.space")


def test_the_same_rows_get_the_same_scores_whatever_the_seed_of_the_bootstrap(tmp_path: Path) -> None:
    workspace, run = foreign_run(tmp_path)
    before = downstream(workspace, run, np.random.default_rng(0))
    scores, record = run.file("scores.parquet").read_bytes(), run.record["scoring"]
    after = downstream(workspace, run, np.random.default_rng(1))
    assert run.file("scores.parquet").read_bytes() == scores
    assert json.dumps(record["targets"]) == json.dumps(run.record["scoring"]["targets"])
    name = "downstream.joint.height.r2"
    assert before[name].value == after[name].value
    assert before[name].low != after[name].low


def test_a_piece_of_work_has_the_same_bytes_however_many_threads_the_process_has() -> None:
    """Of 400 people and 203 columns the linear algebra itself gives other last digits on two threads than on one."""
    x = np.random.default_rng(0).standard_normal((400, 203))
    y = x[:, :1] + np.random.default_rng(1).standard_normal((400, 1))
    allowed, person = np.ones((203, 1), bool), np.arange(400)
    problem = Problem(x=x, y=y, binary=np.array([False]), person=person, allowed=allowed)
    learnt: set[bytes] = set()
    for threads in (1, 2):
        with threadpool_limits(threads, "blas"):
            learnt.add(done(partial(fit, problem)).weights.tobytes())
    assert len(learnt) == 1
