"""Shapes and types are checked while the tests run; this must come before anything imports the package.

`vae` and `train` are left out: torch's tracer, which exports to ONNX, cannot follow a checked function.
"""

import os
from pathlib import Path

import pytest
from jaxtyping import install_import_hook

from built import Built, build_cardiac, build_digits, build_ptbxl, built_once

UNCHECKED = {"__init__", "__main__", "vae", "train", "__pycache__"}
MODULES = {path.stem for path in (Path(__file__).parent.parent / "src/latentspace").iterdir()} - UNCHECKED

install_import_hook(sorted(f"latentspace.{name}" for name in MODULES), "checked.check")


@pytest.fixture(scope="session")
def ptbxl(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The real ECGs, built once for all tests that only look."""
    return built_once(together(tmp_path_factory) / "ptbxl", build_ptbxl)


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The digits, built once for all tests that only look."""
    return built_once(together(tmp_path_factory) / "digits", build_digits)


@pytest.fixture(scope="session")
def cardiac(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Simulated hearts, built once for all tests that only look."""
    return built_once(together(tmp_path_factory) / "cardiac", build_cardiac)


def together(factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this test run have in common, or all runs where `LATENTSPACE_BUILT` names it."""
    own = factory.getbasetemp()
    if kept := os.environ.get("LATENTSPACE_BUILT"):
        return Path(kept)
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
