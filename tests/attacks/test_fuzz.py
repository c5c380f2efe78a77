"""A short form of `studies/fuzz.py`: damaged files of every format are lines, in 10 s and 512 MB, and kill nothing."""

from pathlib import Path

import pytest

from latentspace.ingest.limited import Limits, map_limited
from studies.fuzz import Case, Outcome, attempt, bombs, cases, formats, judged, mutations

CASES = 12


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Case, Outcome]]:
    folder = tmp_path_factory.mktemp("fuzz")
    return list(judged([*cases(folder, CASES, 7), *bombs(folder)], workers=2))


def test_every_damaged_file_is_read_or_a_line_in_time_and_memory(outcomes: list[tuple[Case, Outcome]]) -> None:
    assert [f"{case.made}: {outcome}" for case, outcome in outcomes if not outcome.fits] == []
    assert len(outcomes) > 12 * CASES


def test_every_format_is_read_when_sound_and_refused_when_damaged(
    outcomes: list[tuple[Case, Outcome]], tmp_path: Path
) -> None:
    for number, sound in enumerate(formats(tmp_path)):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, data in {**sound.beside, sound.name: sound.data}.items():
            (folder / name).write_bytes(data)
        path = folder if sound.beside and sound.kind == "cine" else folder / sound.name
        assert attempt(Case(sound.kind, path, "sound")).said in ("read", "modality.missing"), sound.name
        said = [outcome.said for case, outcome in outcomes if case.made.startswith(f"{sound.name} ")]
        assert len(said) == CASES
        assert set(said) != {"read"}, sound.name


def test_no_bomb_is_read(outcomes: list[tuple[Case, Outcome]]) -> None:
    said = {case.made: outcome.said for case, outcome in outcomes if case.made.startswith("bomb")}
    assert len(said) > 8
    read = {what for what, outcome in said.items() if outcome == "read"}
    assert read == {"bomb zeros_4ch.nii.gz"}  # its first bytes are a sound image, and no more are inflated


@pytest.mark.parametrize("shape", ["(100000000000000000000, 4)", "(2, 4", "(-1, 4)", "('a', 4)"])
def test_a_shape_that_is_none_is_a_line(tmp_path: Path, shape: str) -> None:
    head = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}}}".encode().ljust(117) + b"\n"
    path = tmp_path / "z.npy"
    path.write_bytes(b"\x93NUMPY\1\0" + len(head).to_bytes(2, "little") + head + bytes(64))
    assert attempt(Case("vectors", path, "shape")).said == "embedding.unreadable"


def test_the_same_seed_damages_alike_and_every_kind_of_damage_changes_something() -> None:
    data = bytes(range(256)) * 20
    made = list(mutations(data, 50, seed=3))
    assert made == list(mutations(data, 50, seed=3))
    assert sum(changed != data for _, changed in made) > 40
    assert {name.split()[0] for name, _ in made} == {"cut", "flipped", "lying", "celled", "moved"}


def greedy(megabytes: int) -> Outcome:
    return attempt_of(bytearray(megabytes << 20))


def attempt_of(held: bytearray) -> Outcome:
    """Something that holds memory while it is measured."""
    outcome = attempt(Case("table", Path("none.csv"), "none"))
    assert held is not None
    return outcome


def test_memory_that_is_held_is_seen() -> None:
    sizes = [10, 700]
    peaks = dict(map_limited(greedy, sizes, workers=1, limits=Limits()))
    small, large = peaks[0], peaks[1]
    assert isinstance(small, Outcome)
    assert isinstance(large, Outcome)
    assert small.fits
    assert not large.fits
