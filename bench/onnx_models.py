# SPDX-License-Identifier: Apache-2.0
"""Makes ONNX models of one of the demo's networks: in FP32, and statically quantized to INT8 by ONNX Runtime's own tool.

INT8: weights signed and per channel, activations unsigned. The architecture is read off the tensors, as demo/network.h says.
"""
import json
import logging
import pathlib
import struct

import numpy
import onnx
from onnxruntime import quantization

FORMS = ("QDQ", "QOperator")  # of quantized models: both that the tool knows


def read_images(path, height, width, channels):
    """FP32 images, NHWC one after the other, as NCHW."""
    return numpy.fromfile(path, numpy.float32).reshape(-1, height, width, channels).transpose(0, 3, 1, 2)


def read_safetensors(path):
    data = path.read_bytes()
    begin = 8 + struct.unpack_from("<Q", data)[0]
    header = json.loads(data[8:begin])
    header.pop("__metadata__", None)
    tensors = {}
    for name, about in header.items():
        first, last = about["data_offsets"]
        tensors[name] = numpy.frombuffer(data[begin + first : begin + last], numpy.float32).reshape(about["shape"])
    return tensors


class Graph:
    """Nodes whose outputs are named after the layers."""

    def __init__(self, tensors):
        self.tensors, self.nodes = tensors, []
        self.constants = [onnx.numpy_helper.from_array(values, name) for name, values in tensors.items()]

    def add(self, kind, inputs, output, **attributes):
        self.nodes.append(onnx.helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def integers(self, name, values):
        self.constants.append(onnx.numpy_helper.from_array(numpy.array(values, numpy.int64), name))
        return name

    def conv(self, x, name, stride):
        size = self.tensors[name + ".weight"].shape[2:]
        pads = [size[0] // 2, size[1] // 2] * 2
        return self.add("Conv", [x, name + ".weight", name + ".bias"], name, strides=[stride, stride], pads=pads, kernel_shape=size)

    def relu(self, x):
        return self.add("Relu", [x], x + ".relu")

    def shortcut(self, x, name, stride, added):
        """Every second pixel; of the new channels, which are zero, half before the old ones."""
        if stride > 1:
            bounds = {"starts": [0, 0], "ends": [2**31, 2**31], "axes": [2, 3], "steps": [stride, stride]}
            x = self.add("Slice", [x, *(self.integers(f"{name}.{k}", v) for k, v in bounds.items())], name + ".pixels")
        if added:
            pads = [0, added // 2, 0, 0, 0, added - added // 2, 0, 0]
            x = self.add("Pad", [x, self.integers(name + ".pads", pads)], name + ".padded")
        return x


def build(tensors, height, width):
    graph = Graph(tensors)
    x, channels, stage = graph.relu(graph.conv("image", "conv1", 1)), tensors["conv1.weight"].shape[0], 1
    while f"layer{stage}.0.conv1.weight" in tensors:
        block = 0
        while (name := f"layer{stage}.{block}") + ".conv1.weight" in tensors:
            stride, added = 2 if stage > 1 and block == 0 else 1, tensors[name + ".conv1.weight"].shape[0] - channels
            y = graph.conv(graph.relu(graph.conv(x, name + ".conv1", stride)), name + ".conv2", 1)
            x = graph.relu(graph.add("Add", [y, graph.shortcut(x, name, stride, added)], name + ".sum"))
            channels += added
            block += 1
        stage += 1
    x = graph.add("Flatten", [graph.add("GlobalAveragePool", [x], "mean")], "features")
    graph.add("Gemm", [x, "linear.weight", "linear.bias"], "logits", transB=1)
    float_type, first, last = onnx.TensorProto.FLOAT, tensors["conv1.weight"], tensors["linear.weight"]
    image = onnx.helper.make_tensor_value_info("image", float_type, ["batch", first.shape[1], height, width])
    logits = onnx.helper.make_tensor_value_info("logits", float_type, ["batch", last.shape[0]])
    whole = onnx.helper.make_graph(graph.nodes, "network", [image], [logits], graph.constants)
    model = onnx.helper.make_model(whole, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


class Batches:
    """What quantize_static wants of a CalibrationDataReader."""

    def __init__(self, images, size=64):
        self.batches = (numpy.ascontiguousarray(images[i : i + size]) for i in range(0, len(images), size))

    def get_next(self):
        batch = next(self.batches, None)
        return None if batch is None else {"image": batch}


def make(weights, height, width, calibration, folder):
    """The models' paths: FP32, then INT8 in each form. Nothing is made where all are newer than the weights and this file."""
    paths = [folder / "f32.onnx", *(folder / f"int8_{form}.onnx" for form in FORMS)]
    newest = max(weights.stat().st_mtime, pathlib.Path(__file__).stat().st_mtime)
    if all(path.exists() and path.stat().st_mtime > newest for path in paths):
        return paths
    tensors = read_safetensors(weights)
    onnx.save(build(tensors, height, width), paths[0])
    images = read_images(calibration, height, width, tensors["conv1.weight"].shape[1])
    logging.disable(logging.WARNING)  # it recommends to fold batch norms, which is done
    for form, path in zip(FORMS, paths[1:]):
        quantization.quantize_static(
            paths[0],
            path,
            Batches(images),
            quant_format=quantization.QuantFormat[form],
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
        )
    return paths
