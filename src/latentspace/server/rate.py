"""How often something may be asked."""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from latentspace.errors import TooOftenError


@dataclass(frozen=True)
class Rate:
    """At most so many in so many seconds, of all clients together; `now` is a clock in seconds that never goes back."""

    most: int
    seconds: float
    now: Callable[[], float]
    _taken: deque[float] = field(default_factory=deque[float])
    _lock: Lock = field(default_factory=Lock)

    def take(self, where: str) -> None:
        """Count one.

        Raises:
            TooOftenError: there were as many already.
        """
        with self._lock:
            now = self.now()
            while self._taken and self._taken[0] <= now - self.seconds:
                self._taken.popleft()
            if len(self._taken) >= self.most:
                wait = math.ceil(self._taken[0] + self.seconds - now)
                found = f"{self.most} in {self.seconds:g} s are the most that this server answers"
                raise TooOftenError("own.too_often", where=where, found=found, hint=f"Try again in {wait} s.")
            self._taken.append(now)
