"""Every view of the page, one after another, and what may be wrong with how one looks."""

from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np
from browser import Visit
from grouping import combined, keep
from test_walk import open_walk, walking

from ecg_records import made_ecg, write_record

# Lines of text that a box cuts, unless it scrolls or ends in an ellipsis.
CUT_TEXT = """() => {
  const root = document.querySelector('dialog[open]') ?? document.body;
  const scrolls = (s) => /(auto|scroll)/.test(s.overflowX + s.overflowY);
  const bad = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode, own = text.parentElement;
    if (!text.data.trim() || !own.checkVisibility({ visibilityProperty: true })) continue;
    if (own.closest('.hidden, option')) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const line of range.getClientRects()) {
      for (let box = own; box && box !== root; box = box.parentElement) {
        const style = getComputedStyle(box);
        if (scrolls(style) || style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none') break;
        const edge = box.getBoundingClientRect();
        const cut = style.overflow !== 'visible' && (line.right > edge.right + 1.5 || line.left < edge.left - 1.5
          || line.bottom > edge.bottom + 3 || line.top < edge.top - 3);
        if (cut) { bad.push(text.data.trim().slice(0, 40)); break; }
      }
    }
  }
  return [...new Set(bad)];
}"""
# Lines of text that lie over each other, as far as their boxes let them be seen.
OVERLAPPING = """() => {
  const root = document.querySelector('dialog[open]') ?? document.body;
  const lines = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode, own = text.parentElement;
    if (!text.data.trim() || !own.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    if (own.closest('.hidden, select, [popover]')) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const { left, right, top, bottom } of range.getClientRects()) {
      const seen = { left, right, top: top + 3, bottom: bottom - 3, own, words: text.data.trim().slice(0, 40) };
      for (let box = own; box && box !== root; box = box.parentElement) {
        if (getComputedStyle(box).overflow === 'visible') continue;
        const edge = box.getBoundingClientRect();
        seen.left = Math.max(seen.left, edge.left); seen.right = Math.min(seen.right, edge.right);
        seen.top = Math.max(seen.top, edge.top); seen.bottom = Math.min(seen.bottom, edge.bottom);
      }
      if (seen.right - seen.left > 1 && seen.bottom - seen.top > 1) lines.push(seen);
    }
  }
  const bad = [];
  lines.forEach((a, i) => lines.slice(i + 1).forEach((b) => {
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 2 && high > 1 && a.own !== b.own) bad.push(`${a.words} | ${b.words}`);
  }));
  return bad;
}"""
DRAWN = "where => [...document.querySelectorAll(where)].every((one) => one.hasAttribute('width'))"
DECODED = "section[aria-label=Decoded]"


def direction(seen: Visit, label: str) -> None:
    """Choose a phenotype to move along, and wait until its direction is judged."""
    row = seen.page.get_by_role("group", name="Direction", exact=True)
    row.get_by_role("combobox").first.select_option(label=label)
    seen.page.wait_for_selector("[data-direction][data-state=ready]", timeout=60_000)


def every_view(seen: Visit, folder: Path) -> Generator[str]:
    """Open each view in turn; its name, once it is drawn. `folder` takes the file of an ECG of one's own."""
    page = seen.page
    _rest(seen)
    yield "explore"
    seen.find(seen.alone())
    page.get_by_role("slider", name="Latent z").first.press("PageUp")
    _rest(seen)
    yield "subject"
    direction(seen, seen.numeric.label)
    page.get_by_role("slider", name="Direction of").press("PageUp")
    _rest(seen)
    yield "directions"
    page.get_by_role("button", name="Translate", exact=True).click()
    page.get_by_text("This translation misses").wait_for()
    _rest(seen)
    yield "translate"
    page.get_by_role("button", name="Decoded", exact=True).click()
    yield from _grouped(seen)
    yield from _asked(seen)
    for name in ("Health: ", "Help"):
        page.get_by_role("button", name=name).click()
        page.get_by_role("dialog").wait_for()
        yield name.strip(": ").lower()
        page.keyboard.press("Escape")
        page.get_by_role("dialog").wait_for(state="detached")
    header = write_record(folder, "mine", made_ecg(np.arange(0.5, 9.5, 0.8).tolist()))
    page.get_by_label("Files of your own ECG").set_input_files([header, header.with_suffix(".dat")])
    page.get_by_test_id("own-nearest").get_by_role("button").first.wait_for()
    _rest(seen)
    yield "own"
    page.get_by_role("button", name="Close own ECG").click()
    open_walk(seen)
    walking(seen)
    yield "walk"


def _rest(seen: Visit) -> None:
    """Wait until every canvas was drawn, and what is decoded no longer changes."""
    seen.page.wait_for_function(DRAWN, arg=".panel canvas")
    seen.rests(DECODED)


def _grouped(seen: Visit) -> Generator[str]:
    page = seen.page
    for _ in range(3):
        page.get_by_role("slider", name=f"{seen.numeric.label} from").press("PageUp")
    keep(seen, "A", "The older")
    combined(seen, "The rest: not in A", "A")
    page.get_by_role("group", name="Group B", exact=True).wait_for()
    seen.advanced()
    page.get_by_role("button", name="As table").click()
    yield "groups"
    page.get_by_role("button", name="As maps").click()


def _asked(seen: Visit) -> Generator[str]:
    """What is asked of groups A and B, from the panel that holds them."""
    tabs = seen.page.get_by_role("navigation", name="Views")
    for name in ("Compare", "Score"):
        panel = seen.page.get_by_label("Groups", exact=True).first
        panel.get_by_role("button", name=name, exact=True).click()
        seen.page.wait_for_selector(f"[data-testid={name.lower()}][data-ready=true]", timeout=60_000)
        yield name.lower()
        tabs.get_by_role("button", name="Explore").click()
    survival = tabs.get_by_role("button", name="Survival")
    if survival.count():
        survival.click()
        seen.page.wait_for_selector("[data-testid=survival][data-ready=true]", timeout=60_000)
        yield "survival"
        tabs.get_by_role("button", name="Explore").click()


def wrong_in(seen: Visit, folder: Path, checks: Callable[[Visit], list[object]]) -> dict[str, list[object]]:
    """What the checks find in any view, by the view's name."""
    found = {name: checks(seen) for name in every_view(seen, folder)}
    return {name: troubles for name, troubles in found.items() if troubles}
