"""Remake the picture of two real series, prepared: `python -m docs.real_cine FOLDER`, which holds Se6 and Se7."""

import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from latentspace.arrays import read_rows
from latentspace.ingest import IngestOptions, ingest
from latentspace.progress import silent
from latentspace.workspace import open_folder

PICTURE = Path(__file__).parent / "images" / "real_cine.png"
SERIES, PHASES, SCALE = ("Se6", "Se7"), (0, 9, 18, 27, 38), 2


def main() -> None:
    """A row for each series, five phases of the beat."""
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder) / "real.ls"
        ingest([Path(sys.argv[1]) / series for series in SERIES], into, IngestOptions(), silent)
        cines = read_rows(open_folder(into).recordings("cine"))
    rows = [np.concatenate(list(cine[list(PHASES)]), axis=1) for cine in cines]
    image = Image.fromarray(np.concatenate(rows))
    image = image.resize((image.width * SCALE, image.height * SCALE), Image.Resampling.BICUBIC)
    image.quantize(64).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
