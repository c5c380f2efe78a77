"""Files as a person saves them from the page, and as other programs read them."""

import csv
import hashlib
import json
import re
from pathlib import Path

import numpy as np
from browser import Visit
from PIL import Image

GENERATED = "GENERATED: drawn by the model, no recording"


def saved(seen: Visit, menu: str, label: str, kind: str) -> Path:
    """Open a panel's menu, press a button, keep the file."""
    seen.page.get_by_role("button", name=f"Save {menu} as", exact=True).click()
    with seen.page.expect_download() as waiting:
        seen.page.get_by_role("button", name=f"{label} as {kind}", exact=True).click()
    seen.page.get_by_text(f"Saved {waiting.value.suggested_filename}").wait_for()
    seen.page.keyboard.press("Escape")
    return named(seen, waiting.value.suggested_filename, waiting.value.path())


def named(seen: Visit, name: str, path: Path) -> Path:
    """The file under its own name, which names run and content alone."""
    assert re.fullmatch(rf"latentspace_{seen.about.run}_[a-z0-9_]+\.(png|svg|csv|gif|txt)", name), name
    kept = path.with_name(f"{path.name}-{name}")
    path.rename(kept)
    return kept


def nobody_is_named(seen: Visit, text: str) -> None:
    """No subject id stands in it as a word."""
    ids = set(seen.explorer.workspace.subjects()["subject_id"].to_list())
    words = {id_ for id_ in ids if not id_.isdecimal()} & set(re.split(r"[^\w.-]+", text))
    assert not words


def says_where_from(seen: Visit, line: str) -> None:
    """The methods line names product, data, run, people and settings as they are on disk."""
    about = seen.about
    hashes = json.loads((seen.explorer.workspace.path / "workspace.json").read_text(encoding="utf-8"))["hashes"]
    cohort = hashlib.sha256(json.dumps(hashes, sort_keys=True).encode()).hexdigest()
    record = seen.explorer.run.record
    for part in (
        f"Latent Space Explorer {about.version}",
        f"workspace {about.workspace} (data {cohort[:8]})",
        f"run {about.run}",
        f"{about.people:,} subjects",
        f"model {record['config']['model']}, preset {record['config']['preset']}, seed {record['seed']}",
    ):
        assert part in line, (part, line)
    assert ("simulated people" in line) == bool(about.simulator)
    assert re.search(r"· \d{4}-\d\d-\d\d", line)


def described(path: Path) -> str:
    """What a PNG says of itself, once it is read whole."""
    with Image.open(path) as picture:
        picture.load()
        return str(picture.info["Description"])


def table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The notes and the rows of a CSV."""
    text = path.read_text(encoding="utf-8-sig")
    lines = text.splitlines()
    notes = [line.removeprefix("# ") for line in lines if line.startswith("#")]
    head, *rows = csv.reader(lines[len(notes) :])
    return notes, [dict(zip(head, row, strict=True)) for row in rows]


def film(path: Path) -> tuple[np.ndarray, list[int], str]:
    """Every frame of a GIF as (frames, rows, columns) greys, the time of each in ms, and its comment."""
    frames: list[np.ndarray] = []
    times: list[int] = []
    with Image.open(path) as picture:
        comment = bytes(picture.info["comment"]).decode()
        for i in range(getattr(picture, "n_frames", 1)):
            picture.seek(i)
            frames.append(np.asarray(picture.convert("L")))
            times.append(int(picture.info["duration"]))
    return np.stack(frames), times, comment


def line_of(svg: str, name: str) -> np.ndarray:
    """The points (n, 2) of a named path, in millimetres."""
    found = re.search(rf'id="{name}" d="([^"]+)"', svg)
    assert found, name
    return np.array(re.findall(r"[ML]([-\d.]+) ([-\d.]+)", found.group(1)), dtype=float)
