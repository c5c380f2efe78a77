"""Recordings at a URL are the recordings of the folder; what cannot be read there is said."""

import json
import shutil
from collections.abc import Callable, Generator
from pathlib import Path

import fsspec
import numpy as np
import pytest

import latentspace
from door import client_of
from foreign_run import foreign_run
from latentspace import cli, embed
from latentspace.errors import InputError, LatentSpaceError, MissingExtraError
from latentspace.progress import silent
from latentspace.run import Run
from latentspace.verify import verify
from latentspace.workspace import Workspace, open_folder


@pytest.fixture
def here(tmp_path: Path) -> tuple[Workspace, Run]:
    """A workspace whose recordings lie in its folder."""
    return foreign_run(tmp_path, missing=3)


@pytest.fixture(params=["file", "memory"])
def moved(
    request: pytest.FixtureRequest, here: tuple[Workspace, Run], tmp_path: Path
) -> Generator[Callable[[], Workspace]]:
    """Moves the recordings to a URL when it is called."""
    workspace, _ = here
    place = f"{tmp_path}/bucket" if request.param == "file" else "/bucket"
    files = fsspec.filesystem(request.param)

    def move() -> Workspace:
        files.put(f"{workspace.path}/recordings", place, recursive=True)
        shutil.rmtree(workspace.path / "recordings")
        return pointing(workspace, f"{request.param}://{place}")

    yield move
    files.rm(place, recursive=True)


def pointing(workspace: Workspace, url: object) -> Workspace:
    """The workspace after its owner has written `url` into workspace.json."""
    manifest = workspace.path / "workspace.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"recordings": url}))
    return open_folder(workspace.path)


@pytest.mark.parametrize("url", ["https://u:SECRET@127.0.0.1:1/x", "https://127.0.0.1:1/x?sig=SECRET"])
def test_a_url_with_credentials_is_refused_without_repeating_them(here: tuple[Workspace, Run], url: str) -> None:
    with pytest.raises(InputError, match=r"recordings\.credentials") as caught:
        pointing(here[0], url)
    assert "SECRET" not in str(caught.value)


def test_what_cannot_be_reached_is_a_finding_that_says_it_was_not_checked(here: tuple[Workspace, Run]) -> None:
    _, findings = verify(pointing(here[0], "ftp://127.0.0.1:1/x"), silent)
    assert {finding.hint for finding in findings} == {"Make it reachable, then verify again."}
    assert all("was not checked" in finding.found for finding in findings)


def test_the_page_and_embed_read_at_a_url_what_they_read_in_the_folder(
    here: tuple[Workspace, Run], moved: Callable[[], Workspace]
) -> None:
    workspace, run = here
    before = {row: latentspace.open(workspace.path).subject(row).recordings for row in (0, 7)}
    hashes = run.hashes
    there = moved()
    for row, recordings in before.items():
        again = latentspace.open(there.path).subject(row).recordings
        assert again.keys() == recordings.keys()
        for name, values in recordings.items():
            np.testing.assert_array_equal(again[name], values)
    embed.embed(there, run, silent)
    assert run.hashes == hashes
    assert verify(there, silent)[1] == ()


def test_verify_says_where_recordings_lie_what_differs_there_and_what_it_could_not_check(
    here: tuple[Workspace, Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace, _ = here
    url = f"file://{shutil.copytree(workspace.path / 'recordings', tmp_path / 'bucket')}"
    there = pointing(workspace, url)
    assert cli.main(["verify", str(there.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["elsewhere"] == url
    (tmp_path / "bucket" / "a.zarr" / "zarr.json").write_text("{}")
    shutil.rmtree(tmp_path / "bucket" / "b.zarr")
    found = {each.artifact: each.found for each in verify(there, silent)[1]}
    assert found["recordings/a.zarr"] == f"at {url}/a.zarr differs from what was written"
    assert found["recordings/b.zarr"].startswith(f"at {url}/b.zarr was not checked")


@pytest.mark.parametrize(
    ("url", "kind", "code"),
    [
        ("gopher://bucket/heart", InputError, "recordings.no_driver"),
        ("memory://nothing/there", InputError, "recordings.unreachable"),
        ("a folder", InputError, "workspace.damaged"),
        (7, InputError, "workspace.damaged"),
    ],
)
def test_a_url_that_cannot_be_read_is_an_error_with_a_code(
    here: tuple[Workspace, Run], url: object, kind: type[LatentSpaceError], code: str
) -> None:
    with pytest.raises(kind) as error:
        pointing(here[0], url).recordings("a")
    assert error.value.code == code


def test_a_driver_that_is_not_installed_is_named(here: tuple[Workspace, Run]) -> None:
    fsspec.register_implementation("nowhere", "not_installed.Files", clobber=True, errtxt="Install nowherefs")
    with pytest.raises(MissingExtraError, match=r"Install nowherefs.*recordings\.no_driver"):
        pointing(here[0], "nowhere://bucket/heart").recordings("a")


def test_the_page_is_not_told_the_url(here: tuple[Workspace, Run]) -> None:
    there = pointing(here[0], "memory://secret-bucket/heart")
    with client_of(latentspace.open(there.path)) as client:
        said = client.get(f"/w/{there.name}/subject?row=0")
    assert said.json()["code"] == "recordings.unreachable"
    assert "secret-bucket" not in said.text
