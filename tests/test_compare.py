"""Two runs side by side: paired differences against a direct bootstrap, and when there can be none."""

import json
import shutil
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from foreign_run import foreign_run
from latentspace.cli import main
from latentspace.embed import embed
from latentspace.errors import NotFoundError
from latentspace.evaluate import evaluate
from latentspace.evaluate.compare import compare, flat, paired
from latentspace.evaluate.parts import read_parts
from latentspace.progress import silent
from latentspace.run import Run
from latentspace.stats.bootstrap import ratio
from latentspace.workspace import Workspace

Pair = tuple[Workspace, Run, Run]


def another(workspace: Workspace, run: Run, name: str, scale: float) -> Run:
    """The same run but for decoders whose weights are `scale` times as large."""
    copy = Run(shutil.copytree(run.path, run.path.parent / name))
    for m in "ab":
        network = onnx.load(copy.path / f"decoder_{m}.onnx")
        weight = network.graph.initializer[0]
        weight.CopyFrom(numpy_helper.from_array(scale * numpy_helper.to_array(weight), weight.name))
        copy.write_file(f"decoder_{m}.onnx", network.SerializeToString())
    embed(workspace, copy, silent)
    return copy


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A linear run, and the same with decoders that draw too large; both evaluated."""
    workspace, run = foreign_run(tmp_path_factory.mktemp("compare"))
    other = another(workspace, run, "louder", 1.2)
    for each in (run, other):
        evaluate(workspace, each, seed=0, progress=silent)
    return workspace, run, other


def test_the_parts_of_people_give_the_figure_again(pair: Pair) -> None:
    parts, figures = read_parts(pair[1]), json.loads(pair[1].file("evaluation.json").read_text())
    assert parts
    assert len(parts.people) == 24
    assert len(parts.figures) > 20
    for name, each in parts.figures.items():
        assert each.above.sum() / each.below.sum() == pytest.approx(figures[name]["value"]), name
        assert len(each.above) == figures[name]["n"], name
    assert not any("parts" in figure for figure in figures.values())


def test_the_paired_difference_is_that_of_a_bootstrap_done_by_hand() -> None:
    rng = np.random.default_rng(3)
    hard = rng.exponential(size=300)  # some people are hard for both models: what pairing takes out
    total = rng.exponential(size=300) + 1
    a, b = hard + 0.1 * rng.random(300), 0.9 * hard + 0.1 * rng.random(300)
    drawn = []
    for _ in range(4000):
        who = rng.integers(0, 300, 300)
        drawn.append(b[who].sum() / total[who].sum() - a[who].sum() / total[who].sum())
    found = paired(ratio(a, total), ratio(b, total))
    assert found.value == pytest.approx(b.sum() / total.sum() - a.sum() / total.sum())
    assert [found.low, found.high] == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=2e-3)
    assert found.high is not None
    assert found.high < 0


def test_two_runs_are_paired_on_the_same_people(pair: Pair) -> None:
    found = compare(*pair)
    row = found.rows["reconstruction.a.mae"]
    assert row.difference.reason is None
    assert row.difference.value == pytest.approx(row.b["value"] - row.a["value"])
    assert row.difference.low is not None
    assert row.difference.low > 0  # 20 % too large is worse for everybody
    assert "no sum over people" in str(found.rows["alignment.auc"].difference.reason)
    assert not any(name.startswith("traversal.z") for name in (*found.rows, *found.only_a, *found.only_b))


def test_a_run_differs_from_itself_by_nothing(pair: Pair) -> None:
    workspace, run, _ = pair
    rows = compare(workspace, run, run).rows
    intervals = [
        (r.difference.value, r.difference.low, r.difference.high) for r in rows.values() if not r.difference.reason
    ]
    assert len(intervals) > 10
    assert set(intervals) == {(0.0, 0.0, 0.0)}


def test_another_seed_or_another_cohort_is_unpaired_and_says_so(pair: Pair) -> None:
    workspace, run, _ = pair
    other = another(workspace, run, "elsewhere", 1.1)
    evaluate(workspace, other, seed=7, progress=silent)
    difference = compare(workspace, run, other).rows["reconstruction.a.mae"].difference
    assert difference.low is None
    assert "another seed" in str(difference.reason)
    (other.path / "evaluation.safetensors").unlink()
    assert "older version" in str(compare(workspace, run, other).rows["reconstruction.a.mae"].difference.reason)


def test_a_run_that_is_not_evaluated_is_an_error_that_names_verb_and_run(pair: Pair) -> None:
    workspace, run, _ = pair
    other = another(workspace, run, "unjudged", 1.0)
    (other.path / "evaluation.json").unlink()
    with pytest.raises(NotFoundError) as error:
        compare(workspace, run, other)
    assert error.value.code == "run.incomplete"
    assert f"evaluate {workspace.path} --run unjudged" in error.value.hint


def test_the_command_prints_a_table_or_one_object(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    workspace, run, other = pair
    run.update(config={"preset": "fast", "seed": 3, "objective": {"kl": 1.0}}, seconds=12.0, epochs=4)
    assert main(["compare", str(workspace.path), run.name, other.name]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "config objective.kl" in "\n".join(lines)
    line = next(line for line in lines if line.startswith("reconstruction.a.mae"))
    assert line.count("[") == 1
    assert main(["compare", str(workspace.path), run.name, other.name, "--json"]) == 0
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert said["a"]["epochs"] == 4
    assert set(said["figures"]["reconstruction.a.mae"]["b_minus_a"]) == {"value", "low", "high", "n"}


def test_settings_are_flattened_as_overrides_are_written() -> None:
    assert flat({"seed": 1, "objective": {"kl": 2.0}}) == {"seed": 1, "objective.kl": 2.0}
