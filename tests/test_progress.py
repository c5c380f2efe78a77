"""What a terminal shows of long work."""

import pytest

from latentspace.progress import TerminalProgress


def test_a_resumed_phase_says_the_time_left_from_its_own_pace(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    progress = TerminalProgress(clock=lambda: now[0])
    progress("train", 80, 100)  # resumed: 80 were done before
    now[0] = 20.0
    progress("train", 90, 100)
    assert capsys.readouterr().err.splitlines() == ["train  80%  0 s", "train  90%  20 s, 20 s left"]
