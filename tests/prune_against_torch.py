#!/usr/bin/env python3
"""Holds `niwaki prune` to torch.nn.utils.prune, weight for weight, and N:M patterns and channels to NumPy and PyTorch.

    prune_against_torch.py --program build/niwaki

Prunes networks of several layers by both, at sparsities whose product with the number of weights is whole, half and
neither: once with weights of which no two have one magnitude, once with many ties and zeros. Ends with 77 (left out)
where PyTorch is not there. Which weights an N:M pattern keeps is told by NumPy. Which channels go is told by NumPy from
the definition in docs/structured-pruning.md, and what the smaller network computes by PyTorch, which runs the dense one
with zeros in place of these channels. Needs python3-torch, python3-onnx and python3-numpy.
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
SHAPES = {"conv1.weight": (8, 1, 3, 3), "conv2.weight": (8, 4, 3, 3), "fc1.weight": (10, 8), "fc2.weight": (3, 10)}
WEIGHTS = sum(int(numpy.prod(shape)) for shape in SHAPES.values())  # 470
# 0.05, 0.15, 0.25, 0.45, 0.75 and 0.95 times 470 end in a half: round() goes to the even neighbour there.
SPARSITIES = ["0", "0.05", "0.1", "0.15", "0.25", "0.333", "0.45", "0.5", "0.7", "0.75", "0.9", "0.95", "0.999", "1"]
PATTERNS = [(2, 4), (1, 4), (4, 8), (1, 2), (3, 5)]
CHANNELS = ["0", "0.1", "0.2", "0.4", "0.6"]
BY_CHANCE = ["0", "0.05", "0.15", "0.25", "0.5", "0.9", "1"]


def distinct_weights(random):
    """No two of one magnitude, layers of different scales, so that these lose different shares."""
    magnitudes = (random.permutation(WEIGHTS) + 1).astype(numpy.float32) / WEIGHTS
    values = magnitudes * random.choice(numpy.float32([-1, 1]), WEIGHTS)
    weights = split(values)
    weights["conv2.weight"] *= numpy.float32(0.50123)
    assert len(numpy.unique(numpy.abs(joined(weights)))) == WEIGHTS
    return weights


def tied_weights(random):
    """Seven magnitudes for all weights, zero among them."""
    return split((random.integers(-6, 7, WEIGHTS) / 4).astype(numpy.float32))


def split(values):
    weights, first = {}, 0
    for name, shape in SHAPES.items():
        size = int(numpy.prod(shape))
        weights[name] = values[first:first + size].reshape(shape)
        first += size
    return weights


def write_network(weights, random, path):
    """Convolutions (the second one grouped), normalisation, two linear layers; small biases that must not be touched."""
    tensors = dict(weights)
    for name, size in {"conv1.bias": 8, "bn.weight": 8, "bn.bias": 8, "bn.mean": 8, "fc1.bias": 10, "fc2.bias": 3}.items():
        tensors[name] = (random.uniform(-1e-6, 1e-6, size)).astype(numpy.float32)
    tensors["bn.variance"] = numpy.ones(8, numpy.float32)
    node = helper.make_node
    nodes = [
        node("Conv", ["input", "conv1.weight", "conv1.bias"], ["a"], "conv1", kernel_shape=[3, 3]),
        node("BatchNormalization", ["a", "bn.weight", "bn.bias", "bn.mean", "bn.variance"], ["b"], "bn"),
        node("Relu", ["b"], ["c"], "relu1"),
        node("Conv", ["c", "conv2.weight"], ["d"], "conv2", kernel_shape=[3, 3], group=2),
        node("GlobalAveragePool", ["d"], ["e"], "pool"),
        node("Flatten", ["e"], ["f"], "flatten"),
        node("Gemm", ["f", "fc1.weight", "fc1.bias"], ["g"], "fc1", transB=1),
        node("Gemm", ["g", "fc2.weight", "fc2.bias"], ["logits"], "fc2", transB=1),
    ]
    image = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 1, 12, 12])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 3])
    stored = [numpy_helper.from_array(values, name) for name, values in tensors.items()]
    graph = helper.make_graph(nodes, "pruned", [image], [logits], stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return tensors


def read_tensors(path):
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer}


def torch_masks(torch, weights, sparsity):
    """1 where torch.nn.utils.prune keeps a weight. The number of weights that go is its own: round(amount * n)."""
    modules = []
    for values in weights.values():
        module = torch.nn.Module()
        module.register_parameter("weight", torch.nn.Parameter(torch.from_numpy(values.copy())))
        modules.append(module)
    prune = torch.nn.utils.prune
    prune.global_unstructured([(module, "weight") for module in modules], prune.L1Unstructured, amount=sparsity)
    return {name: module.weight_mask.numpy() for name, module in zip(weights, modules)}


def n_of_m_mask(values, n, m):
    """Of every m consecutive input channels (at each kernel position) the n largest magnitudes, of equals the later ones;
    channels at the end that make up no m stay."""
    kept = numpy.ones(values.shape, bool)
    for first in range(0, values.shape[1] - m + 1, m):
        part = numpy.abs(values[:, first:first + m])
        order = numpy.argsort(part, axis=1, kind="stable")
        numpy.put_along_axis(kept[:, first:first + m], order[:, :m - n], False, axis=1)
    return kept


# Of write_network's: what goes together, as (axis 0 or 1 of a weight, its indices). The grouped convolution ties the
# channels of each of its two groups, which fc1 reads, into one; each of fc1's features stands alone.
TOGETHER = [[("conv1.weight", 0, half), ("conv2.weight", 0, half), ("fc1.weight", 1, half)]
            for half in (range(0, 4), range(4, 8))]
TOGETHER += [[("fc1.weight", 0, [feature]), ("fc2.weight", 1, [feature])] for feature in range(10)]


def channels_that_go(tensors, sparsity):
    """True for each of TOGETHER that goes: lowest mean magnitude first, until enough weights are gone."""
    def where(group):
        masks = {name: numpy.zeros(shape, bool) for name, shape in SHAPES.items()}
        for name, axis, indices in group:
            masks[name][(slice(None),) * axis + (list(indices),)] = True
        return masks

    places = [where(group) for group in TOGETHER]
    magnitudes, flat = numpy.abs(joined(tensors)).astype(float), [joined(place) for place in places]
    gone, taken = [False] * len(TOGETHER), numpy.zeros(WEIGHTS, bool)
    for i in sorted(range(len(TOGETHER)), key=lambda i: magnitudes[flat[i]].mean()):
        if taken.sum() >= round(sparsity * WEIGHTS):
            break
        left = {name: ~part for name, part in split(taken | flat[i]).items()}
        if all(mask.any() for mask in left.values()):
            gone[i], taken = True, taken | flat[i]
    return gone, int(taken.sum())


def torch_logits(torch, tensors, gone, pictures):
    """The dense network's, with zeros in place of the channels that go, wherever they are read."""
    functional, t = torch.nn.functional, {name: torch.from_numpy(values.copy()) for name, values in tensors.items()}
    channels, features = torch.ones(8), torch.ones(10)
    for i, (group, is_gone) in enumerate(zip(TOGETHER, gone)):
        if is_gone:
            (channels if i < 2 else features)[list(group[0][2])] = 0
    x = functional.conv2d(torch.from_numpy(pictures), t["conv1.weight"], t["conv1.bias"])
    x = functional.batch_norm(x, t["bn.mean"], t["bn.variance"], t["bn.weight"], t["bn.bias"])
    x = functional.relu(x) * channels[:, None, None]
    x = functional.conv2d(x, t["conv2.weight"], groups=2).mean((2, 3)) * channels
    x = functional.linear(x, t["fc1.weight"], t["fc1.bias"]) * features
    return functional.linear(x, t["fc2.weight"], t["fc2.bias"]).numpy()


def joined(tensors):
    return numpy.concatenate([tensors[name].ravel() for name in SHAPES])


class Comparison:
    def __init__(self, program, folder):
        self.program = program
        self.folder = folder
        self.problems = []
        self.masks = 0

    def expect(self, good, what):
        if not good:
            self.problems.append(what)

    def prune(self, model, method, sparsity, seed=1):
        out = self.folder / "pruned.onnx"
        subprocess.run([self.program, "prune", "--model", model, "--method", method, "--sparsity", sparsity, "--seed",
                        str(seed), "--out", out, "--quiet"], check=True, stdout=subprocess.DEVNULL)
        self.masks += 1
        return read_tensors(out)

    def expect_only_weights_changed(self, tensors, pruned, what):
        self.expect(set(tensors) == set(pruned), f"{what}: tensors {sorted(pruned)}")
        for name, values in tensors.items():
            if name not in SHAPES:
                self.expect(values.tobytes() == pruned[name].tobytes(), f"{what}: {name} was changed")
                continue
            kept = pruned[name] != 0
            self.expect((pruned[name][kept] == values[kept]).all(), f"{what}: kept weights of {name} were changed")

    def compare_distinct(self, torch, model, tensors):
        """The same weights go, one by one."""
        for sparsity in SPARSITIES:
            pruned = self.prune(model, "l1", sparsity)
            what = f"distinct, l1, {sparsity}"
            self.expect_only_weights_changed(tensors, pruned, what)
            masks = torch_masks(torch, {name: tensors[name] for name in SHAPES}, float(sparsity))
            for name, mask in masks.items():
                differing = int(((pruned[name] != 0) != (mask != 0)).sum())
                self.expect(differing == 0, f"{what}: {differing} weights of {name} differ from PyTorch's mask")

    def compare_tied(self, torch, model, tensors):
        """PyTorch takes whichever of equal magnitudes its topk meets, niwaki the first ones; so the magnitudes that are
        left are compared, sorted, and that the tied ones go from the front."""
        for sparsity in SPARSITIES:
            pruned = self.prune(model, "l1", sparsity)
            what = f"tied, l1, {sparsity}"
            self.expect_only_weights_changed(tensors, pruned, what)
            masks = torch_masks(torch, {name: tensors[name] for name in SHAPES}, float(sparsity))
            ours = numpy.sort(numpy.abs(joined(pruned)))
            theirs = numpy.sort(numpy.abs(joined({name: tensors[name] * masks[name] for name in SHAPES})))
            self.expect((ours == theirs).all(), f"{what}: other magnitudes are left than by PyTorch")
            before, after = numpy.abs(joined(tensors)), joined(pruned)
            count = round(float(sparsity) * WEIGHTS)
            first = numpy.argsort(before, kind="stable")[:count]
            expected = joined(tensors)
            expected[first] = 0
            self.expect((expected == after).all(), f"{what}: equal magnitudes do not go in order")

    def compare_by_chance(self, model, tensors):
        """As many as PyTorch's RandomUnstructured, no two seeds alike, the masks of one seed nested."""
        for seed in (1, 2):
            gone_before = numpy.zeros(WEIGHTS, bool)
            for sparsity in BY_CHANCE:
                pruned = self.prune(model, "random", sparsity, seed)
                what = f"random, {sparsity}, seed {seed}"
                self.expect_only_weights_changed(tensors, pruned, what)
                gone = joined(pruned) == 0
                count = round(float(sparsity) * WEIGHTS)
                self.expect(gone.sum() == count, f"{what}: {gone.sum()} weights gone instead of {count}")
                self.expect(gone[gone_before].all(), f"{what}: a weight that a lower sparsity took is back")
                gone_before = gone
        halves = [joined(self.prune(model, "random", "0.5", seed)) == 0 for seed in (1, 2)]
        self.expect((halves[0] != halves[1]).any(), "random: two seeds give one mask")
        small = numpy.abs(joined(tensors)) < numpy.median(numpy.abs(joined(tensors)))
        share = (halves[0] & small).sum() / small.sum()
        self.expect(0.35 < share < 0.65, f"random: {share:.2f} of the small weights go at sparsity 0.5")


    def compare_n_of_m(self, model, tensors, what):
        for n, m in PATTERNS:
            pruned = self.prune(model, f"nm-{n}:{m}", str(round(1 - n / m, 3)))
            self.expect_only_weights_changed(tensors, pruned, f"{what}, {n}:{m}")
            for name in SHAPES:
                kept = n_of_m_mask(tensors[name], n, m) & (tensors[name] != 0)
                self.expect(((pruned[name] != 0) == kept).all(), f"{what}, {n}:{m}: other weights of {name} stay")

    def compare_channels(self, torch, model, tensors):
        """The biases are made large here, so that one that is left behind is seen."""
        tensors = {name: values * 1e6 if name.endswith(".bias") else values for name, values in tensors.items()}
        loud = onnx.load(model)
        for stored in loud.graph.initializer:
            stored.CopyFrom(numpy_helper.from_array(tensors[stored.name].astype(numpy.float32), stored.name))
        model = self.folder / "loud.onnx"
        onnx.save(loud, model)
        pictures = numpy.random.default_rng(2).standard_normal((4, 1, 12, 12)).astype(numpy.float32)
        numpy.save(self.folder / "pictures.npy", pictures)
        for sparsity in CHANNELS:
            what = f"channels, {sparsity}"
            gone, taken = channels_that_go(tensors, float(sparsity))
            pruned = self.prune(model, "channels-l1", sparsity)
            onnx.checker.check_model(onnx.load(self.folder / "pruned.onnx"), full_check=True)
            self.expect(sum(pruned[name].size for name in SHAPES) == WEIGHTS - taken, f"{what}: {taken} weights should go")
            subprocess.run([self.program, "predict", "--model", self.folder / "pruned.onnx", "--input",
                            self.folder / "pictures.npy", "--out", self.folder / "logits.npy", "--logits", "--quiet"],
                           check=True, stdout=subprocess.DEVNULL)
            difference = numpy.abs(numpy.load(self.folder / "logits.npy") - torch_logits(torch, tensors, gone, pictures)).max()
            self.expect(difference < 1e-4, f"{what}: logits differ by {difference:.1e} from PyTorch's with zeros")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True)
    args = parser.parse_args()
    try:
        import torch
        import torch.nn.utils.prune
    except ImportError:
        print("left out: there is no PyTorch for this Python")
        return LEFT_OUT
    random = numpy.random.default_rng(1)
    with tempfile.TemporaryDirectory(prefix="niwaki-prune-") as name:
        folder = Path(name)
        comparison = Comparison(args.program.resolve(), folder)
        distinct = write_network(distinct_weights(random), random, folder / "distinct.onnx")
        tied = write_network(tied_weights(random), random, folder / "tied.onnx")
        comparison.compare_distinct(torch, folder / "distinct.onnx", distinct)
        comparison.compare_tied(torch, folder / "tied.onnx", tied)
        comparison.compare_by_chance(folder / "distinct.onnx", distinct)
        comparison.compare_n_of_m(folder / "distinct.onnx", distinct, "distinct")
        comparison.compare_n_of_m(folder / "tied.onnx", tied, "tied")
        comparison.compare_channels(torch, folder / "distinct.onnx", distinct)
    for problem in comparison.problems:
        print(problem, file=sys.stderr)
    print(f"{comparison.masks} pruned networks, {len(comparison.problems)} differences from PyTorch's and NumPy's")
    return 1 if comparison.problems else 0


if __name__ == "__main__":
    sys.exit(main())
