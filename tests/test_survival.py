"""Survival of groups: by Explorer, route and command line, from a table with planted hazards."""

import csv
import io
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

import latentspace
from built import Built
from built import latentspace as command
from door import client_of
from followed_cohort import EVENT, TIME, plant, planted
from latentspace.columns import Columns
from latentspace.comparison.answer import CompareOptions, Side
from latentspace.errors import InputError, MissingExtraError, NotFoundError
from latentspace.groups import AllOf, AnyOf, Not, OneOf, to_json
from latentspace.ingest.cells import BadCell, read_cell
from latentspace.phenotype import Dictionary, Phenotype, parse_dictionary
from latentspace.stats.following import Course
from latentspace.survival.table import Following
from test_following import censored

THREES = Side(name="threes", recipe=OneOf(column="digit", values=("three",)))
Followed = Callable[[str], latentspace.Explorer]


@pytest.fixture(scope="module")
def explorer(digits: Built, tmp_path_factory: pytest.TempPathFactory) -> latentspace.Explorer:
    """The digits, followed up: threes have twice the hazard of others, and nothing else matters."""
    path = tmp_path_factory.mktemp("followed") / "digits"
    shutil.copytree(digits.path, path, copy_function=os.link)
    threes = (pl.read_parquet(path / "subjects.parquet")["digit"] == "three").to_numpy()
    plant(path, *planted(np.log(2) * threes, 0.08, np.random.default_rng(1)))
    return latentspace.open(path)


def test_explorer_finds_the_planted_ratio_and_its_curves_are_scipys(explorer: latentspace.Explorer) -> None:
    found = explorer.survival([THREES], options=CompareOptions(adjust=()))
    ratio = found.contrasts[0].ratio
    assert ratio.low is not None
    assert ratio.high is not None
    assert ratio.low < 2 < ratio.high
    assert (found.name, found.unit, found.ticks[-1]) == ("years_followed", "years", 10.0)
    time, event = (explorer.workspace.subjects()[name].to_numpy() for name in ("years_followed", "had_event"))
    mask = explorer.select(THREES.recipe)
    for group, who in zip(found.groups, (mask, ~mask), strict=True):
        own = Course(time[who].astype(float), event[who] == 1)
        share = stats.ecdf(censored(own)).sf.evaluate(np.array(found.times))
        told = [value for value in group.share if value is not None]
        np.testing.assert_allclose(told, share[: len(told)], atol=1e-9)
        assert len(told) < len(found.times) or own.time.max() >= found.times[-1]
        assert (group.n, group.events) == (int(who.sum()), own.events)
        assert list(group.at_risk) == [int((own.time >= tick).sum()) for tick in found.ticks]
    assert found.p is not None
    assert found.p < 0.01


def test_nobody_one_person_no_event_and_people_in_two_groups_give_null_and_a_reason() -> None:
    table = pl.DataFrame(
        {"t": [1.0, 2.0, 3.0, 4.0, None, 5.0], "e": [False, False, True, None, True, True], "x": [1.0] * 6}
    )
    columns = Columns(
        table,
        Dictionary(
            (
                Phenotype(name="t", label="t", kind="time_to_event", event="e"),
                Phenotype(name="e", label="e", kind="boolean"),
                Phenotype(name="x", label="x", kind="continuous"),
            )
        ),
    )
    following = Following.of(columns, "")
    nobody, one, no_event, two = (np.array(rows, np.int64) for rows in ([3, 4], [0], [0, 1], [2, 5]))
    assert (following.followed("", nobody).reason, following.followed("", nobody).missing) == (
        "nobody whose time is known",
        2,
    )
    assert following.followed("", one).reason == "one person is no curve"
    assert following.followed("", one).share == ()
    flat = following.followed("", no_event)
    assert (flat.reason, flat.events, flat.share[0], flat.low[0]) == ("nobody had the event", 0, 1.0, None)
    assert following.log_rank([no_event, no_event], shared=False) == (None, "nobody had the event")
    assert following.log_rank([nobody, two], shared=False) == (None, "nobody whose time is known")
    assert following.log_rank([two, one], shared=True) == (None, "some people are in both groups")
    for pair, shared in (((two, no_event), False), ((two, nobody), False), ((two, two), True)):
        said = following.hazards("", pair, ["x"], shared=shared)
        assert said.reason
        assert said.ratio.value is None


def test_people_of_two_groups_are_not_tested(explorer: latentspace.Explorer) -> None:
    both = Side(name="threes too", recipe=AnyOf(of=(THREES.recipe, OneOf(column="digit", values=("two",)))))
    found = explorer.survival([THREES, both])
    assert (found.p, found.contrasts[0].ratio.value) == (None, None)
    assert found.reason == found.contrasts[0].reason == "some people are in both groups"


def test_without_a_group_everyone_has_one_curve(explorer: latentspace.Explorer) -> None:
    found = explorer.survival()
    assert [(group.name, group.n) for group in found.groups] == [("Everyone", explorer.describe().n)]
    assert (found.p, found.contrasts) == (None, ())


def test_the_models_foresee_what_was_planted_out_of_fold(explorer: latentspace.Explorer) -> None:
    """Who is a three is a phenotype, and to be seen in the picture: both foresee better than chance, not perfectly."""
    found = explorer.hazards()
    by_source = {model.source: model for model in found.models}
    assert list(by_source) == ["latents", "phenotypes", "both"]
    for model in found.models:
        c = model.concordance
        assert c.value is not None
        assert 0.5 < c.value < 0.65, model.source
        assert model.n == explorer.describe().n
    terms = {term.label: term.ratio for term in by_source["phenotypes"].terms}
    assert not {TIME["label"], EVENT["label"]} & set(terms)
    assert max(terms, key=lambda name: terms[name].value or 0) == "Digit: three"


def test_in_noise_the_models_are_chance(explorer: latentspace.Explorer, tmp_path: Path) -> None:
    path = tmp_path / "noise.ls"
    shutil.copytree(explorer.workspace.path, path, copy_function=os.link)
    table = pl.read_parquet(path / "subjects.parquet").drop(TIME["name"], EVENT["name"])
    (path / "subjects.parquet").unlink()
    table.write_parquet(path / "subjects.parquet")
    dictionary = json.loads((path / "phenotypes.json").read_text(encoding="utf-8"))[:-2]
    (path / "phenotypes.json").unlink()
    (path / "phenotypes.json").write_text(json.dumps(dictionary), encoding="utf-8")
    plant(path, *planted(np.zeros(len(table)), 0.02, np.random.default_rng(5)))
    for model in latentspace.open(path).hazards().models:
        assert model.concordance.low is not None
        assert model.concordance.high is not None
        assert model.concordance.low < 0.52
        assert model.concordance.high > 0.48


def test_the_routes_answer_what_explorer_answers(explorer: latentspace.Explorer) -> None:
    body = {"groups": [{"name": "threes", "recipe": to_json(THREES.recipe)}], "adjust": []}
    found = explorer.survival([THREES], options=CompareOptions(adjust=()))
    with client_of(explorer) as client:
        said = client.post("/w/digits/survival", json=body).json()
        assert said["groups"][0]["share"] == list(found.groups[0].share)
        assert said["contrasts"][0]["ratio"]["value"] == found.contrasts[0].ratio.value
        assert client.post("/w/digits/survival?event=ink", json=body).json()["code"] == "survival.event"
        assert client.post("/w/digits/survival", json=[]).json()["code"] == "compare.malformed"
        models = client.get("/w/digits/hazards?disclosure=strict").json()
        assert models["disclosure"] == "strict"
        assert all(model["events"] % 5 == 0 for model in models["models"])


def test_the_command_line_writes_the_groups_as_table_and_curve(explorer: latentspace.Explorer, tmp_path: Path) -> None:
    file = tmp_path / "threes.json"
    file.write_text(json.dumps(to_json(THREES.recipe)), encoding="utf-8")
    said = command("group", explorer.workspace.path, "survival", file)
    lines = list(csv.DictReader(io.StringIO(said["table"])))
    found = explorer.survival([THREES])
    assert said["event"] == "years_followed"
    assert [
        float(line["without the event"]) for line in lines if line["group"] == "threes" and line["without the event"]
    ] == [share for share in found.groups[0].share if share is not None]


def test_without_lifelines_curves_stay_and_the_rest_says_what_to_install(
    explorer: latentspace.Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "lifelines", None)
    fresh = latentspace.open(explorer.workspace.path)
    found = fresh.survival([THREES])
    assert found.groups[0].share[0] == 1.0
    assert found.p is not None
    assert "latent-space-explorer[survival]" in found.contrasts[0].reason
    with pytest.raises(MissingExtraError) as caught:
        fresh.hazards()
    assert caught.value.code == "survival.missing"


def test_a_workspace_without_a_time_to_an_event_says_how_to_declare_one(digits: Built) -> None:
    with pytest.raises(NotFoundError, match="kind time_to_event"):
        latentspace.open(digits.path).survival([THREES])


def test_strict_survival_hides_few_events_and_rounds_the_rest(explorer: latentspace.Explorer) -> None:
    strict = CompareOptions(disclosure="strict")
    found, exact = explorer.survival([THREES], options=strict), explorer.survival([THREES])
    assert found.disclosure == "strict"
    for group, true in zip(found.groups, exact.groups, strict=True):
        assert group.n is not None
        assert group.n % 5 == 0
        told = [share for share in group.share if share is not None]
        assert told == sorted(told, reverse=True)
        near = [value for value in true.share[::5] if value is not None][: len(told)]
        assert np.abs(np.array(told) - near).max() < 0.15
        assert all(n is None or n % 5 == 0 for n in group.at_risk)
    few = AllOf(of=(THREES.recipe, OneOf(column=EVENT["name"], values=("Yes",))))
    small = explorer.survival([Side(name="few", recipe=Not(of=Not(of=few)))], options=strict)
    assert small.groups[0].share == ()
    assert small.groups[0].n is None
    assert small.p is None


@pytest.mark.parametrize("event", ["", "nothing", "x"])
def test_a_time_to_an_event_names_a_boolean(event: str) -> None:
    rows = [{"name": "t", "kind": "time_to_event", "event": event}, {"name": "x", "kind": "continuous"}]
    with pytest.raises(InputError) as caught:
        parse_dictionary(json.dumps(rows), where="here")
    assert caught.value.code == "dictionary.event"


def test_a_time_to_an_event_is_read_from_a_table_and_never_predicts() -> None:
    dictionary = parse_dictionary(json.dumps([TIME, {**EVENT, "section": "Elsewhere"}]), where="here")
    assert [dictionary.later(p.name) for p in dictionary] == [True, True]
    assert parse_dictionary(dictionary.to_json(), where="here") == dictionary
    assert '"event"' not in Dictionary((dictionary["had_event"],)).to_json()
    time = dictionary["years_followed"]
    assert read_cell(time, "3.25") == 3.25
    assert read_cell(time, "-1") == BadCell("cell.range", "-1 is before the recording: a time to an event is 0 or more")
