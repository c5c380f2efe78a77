"""A small run that no torch trained: linear encoders and decoders written straight as ONNX, on simulated recordings."""

from pathlib import Path

import numpy as np
import onnx
import polars as pl
from onnx import TensorProto, helper, numpy_helper

from latentspace.embed import embed
from latentspace.modality import Axis, Modality
from latentspace.phenotype import Dictionary, Phenotype
from latentspace.progress import silent
from latentspace.run import Run
from latentspace.workspace import CohortData, Workspace, create

N, N_SHARED, N_PRIVATE, SIZE = 120, 4, 2, 12
LOG_VAR = -3.0


def foreign_run(folder: Path, *, missing: int = 0, seed: int = 0, noise: float = 0.05) -> tuple[Workspace, Run]:
    """Modalities `a` and `b`, each 4 shared factors and 2 of its own through an orthonormal map, plus noise.

    The first `missing` rows lack `b`; the last row is a second visit of the first person.
    """
    rng = np.random.default_rng(seed)
    shared = rng.standard_normal((N, N_SHARED))
    maps = {m: np.linalg.qr(rng.standard_normal((SIZE, N_SHARED + N_PRIVATE)))[0].T for m in "ab"}
    recordings: dict[str, np.ndarray] = {}
    present = {m: np.ones(N, bool) for m in "ab"}
    present["b"][:missing] = False
    for m in "ab":
        code = np.concatenate([shared, rng.standard_normal((N, N_PRIVATE))], axis=1)
        values = code @ maps[m] + noise * rng.standard_normal((N, SIZE))
        values[~present[m]] = np.nan
        recordings[m] = values.astype(np.float32)
    workspace = create(folder / "linear.ls", _cohort(shared, recordings, present))
    run = workspace.new_run("linear")
    run.update(n_shared=N_SHARED, n_private=dict.fromkeys("ab", N_PRIVATE), split_seed=1)
    for m in "ab":
        run.write_file(f"encoder_{m}.onnx", _encoder(maps[m]))
        run.write_file(f"decoder_{m}.onnx", _linear(maps[m], "z", "recording"))
    workspace.set_latest(run)
    embed(workspace, run, silent)
    return workspace, run


def _cohort(shared: np.ndarray, recordings: dict[str, np.ndarray], present: dict[str, np.ndarray]) -> CohortData:
    ids = [f"p{i:03d}" for i in range(N - 1)] + ["p000"]
    visits = ["1"] * (N - 1) + ["2"]
    axes = (Axis(name="element", size=SIZE),)
    return CohortData(
        title="Linear",
        simulator="test 1",
        modalities=tuple(Modality(name=m, label=m.upper(), axes=axes, unit="mV") for m in "ab"),
        subjects=pl.DataFrame({"subject_id": ids, "visit": visits, "height": shared[:, 1]}),
        dictionary=Dictionary((Phenotype(name="height", label="Height", kind="continuous"),)),
        recordings=recordings,
        present=present,
        report={},
    )


def _encoder(loadings: np.ndarray) -> bytes:
    """`recordings` -> shared and private means by projection; constant log-variances."""
    outputs = ("shared_mean", "shared_log_var", "private_mean", "private_log_var")
    widths = (N_SHARED, N_SHARED, N_PRIVATE, N_PRIVATE)
    parts = (loadings[:N_SHARED], None, loadings[N_SHARED:], None)
    nodes, constants = [], []
    for name, width, part in zip(outputs, widths, parts, strict=True):
        weight = np.zeros((SIZE, width)) if part is None else part.T
        bias = np.full(width, LOG_VAR if part is None else 0.0)
        constants += [numpy_helper.from_array(weight.astype(np.float32), f"{name}_w")]
        constants += [numpy_helper.from_array(bias.astype(np.float32), f"{name}_b")]
        nodes += [helper.make_node("Gemm", ["recordings", f"{name}_w", f"{name}_b"], [name])]
    given = helper.make_tensor_value_info("recordings", TensorProto.FLOAT, ["n", SIZE])
    said = [helper.make_tensor_value_info(o, TensorProto.FLOAT, ["n", w]) for o, w in zip(outputs, widths, strict=True)]
    return _model(helper.make_graph(nodes, "encoder", [given], said, constants))


def _linear(weight: np.ndarray, given: str, said: str) -> bytes:
    inputs = [helper.make_tensor_value_info(given, TensorProto.FLOAT, ["n", weight.shape[0]])]
    outputs = [helper.make_tensor_value_info(said, TensorProto.FLOAT, ["n", weight.shape[1]])]
    constants = [numpy_helper.from_array(weight.astype(np.float32), "w")]
    return _model(
        helper.make_graph([helper.make_node("MatMul", [given, "w"], [said])], "m", inputs, outputs, constants)
    )


def _model(graph: onnx.GraphProto) -> bytes:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()
