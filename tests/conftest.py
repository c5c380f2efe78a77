"""Shapes and types are checked while the tests run; this must come before anything imports the package.

`vae` and `train` are left out: torch's tracer, which exports to ONNX, cannot follow a checked function.
"""

from pathlib import Path

import pytest
from jaxtyping import install_import_hook

from built import Built, build_cardiac, build_digits, build_ptbxl

UNCHECKED = {"__init__", "__main__", "vae", "train", "__pycache__"}
MODULES = {path.stem for path in (Path(__file__).parent.parent / "src/latentspace").iterdir()} - UNCHECKED

install_import_hook(sorted(f"latentspace.{name}" for name in MODULES), "checked.check")


@pytest.fixture(scope="session")
def ptbxl(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The real ECGs, built once for all tests that only look."""
    return build_ptbxl(tmp_path_factory.mktemp("ptbxl"))


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The digits, built once for all tests that only look."""
    return build_digits(tmp_path_factory.mktemp("digits"))


@pytest.fixture(scope="session")
def cardiac(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Simulated hearts, built once for all tests that only look."""
    return build_cardiac(tmp_path_factory.mktemp("cardiac"))
