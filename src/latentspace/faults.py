"""Named points at which the program may be made to die, so that what it leaves behind can be looked at.

`LATENTSPACE_CRASH_AT=projection.zarr.written latentspace project W` is killed there, as by `kill -9`.
"""

import os
import signal

ASKED = "LATENTSPACE_CRASH_AT"


def at(point: str) -> None:
    """Die here, at once and without tidying up, if the environment names this point.

    Of every file or folder NAME that is written beside its place and then renamed, the points are `NAME.written`
    (whole, not in its place), for folders `NAME.moved` (the old one is out of its place), and `NAME.placed`; others
    are `<verb>.<point>`.
    """
    if os.environ.get(ASKED) == point:
        os.kill(os.getpid(), signal.SIGKILL)
