"""Latent Space Explorer: see into the latent space of a model that sees a person through several measurements."""

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from latentspace.explorer import Explorer
    from latentspace.explorer import open_workspace as open  # noqa: A004 - the documented way in

__version__ = version("latent-space-explorer")
__all__ = ["Explorer", "__version__", "open"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a class and a function
    """`Explorer` and `open`, imported when they are first asked for: `latentspace --help` needs neither."""
    if name not in ("Explorer", "open"):
        raise AttributeError(name)
    from latentspace import explorer  # noqa: PLC0415

    return explorer.Explorer if name == "Explorer" else explorer.open_workspace
