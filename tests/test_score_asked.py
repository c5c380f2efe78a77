"""Explorer's scores: of everyone as `evaluate` says, of a group as its people alone say, and the same over HTTP."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import r2_score, roc_auc_score

from door import client_of
from foreign_run import foreign_run
from latentspace.answers import Figure
from latentspace.errors import InputError, NotFoundError
from latentspace.evaluate.downstream import downstream
from latentspace.evaluate.parts import plain
from latentspace.explorer import Explorer
from latentspace.groups import AllOf, AnyOf, Between, Inside, Not, OneOf, columns_of, to_json
from latentspace.scores.answer import ScoreTable
from test_downstream import SPACES, with_phenotypes

TALLER = Between(column="weight", low=0.0, high=100.0)
NOBODY = AnyOf(of=())


@pytest.fixture(scope="module")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> Explorer:
    workspace, run = foreign_run(tmp_path_factory.mktemp("scored"), missing=9)
    with_phenotypes(workspace)
    figures = {name: plain(each) for name, each in downstream(workspace, run, np.random.default_rng(0)).items()}
    run.write_file("evaluation.json", json.dumps(figures).encode())
    return Explorer(workspace, run)


def figures_of(table: ScoreTable, name: str, people: int) -> Mapping[str, Figure]:
    return next(task for task in table.tasks if task.name == name).scored[people].figures


def test_everyone_is_scored_as_evaluate_says(explorer: Explorer) -> None:
    evaluated = json.loads(explorer.run.file("evaluation.json").read_text())
    for space in SPACES:
        for task in explorer.score(space=space).tasks:
            for name, figure in task.scored[0].figures.items():
                said = evaluated[f"downstream.{space}.{task.name}.{name}"]
                assert (figure.value is None) == (said["value"] is None), (space, task.name)
                assert figure.n == said["n"]
                if figure.value is not None:
                    assert figure.value == pytest.approx(said["value"], abs=1e-5), (space, task.name, name)


def test_a_group_is_scored_by_its_people_alone(explorer: Explorer) -> None:
    scores, subjects = pl.read_parquet(explorer.run.file("scores.parquet")), explorer.workspace.subjects()
    rows = explorer.select(TALLER)
    table = explorer.score([TALLER, NOBODY])
    height = r2_score(subjects["height"].to_numpy()[rows], scores["joint.height"].to_numpy()[rows])
    assert figures_of(table, "height", 1)["r2"].value == pytest.approx(height, abs=1e-5)
    held = explorer.columns(["part"])["part"] == 2
    task = next(task for task in table.tasks if task.name == "height")
    of_held = r2_score(subjects["height"].to_numpy()[held], scores["joint.height"].to_numpy()[held])
    assert task.scored[0].held_out.value == pytest.approx(of_held, abs=1e-5)
    assert (task.scored[2].n, task.scored[2].figures["r2"].value) == (0, None)


def test_auroc_of_a_group_compares_within_folds(explorer: Explorer) -> None:
    scores, rows = pl.read_parquet(explorer.run.file("scores.parquet")), explorer.select(TALLER)
    tall, said, fold = _tall(explorer), scores["joint.tall"].to_numpy(), scores["fold"].to_numpy()
    won, pairs = 0.0, 0
    for each in range(5):
        some = rows & (fold == each)
        many = int(tall[some].sum() * (~tall[some]).sum())
        won, pairs = won + many * (roc_auc_score(tall[some], said[some]) if many else 0), pairs + many
    found = figures_of(explorer.score([TALLER]), "tall", 1)["auroc"]
    assert found.value == pytest.approx(won / pairs)


def _tall(explorer: Explorer) -> np.ndarray:
    return explorer.workspace.subjects()["tall"].to_numpy().astype(bool)


def test_one_task_is_told_from_every_space_with_calibration_and_labels(explorer: Explorer) -> None:
    told = explorer.score_task("tall", [TALLER], space="a")
    assert tuple(one.space for one in told.sources) == SPACES
    table = explorer.score([TALLER], space="a")
    task = next(task for task in table.tasks if task.name == "tall")
    assert next(one for one in told.sources if one.space == "a").scored == task.scored
    everyone, group = told.calibration
    assert everyone.observed == pytest.approx(_tall(explorer).mean())
    assert sum(one.n for one in group.bins) == group.n == task.scored[1].n
    assert told.gaps[0] == task.worst or not task.worst
    assert {one.labels for one in explorer.score_task("height").learnt} >= {100, 300, 1000}


def test_a_difference_of_what_decides_a_group_is_not_looked_for(explorer: Explorer) -> None:
    told = explorer.score_task("weight", [TALLER])
    assert all(gap.attribute != "group" for gap in told.gaps)
    outline = Inside(run="r", space="joint", method="tsne", polygon=())
    both = AllOf(of=(TALLER, Not(of=OneOf(column="tall", values=("Yes",))), outline))
    assert columns_of(both) == {"weight", "tall"}


def test_both_routes_answer_what_explorer_answers(explorer: Explorer) -> None:
    client, body = client_of(explorer), json.dumps([to_json(TALLER)])
    table = client.post("/w/linear.ls/score?space=code&by=build", content=body)
    assert table.json() == json.loads(json.dumps(asdict(explorer.score([TALLER], space="code", by=["build"]))))
    task = client.post("/w/linear.ls/score_task?name=build%3Dslight", content=body)
    assert task.json() == json.loads(json.dumps(asdict(explorer.score_task("build=slight", [TALLER]))))
    for query, content, code in (
        ("score?space=nowhere", "[]", "score.space"),
        ("score_task?name=luckier", "[]", "score.task"),
        ("score?by=nothing", "[]", "column.missing"),
        ("score", json.dumps([to_json(TALLER)] * 9), "score.too_many"),
        ("score", "{}", "recipe.malformed"),
    ):
        assert client.post(f"/w/linear.ls/{query}", content=content).json()["code"] == code


def test_a_run_of_before_says_what_to_do(tmp_path: Path) -> None:
    workspace, run = foreign_run(tmp_path)
    explorer = Explorer(workspace, run)
    with pytest.raises(NotFoundError, match="latentspace evaluate"):
        explorer.score()
    downstream(workspace, run, np.random.default_rng(0))
    record = run.record["scoring"]
    record["spaces"].pop("both")
    run.update(scoring=record)
    run.write_file("evaluation.json", b"{}")
    (lacking,) = (one for one in Explorer(workspace, run).score().sources if one.reason)
    assert lacking.name == "both"
    assert "latentspace evaluate" in lacking.reason
    with pytest.raises(InputError, match="8 at most"):
        explorer.score(by=["height"] * 9)
