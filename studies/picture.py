"""Write a figure as a small PNG: a few colours in a palette, as the pages of the documentation want their pictures."""

from io import BytesIO
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from PIL import Image


def write_png(figure: Figure, path: Path, *, dpi: int, colours: int) -> None:
    """Draw, reduce to so many colours, write, close."""
    drawn = BytesIO()
    figure.savefig(drawn, dpi=dpi, format="png")
    plt.close(figure)
    Image.open(drawn).convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
