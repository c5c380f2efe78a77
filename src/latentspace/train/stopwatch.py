"""How long a run took, over all its sittings, so that models can be compared at equal cost."""

import time
from dataclasses import dataclass, field

from latentspace.progress import Progress
from latentspace.run import Run

EVERY_S = 60.0


@dataclass
class Stopwatch:
    """A progress that passes on what it hears and keeps `seconds` and `cpu_seconds` in run.json, once a minute.

    What a kill takes is a minute of the count at most. Time spent twice, after a kill, counts twice.
    """

    run: Run
    progress: Progress
    _before: tuple[float, float] = (0.0, 0.0)
    _begun: tuple[float, float] = field(default_factory=lambda: (time.monotonic(), time.process_time()))
    _noted: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        """Go on counting from what the run has."""
        record = self.run.record
        self._before = (record.get("seconds", 0.0), record.get("cpu_seconds", 0.0))

    def __call__(self, phase: str, done: float, total: float, note: str = "") -> None:
        """Pass on, and count now and then."""
        if time.monotonic() - self._noted > EVERY_S:
            self.count()
        self.progress(phase, done, total, note)

    def count(self) -> None:
        """Write what was spent until now."""
        self._noted = time.monotonic()
        clock, cpu = (self._noted - self._begun[0], time.process_time() - self._begun[1])
        self.run.update(
            seconds=round(self._before[0] + clock, 1),
            cpu_seconds=round(self._before[1] + cpu, 1),
        )
