"""Simulated hearts with a run that nobody trained: ridge regressions on the known truth, written straight as ONNX."""

from pathlib import Path

import numpy as np
import onnx
import polars as pl
from onnx import TensorProto, helper, numpy_helper

from latentspace.arrays import read_rows
from latentspace.embed import embed
from latentspace.modality import Modality
from latentspace.progress import silent
from latentspace.run import Run
from latentspace.simulate.verb import SimulateOptions, simulate
from latentspace.workspace import Workspace

SHARED = ("lvm", "lvedv", "lvef", "la_max", "qrs", "qt", "male")
OWN = {"ecg": ("r_axis", "voltage"), "cine": ("cine_shift_x", "cine_shift_y", "cine_turn")}
LOG_VAR, PENALTY = -2.0, 3.0


def linear_hearts(folder: Path, *, people: int = 64) -> tuple[Workspace, Run]:
    """A simulated clinic; the shared code stands for `SHARED`, the private ones for `OWN`, one dimension each."""
    workspace = simulate(folder / "hearts.ls", SimulateOptions(subjects=people, seed=11, workers=1), silent)
    run = workspace.new_run("linear")
    run.update(n_shared=len(SHARED), n_private={m: len(own) for m, own in OWN.items()}, split_seed=1)
    fit = run.split(workspace.subjects()) != "held_out"
    truth = workspace.truth()
    for m in workspace.modelled:
        x = read_rows(workspace.recordings(m.name))[fit].reshape(int(fit.sum()), -1).astype(np.float64)
        z = _standard(truth, [*SHARED, *OWN[m.name]])[fit]
        run.write_file(f"decoder_{m.name}.onnx", _decoder(m, *_ridge(z, x, 0.1)))
        run.write_file(f"encoder_{m.name}.onnx", _encoder(m, *_ridge(x, z, PENALTY * float(x.var(axis=0).sum()))))
    workspace.set_latest(run)
    embed(workspace, run, silent)
    return workspace, run


def _standard(truth: pl.DataFrame, names: list[str]) -> np.ndarray:
    values = truth.select(names).to_numpy()
    return (values - values.mean(axis=0)) / values.std(axis=0)


def _ridge(x: np.ndarray, y: np.ndarray, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    """Weights and bias; solved for people or for columns, whichever are fewer."""
    mean_x, mean_y = x.mean(axis=0), y.mean(axis=0)
    a, b = x - mean_x, y - mean_y
    if len(a) < a.shape[1]:
        weights = a.T @ np.linalg.solve(a @ a.T + penalty * np.eye(len(a)), b)
    else:
        weights = np.linalg.solve(a.T @ a + penalty * np.eye(a.shape[1]), a.T @ b)
    return weights.astype(np.float32), (mean_y - mean_x @ weights).astype(np.float32)


def _encoder(m: Modality, weights: np.ndarray, bias: np.ndarray) -> bytes:
    nodes = [helper.make_node("Flatten", ["recordings"], ["flat"])]
    constants, said = [], []
    parts = {"shared": slice(0, len(SHARED)), "private": slice(len(SHARED), None)}
    for name, part in parts.items():
        width = weights[:, part].shape[1]
        for output, w, b in (
            (f"{name}_mean", weights[:, part], bias[part]),
            (f"{name}_log_var", np.zeros((len(weights), width), np.float32), np.full(width, LOG_VAR, np.float32)),
        ):
            constants += [numpy_helper.from_array(np.ascontiguousarray(w), f"{output}_w")]
            constants += [numpy_helper.from_array(b, f"{output}_b")]
            nodes += [helper.make_node("Gemm", ["flat", f"{output}_w", f"{output}_b"], [output])]
            said += [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", width])]
    given = helper.make_tensor_value_info("recordings", TensorProto.FLOAT, ["n", *m.shape])
    return _model(helper.make_graph(nodes, "encoder", [given], said, constants))


def _decoder(m: Modality, weights: np.ndarray, bias: np.ndarray) -> bytes:
    constants = [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(bias, "b")]
    constants += [numpy_helper.from_array(np.array([-1, *m.shape], np.int64), "shape")]
    nodes = [
        helper.make_node("Gemm", ["z", "w", "b"], ["flat"]),
        helper.make_node("Reshape", ["flat", "shape"], ["recording"]),
    ]
    given = helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", len(weights)])
    said = helper.make_tensor_value_info("recording", TensorProto.FLOAT, ["n", *m.shape])
    return _model(helper.make_graph(nodes, "decoder", [given], [said], constants))


def _model(graph: onnx.GraphProto) -> bytes:
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()
