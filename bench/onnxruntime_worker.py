# SPDX-License-Identifier: Apache-2.0
"""A network in ONNX Runtime on one thread, a slice of it on request (worker.py).

usage: onnxruntime_worker.py NETWORK.safetensors HEIGHT WIDTH CHANNELS FOLDER f32|int8 BATCH. FOLDER has images.f32 and calibration.f32 (FP32, NHWC) and
gets the models. A run is one batch, the images taken in turn. Of several forms of a model the fastest is kept.
"""
import itertools
import pathlib
import sys
import time

import numpy
import onnx_models
import onnxruntime
from worker import serve


class Network:
    """A model and its batches, bound to it beforehand so that a run does nothing but compute."""

    def __init__(self, path, images, batch):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.add_free_dimension_override_by_name("batch", batch)
        self.name = path.stem
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.bindings = [self.bind(images[i : i + batch]) for i in range(0, len(images), batch)]
        self.turns = itertools.cycle(self.bindings)

    def bind(self, images):
        binding = self.session.io_binding()
        binding.bind_ortvalue_input("image", onnxruntime.OrtValue.ortvalue_from_numpy(numpy.ascontiguousarray(images)))
        binding.bind_output("logits")
        return binding

    def run(self):
        self.session.run_with_iobinding(next(self.turns))

    def logits(self):
        values = []
        for binding in self.bindings:
            self.session.run_with_iobinding(binding)
            values.extend(binding.copy_outputs_to_cpu()[0].ravel().tolist())
        return " ".join(map(repr, values))


def fastest(networks, seconds=1.0):
    """In turns, by the least time of a round: all of one's batches."""
    best, end = [float("inf")] * len(networks), time.monotonic() + seconds
    while len(networks) > 1 and time.monotonic() < end:
        for i, network in enumerate(networks):
            start = time.thread_time()
            for _ in network.bindings:
                network.run()
            best[i] = min(best[i], time.thread_time() - start)
    return networks[best.index(min(best))]


def main():
    weights, folder, kind, batch = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[5]), sys.argv[6], int(sys.argv[7])
    height, width, channels = map(int, sys.argv[2:5])
    models = onnx_models.make(weights, height, width, folder / "calibration.f32", folder)
    images = onnx_models.read_images(folder / "images.f32", height, width, channels)
    network = fastest([Network(path, images, batch) for path in models if path.stem.startswith(kind)])
    serve(network.run, f"{onnxruntime.__version__} {network.name}", {"logits": network.logits})


main()
