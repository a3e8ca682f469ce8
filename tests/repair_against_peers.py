#!/usr/bin/env python3
"""Holds the repairs of `niwaki prune` to PyTorch and NumPy.

    repair_against_peers.py --program build/niwaki

batch-norm against torch.nn.BatchNorm2d with momentum=None (cumulative averaging), least-squares against
numpy.linalg.lstsq row by row, variance against the moments of PyTorch's own layer outputs. Ends with 77 (left out) where
PyTorch is not there. Needs python3-torch, python3-onnx and python3-numpy.
"""
import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

LEFT_OUT = 77
IMAGES, SIDE, SPARSITY, DAMPING = 96, 12, "0.6", 0.01
SHAPES = {"conv1.weight": (8, 1, 3, 3), "conv2.weight": (8, 4, 3, 3), "fc.weight": (3, 8)}


def write_network(random, path):
    """Convolution, normalisation, grouped and strided convolution with a bias, linear layer."""
    tensors = {name: random.normal(0, 0.4, shape).astype(numpy.float32) for name, shape in SHAPES.items()}
    for name, low, high in [("bn.scale", 0.5, 1.5), ("bn.shift", -0.5, 0.5), ("bn.mean", -0.3, 0.3),
                            ("bn.variance", 0.5, 2), ("conv2.bias", -0.5, 0.5)]:
        tensors[name] = random.uniform(low, high, 8).astype(numpy.float32)
    tensors["fc.bias"] = random.uniform(-0.5, 0.5, 3).astype(numpy.float32)
    node = helper.make_node
    nodes = [
        node("Conv", ["input", "conv1.weight"], ["a"], "conv1", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("BatchNormalization", ["a", "bn.scale", "bn.shift", "bn.mean", "bn.variance"], ["b"], "bn"),
        node("Relu", ["b"], ["c"], "relu1"),
        node("Conv", ["c", "conv2.weight", "conv2.bias"], ["d"], "conv2", kernel_shape=[3, 3], group=2, strides=[2, 2]),
        node("Relu", ["d"], ["e"], "relu2"),
        node("GlobalAveragePool", ["e"], ["f"], "pool"),
        node("Flatten", ["f"], ["g"], "flatten"),
        node("Gemm", ["g", "fc.weight", "fc.bias"], ["logits"], "fc", transB=1),
    ]
    image = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 1, SIDE, SIDE])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 3])
    stored = [numpy_helper.from_array(values, name) for name, values in tensors.items()]
    graph = helper.make_graph(nodes, "repaired", [image], [logits], stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return tensors


def read_tensors(path):
    return {one.name: numpy_helper.to_array(one) for one in onnx.load(path).graph.initializer}


def values_of(torch, tensors, pictures):
    """What each layer of the network gives, in double, by PyTorch."""
    w = {name: torch.from_numpy(values.astype(numpy.float64)) for name, values in tensors.items()}
    f = torch.nn.functional
    x = {"input": torch.from_numpy(pictures.astype(numpy.float64))}
    x["conv1"] = f.conv2d(x["input"], w["conv1.weight"], padding=1)
    x["bn"] = f.batch_norm(x["conv1"], w["bn.mean"], w["bn.variance"], w["bn.scale"], w["bn.shift"], False, 0, 1e-5)
    x["relu1"] = torch.relu(x["bn"])
    x["conv2"] = f.conv2d(x["relu1"], w["conv2.weight"], w["conv2.bias"], stride=2, groups=2)
    x["pool"] = torch.relu(x["conv2"]).mean((2, 3))
    x["fc"] = f.linear(x["pool"], w["fc.weight"], w["fc.bias"])
    return x


def rows_of(torch, layer, values):
    """[groups][patches, inputs] of what the layer reads."""
    if layer == "fc":
        return [values["pool"].numpy()]
    if layer == "conv1":
        patches = torch.nn.functional.unfold(values["input"], 3, padding=1)
    else:
        patches = torch.nn.functional.unfold(values["relu1"], 3, stride=2)
    patches = patches.transpose(1, 2).reshape(-1, patches.shape[1]).numpy()
    return numpy.split(patches, 2 if layer == "conv2" else 1, axis=1)


def outputs_of(layer, values):
    given = values[layer].numpy()
    return given if given.ndim == 2 else given.transpose(0, 2, 3, 1).reshape(-1, given.shape[1])


class Comparison:
    def __init__(self, torch, program, folder):
        self.torch, self.program, self.folder = torch, program, folder
        random = numpy.random.default_rng(11)
        self.dense = write_network(random, folder / "dense.onnx")
        self.pictures = random.normal(0.2, 1, (IMAGES, 1, SIDE, SIDE)).astype(numpy.float32)
        numpy.save(folder / "x.npy", self.pictures)
        self.pruned = self.prune("l1")
        self.checks, self.problems = 0, []

    def prune(self, method):
        out = self.folder / f"{method}.onnx"
        calibration = ["--calibration", self.folder / "x.npy"] if "+" in method else []
        subprocess.run([self.program, "prune", "--model", self.folder / "dense.onnx", "--method", method, "--sparsity",
                        SPARSITY, "--out", out, "--quiet", *calibration], check=True, stdout=subprocess.DEVNULL)
        return read_tensors(out)

    def expect_near(self, what, got, expected, tolerance):
        self.checks += 1
        scale = max(float(numpy.abs(expected).max()), 1e-3)
        apart = float(numpy.abs(got - expected).max()) / scale
        if not apart <= tolerance:
            self.problems.append(f"{what}: apart by {apart:.2e} of {scale:.3g}")

    def same_zeros(self, method, tensors):
        self.checks += 1
        for name in SHAPES:
            if not numpy.array_equal(tensors[name] == 0, self.pruned[name] == 0):
                self.problems.append(f"{method}: other zeros in {name}")

    def batch_norm(self):
        """One batch of all pictures, and eight equal batches, whose means average to the pooled one."""
        torch, mended = self.torch, self.prune("l1+batch-norm")
        self.same_zeros("batch-norm", mended)
        first = values_of(torch, self.pruned, self.pictures)["conv1"]
        for batches in (1, 8):
            layer = torch.nn.BatchNorm2d(8, momentum=None).double().train()
            for part in first.chunk(batches):
                layer(part)
            self.expect_near(f"mean of {batches}", mended["bn.mean"], layer.running_mean.numpy(), 1e-5)
            # The mean of eight variances lacks what lies between the batches, which pooling does not.
            self.expect_near(f"variance of {batches}", mended["bn.variance"], layer.running_var.numpy(),
                             1e-5 if batches == 1 else 2e-2)

    def least_squares(self):
        torch, mended = self.torch, self.prune("l1+least-squares")
        self.same_zeros("least-squares", mended)
        wanted = values_of(torch, self.dense, self.pictures)
        present = values_of(torch, mended, self.pictures)
        for layer in ("conv1", "conv2", "fc"):
            weight = mended[f"{layer}.weight"].reshape(SHAPES[f"{layer}.weight"][0], -1)
            before = self.pruned[f"{layer}.weight"].reshape(weight.shape).astype(numpy.float64)
            groups, targets = rows_of(torch, layer, present), outputs_of(layer, wanted)
            for row in range(len(weight)):
                inputs = groups[row * len(groups) // len(weight)]
                expected = self.fitted(inputs, targets[:, row], before[row])
                self.expect_near(f"{layer}, row {row}", weight[row], expected, 2e-4)
            self.expect_near(f"{layer}, mean", outputs_of(self.shifted(layer), present).mean(0),
                             outputs_of(self.shifted(layer), wanted).mean(0), 1e-4)

    @staticmethod
    def shifted(layer):
        """Where a layer's constant is seen: a convolution without a bias has it in its normalisation."""
        return "bn" if layer == "conv1" else layer

    @staticmethod
    def fitted(inputs, target, before):
        """Least squares about the means, damped towards the weights before, on those that are not zero."""
        count, support = len(inputs), before != 0
        inputs = inputs - inputs.mean(0)
        damping = DAMPING * (inputs ** 2).sum() / count / inputs.shape[1]
        left = numpy.vstack([inputs[:, support] / count ** 0.5, damping ** 0.5 * numpy.eye(support.sum())])
        right = numpy.concatenate([(target - target.mean()) / count ** 0.5, damping ** 0.5 * before[support]])
        expected = numpy.zeros_like(before)
        expected[support] = numpy.linalg.lstsq(left, right, rcond=None)[0]
        return expected

    def variance(self):
        torch, mended = self.torch, self.prune("l1+variance")
        self.same_zeros("variance", mended)
        wanted = values_of(torch, self.dense, self.pictures)
        present = values_of(torch, mended, self.pictures)
        for layer in ("conv1", "conv2", "fc"):
            seen = self.shifted(layer)
            got, expected = outputs_of(seen, present), outputs_of(seen, wanted)
            alive = got.std(0) > 1e-9
            self.expect_near(f"{layer}, deviation", got.std(0)[alive], expected.std(0)[alive], 1e-4)
            self.expect_near(f"{layer}, mean", got.mean(0), expected.mean(0), 1e-4)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", type=Path, required=True)
    program = parser.parse_args().program.resolve()
    try:
        import torch  # noqa: PLC0415
    except ImportError:
        print("PyTorch is not there")
        return LEFT_OUT
    torch.set_grad_enabled(False)
    with tempfile.TemporaryDirectory() as name:
        comparison = Comparison(torch, program, Path(name))
        comparison.batch_norm()
        comparison.least_squares()
        comparison.variance()
    for problem in comparison.problems:
        print(problem, file=sys.stderr)
    print(f"{comparison.checks} checks, {len(comparison.problems)} differences from PyTorch and NumPy")
    return 1 if comparison.problems else 0


if __name__ == "__main__":
    sys.exit(main())
