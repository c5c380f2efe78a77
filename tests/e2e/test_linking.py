"""Brush, lasso, and everything follows, with the counts that Python computes for the same recipe."""

import json
import math

import numpy as np
import pytest
from browser import Visit


def circle(seen: Visit, selector: str, across: float, down: float, radius: float = 60) -> None:
    x, y = seen.place(selector, across, down)
    turns = [2 * math.pi * i / 24 for i in range(25)]
    seen.stroke([(x + radius * math.cos(a), y + radius * math.sin(a)) for a in turns])


def brush(seen: Visit) -> None:
    """Drag over a histogram."""
    histogram = f"[role=group][aria-label='{seen.numeric.label}'] canvas"
    seen.stroke([seen.place(histogram, share, 0.4) for share in (0.45, 0.6, 0.95)])
    seen.settles(lambda: seen.state("shown") != str(len(seen.explorer.workspace.subjects())), "fewer are shown")


def bars_and_medians_agree(seen: Visit) -> None:
    """Every chart says what numpy says of the same rows."""
    mask = seen.mask()
    subjects = seen.explorer.workspace.subjects()
    for phenotype in seen.explorer.describe().phenotypes:
        values = subjects[phenotype.name]
        if phenotype.numeric:
            said = seen.page.get_by_role("group", name=phenotype.label, exact=True).inner_text()
            median = float(np.nanmedian(values.to_numpy().astype(float)[mask]))
            assert any(same(word, median) for word in said.split()), (phenotype.name, said)
        elif phenotype.kind == "nominal":
            for level in phenotype.levels:
                bar = seen.page.get_by_role("button", name=f"{phenotype.label}: {level}").inner_text()
                assert int((values == level).fill_null(value=False).to_numpy()[mask].sum()) == first_number(bar)
        else:
            bar = seen.page.get_by_role("button", name=phenotype.label, exact=False).first.inner_text()
            assert int(values.fill_null(value=False).to_numpy()[mask].sum()) == first_number(bar)


def same(word: str, value: float) -> bool:
    try:
        written = float(word.replace("\u2212", "-").replace(",", ""))
    except ValueError:
        return False
    last_digit = 1 if abs(value) >= 100 else 0.1 if abs(value) >= 10 else 0.01
    return abs(written - value) <= 0.501 * last_digit


def first_number(text: str) -> int:
    return next(int(word.replace(",", "")) for word in text.split() if word.replace(",", "").isdigit())


def test_a_brush_of_a_histogram_is_followed_by_both_maps_and_every_chart(seen: Visit) -> None:
    maps = [seen.map(modality) for modality in seen.two]
    before = [seen.rests(selector) for selector in maps]
    brush(seen)
    values = seen.explorer.workspace.subjects()[seen.numeric.name].to_numpy().astype(np.float32)
    part = json.loads(seen.state("recipe"))["of"][0]
    by_hand = int(((values >= part["low"]) & (values <= part["high"])).sum())
    assert 20 < by_hand < len(values) - 20
    assert seen.mask().sum() == by_hand == int(seen.state("shown"))
    for selector, old in zip(maps, before, strict=True):
        assert f"{by_hand:,} shown" in seen.page.locator(selector).inner_text()
        seen.settles(lambda selector=selector, old=old: seen.picture(selector) != old, f"{selector} is drawn anew")
    bars_and_medians_agree(seen)


@pytest.mark.parametrize("method", ["t-SNE", "PCA"])
def test_a_lasso_on_one_map_is_followed_by_every_chart_and_the_other_map(seen: Visit, method: str) -> None:
    seen.advanced()
    seen.page.get_by_role("button", name=method, exact=True).click()
    first, second = seen.two
    before = seen.rests(seen.map(second))
    circle(seen, f"{seen.map(first)} canvas", 0.5, 0.5)
    seen.settles(lambda: seen.state("selected") not in ("", "0"), "somebody is selected")
    assert seen.mask().sum() == int(seen.state("selected"))
    inside = seen.mask()
    points = seen.explorer.points(first.name, "tsne" if method == "t-SNE" else "pca")
    polygon = np.array(json.loads(seen.state("recipe"))["of"][0]["polygon"])
    far = np.linalg.norm(points - polygon.mean(axis=0), axis=1) > np.ptp(polygon, axis=0).max()
    assert inside.any()
    assert not inside[far].any()
    assert f"{inside.sum():,} / {len(inside):,}" in seen.page.locator(seen.map(second)).inner_text()
    seen.settles(lambda: seen.picture(seen.map(second)) != before, "the other map lights up")
    bars_and_medians_agree(seen)


def test_lassos_are_added_subtracted_and_intersected_as_sets(seen: Visit) -> None:
    def drawn(mode: str, across: float) -> np.ndarray:
        old = seen.state("recipe")
        seen.page.get_by_role("button", name=mode, exact=True).click()
        circle(seen, f"{seen.map(seen.two[1])} canvas", across, 0.5, 70)
        seen.settles(lambda: seen.state("recipe") != old, mode)
        mask = seen.mask()
        seen.settles(lambda: seen.state("selected") == str(mask.sum()), f"{mode}: counts agree")
        return mask

    first = drawn("New selection", 0.4)
    second = drawn("New selection", 0.6)
    first_again = drawn("New selection", 0.4)
    assert (first == first_again).all()
    assert (drawn("Add to the selection", 0.6) == (first | second)).all()
    assert (drawn("Subtract from the selection", 0.6) == (first & ~second)).all()
    assert (drawn("New selection", 0.4) == first).all()
    assert (drawn("Intersect with the selection", 0.6) == (first & second)).all()


def test_the_missing_have_a_row_of_their_own(seen: Visit) -> None:
    subjects = seen.explorer.workspace.subjects()
    lacking = {p.label: subjects[p.name].null_count() for p in seen.about.phenotypes}
    label, n = max(lacking.items(), key=lambda item: item[1])
    if not n:
        pytest.skip("no phenotype of the digits has a missing value")
    assert (label, n) == ("Height", 291)
    seen.page.get_by_role("button", name=f"{label}: missing").click()
    seen.settles(lambda: seen.state("shown") == str(n), "those without are shown")
    assert seen.mask().sum() == n


def test_undo_and_redo_go_through_every_selection(seen: Visit) -> None:
    states = [seen.state("recipe")]
    brush(seen)
    states.append(seen.state("recipe"))
    circle(seen, f"{seen.map(seen.two[0])} canvas", 0.5, 0.5)
    seen.settles(lambda: seen.state("recipe") != states[-1], "the lasso counts")
    states.append(seen.state("recipe"))
    for name, wanted in (("Undo", states[1]), ("Undo", states[0]), ("Redo", states[1]), ("Redo", states[2])):
        seen.page.get_by_role("button", name=name).click()
        seen.settles(lambda wanted=wanted: seen.state("recipe") == wanted, f"{name} gives {wanted}")
    assert seen.mask().sum() == int(seen.state("selected"))


def test_a_brush_is_moved_by_the_keyboard_alone(seen: Visit) -> None:
    slider = seen.page.get_by_role("slider", name=f"{seen.numeric.label} from")
    slider.focus()
    for _ in range(4):
        slider.press("ArrowRight")
    seen.settles(lambda: seen.state("shown") != str(seen.about.n), "fewer are shown")
    assert seen.mask().sum() == int(seen.state("shown"))
