"""Measure every claim (or those named), print one table, write build/bench.json. Timings are told, never tested."""

import argparse
import importlib
import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.cohorts import ROOT
from benchmarks.timing import Claim, Effort, Spread

CLAIMS = (
    *("decode", "train", "embed", "maps", "place", "compare", "score", "storage", "start", "ingest", "simulate"),
    "gestures",
)
ALONE = ("growth",)  # 20 minutes: only when it is named
PACKAGES = (
    "latent-space-explorer",
    "numpy",
    "onnxruntime",
    "torch",
    "faiss-cpu",
    "scikit-learn",
    "openTSNE",
    "wfdb",
    "playwright",
)
PAGE = ROOT / "docs" / "reference" / "performance.md"
VERDICTS = {True: "holds", False: "MISSED", None: ""}
NO_REASON = "Look at the load below: what others do at the same time counts too."
MEASURED = "<!-- measured: `python -m benchmarks --page` writes what follows -->\n"


def main() -> None:
    """Run the benchmarks named on the command line, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    known = (*CLAIMS, *ALONE)
    parser.add_argument("names", nargs="*", metavar="CLAIM", help=f"of {', '.join(known)}; default all but the last")
    parser.add_argument("--quick", action="store_true", help="a little of everything, in less than five minutes")
    parser.add_argument("--page", action="store_true", help="write the table into docs/reference/performance.md too")
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(known):
        parser.error(f"no claim {', '.join(sorted(unknown))}")
    before, begun = os.getloadavg(), time.monotonic()
    claims: list[Claim] = []
    for name in chosen.names or CLAIMS:
        print(f"{name} ...", flush=True)
        claims += importlib.import_module(f"benchmarks.{name}").measure(Effort(quick=chosen.quick))
        print(f"  {name}: done after {time.monotonic() - begun:.0f} s", flush=True)
    machine = {**_machine(), "load_before": before[0], "load_after": os.getloadavg()[0]}
    machine |= {"seconds": round(time.monotonic() - begun), "quick": chosen.quick}
    written = ROOT / "build" / "bench.json"
    written.parent.mkdir(exist_ok=True)
    rows = [row for one in claims for row in one.rows()]
    written.write_text(json.dumps({"machine": machine, "rows": rows}, indent=2) + "\n", encoding="utf-8")
    said = f"{_table(claims)}\n\n{_described(machine)}\n"
    print(f"\n{said}\nWritten to {written.relative_to(ROOT)}.")
    if chosen.page:
        kept = PAGE.read_text(encoding="utf-8").partition(MEASURED)[0]
        PAGE.write_text(f"{kept}{MEASURED}\n{said}", encoding="utf-8")


def _machine() -> dict[str, object]:
    """What was measured on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
    }


def _described(machine: Mapping[str, object]) -> str:
    """The machine in one paragraph; a load above the number of cores means that others were at work too."""
    versions = machine["versions"]
    assert isinstance(versions, dict)
    packages = ", ".join(f"{name} {number}" for name, number in versions.items())
    return (
        f"Measured on {machine['cores']} cores ({machine['processor']}), {machine['system']}, Python "
        f"{machine['python']}, {packages}. Load {machine['load_before']:.1f} before, {machine['load_after']:.1f} after "
        f"{machine['seconds']} s of measuring."
    )


def _table(claims: Sequence[Claim]) -> str:
    """One row for each claim in Markdown, its peers below each other; below it why what is missed is missed."""
    lines = [
        "| claim | ours: median (quartiles), p95, n | budget | | beside it | ours / it |",
        "|---|---|---|---|---|---|",
    ]
    for one in claims:
        limit = "" if one.limit is None else f"{'>= ' * one.more_is_better}{one.limit:g} {one.unit}"
        beside = "<br>".join(f"{name}: {_said(peer, one.unit)}" for name, peer in one.peers.items())
        ratios = "<br>".join(f"{ratio:.2g}" for ratio in one.ratio.values())
        ours = f"{_said(one.ours, one.unit)}, p95 {one.ours.p95:.3g}, n = {one.ours.n}"
        lines.append(f"| {one.text} | {ours} | {limit} | {VERDICTS[one.holds]} | {beside} | {ratios} |")
    missed = [f"- {one.text}: missed. {one.why or NO_REASON}" for one in claims if one.holds is False]
    return "\n".join([*lines, *([""] * bool(missed)), *missed])


def _said(spread: Spread, unit: str) -> str:
    """`1.2 ms (1.1-1.4)`."""
    return f"{spread.median:.3g} {unit} ({spread.low:.3g}-{spread.high:.3g})"


if __name__ == "__main__":
    main()
