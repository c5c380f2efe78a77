"""Explorer, everything that a front end may ask of a workspace, and the parts that it is made of."""

from latentspace.explorer.explorer import Explorer, open_workspace

__all__ = ["Explorer", "open_workspace"]
