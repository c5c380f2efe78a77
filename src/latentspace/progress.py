"""Progress of long work: what the verbs report, and how a terminal shows it with the time left."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TextIO, runtime_checkable


@runtime_checkable
class Progress(Protocol):
    """Called by a verb as it goes; cheap enough to be called at every step."""

    def __call__(self, phase: str, done: float, total: float, note: str = "") -> None:
        """`done` of `total` units of `phase` are finished; `note` is one short remark (`loss 812 nats`)."""
        ...


def silent(phase: str, done: float, total: float, note: str = "") -> None:
    """Report nothing."""
    del phase, done, total, note


@dataclass
class TerminalProgress:
    """One live line on a terminal, else a plain line at most every five seconds; always on standard error.

    Where `stopped` says that the user asked to stop, the next call raises the KeyboardInterrupt that went astray.
    """

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    clock: Callable[[], float] = time.monotonic
    stopped: Callable[[], bool] = lambda: False
    _phase: str = ""
    _started: float = 0.0
    _from: float = 0.0
    _shown: float = -1e9

    def __call__(self, phase: str, done: float, total: float, note: str = "") -> None:
        """Show the phase, the share done, the note and the time left."""
        if self.stopped():
            raise KeyboardInterrupt
        now = self.clock()
        if phase != self._phase:
            self._phase, self._started, self._from, self._shown = phase, now, done, -1e9
        live, finished = self.stream.isatty(), done >= total
        if not finished and now - self._shown < (0.1 if live else 5.0):
            return
        self._shown = now
        elapsed = now - self._started
        here = done - self._from  # what a resumed run had done before says nothing of its pace
        left = "" if finished or here <= 0 else f", {duration(elapsed / here * (total - done))} left"
        share = 1.0 if total <= 0 else min(1.0, done / total)
        line = f"{phase} {share:4.0%}  {duration(elapsed)}{left}{'  ' + note if note else ''}"
        if live:
            self.stream.write(f"\r\033[K{line}" + ("\n" if finished else ""))
        else:
            self.stream.write(line + "\n")
        self.stream.flush()


def duration(seconds: float) -> str:
    """`8 s`, `2 min 05 s`, `1 h 10 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
