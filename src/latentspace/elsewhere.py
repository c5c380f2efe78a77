"""Recordings that lie elsewhere than beside their workspace: at any URL that fsspec knows, and only ever read."""

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import PurePosixPath

from zarr.storage import FsspecStore

from latentspace.errors import InputError, LatentSpaceError, MissingExtraError


def store_at(url: str) -> FsspecStore:
    """The store at `url`, not yet looked at; nothing can be written through it.

    Raises:
        MissingExtraError: fsspec, or what it needs for such a URL, is not installed.
        InputError: it knows no such URL.
    """
    if find_spec("fsspec") is None:
        hint = "Run `pip install 'latent-space-explorer[cluster]'`."
        raise MissingExtraError("extra.cluster", where=url, found="fsspec is not installed", hint=hint)
    try:
        return FsspecStore.from_url(url, read_only=True)
    except ImportError as error:
        found = f"needs a driver that is not installed ({error})"
        hint = "Install it beside this program, for s3:// `pip install s3fs`."
        raise MissingExtraError("recordings.no_driver", where=url, found=found, hint=hint) from error
    except ValueError as error:
        found = f"is no URL that fsspec knows ({error})"
        raise InputError(
            "recordings.no_driver", where=url, found=found, hint="Correct `recordings` in workspace.json."
        ) from error


@contextmanager
def reached(url: str) -> Generator[None]:
    """Say plainly that `url` cannot be read; of the driver's words only the class, for they may hold credentials.

    Raises:
        InputError: whatever the driver raised.
    """
    try:
        yield
    except LatentSpaceError:
        raise
    except Exception as error:
        raise InputError(
            "recordings.unreachable",
            where=url,
            found=f"cannot be read ({type(error).__name__})",
            hint="Check `recordings` in workspace.json, the network, and the driver's credentials.",
        ) from error


def content_hash_at(url: str) -> str:
    """`artifact.content_hash` of the folder at `url`; reads all of it.

    Raises:
        MissingExtraError, InputError: as `store_at` and `reached`.
    """
    with reached(url):
        store_at(url)  # whose errors say what is missing
    from fsspec.core import url_to_fs  # noqa: PLC0415 - an extra, needed only here

    digest = hashlib.sha256()
    with reached(url):
        files, root = url_to_fs(url)
        names = sorted(PurePosixPath(name).relative_to(root) for name in files.find(root))
        if not names:
            raise FileNotFoundError(url)
        for name in names:
            digest.update(name.as_posix().encode() + b"\0")
            with files.open(f"{root}/{name}", "rb") as stream:
                while block := stream.read(1 << 20):
                    digest.update(block)
    return digest.hexdigest()
