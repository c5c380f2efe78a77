"""The ids that stand inside ECG files, read in limited children: for people whose files are not named after them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from latentspace.cluster import Workers
from latentspace.errors import InputError
from latentspace.ingest.limited import Limits, map_limited
from latentspace.ingest.records import reader_of
from latentspace.ingest.zipped import on_disk


def own_ids(paths: Sequence[Path], workers: Workers, limits: Limits) -> Mapping[Path, str]:
    """Who each file is of by itself; a file that cannot be read or does not say is left out here."""
    answers = map_limited(own_id, paths, workers=workers, limits=limits)
    return {paths[place]: answer for place, answer in answers if isinstance(answer, str) and answer}


def own_id(path: Path) -> str:
    """Who a file is of by itself, `""` where it does not say; runs in a limited child."""
    try:
        with on_disk(path) as file:
            return reader_of(file)(file).own_id
    except InputError:
        return ""  # a line comes where the recording is read
