"""Presets of disclosure, and Explorer's comparison through route, table and command line."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import latentspace
from built import Built
from built import latentspace as command
from door import client_of
from latentspace.cli import main
from latentspace.comparison.answer import CompareOptions, Side
from latentspace.comparison.text import table_text
from latentspace.disclosure import DOORS, door
from latentspace.errors import InputError
from latentspace.groups import AllOf, Inside, Not, OneOf, to_json


@pytest.fixture(scope="module")
def explorer(digits: Built) -> latentspace.Explorer:
    return latentspace.open(digits.path)


def outlined(explorer: latentspace.Explorer, share: float, drawn_on: str = "") -> Inside:
    """The left of the joint map, up to this share of its people."""
    x = explorer.points("joint", "pca")[:, 0]
    left, right = float(np.nanmin(x)) - 1, float(np.nanquantile(x, share))
    box = ((left, -1e6), (right, -1e6), (right, 1e6), (left, 1e6))
    return Inside(run=explorer.run.name, space="joint", method="pca", polygon=box, map=drawn_on)


def test_small_counts_are_hidden_others_rounded_and_the_smallest_other_goes_along() -> None:
    strict, exact = DOORS["strict"], DOORS["cms11"]
    told = [{strict.of(str(key)).count(n) for key in range(200)} for n in (0, 1, 10, 11, 15, 1002)]
    assert told == [{None}, {None}, {None}, {None, 15}, {15}, {1000, 1005}]
    assert np.mean([strict.of(str(key)).count(1002) or 0 for key in range(5000)]) == pytest.approx(1002, abs=0.2)
    assert [exact.count(n) for n in (0, 1, 10, 11, 1002)] == [0, None, None, 11, 1002]
    assert exact.cells((100, 3, 40, 0)) == (100, None, None, 0)
    assert exact.cells((100, 3, 4)) == (None, None, None), "3 and 4 are 7 together, which the total would tell"
    assert exact.cells((100, 30, 3, 9)) == (100, 30, None, None)
    assert exact.cells((100, 30)) == (100, 30)
    assert DOORS["laptop"].cells((3, 1)) == (3, 1)
    assert door("laptop", "strict", "ukb5").preset == "strict"


def test_a_rounded_mean_does_not_tell_who_was_left_out() -> None:
    values = np.random.default_rng(0).normal(100, 15, 200)
    strict, spread = DOORS["strict"], float(values.std())
    told = [strict.of(str(i)).figure(float(np.delete(values, i).mean()), spread, 199) for i in range(200)]
    assert len(set(told)) <= 3
    assert np.abs(np.array(told) - values.mean()).max() < 1


def test_strict_hides_small_groups_and_the_server_cannot_be_asked_for_less(digits: Built) -> None:
    strict = latentspace.open(digits.path)
    strict.disclosure = "strict"
    few = strict.compare([Side(name="few", recipe=outlined(strict, 0.004))])
    assert few.disclosure == "strict"
    plain = sorted(few.rows, key=lambda row: (row.shape != "numbers", row.name))
    assert [row.name for row in few.rows] == [row.name for row in plain], "the order would tell"
    assert few.groups[0].n is None
    assert all(c.smd.value is None and c.reason for row in few.rows for c in row.contrasts)
    many = strict.compare([Side(name="many", recipe=outlined(strict, 0.4))], CompareOptions(disclosure="laptop"))
    assert many.groups[0].n is not None
    assert many.groups[0].n % 5 == 0
    counts = [n for row in many.rows for g in row.groups for n in g.counts if n is not None]
    assert all(n % 5 == 0 for n in counts)
    assert strict.describe().disclosure == "strict"


def test_the_route_answers_what_explorer_answers(explorer: latentspace.Explorer) -> None:
    recipe = outlined(explorer, 0.3, explorer.describe().map_hash)
    body = {"groups": [{"name": "left", "recipe": to_json(recipe)}], "adjust": [], "disclosure": "laptop"}
    found = explorer.compare([Side(name="left", recipe=recipe)], CompareOptions(adjust=()))
    with client_of(explorer) as client:
        said = client.post("/w/digits/compare", json=body).json()
        assert [row["name"] for row in said["rows"]] == [row.name for row in found.rows]
        assert said["rows"][0]["contrasts"][0]["smd"]["value"] == found.rows[0].contrasts[0].smd.value
        assert said["groups"][0]["n"] == int(explorer.select(recipe).sum())
        table = client.post("/w/digits/compare_table?form=csv", json=body).text
        lines = list(csv.DictReader(io.StringIO(table)))
        first = next(line for line in lines if line["name"] == found.rows[0].name and line["against The rest: smd"])
        assert float(first["against The rest: smd"]) == found.rows[0].contrasts[0].smd.value
        for wrong in ([], {"groups": [{}]}, {"groups": [], "disclosure": "open"}, {"groups": [], "adjust": "age"}):
            assert client.post("/w/digits/compare", json=wrong).json()["code"] == "compare.malformed"
        assert client.post("/w/digits/compare", json={"groups": []}).json()["code"] == "compare.groups"


def test_a_name_can_break_neither_table_nor_spreadsheet(explorer: latentspace.Explorer) -> None:
    side = Side(name="=A|<script>", recipe=outlined(explorer, 0.3))
    html = explorer.compare_table([side], CompareOptions(), "html")
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert explorer.describe().run in html
    heading = explorer.compare_table([side], CompareOptions(), "markdown").splitlines()[0]
    assert "=A\\|<script>" in heading
    assert ",'=A|<script>: n" in explorer.compare_table([side], CompareOptions(), "csv").splitlines()[0]
    found = explorer.compare([side], CompareOptions())
    named = replace(found, rows=(replace(found.rows[0], label="=B|<i>"), *found.rows[1:]))
    assert "&lt;i&gt;" in table_text(named, "html", "")
    assert "<i>" not in table_text(named, "html", "")
    assert "| =B\\|<i>" in table_text(named, "markdown", "")
    assert ",'=B|<i>," in table_text(named, "csv", "")


def test_an_outline_of_maps_that_were_drawn_anew_says_so(explorer: latentspace.Explorer) -> None:
    now = explorer.describe().map_hash
    assert len(now) == 12
    assert explorer.select(outlined(explorer, 0.3, now)).any()
    with pytest.raises(InputError) as caught:
        explorer.select(Not(of=outlined(explorer, 0.3, "0" * 12)))
    assert caught.value.code == "recipe.map_changed"


def test_several_groups_share_one_correction_and_say_when_people_are_in_two(explorer: latentspace.Explorer) -> None:
    sides = [Side(name=str(share), recipe=outlined(explorer, share)) for share in (0.3, 0.6, 0.9)]
    found = explorer.compare(sides)
    assert {len(row.contrasts) for row in found.rows} == {2}
    assert found.tests == sum(c.p is not None for row in found.rows for c in row.contrasts)
    assert any("in several groups" in note for note in found.notes)
    assert any("drawn on a map" in note for note in found.notes)


def test_a_column_of_the_recipe_is_made_and_not_tested(explorer: latentspace.Explorer) -> None:
    p = next(p for p in explorer.describe().phenotypes if p.levels)
    recipe = AllOf(of=(OneOf(column=p.name, values=(p.levels[0],)),))
    row = next(row for row in explorer.compare([Side(name="a", recipe=recipe)]).rows if row.name == p.name)
    assert row.defines
    assert (row.contrasts[0].p, row.contrasts[0].q) == (None, None)


def test_the_command_line_compares_a_recipe_file(
    digits: Built, tmp_path: Path, explorer: latentspace.Explorer, capsys: pytest.CaptureFixture[str]
) -> None:
    file, recipe = tmp_path / "left.json", outlined(explorer, 0.3)
    file.write_text(json.dumps(to_json(recipe)), encoding="utf-8")
    table = command("group", digits.path, "compare", file, "--adjust", "")["table"]
    assert table == explorer.compare_table([Side(name="left", recipe=recipe)], CompareOptions(adjust=()), "csv")
    assert main(["group", str(digits.path), "compare", str(file), "--form", "html", "--disclosure", "strict"]) == 0
    assert capsys.readouterr().out.startswith("<!doctype html>")
    assert command("group", digits.path, "apply", file)["selected"] == int(explorer.select(recipe).sum())
