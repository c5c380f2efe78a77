"""Remake the contact sheets of cines, best and worst: `python -m docs.contact_sheet W`, W with ECGs and cines."""

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int64, Shaped
from PIL import Image, ImageDraw, ImageFont

from latentspace.codec import Decoder, OnnxCodec
from latentspace.evaluate.cohort import Cohort, cohort_of
from latentspace.evaluate.hearts import hearts
from latentspace.evaluate.partners import partners
from latentspace.evaluate.people import held_out
from latentspace.modality import JOINT, private
from latentspace.prepare.pose import estimate_pose, to_canonical
from latentspace.stats.bootstrap import Figure
from latentspace.workspace import open_folder

IMAGES = Path(__file__).parent / "images"
EACH, PHASES = 4, (0, 17)  # people best and worst; end diastole and end systole of most
TILE, GAP, HEAD, SIDE = 144, 4, 40, 96
FONT = ImageFont.load_default(13)

Cine = Shaped[np.ndarray, "50 96 96"]


def ends(figure: Figure) -> tuple[Int64[np.ndarray, " people"], Float32[np.ndarray, " n"]]:
    """Places of the people with least and most unexplained variance, and that of everybody."""
    assert figure.parts is not None  # noqa: S101 - of a ratio
    unexplained = figure.parts.above / figure.parts.below
    order = np.argsort(unexplained, kind="stable")
    return np.concatenate([order[:EACH], order[-EACH:]]), unexplained


def sheet(columns: Mapping[str, list[Cine]], words: list[str]) -> Image.Image:
    """A row for each person, end diastole and end systole in each column."""
    width = SIDE + len(columns) * (2 * TILE + 2 * GAP)
    image = Image.new("L", (width, HEAD + len(words) * (TILE + GAP)), 255)
    pen = ImageDraw.Draw(image)
    for c, (title, cines) in enumerate(columns.items()):
        x = SIDE + c * (2 * TILE + 2 * GAP)
        pen.text((x + 2, 4), title, 0, font=FONT)
        pen.text((x + 2, 21), "end diastole", 90, font=FONT)
        pen.text((x + TILE + GAP + 2, 21), "end systole", 90, font=FONT)
        for r, cine in enumerate(cines):
            for i, phase in enumerate(PHASES):
                frame = Image.fromarray(np.clip(cine[phase], 0, 255).astype(np.uint8)).resize((TILE, TILE))
                image.paste(frame, (x + i * (TILE + GAP), HEAD + r * (TILE + GAP)))
    for r, word in enumerate(words):
        pen.multiline_text((4, HEAD + r * (TILE + GAP) + TILE // 3), word, 0, font=FONT)
    return image


def words(places: Int64[np.ndarray, " people"], unexplained: Float32[np.ndarray, " n"]) -> list[str]:
    """Best or worst, and what is unexplained of the heart."""
    kind = ["Best"] * EACH + ["Worst"] * EACH
    return [f"{k}\n{unexplained[p]:.2f}" for k, p in zip(kind, places, strict=True)]


def canonical(cine: Cine) -> Cine:
    """With the heart where hearts lie on average, as a translation is shown."""
    return to_canonical(cine.astype(np.float32), estimate_pose(cine))


def sheets(cohort: Cohort, ecg: str, cine: str) -> dict[str, Image.Image]:
    """By what a cine's own codes draw, and by what its ECG alone draws."""
    people, decoder, rng = cohort.people, cohort.decoder, np.random.default_rng(0)
    m = cohort.elements[cine].modality

    def recorded(places: Int64[np.ndarray, " people"]) -> list[Cine]:
        return [people.recordings[cine][p].reshape(m.shape) for p in places]

    def drawn(space: str, places: Int64[np.ndarray, " people"], *, whole: bool) -> list[Cine]:
        own = people.spaces[private(cine)][places] if whole else None
        return list(decoder.decode(people.spaces[space][places], own, cine).reshape(-1, *m.shape))

    at, unexplained = ends(hearts(cohort, rng)[f"reconstruction.{cine}.heart"])
    at, said = people.having(cine)[at], words(at, unexplained)
    own = {"SIMULATED": recorded(at), "GENERATED from ECG and MRI": drawn(JOINT, at, whole=True)}
    at, unexplained = ends(partners(cohort, rng)[f"translation.{ecg}_to_{cine}.heart"])
    at, also = people.having(ecg, cine)[at], words(at, unexplained)
    from_ecg = {
        "SIMULATED, in the canonical pose": [canonical(one) for one in recorded(at)],
        "GENERATED from the ECG alone": [canonical(one) for one in drawn(ecg, at, whole=False)],
    }
    return {"contact_reconstructed": sheet(own, said), "contact_translated": sheet(from_ecg, also)}


def main() -> None:
    """Of the latest run."""
    workspace = open_folder(Path(sys.argv[1]))
    run = workspace.run()
    people = held_out(workspace, run, np.random.default_rng(0))
    decoder = Decoder(OnnxCodec(run, workspace.modalities), run.spaces(workspace.modelled))
    for name, image in sheets(cohort_of(workspace, run, people, decoder), "ecg", "cine").items():
        image.save(IMAGES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
