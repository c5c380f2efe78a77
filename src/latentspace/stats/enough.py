"""From how many people on something is said of how well they are predicted."""

from collections.abc import Sequence

FEWEST_KNOWN, FEWEST_EVENTS = 20, 10  # people


def too_few(n: int, of_classes: Sequence[int] = ()) -> str:
    """Why `n` people, or those of each class, are too few; empty where they are enough."""
    if n < FEWEST_KNOWN:
        return f"known and predicted for {n} people, at least {FEWEST_KNOWN} are needed"
    fewest = min(of_classes, default=FEWEST_EVENTS)
    return "" if fewest >= FEWEST_EVENTS else f"{fewest} people of one class, at least {FEWEST_EVENTS} are needed"
