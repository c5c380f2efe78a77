"""The table of several seeds: every goal is a figure that an evaluation has, and the mean is over the runs with it."""

from studies.seeds import GOALS, table


def test_the_mean_is_of_the_runs_that_have_the_figure() -> None:
    name = "reconstruction.cine.heart_dyn"
    runs = [{name: {"value": 0.1}}, {name: {"value": 0.3}}, {name: {"value": None, "reason": "no heart"}}]
    rows = {line[0]: line[1:] for line in (row.strip("| ").split(" | ") for row in table(runs).splitlines()[2:])}
    assert set(rows) == set(GOALS)
    assert rows[name] == ["at most .16", "0.1", "0.3", "-", "0.2"]
    assert rows["alignment.auc"][-1] == "-"
