"""The comparison with DropFuse: what counts as better, and what the table says."""

import json
from pathlib import Path

from foreign_run import foreign_run
from studies.against_dropfuse import FAIR, ahead, direction, table


def test_less_unexplained_variance_and_more_recall_are_better() -> None:
    recall, left = "retrieval.ecg_to_cine.recall_at_10", "reconstruction.ecg.unexplained_variance"
    assert ahead(recall, 0.5, 0.4)
    assert not ahead(recall, 0.4, 0.4)
    assert ahead(left, 0.1, 0.4)
    assert not ahead(left, 0.4, 0.1)
    assert not ahead(left, None, 0.1)
    for neither in ("latent.kl", "retrieval.ecg_to_cine.pool", "traversal.z03.ecg.spearman"):
        assert direction(neither) == 0


def test_the_table_says_in_which_comparisons_a_figure_is_better(tmp_path: Path) -> None:
    key = "retrieval.a_to_b.recall_at_1"
    recall = {"ours": 0.5, "ours (a)": 0.7, "dropfuse (a)": 0.6, "dropfuse (b)": 0.6, "dropfuse_small (c)": 0.1}
    assert {name for pair in FAIR for name in pair} == set(recall)
    runs = {}
    for name, value in recall.items():
        runs[name] = foreign_run(tmp_path / name)[1]
        runs[name].write_file(
            "evaluation.json", json.dumps({key: {"value": value}, "latent.kl": {"value": 1}}).encode()
        )
        runs[name].update(n_parameters=1, passes=2, seconds=3.0, cpu_seconds=4.0)
    rows = [line.strip("| ").split(" | ") for line in table(runs).splitlines()]
    assert rows[0] == ["ours", "ours (a)", "dropfuse (a)", "dropfuse (b)", "dropfuse_small (c)", "better in"]
    assert rows[-1] == [f"{key} ↑", "0.5", "0.7", "0.6", "0.6", "0.1", "a c"]
