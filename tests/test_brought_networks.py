"""Decoders that another program exported draw what is dragged, or are refused before anything is written."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from brought import Components, brought, digits_by_components, opened
from foreign_run import foreign_run
from latentspace.errors import LatentSpaceError
from latentspace.latent import layout
from latentspace.readers.onnx_file import names_other_files

N = 60


@pytest.fixture
def few(tmp_path: Path) -> Components:
    """Sixty digits."""
    return digits_by_components(tmp_path, N)


def decoder(folder: Path, components: Components, *, private: int = 0, name: str = "digit") -> Path:
    """`decoder_<name>.onnx` that draws 8 x 8 images from components."""
    folder.mkdir(exist_ok=True)
    nodes = [
        helper.make_node("MatMul", ["z", "axes"], ["moved"]),
        helper.make_node("Add", ["moved", "mean"], ["flat"]),
        helper.make_node("Reshape", ["flat", "shape"], ["recording"]),
    ]
    width = len(components.axes) + private
    axes = np.concatenate([components.axes, np.zeros((private, 64), np.float32)])
    constants = [
        numpy_helper.from_array(axes, "axes"),
        numpy_helper.from_array(components.mean.astype(np.float32), "mean"),
        numpy_helper.from_array(np.array([-1, 8, 8], np.int64), "shape"),
    ]
    given = helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", width])
    said = helper.make_tensor_value_info("recording", TensorProto.FLOAT, ["n", 8, 8])
    graph = helper.make_graph(nodes, "decoder", [given], [said], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path = folder / f"decoder_{name}.onnx"
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize("private", [0, 2])
def test_with_a_decoder_a_dragged_code_is_drawn(few: Components, private: int) -> None:
    folder = few.table.parent
    decoder(folder / "onnx", few, private=private)
    np.save(folder / "a.npy", few.codes)
    np.save(folder / "own.npy", np.zeros((N, 2), np.float32))
    own = [f"private_digit={folder / 'own.npy'}"] if private else []
    brought(few, f"joint={folder / 'a.npy'}", *own, onnx_folder=folder / "onnx")
    explorer = opened(few)
    assert [axis.name for axis in explorer.describe().modalities[0].axes] == ["row", "column"]
    z = explorer.encode(5, ["digit"]).z
    assert len(z) == 8 + private
    z[2] += 9
    expected = (few.codes[5] + 9 * (np.arange(8) == 2)) @ few.axes + few.mean
    np.testing.assert_allclose(explorer.decode(z)["digit"], expected.reshape(8, 8), atol=1e-3)
    assert explorer.subject(5).recordings == {}
    assert layout(explorer.spaces)["private_digit"].stop == 8 + private


def test_networks_that_cannot_be_used_are_refused_before_anything_is_written(few: Components) -> None:
    folder = few.table.parent / "onnx"
    np.save(few.table.parent / "a.npy", few.codes)
    np.save(few.table.parent / "b.npy", few.codes[:, :3])
    a, b = few.table.parent / "a.npy", few.table.parent / "b.npy"

    def code(*given: str) -> str:
        with pytest.raises(LatentSpaceError) as caught:
            brought(few, *given, onnx_folder=folder)
        return caught.value.code

    assert code(f"joint={a}") == "onnx.missing"
    path = decoder(folder, few)
    assert code(f"joint={b}") == "onnx.width"
    assert code(f"a={a}", f"b={b}") == "onnx.width"
    model = onnx.load(path)
    model.graph.input[0].name = model.graph.node[0].input[0] = "code"
    onnx.save(model, path)
    assert code(f"joint={a}") == "onnx.shape"
    onnx.save(model, path, save_as_external_data=True, size_threshold=0, location="weights.bin")
    assert code(f"joint={a}") == "onnx.external"
    path.write_bytes(b"no network")
    assert code(f"joint={a}") == "onnx.unreadable"
    decoder(folder, few).with_name("modalities.json").write_text('[{"name": "digit"}]', encoding="utf-8")
    assert code(f"joint={a}") == "onnx.modalities"
    assert not (few.table.parent / "w.ls").exists()


def test_the_networks_of_a_run_of_ours_are_brought_with_its_codes_and_draw_the_same(tmp_path: Path) -> None:
    workspace, run = foreign_run(tmp_path)
    subjects = workspace.subjects().drop("visit").unique("subject_id", keep="first", maintain_order=True)
    table, n = tmp_path / "table.csv", len(subjects)
    subjects.write_csv(table)
    joint = run.embedding("joint")[:n]
    np.save(tmp_path / "joint.npy", joint)
    made = Components(tuple(subjects["subject_id"]), joint, joint, joint, joint, joint, table)
    brought(made, f"joint={tmp_path / 'joint.npy'}", onnx_folder=run.path, to="theirs.ls")
    explorer = opened(made, "theirs.ls")
    assert explorer.describe().n_latent == 8
    z = explorer.encode(5, []).z
    np.testing.assert_array_equal(z[4:], 0)
    expected = run_decoder(run.path / "decoder_a.onnx", z[:6])
    np.testing.assert_allclose(explorer.decode(z)["a"], expected, atol=1e-5)


def run_decoder(path: Path, z: np.ndarray) -> np.ndarray:
    """By the weights in the file."""
    weight = numpy_helper.to_array(onnx.load(path).graph.initializer[0])
    return z @ weight


@pytest.mark.parametrize("data", [b"\xff" * 20, b"\x3a\x7f", b"\x08" + b"\xff" * 12, b"\x0b"])
def test_bytes_that_are_no_protocol_buffer_are_an_error_and_no_hang(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"is cut short|wire type"):
        names_other_files(data)
