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
    assert f"± {figure(float(np.nanmean(half)))} {second.unit}".strip() in words.inner_text()
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
        page.get_by_role("button", name="again", exact=True).click()
    assert "method=tsne2" in asked.value.url
    seen.settles(lambda: seen.picture(seen.map(first)) != one, "another map is drawn")
    page.get_by_text("believe islands that both maps show").wait_for()
    info = next(m for m in seen.about.maps if (m.space, m.method) == (first.name, "tsne2"))
    assert info.stability is not None
    said = page.locator(seen.map(first)).get_by_test_id("stability").inner_text()
    assert said == f"stability {info.stability:.2f}".replace(" 0.", " .")
