"""A workspace of codes that another program made opens, links as any other, and says what it lacks."""

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


def test_a_lasso_around_codes_of_another_program_counts_as_numpy_does(opened: Visit, components: Components) -> None:
    page = opened.page
    around = [opened.place("[data-testid=map-joint] canvas", x, y) for x, y in ((0.3, 0.1), (0.6, 0.1), (0.6, 0.9))]
    opened.stroke([*around, opened.place("[data-testid=map-joint] canvas", 0.3, 0.9)])
    opened.settles(lambda: opened.state("selected") not in {"", "0"}, "somebody is selected")
    chosen = opened.mask()
    assert 0 < chosen.sum() < len(chosen)
    assert int(opened.state("selected")) == chosen.sum()
    bars_and_medians_agree(opened)
    assert {f"digit {d}" for d in components.digit} == set(opened.about.phenotypes[0].levels)
    assert "--onnx" in page.get_by_test_id("no-decoders").inner_text()
    assert page.get_by_text("CODES BROUGHT").is_visible()
    assert page.get_by_role("button", name="Own ECG").count() == 0
    opened.find("0005")
    assert page.get_by_label("Subject", exact=True).get_by_text("No recordings").is_visible()
    dot = page.get_by_test_id("latent-z0").get_by_role("slider")
    dot.focus()
    dot.press("ArrowRight")
    opened.settles(lambda: page.get_by_test_id("latent-z0").locator(".now").count() == 1, "the dot has moved")
