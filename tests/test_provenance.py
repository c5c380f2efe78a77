"""Where a run comes from: what its files on disk say, told again."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import latentspace
from built import Built
from latentspace.explorer.provenance import cohort_hash, provenance
from latentspace.run import Run


def test_provenance_is_what_run_and_workspace_say_of_themselves(digits: Built) -> None:
    explorer = latentspace.open(digits.path)
    said = explorer.provenance()
    record = json.loads((explorer.run.path / "run.json").read_text(encoding="utf-8"))
    assert (said.run, said.model, said.preset) == (record["id"], record["config"]["model"], record["config"]["preset"])
    assert (said.seed, said.split_seed, said.n_train) == (record["seed"], record["split_seed"], record["n_train"])
    assert said.versions == record["versions"]
    assert said.hashes == record["hashes"]
    assert (
        said.hashes["weights.safetensors"]
        == hashlib.sha256((explorer.run.path / "weights.safetensors").read_bytes()).hexdigest()
    )


def test_other_data_have_another_cohort_hash(digits: Built) -> None:
    workspace = latentspace.open(digits.path).workspace
    written = json.loads((digits.path / "workspace.json").read_text(encoding="utf-8"))["hashes"]
    assert cohort_hash(workspace) == hashlib.sha256(json.dumps(written, sort_keys=True).encode()).hexdigest()
    other = replace(workspace, hashes={**workspace.hashes, "subjects.parquet": "0" * 64})
    assert cohort_hash(other) != cohort_hash(workspace)


def test_a_run_that_says_little_of_itself_leaves_the_rest_open(digits: Built, tmp_path: Path) -> None:
    bare = Run(tmp_path / "abc")
    bare.path.mkdir()
    bare.update(id="abc", n_shared=2)
    said = provenance(latentspace.open(digits.path).workspace, bare)
    assert (said.run, said.model, said.preset, said.seed, said.n_train) == ("abc", "", "", None, None)
    assert said.hashes == {}
