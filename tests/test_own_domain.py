"""The guide to one's own domain does what it says: its blocks are run as they stand."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np

import latentspace

ROOT = Path(__file__).parents[1]


def test_every_block_of_the_guide_runs_and_both_workspaces_can_be_explored(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "guide" / "own-domain.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```(python|bash)\n(.*?)```", text, re.DOTALL)
    assert [kind for kind, _ in blocks] == ["python", "bash", "bash"]
    for kind, block in blocks:
        lines = [[sys.executable, "-c", block]] if kind == "python" else [shlex.split(s) for s in block.splitlines()]
        for line in lines:
            command = [sys.executable, "-m", *line] if line[0] == "latentspace" else line
            done = subprocess.run(
                command,
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )
            assert done.returncode == 0, (line, done.stderr)
    leaves, codes = latentspace.open(tmp_path / "leaves.ls"), latentspace.open(tmp_path / "codes.ls")
    z = leaves.encode(0, ["gas", "leaf"]).z
    drawn, recorded = leaves.decode(z)["leaf"], leaves.subject(0).recordings["leaf"]
    assert np.corrcoef(drawn.ravel(), recorded.ravel())[0, 1] > 0.8
    height = leaves.columns(["height"])["height"]
    np.testing.assert_allclose(np.corrcoef(codes.columns(["joint.z0"])["joint.z0"], height)[0, 1], 1, atol=1e-5)
    assert list((tmp_path / "leaves.ls" / "exports").rglob("model-card.md"))
