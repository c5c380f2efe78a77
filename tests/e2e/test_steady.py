"""A page that is used for long holds on to nothing: nodes, listeners. Two thousand gestures: `studies.steady`."""

from browser import Visit
from playwright.sync_api import Browser
from steady import cycle, held


def test_a_hundred_gestures_leave_as_many_nodes_and_listeners_as_sixty(browser: Browser, bare: Visit) -> None:
    for _ in range(3):
        cycle(bare.page)
    before = held(browser, bare.page)
    for _ in range(3):
        cycle(bare.page)
    after = held(browser, bare.page)
    assert abs(after.nodes - before.nodes) < 0.05 * before.nodes
    assert abs(after.listeners - before.listeners) < 0.05 * before.listeners
    assert before.memory_mb > 0
