"""Remake the pictures of the page: `python -m docs.screenshots W`, the demo's workspace or the PTB-XL tutorial's."""
# ruff: noqa: S101 - a script, which starts the program itself

import math
import sys
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from latentspace.workspace import open_folder
from tests.chromium import chromium, served

IMAGES = Path(__file__).parent / "images"
PANELS = {"phenotypes": "Phenotypes", "maps": "Maps", "selection": "Groups", "subject": "Subject"}


def lasso(page: Page, modality: str) -> None:
    """An ellipse on one map, drawn with the mouse."""
    box = page.get_by_test_id(f"map-{modality}").bounding_box()
    assert box, modality
    x, y = box["x"] + 0.45 * box["width"], box["y"] + 0.45 * box["height"]
    page.mouse.move(x + 70, y)
    page.mouse.down()
    for step in range(25):
        angle = 2 * math.pi * step / 24
        page.mouse.move(x + 70 * math.cos(angle), y + 60 * math.sin(angle))
    page.mouse.up()


def move(page: Page) -> None:
    """The dot of the first latent, thirty steps to the right."""
    dot = page.get_by_role("slider", name="Latent z").first
    for _ in range(30):
        dot.press("ArrowRight")


def show(page: Page, modality: str, subject: str) -> None:
    """The whole page with a lasso, a subject and a moved dimension."""
    page.wait_for_selector("html[data-ready=true]")
    lasso(page, modality)
    box = page.get_by_role("combobox", name="Find subject")
    box.fill(subject)
    box.press("Enter")
    page.wait_for_selector("html:not([data-subject=''])")
    page.wait_for_timeout(3000)
    move(page)
    page.wait_for_timeout(3000)


def by_mass(page: Page) -> None:
    """Maps coloured and dimensions ranked by LV mass, the heart near end systole."""
    for control in ("Colour by", "Ranked by"):
        page.get_by_label(control).select_option(label="LV mass")
    frame = page.get_by_label("Frame of the beat").first
    for _ in range(17):
        frame.press("ArrowRight")


def shrink(path: Path) -> None:
    """The colours of a page fit in a palette."""
    Image.open(path).convert("RGB").quantize(200, dither=Image.Dither.NONE).save(path, optimize=True)


def panels(page: Page) -> None:
    """Every panel of it, and a translation."""
    for file, name in PANELS.items():
        page.get_by_label(name, exact=True).first.screenshot(path=IMAGES / f"{file}.png")
    page.locator(".band").screenshot(path=IMAGES / "latents.png")
    page.get_by_role("button", name="Translate", exact=True).click()
    page.wait_for_timeout(3000)
    page.get_by_role("region", name="Decoded").screenshot(path=IMAGES / "translate.png")


def health(page: Page) -> None:
    """The sheet behind the light in the header, after a drag."""
    page.get_by_role("button", name="Health: ").click()
    page.get_by_role("dialog", name="Health").screenshot(path=IMAGES / "health.png")
    page.keyboard.press("Escape")


def evaluation(page: Page, path: Path) -> None:
    """Of the page of an evaluation the pictures of the last modality."""
    page.goto(path.as_uri())
    page.locator("#translation article").last.screenshot(path=IMAGES / "evaluation.png")


def groups_only(browser: Browser, workspace: Path) -> None:
    """The page of a server that shows no single people, with a lasso on a density."""
    with served(workspace, "--disclosure", "strict") as (link, _):
        page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
        page.goto(link)
        page.wait_for_selector("html[data-ready=true]")
        lasso(page, "ecg")
        page.wait_for_timeout(3000)
        move(page)
        page.wait_for_timeout(3000)
        page.screenshot(path=IMAGES / "strict.png")


def main() -> None:
    """Serve, look, end."""
    workspace, begun = open_folder(Path(sys.argv[1])), time.time()
    report = workspace.run().file("evaluation.html")
    with served(workspace.path) as (link, _), chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
        page.goto(link)
        if workspace.simulated:
            page.wait_for_selector("html[data-ready=true]")
            by_mass(page)
            show(page, "ecg", "S-00007")
            page.screenshot(path=IMAGES / "explorer.png")
            health(page)
            groups_only(browser, workspace.path)
            panels(page)
            evaluation(browser.new_page(viewport={"width": 1340, "height": 900}), report)
        else:
            show(page, "limb", "15709")
            page.screenshot(path=IMAGES / "ptbxl.png")
    for path in (p for p in IMAGES.glob("*.png") if p.stat().st_mtime > begun):
        shrink(path)


if __name__ == "__main__":
    main()
