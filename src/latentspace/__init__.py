"""Latent Space Explorer: see into the latent space of a model that sees a person through several measurements."""

from importlib.metadata import version

from latentspace.explorer import Explorer, open_workspace

__version__ = version("latent-space-explorer")
open = open_workspace  # noqa: A001 - `latentspace.open(W)` is the documented way in

__all__ = ["Explorer", "__version__", "open"]
