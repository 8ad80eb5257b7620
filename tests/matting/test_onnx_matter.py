"""Other networks: tiny ones that are made here, whose alphas are known beforehand."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from streammatte import Frame, Layers, Matter, UsageError, WeightsError, load_matter, open_source, parse_matter
from streammatte.matting.engines import open_engine
from streammatte.matting.matter import fit, shipped_weights

RGB = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
FREE = 1, 3, "height", "width"


@pytest.fixture
def network(tmp_path):
    """Write a network of a few ONNX nodes and return its path."""
    onnx = pytest.importorskip("onnx", reason="these networks are made with onnx; pip install 'streammatte[train]'")
    made, kinds = onnx.helper, onnx.TensorProto

    def write(nodes, inputs, outputs, constants=()):
        def infos(arrays):
            return [made.make_tensor_value_info(name, getattr(kinds, kind), shape) for name, kind, shape in arrays]

        graph = made.make_graph(
            [made.make_node(*node[:-1], **node[-1]) for node in nodes],
            "tiny",
            infos(inputs),
            infos(outputs),
            [onnx.numpy_helper.from_array(value, name) for name, value in constants],
        )
        model = made.make_model(graph, opset_imports=[made.make_opsetid("", 17)], ir_version=8)
        path = tmp_path / "tiny.onnx"
        path.write_bytes(model.SerializeToString())
        return path

    return write


@pytest.fixture
def mean_network(network):
    """One whose alpha is the mean of the three values that a pixel has, in a form of your own."""

    def write(shape=FREE, kind="FLOAT", channel=1):
        given = [side if side != 3 else 1 for side in shape]
        nodes = [("ReduceMean", ["picture"], ["mean"], {"axes": [channel]}), ("Cast", ["mean"], ["alpha"], {"to": 1})]
        if kind == "UINT8":
            nodes = [
                ("Cast", ["picture"], ["floats"], {"to": 1}),
                ("ReduceMean", ["floats"], ["mean"], {"axes": [channel]}),
            ]
            nodes += [("Div", ["mean", "most"], ["alpha"], {})]
        return network(nodes, [("picture", kind, shape)], [("alpha", "FLOAT", given)], [("most", np.float32(255))])

    return write


def expected(rgb=RGB, mean=0.0, deviation=1.0):
    return ((rgb / 255 - mean) / deviation).mean(axis=2)


def alpha_of(text, rgb=RGB):
    matter = parse_matter(text)
    assert isinstance(matter, Matter)
    alpha = matter.matte(Frame(rgb))
    assert alpha.dtype == np.float32
    return alpha


@pytest.mark.parametrize(
    ("shape", "kind", "channel"),
    [
        ((1, 3, 48, 64), "FLOAT", 1),
        ((1, 3, 48, 64), "FLOAT16", 1),
        ((1, 48, 64, 3), "FLOAT", 3),
        ((1, 48, 64, 3), "UINT8", 3),
        (("batch", 3, 48, 64), "UINT8", 1),
    ],
)
def test_a_picture_goes_in_as_the_file_takes_it(mean_network, shape, kind, channel):
    alpha = alpha_of(f"onnx:model={mean_network(shape, kind, channel)}")
    np.testing.assert_allclose(alpha, expected(), atol=2e-3)


def test_mean_and_deviation_are_of_each_colour(mean_network):
    path = mean_network((1, 3, 48, 64))
    alpha = alpha_of(f'onnx:{path},mean="-0.1,0,0.1",deviation="2,3,4",size=none')
    np.testing.assert_allclose(alpha, expected(mean=np.array([-0.1, 0, 0.1]), deviation=np.array([2, 3, 4])), atol=1e-6)


def test_what_is_not_through_a_sigmoid_yet_goes_through_it(mean_network):
    path = mean_network((1, 3, 48, 64))
    alpha = alpha_of(f"onnx:{path},mean=0.5,deviation=0.05,logits=yes")
    np.testing.assert_allclose(alpha, 1 / (1 + np.exp(-expected(mean=0.5, deviation=0.05))), atol=1e-6)
    with pytest.raises(WeightsError, match=r"what tiny\.onnx gives reaches from -.*logits=yes"):
        alpha_of(f"onnx:{path},mean=0.5,deviation=0.05")


@pytest.mark.parametrize(
    ("frame", "size", "seen"),
    [((1280, 720), "64", (96, 64)), ((640, 360), "none", (704, 384)), ((64, 64), "512", (512, 512))],
)
def test_free_sides_are_multiples_of_32_at_the_frames_aspect(network, frame, size, seen):
    shape = (1, 1, "height", "width")
    nodes = [  # alpha says how large the picture is, in thousands of pixels
        ("Shape", ["picture"], ["shape"], {}),
        ("Gather", ["shape", "which"], ["sides"], {}),
        ("ReduceProd", ["sides"], ["pixels"], {"keepdims": 0}),
        ("Cast", ["pixels"], ["floats"], {"to": 1}),
        ("Div", ["floats", "million"], ["share"], {}),
        ("ReduceMean", ["picture"], ["mean"], {"axes": [1]}),
        ("Mul", ["mean", "zero"], ["nothing"], {}),
        ("Add", ["nothing", "share"], ["alpha"], {}),
    ]
    constants = [("which", np.array([2, 3])), ("million", np.float32(1e6)), ("zero", np.float32(0))]
    path = network(nodes, [("picture", "FLOAT", FREE)], [("alpha", "FLOAT", shape)], constants)
    alpha = alpha_of(f"onnx:{path},size={size}", np.zeros((*frame[::-1], 3), np.uint8))
    np.testing.assert_allclose(alpha, seen[0] * seen[1] / 1e6, rtol=1e-5)
    assert alpha.shape == (min(seen[1], frame[1]), min(seen[0], frame[0]))


def test_fixed_sides_of_another_aspect_give_layers_of_the_frames_size(mean_network):
    rgb = cv2.resize(RGB, (300, 80))
    matter = parse_matter(f"onnx:{mean_network((1, 3, 128, 128))}")
    layers = Layers.of(Frame(rgb), matter.matte(Frame(rgb)))
    assert layers.alpha.shape == (80, 300)
    assert np.abs(layers.alpha - expected(rgb)).mean() < 0.05


def test_of_several_outputs_the_first_of_one_channel_is_alpha(network):
    nodes = [
        ("Identity", ["picture"], ["colours"], {}),
        ("ReduceMean", ["picture"], ["alpha"], {"axes": [1], "keepdims": 0}),
        ("ReduceMax", ["picture"], ["coarse"], {"axes": [1]}),
    ]
    shape = 1, 3, 48, 64
    outputs = [("colours", "FLOAT", shape), ("alpha", "FLOAT", (1, 48, 64)), ("coarse", "FLOAT", (1, 1, 48, 64))]
    path = network(nodes, [("picture", "FLOAT", shape)], outputs)
    np.testing.assert_allclose(alpha_of(f"onnx:{path}"), expected(), atol=1e-6)


def test_our_own_network_is_such_a_file():
    with open_source("sample") as source:
        frame = next(iter(source))
    path = shipped_weights().with_suffix(".onnx")
    size = fit(frame.size).padded
    found = open_engine(shipped_weights()).run(cv2.resize(frame.rgb, size, interpolation=cv2.INTER_AREA))
    alpha = parse_matter(f"onnx:model={path},threads=1").matte(frame)
    assert alpha.shape == found.shape
    assert np.abs(alpha - found).mean() < 2e-3


def test_a_file_that_does_not_fit_is_refused_with_what_goes_in_and_out(network):
    two = [("Add", ["a", "b"], ["sum"], {})]
    path = network(two, [("a", "FLOAT", FREE), ("b", "FLOAT", FREE)], [("sum", "FLOAT", FREE)])
    with pytest.raises(WeightsError) as caught:
        parse_matter(f"onnx:{path}")
    assert str(caught.value) == (
        f"{path} does not fit: in go a (1, 3, height, width) of float and b (1, 3, height, width) of float, "
        "out come sum (1, 3, height, width) of float; expected one picture in, (1, 3, H, W) or (1, H, W, 3), "
        "of float, float16 or uint8, and an alpha or mask out, (1, 1, H, W)"
    )
    classes = [("Identity", ["a"], ["b"], {})]
    for shape, kind in (
        ((1, 3, 48, 64), "FLOAT"),
        ((4, 3, 48, 64), "FLOAT"),
        ((1, 1, 48, 64), "FLOAT"),
        (FREE, "INT32"),
    ):
        path = network(classes, [("a", kind, shape)], [("b", kind, shape)])
        with pytest.raises(WeightsError, match="does not fit"):
            parse_matter(f"onnx:{path}")


def test_a_network_made_for_one_size_alone_is_told_so_when_it_fails_at_another(network):
    nodes = [("Reshape", ["picture", "shape"], ["same"], {}), ("ReduceMean", ["same"], ["alpha"], {"axes": [1]})]
    shape = "shape", np.array([1, 3, 32, 32], np.int64)
    path = network(nodes, [("picture", "FLOAT", FREE)], [("alpha", "FLOAT", (1, 1, "h", "w"))], [shape])
    assert parse_matter(f"onnx:{path},size=32").matte(Frame(RGB[:48, :48])).shape == (32, 32)
    with pytest.raises(WeightsError, match=r"tiny\.onnx cannot be run on a picture of 512x512, though .*; give"):
        parse_matter(f"onnx:{path}").matte(Frame(RGB[:48, :48]))


def test_in_python_a_file_is_a_name_and_a_mean_a_number(mean_network):
    matter = load_matter("onnx")(str(mean_network((1, 3, 48, 64))), deviation=2)
    np.testing.assert_allclose(matter.matte(Frame(RGB)), expected(deviation=2), atol=1e-5)


def test_what_cannot_be_is_refused(mean_network, tmp_path):
    path = mean_network((1, 3, 48, 64))
    for values, message in (
        ("size=320", "size is 320, but .* fixes its sides at 64x48; leave size out"),
        ("size=0", "expected 1 or more pixels"),
        ("mean=grey", "mean is 'grey'; expected a number, or three"),
        ('mean="1,2"', "expected a number, or three"),
        ("deviation=0", "expected numbers other than 0"),
        ("depth=3", "there is no parameter 'depth' in the matter"),
    ):
        with pytest.raises(UsageError, match=message):
            parse_matter(f"onnx:{path},{values}")
    with pytest.raises(WeightsError, match="there is no file"):
        parse_matter(f"onnx:{tmp_path / 'none.onnx'}")
    path.write_bytes(b"no network")
    with pytest.raises(WeightsError, match=r"onnxruntime cannot read .*tiny\.onnx; expected an ONNX file"):
        parse_matter(f"onnx:{path}")
    assert load_matter("onnx").__name__ == "OnnxMatter"
