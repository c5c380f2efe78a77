"""A workspace of codes that another program made opens, links as any other, and says what it lacks."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from browser import Visit, visit
from playwright.sync_api import Browser
from test_linking import bars_and_medians_agree

from brought import Components, digits_by_components
from built import latentspace
from chromium import served


@pytest.fixture(scope="module")
def components(tmp_path_factory: pytest.TempPathFactory) -> Components:
    """Digits by principal components, as a workspace with maps."""
    folder = tmp_path_factory.mktemp("brought")
    made = digits_by_components(folder, 600)
    np.save(folder / "pca.npy", made.codes)
    latentspace("ingest", made.table, "--into", folder / "w.ls", "--embedding", f"pca={folder / 'pca.npy'}")
    latentspace("project", folder / "w.ls")
    latentspace("evaluate", folder / "w.ls")
    return made


@pytest.fixture
def opened(browser: Browser, components: Components) -> Iterator[Visit]:
    """Its page; the console stays silent."""
    path: Path = components.table.parent / "w.ls"
    with served(path) as (link, _), visit(browser, link, path) as seen:
        yield seen
        assert not seen.complaints


def inside(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """The even-odd rule: how often a ray to the right crosses the outline."""
    crossed = np.zeros(len(points), int)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        spans = (points[:, 1] < y0) != (points[:, 1] < y1)
        crossed[spans] += points[spans, 0] < x0 + (points[spans, 1] - y0) * (x1 - x0) / (y1 - y0)
    return crossed % 2 == 1


def test_a_lasso_around_codes_of_another_program_counts_as_numpy_does(opened: Visit) -> None:
    page = opened.page
    around = [opened.place("[data-testid=map-joint] canvas", x, y) for x, y in ((0.3, 0.1), (0.6, 0.1), (0.6, 0.9))]
    opened.stroke([*around, opened.place("[data-testid=map-joint] canvas", 0.3, 0.9)])
    opened.settles(lambda: opened.state("selected") not in {"", "0"}, "somebody is selected")
    outline = np.array(json.loads(opened.state("recipe"))["of"][0]["polygon"])
    chosen = inside(opened.explorer.points("joint", "tsne").astype(float), outline)
    assert 0 < chosen.sum() < len(chosen)
    np.testing.assert_array_equal(chosen, opened.mask())
    assert int(opened.state("selected")) == chosen.sum()
    bars_and_medians_agree(opened)
    assert "--onnx" in page.get_by_test_id("no-decoders").inner_text()
    assert page.get_by_text("CODES BROUGHT").is_visible()
    assert page.get_by_role("button", name="Own ECG").count() == 0
    opened.find("0005")
    assert page.get_by_label("Subject", exact=True).get_by_text("No recordings").is_visible()
    dot = page.get_by_test_id("latent-z0").get_by_role("slider")
    dot.focus()
    dot.press("ArrowRight")
    opened.settles(lambda: page.get_by_test_id("latent-z0").locator(".now").count() == 1, "the dot has moved")
