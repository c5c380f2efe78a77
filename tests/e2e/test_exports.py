"""What is saved from the page: the numbers of numpy for the same recipe, and in every file where it comes from."""

import re
import subprocess

import numpy as np
import pytest
from barriers import barriers
from browser import Visit, visit
from grouping import outlined
from playwright.sync_api import Browser
from saving import GENERATED, described, named, nobody_is_named, saved, says_where_from, table
from test_linking import brush
from test_page import BESIDE, CLIPPED, CUT, SIZES

from built import Built

HELP = "Methods paragraph"


def chosen(seen: Visit) -> tuple[np.ndarray, np.ndarray]:
    """A lasso and a brush; masks of those shown and of those selected."""
    brush(seen)
    shown = seen.mask()
    outlined(seen)
    selected = seen.mask()
    assert 5 < selected.sum() < shown.sum()
    return shown, selected


def first_of(seen: Visit, menu: str) -> str:
    """Label of the first picture in a menu."""
    seen.page.get_by_role("button", name=f"Save {menu} as", exact=True).click()
    button = seen.page.locator("[popover]:popover-open").get_by_role("button", name="as PNG").first
    label = (button.get_attribute("aria-label") or "").removesuffix(" as PNG")
    seen.page.keyboard.press("Escape")
    return label


def test_a_map_is_saved_as_it_is_seen_with_counts_and_figures(seen: Visit) -> None:
    shown, selected = chosen(seen)
    modality = seen.two[0]
    info = next(m for m in seen.about.maps if m.space == modality.name and m.method == "tsne")
    label = f"{info.label} latent space"
    svg = saved(seen, label, label, "SVG").read_text(encoding="utf-8")
    assert f"{selected.sum():,} / {shown.sum():,} selected" in svg
    assert info.trustworthiness is not None
    assert f"Trustworthiness {info.trustworthiness:.2f}".replace(" 0.", " .") in svg
    says_where_from(seen, svg)
    assert seen.explorer.run.record["hashes"]["projection.zarr"][:8] in svg
    assert GENERATED not in svg
    nobody_is_named(seen, svg)
    assert 'stroke-dasharray="4 3"' in svg, "the lasso is a path"
    box = seen.page.locator(f"{seen.map(modality)} canvas").first.bounding_box()
    assert box
    size = re.search(r'<image width="([\d.]+)" height="([\d.]+)"', svg)
    assert size
    assert [float(side) for side in size.groups()] == pytest.approx([box["width"], box["height"]], abs=1)
    png = saved(seen, label, label, "PNG")
    says_where_from(seen, described(png))


def test_the_summary_is_numpys_of_those_shown_and_selected(seen: Visit) -> None:
    masks = dict(zip(("shown", "selected"), chosen(seen), strict=True))
    notes, rows = table(saved(seen, "Phenotypes", "Summary of shown and selected", "CSV"))
    says_where_from(seen, notes[0])
    checked = 0
    for phenotype in seen.about.phenotypes:
        column = seen.explorer.columns([phenotype.name])[phenotype.name]
        mine = [row for row in rows if row["name"] == phenotype.name]
        assert [row["level"] for row in mine] == (list(phenotype.levels) or [""])
        for (who, mask), (code, row) in ((pair, each) for pair in masks.items() for each in enumerate(mine)):
            values = column[mask].astype(float)
            known = values[values >= 0] if phenotype.levels else values[~np.isnan(values)]
            assert int(row[f"{who} missing"]) == len(values) - len(known)
            if phenotype.levels:
                assert int(row[f"{who} n"]) == (known == code).sum()
            else:
                assert int(row[f"{who} n"]) == len(known)
                assert float(row[f"{who} mean"]) == pytest.approx(known.mean(), rel=1e-6)
                assert float(row[f"{who} sd"]) == pytest.approx(known.std(ddof=1), rel=1e-6)
            checked += 1
    assert checked


def test_the_counts_of_all_charts_are_numpys(seen: Visit) -> None:
    masks = dict(zip(("shown", "selected"), chosen(seen), strict=True))
    _, rows = table(saved(seen, "Phenotypes", "Counts of all charts", "CSV"))
    for phenotype in (p for p in seen.about.phenotypes if p.numeric):
        values = seen.explorer.columns([phenotype.name])[phenotype.name]
        bins = [row for row in rows if row["name"] == phenotype.name and not row["level"]]
        edges = np.array([float(row["from"]) for row in bins] + [float(bins[-1]["to"])], np.float32)
        for who, mask in masks.items():
            counted, _ = np.histogram(values[mask & ~np.isnan(values)], bins=edges)
            assert [int(row[who]) for row in bins] == counted.tolist(), phenotype.name


def test_one_chart_is_saved_with_its_numbers(seen: Visit) -> None:
    shown, selected = chosen(seen)
    seen.page.get_by_role("button", name="Save Phenotypes as", exact=True).click()
    seen.page.get_by_label("Chart to save").select_option(label=seen.numeric.label)
    seen.page.keyboard.press("Escape")
    svg = saved(seen, "Phenotypes", "This chart", "SVG").read_text(encoding="utf-8")
    assert f"<title>{seen.numeric.label}</title>" in svg
    assert f"{selected.sum():,} of {shown.sum():,} selected" in svg
    said = seen.page.get_by_role("group", name=seen.numeric.label, exact=True)
    for who in ("shown", "selected"):
        median = said.get_by_title(f"median of those {who}").inner_text()
        assert f"{who}, median {median}<" in svg
    assert GENERATED in described(saved(seen, "Decoded", first_of(seen, "Decoded"), "PNG"))


def test_strips_of_latents_walks_and_translations_are_marked_generated(seen: Visit) -> None:
    seen.find(seen.alone())
    dot = seen.page.get_by_role("slider", name="Latent z").first
    name = (dot.get_attribute("aria-label") or "").removeprefix("Latent ")
    dot.focus()
    seen.page.wait_for_selector("[data-tiles='5']")
    strips = [
        saved(seen, "Latents", f"Filmstrip of {name}", "PNG"),
        saved(seen, "Decoded", first_of(seen, "Decoded"), "PNG"),
    ]
    seen.page.get_by_role("button", name="Translate", exact=True).click()
    seen.page.get_by_text("This translation misses").wait_for()
    label = first_of(seen, "Translation")
    strips.append(saved(seen, "Translation", label, "PNG"))
    svg = saved(seen, "Translation", label, "SVG").read_text(encoding="utf-8")
    outlined(seen)
    seen.page.get_by_text("Walk A → B").click()
    seen.settles(lambda: seen.page.get_by_test_id("walk").get_attribute("data-drawn") == "61", "all is drawn")
    strips.append(saved(seen, "Walk", "Filmstrips", "PNG"))
    walk = saved(seen, "Walk", "Filmstrips", "SVG").read_text(encoding="utf-8")
    for line in (svg, walk, *map(described, strips)):
        says_where_from(seen, line)
        assert GENERATED in line
        nobody_is_named(seen, line)
    marks = re.findall(r"<text[^>]*>GENERATED</text>", walk)
    tiles = len(re.findall(r"<text[^>]*>(A|B|\d+ %)</text>", walk))
    assert len(marks) == tiles + 1, "each tile has its own, and the figure one"


def test_the_methods_paragraph_has_versions_and_hashes_and_is_saved_as_text(seen: Visit) -> None:
    seen.page.get_by_role("button", name="Help", exact=True).click()
    section = seen.page.get_by_role("region", name=HELP)
    field = section.get_by_role("textbox", name=HELP)
    seen.settles(lambda: bool(field.input_value()), "the paragraph is there")
    text = field.input_value()
    record = seen.explorer.run.record
    for name, version in record["versions"].items():
        assert f"{name} {version}" in text
    for name, digest in record["hashes"].items():
        assert f"{name} {digest}" in text
    assert seen.explorer.provenance().cohort in text
    assert f"{seen.about.held_out:,} held out" in text
    nobody_is_named(seen, text)
    with seen.page.expect_download() as waiting:
        section.get_by_role("button", name="Save as TXT").click()
    path = named(seen, waiting.value.suggested_filename, waiting.value.path())
    assert path.read_text(encoding="utf-8") == f"{text}\n"


def test_the_keyboard_alone_saves_a_file(seen: Visit) -> None:
    seen.page.get_by_role("button", name="Save Phenotypes as", exact=True).focus()
    seen.page.keyboard.press("Enter")
    with seen.page.expect_download() as waiting:
        for _ in range(4):  # the choice of the chart, PNG, SVG, then the counts
            seen.page.keyboard.press("Tab")
        seen.page.keyboard.press("Enter")
    assert waiting.value.suggested_filename.endswith("_counts.csv")
    seen.page.keyboard.press("Escape")
    assert seen.page.locator("[popover]:popover-open").count() == 0


def test_a_file_that_cannot_be_made_is_said_in_the_menu(
    own_server: tuple[Visit, subprocess.Popen[str]],
) -> None:
    seen, server = own_server
    server.terminate()
    server.wait(timeout=20)
    seen.page.get_by_role("button", name="Save Phenotypes as", exact=True).click()
    seen.page.get_by_role("button", name="Counts of all charts as CSV").click()
    alert = seen.page.locator("[popover]:popover-open").get_by_role("alert")
    alert.wait_for()
    assert "server.unreachable" in alert.inner_text()


@pytest.mark.parametrize("size", SIZES)
def test_no_menu_is_clipped(browser: Browser, link: str, built: Built, size: tuple[int, int]) -> None:
    with visit(browser, link, built.path, size=size) as seen:
        for button in seen.page.get_by_title("Save as a file").all():
            button.click()
            for check in (CLIPPED, BESIDE, CUT):
                assert seen.page.evaluate(check) == []
            seen.page.keyboard.press("Escape")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_barrier_in_the_menus(browser: Browser, link: str, built: Built, theme: str) -> None:
    with visit(browser, link, built.path, theme=theme) as seen:
        for menu in ("Phenotypes", "Decoded"):
            seen.page.get_by_role("button", name=f"Save {menu} as", exact=True).click()
            assert barriers(seen) == []
            seen.page.keyboard.press("Escape")
        seen.page.get_by_role("button", name="Help", exact=True).click()
        seen.page.get_by_role("textbox", name=HELP).wait_for()
        assert barriers(seen) == []
