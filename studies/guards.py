"""Every guard broken in turn, to see that its test fails: `python -m studies.guards [PROMISE ...]`.

The package is copied to a temporary folder, one line of the copy is changed, and the tests that
`docs/reference/security.md` names for the promise are run against it. Prints a row for each: promise, guard, test, and
whether it failed. Exit code 1 if a guard could be broken unseen.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIMIT_S = 600


@dataclass(frozen=True, slots=True)
class Break:
    """One change of one file of the package, and a test that must see it."""

    promise: str
    guard: str
    file: str
    before: str
    after: str
    test: str


SECURITY, DISCLOSURE = "server/security.py", "disclosure.py"
DOORS = "tests/test_doors.py::test_every_route_and_verb_stands_behind_every_door"
BREAKS = (
    Break(
        *("D1", "only loopback", "server/launch.py", "if not loopback:", "if False:"),
        "tests/test_server.py::test_only_loopback_is_served",
    ),
    Break(
        *("D2", "the cookie is of this key", SECURITY, "morsel is not None and", "morsel is not None or"),
        "tests/test_security.py::test_the_cookie_of_another_server_opens_nothing",
    ),
    Break(
        *("D3", "401 without it", SECURITY, "not in OPEN_PATHS and not self._has_cookie(headers)", "is None"),
        "tests/test_doors.py::test_no_route_and_no_verb_is_answered_without_the_cookie",
    ),
    Break(*("D4", "Host", SECURITY, "not in (*LOOPBACK, *self.allowed_hosts)", "is None"), DOORS),
    Break(*("D5", "Origin", SECURITY, "not in SAFE_METHODS and not _same_origin(headers)", "is None"), DOORS),
    Break(
        *("D6", "policy of content", SECURITY, "default-src 'self'", "default-src *"),
        "tests/test_server.py::test_every_answer_carries_the_headers_that_keep_the_page_to_itself",
    ),
    Break(
        *(
            "D7",
            "no path of this machine",
            "server/app.py",
            "text.replace(str(workspace.path), workspace.name)",
            "text",
        ),
        "tests/test_server.py::test_a_path_of_this_machine_does_not_reach_the_page",
    ),
    Break(
        *("D8", "a body is capped", "server/wire.py", "if len(body) > most:", "if False:"),
        "tests/test_security.py::test_a_body_that_does_not_say_its_length_is_cut_at_the_cap",
    ),
    Break(
        *("D8", "no packed body", SECURITY, '!= "identity":', '== "x":'),
        "tests/test_security.py::test_a_body_that_would_unpack_to_more_is_refused",
    ),
    Break(
        *(
            "D9",
            "nobody holds the server",
            "server/answering.py",
            "app, log_level",
            "app, limit_concurrency=50, log_level",
        ),
        "tests/test_doors.py::test_two_hundred_half_sent_requests_do_not_stop_a_new_client",
    ),
    Break(
        *("D10", "a line has an end", "server/pool.py", "if not self._places.acquire(blocking=False):", "if False:"),
        "tests/test_server.py::test_a_full_pool_says_when_to_come_back",
    ),
    Break(
        *("D10", "a time budget", "server/budget.py", "late = True", "pass"),
        "tests/test_budget.py::test_what_takes_too_long_is_answered_in_time_with_a_code_and_only_once",
    ),
    Break(*("D11", "every verb", SECURITY, '"OPTIONS")', '"OPTIONS", "DELETE")'), DOORS),
    Break(
        *("P1", "small counts are hidden", DISCLOSURE, "if n is None or self.hides(n):", "if n is None:"),
        "tests/test_disclosure.py::test_small_counts_are_hidden_others_rounded_and_the_smallest_other_goes_along",
    ),
    Break(
        *("P2", "counts are rounded by a draw", DISCLOSURE, "value / step + drawn", "value / step + 0.5"),
        "tests/test_differencing.py::test_no_pair_of_counts_says_whether_the_one_who_joined_is_in_the_cell",
    ),
    Break(
        *("P5", "lines are bound", "audit.py", "if said != before:", "if False:"),
        "tests/test_audit.py::test_what_was_changed_is_found_at_its_line",
    ),
    Break(
        *("P5", "what cannot be noted is not answered", "server/audited.py", 'note(message["status"])', "pass"),
        "tests/test_audit.py::test_what_cannot_be_noted_is_not_answered",
    ),
    Break(
        *("P6", "nothing that git would commit", "target.py", "if _would_be_committed(into.absolute()):", "if False:"),
        "tests/test_ingest.py::test_what_cannot_be_done_is_refused_with_a_hint",
    ),
    Break(
        *("B1", "no deflated DICOM", "readers/dicom_image.py", "syntax in (None, DEFLATED)", "syntax is None"),
        "tests/test_ingest_damaged.py::test_a_deflated_dicom_is_refused_before_it_is_inflated",
    ),
    Break(
        *("P7", "no seven digits", "simulate/phenotypes.py", 'f"S-{i:05d}"', 'f"{i:07d}"'),
        "tests/test_simulate_verb.py::test_ids_of_people_who_never_lived_are_no_seven_digits",
    ),
    Break(
        *("B7", "no pickle", "codec.py", "import numpy as np", "import pickle\nimport numpy as np"),
        "tests/test_house.py::test_nothing_is_ever_pickled",
    ),
    Break(
        *("F3", "what comes is announced", "run.py", 'if artifact in self.record.get("hashes", {}):', "if False:"),
        "tests/test_faults.py::test_killed_at_a_named_point_the_run_is_whole_and_the_same_command_ends_as_unbroken",
    ),
    Break(
        *("F5", "a full disk is said", "artifact.py", "except OSError as error:", "except ZeroDivisionError as error:"),
        "tests/test_full_disk.py::test_a_verb_without_room_says_so_leaves_the_old_whole_and_works_when_there_is_room",
    ),
)


def copied(folder: Path) -> Path:
    """The package and its tests in another folder; the package's place there."""
    for part in ("src", "tests", "studies", "examples"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder / "src" / "latentspace"


def fails(one: Break, package: Path) -> bool:
    """Whether the test fails where the guard is broken; the copy is mended afterwards."""
    victim, folder = package / one.file, package.parents[1]
    text = victim.read_text(encoding="utf-8")
    if one.before not in text:
        raise SystemExit(f"{one.promise}: {one.file} has no longer: {one.before}")
    victim.write_text(text.replace(one.before, one.after), encoding="utf-8")
    try:
        done = subprocess.run(  # noqa: S603 - our own tests
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", one.test],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(package.parent), str(folder)])},
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_S,
        )
    finally:
        victim.write_text(text, encoding="utf-8")
    if "failed" not in done.stdout and " passed" not in done.stdout:
        raise SystemExit(f"{one.promise}: {one.test} could not be run\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.returncode == 1


def main(promises: Sequence[str]) -> int:
    """Print the table."""
    print("| promise | guard broken | test | failed |\n|---|---|---|---|")
    unseen = 0
    with tempfile.TemporaryDirectory() as folder:
        package = copied(Path(folder))
        for one in BREAKS:
            if not promises or one.promise in promises:
                seen = fails(one, package)
                unseen += not seen
                print(f"| {one.promise} | {one.guard} | `{one.test}` | {'yes' if seen else '**no**'} |", flush=True)
    return int(unseen > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
