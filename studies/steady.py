"""Two thousand gestures on one open page: does it hold on to more and more?

Usage: python -m studies.steady W [GESTURES]
"""

import sys
from pathlib import Path

from tests.chromium import chromium, served
from tests.e2e.steady import cycle, held

EVERY = 200


def main() -> None:
    """Print a line for every 200 gestures."""
    workspace, wanted = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 2000
    with chromium() as browser, served(workspace) as (link, _):
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(link)
        page.wait_for_selector("html[data-ready=true]:not([data-decoded='0'])")
        done, told = 0, 0
        print("| gestures | nodes | listeners | JavaScript heap, MB | memory of the page's process, MB |")
        print("|---|---|---|---|---|")
        while done < wanted:
            done += cycle(page)
            if done >= told + EVERY:
                told = done
                now = held(browser, page)
                print(
                    f"| {done} | {now.nodes} | {now.listeners} | {now.heap_mb:.1f} | {now.memory_mb:.0f} |", flush=True
                )


if __name__ == "__main__":
    main()
