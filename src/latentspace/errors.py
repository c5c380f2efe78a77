"""What can go wrong, each with a stable code, a place, what was found and what to do."""

from functools import partial
from typing import ClassVar


class LatentSpaceError(Exception):
    """Base of every error that a user can see.

    `str(error)` is one line: the place, what was found there, and the hint.
    """

    status: ClassVar[int] = 500  # HTTP
    exit_code: ClassVar[int] = 2  # command line

    def __init__(self, code: str, *, where: str, found: str, hint: str) -> None:
        """Keep the four parts.

        Args:
            code: stable and dotted, such as `workspace.missing`; documented in `docs/reference/errors`.
            where: file, column, option or field that is wrong.
            found: what was found there, and what was expected.
            hint: what the user can do about it.
        """
        super().__init__(code, where, found, hint)
        self.code, self.where, self.found, self.hint = code, where, found, hint

    def __reduce__(self) -> tuple[partial["LatentSpaceError"], tuple[()]]:
        """Say how it is made again in the process that waits for a worker."""
        return partial(type(self), self.code, where=self.where, found=self.found, hint=self.hint), ()

    def __str__(self) -> str:
        """One line for a terminal or a page."""
        return f"{self.where}: {self.found}. {self.hint} [{self.code}]"


class NotFoundError(LatentSpaceError):
    """A path, workspace, run, subject or column that does not exist."""

    status = 404


class InputError(LatentSpaceError):
    """Input that cannot be understood: a file, an option, a request."""

    status = 422


class ForbiddenError(LatentSpaceError):
    """What the server was told not to answer to anybody, such as a question about one person."""

    status = 403


class TooOftenError(LatentSpaceError):
    """A question that may be asked only so often was asked too often."""

    status = 429


class VersionError(LatentSpaceError):
    """A workspace or file written in a format that this version does not read."""

    status = 409


class MissingExtraError(LatentSpaceError):
    """An optional dependency is needed and not installed."""

    status = 501


class CheckFailedError(LatentSpaceError):
    """A check ran and found something wrong (`verify`, `ingest --strict`)."""

    status = 409
    exit_code = 1


class StoppedError(LatentSpaceError):
    """The work was stopped and can be resumed by the same command."""

    status = 503
    exit_code = 3


class BusyError(LatentSpaceError):
    """The server has no free worker; try again in a moment."""

    status = 503
    exit_code = 3
