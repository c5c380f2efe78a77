"""What the page says of its own trustworthiness is what Python says: bands, agreement, reliability, the second map."""

import json

import numpy as np
from browser import Visit

DRAWN = "section[aria-label=Decoded]"


def figure(value: float) -> str:
    """A number as the page writes it."""
    size = abs(value)
    digits = 0 if size >= 100 or value == int(value) else 1 if size >= 10 else 2
    return f"{value:.{digits}f}"


def test_a_translation_is_drawn_with_the_band_that_python_computes_and_says_how_often_such_bands_hold(
    seen: Visit,
) -> None:
    first, second = seen.two
    row = seen.find(seen.alone())
    page = seen.page
    with page.expect_response("**/translate?**") as asked:
        page.get_by_role("button", name="Translate", exact=True).click()
    assert f"source={first.name}" in asked.value.url
    (told,) = seen.explorer.translate(row, first.name)
    half = (told.high.astype(np.float64) - told.low) / 2
    words = page.get_by_test_id("bands")
    words.wait_for()
    assert f"± {figure(float(np.nanmean(half)))} " in words.inner_text()
    covered = seen.about.evaluation.get(f"translation.{first.name}_to_{second.name}.coverage_90")
    if covered and covered.value is not None:
        assert f"held {100 * covered.value:.0f} % of the values of {covered.n} held-out people" in words.inner_text()
    else:
        assert "not judged on held-out people yet: run `latentspace evaluate`" in words.inner_text()
    assert "GENERATED" in page.locator(DRAWN).inner_text()
    if second.axes[0].name == "lead":
        page.locator(DRAWN).get_by_text("90 % band", exact=True).wait_for()
    else:
        scale = page.get_by_test_id("unsure-scale").inner_text()
        assert f"± {figure(float(np.nanmin(half)))} dark, ± {figure(float(np.nanmax(half)))} bright" in scale


def test_agreement_stands_on_the_card_and_colours_the_maps_and_its_histogram_selects_as_python_does(
    seen: Visit,
) -> None:
    row = seen.find(seen.alone())
    page, (column, *others) = seen.page, seen.about.told
    values = seen.explorer.columns([column.name])[column.name]
    card = page.get_by_test_id("agreement").inner_text()
    most = int(column.range[1]) if column.range else 0
    assert f"shared: {figure(float(values[row]))} / {most}" in card
    assert f"median {figure(float(np.nanmedian(values)))}" in card
    page.get_by_label("Colour by").select_option(column.name)
    page.get_by_role("group", name=f"Legend: {column.label}").wait_for()
    page.get_by_role("region", name="Maps").get_by_text(f"{column.label}, {column.unit}").wait_for()
    chart = page.get_by_role("slider", name=f"{column.label} from")
    chart.scroll_into_view_if_needed()
    before = seen.state("shown")
    for _ in range(3):
        chart.press("ArrowRight")
    seen.settles(lambda: seen.state("shown") != before, "the histogram selects")
    recipe = json.loads(seen.state("recipe"))["of"][0]
    assert (recipe["kind"], recipe["column"]) == ("between", "agreement")
    expected = int(((values >= recipe["low"]) & (values <= recipe["high"])).sum())
    assert int(seen.state("shown")) == int(seen.mask().sum()) == expected
    assert [other.name.split(".")[0] for other in others] == ["reliability"] * 3


def test_the_map_from_a_second_start_is_one_click_away_and_says_what_to_believe(seen: Visit) -> None:
    first = seen.two[0]
    page = seen.page
    one = seen.rests(seen.map(first))
    with page.expect_request("**/points?**") as asked:
        seen.advanced()
        page.get_by_role("button", name="again", exact=True).click()
    assert "method=tsne2" in asked.value.url
    seen.settles(lambda: seen.picture(seen.map(first)) != one, "another map is drawn")
    page.get_by_text("believe islands that both maps show").wait_for()
    info = next(m for m in seen.about.maps if (m.space, m.method) == (first.name, "tsne2"))
    assert info.stability is not None
    said = page.locator(seen.map(first)).get_by_test_id("stability").inner_text()
    assert said == f"stability {info.stability:.2f}".replace(" 0.", " .")


def percent(value: float) -> str:
    """A share as the page writes it."""
    return f"{100 * value:.{1 if value < 0.0995 else 0}f} %"


def test_the_health_panel_tells_the_figures_of_the_evaluation_and_times_the_drawings_of_this_visit(seen: Visit) -> None:
    page, about = seen.page, seen.about
    seen.find(seen.alone())
    dot = page.get_by_role("slider", name="Latent z").first
    for _ in range(24):
        before = seen.state("decoded")
        dot.press("ArrowRight")
        seen.settles(lambda: seen.state("decoded") != before, "a drag is drawn")  # noqa: B023 - called at once
    page.get_by_role("button", name="Health: ").click()
    sheet = page.get_by_role("dialog", name="Health")
    row = {
        name: sheet.get_by_test_id("sign").filter(has=page.get_by_role("rowheader", name=name))
        for name in ("Response time", "Reconstruction", "Alignment", "Stability", "Bands", "Predictions", "Labels seen")
    }
    assert all(one.count() == 1 for one in row.values())
    drawn = sum("/decode" in url for url in seen.requests)
    assert f"{drawn} drawn in this visit" in row["Response time"].inner_text()
    assert "budget 100 ms" in row["Response time"].inner_text()
    for modality in seen.two:
        value = about.evaluation[f"reconstruction.{modality.name}.unexplained_variance"].value
        assert value is not None
        assert f"{modality.label} {percent(value)}" in row["Reconstruction"].inner_text()
        a, b = seen.two if modality is seen.two[0] else seen.two[::-1]
        found = about.evaluation[f"retrieval.{a.name}_to_{b.name}.recall_at_10"].value
        pool = about.evaluation[f"retrieval.{a.name}_to_{b.name}.pool"].value
        assert found is not None
        assert pool is not None
        assert f"{a.label} → {b.label} {percent(found)} (chance {percent(10 / pool)})" in row["Alignment"].inner_text()
    for drawn_map in about.maps:
        if drawn_map.method == "tsne" and drawn_map.stability is not None:
            assert f"{drawn_map.label} {percent(drawn_map.stability)}" in row["Stability"].inner_text()
    judged = any(".coverage_90" in name and figure.value is not None for name, figure in about.evaluation.items())
    assert ("latentspace evaluate" in row["Bands"].inner_text()) != judged
    assert ("none" in row["Labels seen"].inner_text()) == (not about.labels_warning)
    words = {"good": "Good", "watch": "Watch", "poor": "Poor", "unknown": "Not known"}
    lights = [one.get_attribute("data-light") or "" for one in row.values()]
    assert all(words[light] in one.inner_text() for light, one in zip(lights, row.values(), strict=True))
    worst = max(lights, key=["unknown", "good", "watch", "poor"].index)
    assert page.get_by_role("button", name=f"Health: {words[worst]}", include_hidden=True).count() == 1


def test_the_tour_has_three_steps_is_left_by_escape_and_comes_back_from_the_help(seen: Visit) -> None:
    page = seen.page
    assert page.get_by_role("dialog", name="Tour").count() == 0
    page.get_by_role("button", name="Help").click()
    page.get_by_role("button", name="Take the tour").click()
    for step, word in enumerate(("Brush", "Lasso", "Drag"), start=1):
        card = page.get_by_role("dialog", name=f"Tour, step {step} of 3")
        assert word in card.inner_text()
        page.keyboard.press("Enter")  # the button Next, or Done, has the focus
    seen.settles(lambda: page.get_by_role("dialog", name="Tour").count() == 0, "the tour is over")
    page.goto(f"{page.url}?tour")
    page.get_by_role("dialog", name="Tour, step 1 of 3").wait_for()
    page.keyboard.press("Escape")
    seen.settles(lambda: page.get_by_role("dialog", name="Tour").count() == 0, "the tour is left")
    assert page.evaluate("localStorage.getItem('latentspace.tour')") == "seen"


def test_words_are_explained_where_they_stand_in_two_sentences_and_a_picture(seen: Visit) -> None:
    page = seen.page
    seen.find(seen.alone())
    where = {
        "Latent space": "Maps",
        "t-SNE": "Maps",
        "Trustworthiness": "Maps",
        "Reconstruction": "Decoded",
        "Agreement": "Subject",
        "Contrastive alignment": "Health",
    }
    for word, region in where.items():
        if region == "Health":
            page.get_by_role("button", name="Health: ").click()
        place = page.get_by_label(region, exact=True).first
        place.get_by_role("button", name=f"What is {word}?").first.click()
        shown = page.locator("[popover]:popover-open")
        assert word in shown.inner_text()
        assert shown.inner_text().count(".") >= 2
        assert shown.locator("svg").count() == 1
        page.keyboard.press("Escape")
