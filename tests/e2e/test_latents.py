"""The latents made readable: directions, filmstrips, orders by the selection, its axes, simple and advanced."""

import re

import numpy as np
from browser import Visit

from latentspace import groups

DRAWN = "section[aria-label=Decoded]"


def choose(seen: Visit) -> str:
    """Choose the first phenotype that has a direction; its name."""
    numeric = (p for p in seen.about.phenotypes if p.numeric and p.kind != "date")
    phenotype = next(p for p in numeric if not seen.explorer.direction(p.name).reason)
    seen.page.get_by_role("group", name="Direction", exact=True).get_by_role("combobox").select_option(
        label=phenotype.label
    )
    seen.page.wait_for_selector(f"[data-direction={phenotype.name}][data-state=ready]")
    return phenotype.name


def shown(number: float) -> str:
    """As the page writes it."""
    size = abs(number)
    return f"{number:.{0 if size >= 100 else 1 if size >= 10 else 2}f}".replace("-", "−")


def brush(seen: Visit) -> None:
    """Select the upper part of the first histogram."""
    slider = seen.page.get_by_role("slider", name=f"{seen.numeric.label} from")
    for _ in range(4):
        slider.press("PageUp")
    seen.settles(lambda: seen.state("shown") != str(seen.about.n), "fewer are shown")


def test_the_slider_of_a_direction_moves_the_pictures_and_the_predicted_number_as_explorer_says(seen: Visit) -> None:
    row = seen.find(seen.alone())
    name = choose(seen)
    before = seen.rests(DRAWN)
    codes: list[np.ndarray] = []
    seen.page.on(
        "request",
        lambda asked: (
            codes.append(np.frombuffer(asked.post_data_buffer or b"", "<f4")) if "/predict" in asked.url else None
        ),
    )
    slider = seen.page.get_by_role("slider", name="Direction of")
    for _ in range(12):
        slider.press("ArrowRight")
    seen.settles(lambda: seen.picture(DRAWN) != before, "the drawings follow")
    course = seen.explorer.course(name)
    own = float(np.clip(seen.explorer.columns([name])[name][row], course["values"][0], course["values"][-1]))
    now = float(slider.input_value())
    start = seen.explorer.encode(row, [m.name for m in seen.two]).z

    def step(value: float) -> np.ndarray:
        return np.array([np.interp(value, course["values"], dim) for dim in course["steps"].T])

    expected = start + step(now) - step(own)
    assert np.linalg.norm(expected - start) > 0.1
    seen.settles(lambda: bool(codes) and np.allclose(codes[-1], expected, atol=1e-3), "the code lies on the course")
    predicted = next(p.value for p in seen.explorer.predict(row, codes[-1].astype(np.float32)) if p.name == name)
    assert predicted is not None
    said = seen.page.get_by_test_id("direction-predicted")
    seen.settles(lambda: shown(predicted) in said.inner_text(), "the predicted number is that of Explorer")
    seen.page.get_by_role("region", name="Latents").get_by_role("button", name="Reset").click()
    seen.settles(lambda: seen.picture(DRAWN) == before, "reset brings the start back")
    assert float(slider.input_value()) == np.float32(own)


def test_a_direction_says_how_stable_it_is_and_what_comes_along(seen: Visit) -> None:
    name = choose(seen)
    said = seen.explorer.direction(name)
    assert said.stability is not None
    text = seen.page.get_by_test_id("direction-stability").inner_text()
    assert f"{said.stability:.2f}".lstrip("0") in text
    assert f"n {said.n:,}" in text
    seen.page.get_by_role("slider", name="Direction of").press("PageUp")
    other = next(p.label for p in seen.about.phenotypes if p.name == said.along[0].name)
    note = seen.page.locator(DRAWN).get_by_text("That comes along")
    note.wait_for()
    assert other in note.inner_text()
    label = next(p.label for p in seen.about.phenotypes if p.name == name)
    seen.page.get_by_role("button", name=f"Move {label} back").click()
    note.wait_for(state="detached")


def test_a_dot_that_was_dragged_stays_when_a_direction_moves_and_goes_back(seen: Visit) -> None:
    seen.page.get_by_role("slider", name="Latent z").first.press("PageUp")
    moved = seen.page.get_by_role("list", name="Moved dimensions").get_by_role("button")
    moved.wait_for()
    away = seen.rests(DRAWN)
    choose(seen)
    slider = seen.page.get_by_role("slider", name="Direction of")
    slider.press("PageUp")
    seen.settles(lambda: moved.count() == 2, "both are listed")
    seen.settles(lambda: seen.picture(DRAWN) != away, "the drawings follow")
    seen.page.get_by_role("list", name="Moved dimensions").get_by_role("button").first.click()
    seen.settles(lambda: seen.picture(DRAWN) == away, "only the direction goes back")
    assert moved.count() == 1


def test_the_row_in_focus_opens_a_filmstrip_of_one_request_for_each_dimension(seen: Visit) -> None:
    sliders = seen.page.get_by_role("slider", name="Latent z")
    asked = lambda: len([url for url in seen.requests if "/traverse" in url])  # noqa: E731 - counts as it is asked
    sliders.nth(0).focus()
    film = seen.page.locator("[data-tiles='5']")
    film.wait_for()
    assert asked() == 1
    pictures = seen.rests("[data-tiles]")
    assert len(set(pictures)) == 5
    labels = film.locator("canvas").evaluate_all("all => all.map(one => one.ariaLabel)")
    assert all("GENERATED" in label for label in labels)
    sliders.nth(1).focus()
    seen.settles(lambda: asked() == 2, "another dimension is drawn")
    sliders.nth(0).focus()
    seen.settles(lambda: seen.picture("[data-tiles]") == pictures, "the first is shown again")
    assert asked() == 2


def test_dimensions_are_put_in_order_by_how_they_part_the_selection_from_the_rest(seen: Visit) -> None:
    seen.advanced()
    brush(seen)
    seen.page.get_by_label("Ranked by").select_option(label="separates selection and rest")
    recipe = groups.parse(seen.recipe())
    ranked = seen.explorer.separates(recipe, groups.Not(of=recipe)).ranked
    rows = seen.page.locator("[data-testid^=latent-z]")
    seen.settles(
        lambda: (
            rows.evaluate_all("all => all.map(one => one.dataset.testid)") == [f"latent-{r.dim}" for r in ranked[:10]]
        ),
        "the order is that of Explorer",
    )
    assert f"{ranked[0].value:.2f}".replace("-", "−").replace("0.", ".", 1) in rows.first.inner_text()
    seen.page.get_by_role("button", name="Clear", exact=True).first.click()
    seen.page.get_by_text("It takes 10 people in the selection and beside it").wait_for()


def test_the_axes_of_the_selection_are_dragged_like_dimensions(seen: Visit) -> None:
    seen.advanced()
    brush(seen)
    seen.page.get_by_label("Ranked by").select_option(label="principal axes of the selection")
    share = seen.explorer.axes(groups.parse(seen.recipe()))["share"]
    said = seen.page.get_by_test_id("axis-share")
    seen.settles(lambda: said.count() == 3, "three axes")
    for text, expected in zip(said.all_inner_texts(), share, strict=True):
        assert float(re.sub(r"[^\d.]", "", text)) == round(100 * float(expected), 1 if expected < 0.0995 else 0)
    before = seen.rests(DRAWN)
    seen.page.get_by_role("slider", name="Axis 1 of the selection").press("PageUp")
    seen.settles(lambda: seen.picture(DRAWN) != before, "the drawings follow")
    seen.page.get_by_role("button", name="Move axis 1 back").click()
    seen.settles(lambda: seen.picture(DRAWN) == before, "and come back")


def test_simple_hides_what_a_clinician_need_not_see_and_the_choice_is_remembered(seen: Visit) -> None:
    page = seen.page
    private = page.get_by_role("button", name=re.compile("private latents"))
    method = page.get_by_role("group", name="Projection")
    orders = page.get_by_label("Ranked by").locator("option")
    assert private.count() == method.count() == 0
    assert orders.count() == len(seen.about.phenotypes)
    assert page.locator("[data-testid^=latent-z]").count() == 10
    seen.advanced()
    private.wait_for()
    assert method.count() == 1
    assert orders.count() > len(seen.about.phenotypes)
    page.goto(page.url)
    page.wait_for_selector("html[data-ready=true]")
    private.wait_for()
    page.get_by_role("button", name="PCA", exact=True).click()
    page.get_by_role("button", name="Simple", exact=True).click()
    page.get_by_text("Axes and distances between islands carry no meaning.", exact=True).wait_for()
    assert private.count() == 0
