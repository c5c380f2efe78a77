"""The verbs that check: is what was written still there, and is the list of who asked what still whole?"""

import argparse
import sys
from collections.abc import Iterable
from dataclasses import asdict

from latentspace import audit
from latentspace.errors import CheckFailedError
from latentspace.options import Answer
from latentspace.progress import Progress
from latentspace.verify import verify
from latentspace.workspace import open_folder


def check_hashes(chosen: argparse.Namespace, progress: Progress) -> Answer:
    """Check every content hash of a workspace.

    Raises:
        CheckFailedError: something is damaged or missing; each finding is a line on standard error.
    """
    workspace = open_folder(chosen.workspace)
    checked, findings = verify(workspace, progress)
    if findings:
        _say(f"{finding.artifact}: {finding.found}. {finding.hint}" for finding in findings)
        raise CheckFailedError(
            "verify.damaged",
            where=str(workspace.path),
            found=f"{len(findings)} of {checked} artifacts are damaged or missing: {findings[0].artifact}",
            hint=findings[0].hint,
        )
    elsewhere = {"elsewhere": workspace.elsewhere} if workspace.elsewhere else {}
    return {
        "workspace": str(workspace.path),
        "artifacts": checked,
        **elsewhere,
        "damaged": [asdict(f) for f in findings],
    }


def check_audit(chosen: argparse.Namespace) -> Answer:
    """Follow the hashes of the audit.

    Raises:
        CheckFailedError: a line was changed, removed, put in or cut off; each finding is a line on standard error.
        InputError: nothing was ever audited there.
    """
    folder = chosen.state or open_folder(chosen.workspace).path / "state"
    checked = audit.verify(folder, chosen.head)
    if checked.findings:
        _say(checked.findings)
        raise CheckFailedError(
            "audit.changed",
            where=str(folder / audit.FILE),
            found=f"{len(checked.findings)} findings in {checked.lines} lines: {checked.findings[0]}",
            hint="Compare it with a copy, and ask who could write there.",
        )
    return {"lines": checked.lines, "head": checked.head}


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stderr.write(f"{line}\n")
