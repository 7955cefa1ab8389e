"""Writing backbone.onnx, and running it again without ONNX Runtime.

Debian has no ONNX Runtime for Python.  The backbone needs five operators, so that reading the file
back and running it with PyTorch is short, and the figures reported are those of the shipped file.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch.nn import functional

from backbone import Backbone
from views import SIDE

INPUT, OUTPUT, FEATURE_MAP = "frame", "penultimate", "feature_map"
OPSET = 13


def export(backbone: Backbone, path: Path) -> None:
    """Writes the backbone, BatchNorm folded, with a dynamic batch dimension, and checks the file.

    Its outputs are the penultimate vector and, second, the feature map (declare_feature_map).
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own deprecation notes
        torch.onnx.export(
            backbone.folded(), torch.zeros(1, 1, SIDE, SIDE), str(path), opset_version=OPSET,
            input_names=[INPUT], output_names=[OUTPUT],
            dynamic_axes={INPUT: {0: "batch"}, OUTPUT: {0: "batch"}})
    declare_feature_map(path)


def declare_feature_map(path: Path) -> None:
    """Makes what the last convolution block gives the dense layer, flattened: (n, 576), an output too.

    Nothing is computed that was not before, and no weight is touched.  A file that has it already is left alone.
    """
    model = onnx.load(str(path))
    if all(output.name != FEATURE_MAP for output in model.graph.output):
        (flatten,) = [node for node in model.graph.node if node.op_type == "Flatten"]
        (dense,) = [node for node in model.graph.node if node.op_type == "Gemm"]
        (weight,) = [tensor for tensor in model.graph.initializer if tensor.name == dense.input[1]]
        flatten.output[0] = dense.input[0] = FEATURE_MAP
        model.graph.output.append(onnx.helper.make_tensor_value_info(
            FEATURE_MAP, onnx.TensorProto.FLOAT, ["batch", weight.dims[1]]))
        onnx.save(model, str(path))
    onnx.checker.check_model(model, full_check=True)


class OnnxBackbone:
    """Runs the ONNX file: input (n, 1, 28, 28) float32 to penultimate vectors (n, F), or another output."""

    def __init__(self, path: Path, output: str = OUTPUT) -> None:
        model = onnx.load(str(path))
        onnx.checker.check_model(model)
        self._graph = model.graph
        self._output = output
        self._constants = {t.name: torch.from_numpy(np.array(numpy_helper.to_array(t)))
                           for t in model.graph.initializer}

    def __call__(self, frames: torch.Tensor) -> torch.Tensor:
        values = dict(self._constants)
        values[self._graph.input[0].name] = frames
        for node in self._graph.node:
            inputs = [values[name] for name in node.input]
            settings = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            values[node.output[0]] = _run(node.op_type, inputs, settings)
            if self._output in values:
                break
        return values[self._output]


def _run(operator: str, inputs: list[torch.Tensor], settings: dict) -> torch.Tensor:
    """One node.  Only what the exporter writes for this backbone; anything else is an error."""
    if operator == "Conv":
        top, left, bottom, right = settings["pads"]
        assert (top, left) == (bottom, right) and settings["group"] == 1
        return functional.conv2d(*inputs, stride=tuple(settings["strides"]), padding=(top, left))
    if operator == "Relu":
        return functional.relu(inputs[0])
    if operator == "MaxPool":
        assert not any(settings.get("pads", ())) and not settings.get("ceil_mode", 0)
        return functional.max_pool2d(inputs[0], tuple(settings["kernel_shape"]), tuple(settings["strides"]))
    if operator == "Flatten":
        return inputs[0].flatten(settings.get("axis", 1))
    if operator == "Gemm":
        assert settings.get("transB") == 1 and settings.get("transA", 0) == 0
        assert settings.get("alpha", 1.0) == settings.get("beta", 1.0) == 1.0
        return functional.linear(*inputs)
    raise NotImplementedError(f"ONNX operator {operator}: install onnxruntime, or add it to {__file__}")
