"""Measuring in a process of its own that gives way to all others, so that a drag never waits for it."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float32

from latentspace.answers import Measured
from latentspace.ingest.limited import Child, Failure, Limits
from latentspace.modality import Modality

LIMITS = Limits(seconds_each=30.0, nice=10)
Recordings = Mapping[str, np.ndarray]


class Aside:
    """What `measuring` reads from recordings of these modalities: in the child, if it was started, else here."""

    def __init__(self, modalities: tuple[Modality, ...]) -> None:
        """Nothing is started yet."""
        self._modalities = modalities
        self._child: Child | None = None

    def start(self) -> None:
        """Let the child start while nobody waits for it."""
        self._child = Child(LIMITS)
        self._child.start()

    def stop(self) -> None:
        """Stop the child; what is asked later is done here."""
        if self._child:
            self._child.stop()
        self._child = None

    def measured(self, recordings: Recordings, rr_ms: float | None) -> list[Measured]:
        """As `measuring.measured`."""
        from latentspace.measuring import Job, measured_of  # noqa: PLC0415 - signal processing takes a second to import

        job = Job(self._modalities, dict(recordings), rr_ms)
        found = self._child.read(measured_of, job) if self._child else measured_of(job)
        return measured_of(job) if isinstance(found, Failure) else found

    def areas(self, recordings: Recordings) -> dict[str, Float32[np.ndarray, " frames"]]:
        """As `measuring.areas`."""
        from latentspace.measuring import Job, areas_of  # noqa: PLC0415 - signal processing takes a second to import

        job = Job(self._modalities, dict(recordings))
        found = self._child.read(areas_of, job) if self._child else areas_of(job)
        return areas_of(job) if isinstance(found, Failure) else found
