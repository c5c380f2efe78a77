"""Shapes and types are checked while the tests run; this must come before anything imports the package.

`vae` and `train` are left out: torch's tracer, which exports to ONNX, cannot follow a checked function.
"""

from pathlib import Path

from jaxtyping import install_import_hook

UNCHECKED = {"__init__", "__main__", "vae", "train", "__pycache__"}
MODULES = {path.stem for path in (Path(__file__).parent.parent / "src/latentspace").iterdir()} - UNCHECKED

install_import_hook(sorted(f"latentspace.{name}" for name in MODULES), "checked.check")
