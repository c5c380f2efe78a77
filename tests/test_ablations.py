"""The study of ablations: what can be taken away, and what the table says."""

import json
from pathlib import Path

import pytest

from factor_cohort import factor_workspace
from foreign_run import foreign_run
from latentspace.demo import BuildOptions, build
from latentspace.modality import Axis, Modality
from latentspace.progress import silent
from latentspace.train import Config
from latentspace.train.baselines import configured
from latentspace.train.presets import TrainOptions, beside_large, overridden
from studies.ablations import PARTS, WHOLE, columns, parts, table


def test_a_part_is_taken_away_only_where_it_is_on() -> None:
    alone, beside = Config(), beside_large(Config())
    assert set(PARTS) - set(parts(alone)) == {"no convolutions", "no timing"}
    assert set(PARTS) - set(parts(beside)) == {"linear drawing", "no mixing", "no matching"}


def test_each_part_changes_another_setting() -> None:
    changed = [overridden(Config(convolutions="on"), taken) for taken in PARTS.values()]
    assert all(a != b for i, a in enumerate(changed) for b in changed[:i])


def test_what_is_taken_away_beside_a_cine_is_in_the_configuration_that_names_the_run() -> None:
    axes = (Axis(name="time", size=50), Axis(name="row", size=96), Axis(name="column", size=96))
    cine = Modality(name="cine", label="MRI", axes=axes, unit="grey")
    whole = configured(TrainOptions(), [cine])
    assert whole == beside_large(Config())
    for taken in parts(whole).values():
        assert configured(TrainOptions(overrides=taken), [cine]) == overridden(whole, taken) != whole


def test_the_columns_are_figures_that_an_evaluation_has(tmp_path: Path) -> None:
    workspace = factor_workspace(tmp_path / "w")
    assert configured(TrainOptions(), workspace.modelled) == Config()
    run = build(workspace, BuildOptions(overrides={"steps": 0}), silent)
    names = [m.name for m in workspace.modelled]
    figures = json.loads(run.file("evaluation.json").read_text(encoding="utf-8"))
    assert set(columns(names)) <= set(figures)
    line = table({WHOLE: run}, names).splitlines()[-1].strip("| ").split(" | ")
    assert line[0] == WHOLE
    recall = figures["retrieval.signal_to_image.recall_at_10"]["value"]
    assert float(line[1]) == pytest.approx(recall, abs=5e-4)


def test_a_figure_that_cannot_be_had_is_a_dash(tmp_path: Path) -> None:
    run = foreign_run(tmp_path)[1]
    run.write_file("evaluation.json", json.dumps({"alignment.auc": {"value": None, "reason": "one only"}}).encode())
    run.update(cpu_seconds=2.4)
    cells = table({WHOLE: run}, ["a", "b"]).splitlines()[-1].strip("| ").split(" | ")
    assert cells == [WHOLE, *["-"] * 8, "2"]
