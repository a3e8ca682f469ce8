#!/usr/bin/env python3
"""Holds the import, the zoo, the prediction and the written networks to torchvision, PyTorch and ONNX Runtime.

    networks_against_peers.py --program build/niwaki --zoo-export build/niwaki_zoo_export [--all] [--only NAME]...

Exports torchvision's networks (weights drawn, normalisation made nontrivial) by PyTorch in several opsets, with
constants folded and not, with batch normalisation folded and kept, predicts with `niwaki predict` and compares the
logits with PyTorch's: dense, and after `niwaki prune --method l1 --sparsity 0.9`. Runs what niwaki wrote in ONNX
Runtime (npm fetches it into tests/onnxruntime the first time). Builds every network of the zoo, compares the names and
shapes of its tensors with torchvision's state dict, and the logits with those of torchvision's network of these weights;
takes half of its weights out as whole channels, checks the file and compares the logits with ONNX Runtime's.

Ends with 77 (left out) where torchvision, or ONNX Runtime, cannot be had. --all exports each network in every way.
Needs python3-torch, python3-torchvision, python3-onnx, python3-numpy, node and npm.
"""
import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy
import onnx
from onnx import numpy_helper

from handwritten_networks import handwritten

LEFT_OUT = 77
TOLERANCE = 1e-4  # of logits, absolute; where they are larger than 1, as a share of the largest
CLASSES, BATCH, SPARSITY = 7, 2, "0.9"
NETWORKS = {  # name: side of the picture in pixels
    "resnet18": 64, "resnet34": 64, "resnet50": 64, "resnet101": 64, "densenet121": 64, "densenet169": 64,
    "mobilenet_v2": 96, "mobilenet_v3_large": 96, "mobilenet_v3_small": 64, "efficientnet_b0": 64,
}
# opset, constants folded, batch normalisation kept, batch left open
WAYS = list(itertools.product((11, 13, 17), (True, False), (True, False), (True, False)))
PEER = Path(__file__).resolve().parent / "onnxruntime"


def fetch_onnxruntime():
    """True where ONNX Runtime can be run."""
    try:
        if not (PEER / "node_modules/onnxruntime-node/package.json").is_file():
            subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=PEER, check=True,
                           timeout=600)
        probe = "import('onnxruntime-node').then(() => process.exit(0), () => process.exit(1))"
        return subprocess.run(["node", "-e", probe], cwd=PEER, timeout=60).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def lively(torch, network, side):
    """Normalisation gets the statistics of noise, not quite, and a scale and shift, so that no part of it is trivial. The
    last layer is scaled so that the largest logit is near 1."""
    norms = [module for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
    network.train()
    with torch.no_grad():
        network(torch.randn(8, 3, side, side))
        for norm in norms:
            norm.running_mean += 0.1 * torch.randn_like(norm.running_mean) * norm.running_var.sqrt()
            norm.running_var *= 0.9 + 0.2 * torch.rand_like(norm.running_var)
            norm.weight.copy_(0.9 + 0.2 * torch.rand_like(norm.weight))
            norm.bias.copy_(0.1 * torch.randn_like(norm.bias))
        largest = network.eval()(torch.randn(8, 3, side, side)).abs().max()
        for last in [module for module in network.modules() if isinstance(module, torch.nn.Linear)][-1:]:
            last.weight /= largest
            last.bias /= largest
    return network


class Comparison:
    def __init__(self, torch, torchvision, program, zoo_export, folder):
        self.torch, self.torchvision = torch, torchvision
        self.program, self.zoo_export, self.folder = program, zoo_export, folder
        self.problems, self.worst, self.compared = [], 0.0, 0
        self.for_onnxruntime = []  # (what, job, logits that it should give)

    def call(self, *arguments):
        done = subprocess.run([self.program, *map(str, arguments)], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"niwaki {arguments[0]}: {done.stderr.strip()}")
        return done.stdout

    def compare(self, what, ours, theirs):
        largest = max(1.0, float(numpy.abs(theirs).max()))
        difference = float(numpy.abs(ours - theirs).max()) / largest if ours.shape == theirs.shape else float("inf")
        self.compared += 1
        self.worst = max(self.worst, difference)
        if not difference <= TOLERANCE:
            self.problems.append(f"{what}: logits differ by {difference:.2e} (largest {largest:.2f})")

    def picture(self, side, channels=3):
        path = self.folder / f"x{side}-{channels}.npy"
        if not path.exists():
            numpy.save(path, numpy.random.default_rng(1).standard_normal((BATCH, channels, side, side), numpy.float32))
        return path

    def predict(self, model, picture, engines=("dense",)):
        """Logits by every engine; the first is given back, the others must be near it."""
        results = []
        for engine in engines:
            out = self.folder / "logits.npy"
            self.call("predict", "--model", model, "--input", picture, "--out", out, "--logits", "--quiet", "--engine", engine)
            results.append(numpy.load(out))
            if len(results) > 1:
                self.compare(f"{model.name}, engine {engine} and {engines[0]}", results[-1], results[0])
        return results[0]

    def torch_logits(self, network, picture):
        with self.torch.no_grad():
            return network(self.torch.from_numpy(numpy.load(picture))).numpy()

    def load(self, network, model):
        """The tensors of an ONNX file into torchvision's network, where they have its names."""
        tensors = {t.name: numpy_helper.to_array(t) for t in onnx.load(model).graph.initializer}
        state = network.state_dict()
        wanted = [name for name in state if not name.endswith("num_batches_tracked")]
        if any(name not in tensors for name in wanted):
            return False
        network.load_state_dict({name: self.torch.from_numpy(tensors[name].copy()) for name in wanted}, strict=False)
        return True

    def export(self, network, side, way):
        opset, constants, normalisation, open_batch = way
        path = self.folder / "exported.onnx"
        training = self.torch.onnx.TrainingMode
        self.torch.onnx.export(
            network, self.torch.zeros(1, 3, side, side), str(path), opset_version=opset, do_constant_folding=constants,
            training=training.PRESERVE if normalisation else training.EVAL, input_names=["input"],
            output_names=["logits"], dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}} if open_batch else None)
        return path

    def compare_export(self, name, network, side, way):
        opset, constants, normalisation, _ = way
        what = (f"{name}, opset {opset}, constants {'folded' if constants else 'as nodes'}, "
                f"normalisation {'kept' if normalisation else 'folded'}")
        model = self.export(network, side, way)
        picture = self.picture(side)
        self.compare(f"{what}, dense", self.predict(model, picture), self.torch_logits(network, picture))
        if normalisation:
            found = json.loads(self.call("inspect", model, "--json"))
            count = sum(parameter.numel() for parameter in network.parameters())
            if (found["parameters"], found["normalisation"]) != (count, "kept"):
                self.problems.append(f"{what}: {found['parameters']} parameters instead of {count}, "
                                     f"normalisation {found['normalisation']}")
        pruned = self.folder / f"{name}-{opset}-{int(constants)}{int(normalisation)}.onnx"
        self.call("prune", "--model", model, "--method", "l1", "--sparsity", SPARSITY, "--out", pruned, "--quiet")
        logits = self.predict(pruned, picture, ("sparse", "dense"))
        self.expect_of_onnxruntime(f"{what}, pruned", pruned, picture, logits)
        before = {key: value.clone() for key, value in network.state_dict().items()}
        if self.load(network, pruned):
            self.compare(f"{what}, pruned", logits, self.torch_logits(network, picture))
            network.load_state_dict(before)
        elif normalisation:
            self.problems.append(f"{what}: the pruned network has other tensors than torchvision's")

    def compare_handwritten(self, name, network, side, opset, constants):
        what = f"{name}, opset {opset}, constants {'folded' if constants else 'as nodes'}"
        axes = {0: "batch"} if name == "same-padded" else {0: "batch", 2: "height", 3: "width"}
        path, out = self.folder / "handwritten.onnx", self.folder / f"{name}-{opset}-{int(constants)}.onnx"
        self.torch.onnx.export(network, self.torch.zeros(1, 3, side, side), str(path), opset_version=opset,
                               do_constant_folding=constants, input_names=["input"], dynamic_axes={"input": axes})
        picture = self.picture(side)
        self.call("prune", "--model", path, "--method", "l1", "--sparsity", "0", "--out", out, "--quiet")
        logits = self.predict(out, picture, ("dense", "sparse", "reference"))
        self.compare(what, logits, self.torch_logits(network, picture))
        self.expect_of_onnxruntime(what, out, picture, logits)

    def compare_zoo(self, name, side, channels):
        what = f"zoo's {name}, {channels} channels"
        model = self.folder / f"zoo-{name}-{channels}.onnx"
        subprocess.run([self.zoo_export, name, str(CLASSES), str(channels), str(side), model], check=True)
        network = getattr(self.torchvision.models, name)(weights=None, num_classes=CLASSES).eval()
        if channels == 1:
            self.make_grey(network)
        state = {key: list(value.shape) for key, value in network.state_dict().items() if "num_batches" not in key}
        tensors = [(t.name, list(t.dims)) for t in onnx.load(model).graph.initializer if t.data_type == 1 and t.dims]
        if tensors != list(state.items()):
            different = [pair for pair in itertools.zip_longest(tensors, state.items()) if pair[0] != pair[1]]
            self.problems.append(f"{what}: tensors differ from torchvision's, first {different[0]}")
            return
        self.load(network, model)
        picture = self.picture(side, channels)
        logits = self.predict(model, picture)
        self.compare(what, logits, self.torch_logits(network, picture))
        self.expect_of_onnxruntime(what, model, picture, logits)
        self.compare_fewer_channels(what, model, picture)

    def compare_fewer_channels(self, what, model, picture):
        """Half of the weights gone with whole channels: what is written is a valid network for others too."""
        smaller = model.with_name(f"{model.stem}-channels.onnx")
        said = json.loads(self.call("prune", "--model", model, "--method", "channels-l1", "--sparsity", "0.5", "--out",
                                    smaller, "--json"))["parameters"]
        onnx.checker.check_model(onnx.load(smaller), full_check=True)
        held = {t.name: int(numpy.prod(t.dims)) for t in onnx.load(smaller).graph.initializer if t.data_type == 1 and t.dims}
        trained = sum(size for name, size in held.items() if "running_" not in name)
        if not (said["left"] == trained < said["dense"]):
            self.problems.append(f"{what}, fewer channels: {said} said, {trained} parameters in the file")
        logits = self.predict(smaller, picture, ("dense", "sparse", "auto"))
        self.expect_of_onnxruntime(f"{what}, fewer channels", smaller, picture, logits)

    def make_grey(self, network):
        """The first convolution for one channel."""
        name, first = next((key, module) for key, module in network.named_modules()
                           if isinstance(module, self.torch.nn.Conv2d))
        parent = network.get_submodule(name.rpartition(".")[0])
        grey = self.torch.nn.Conv2d(1, first.out_channels, first.kernel_size, first.stride, first.padding, bias=False)
        setattr(parent, name.rpartition(".")[2], grey)

    def expect_of_onnxruntime(self, what, model, picture, logits):
        raw = picture.with_suffix(".f32")
        array = numpy.load(picture)
        raw.write_bytes(array.tobytes())
        job = {"model": str(model), "input": str(raw), "shape": list(array.shape),
               "output": str(model.with_suffix(".logits"))}
        self.for_onnxruntime.append((f"{what}, ONNX Runtime", job, logits))

    def compare_onnxruntime(self):
        jobs = self.folder / "jobs.json"
        jobs.write_text(json.dumps([job for _, job, _ in self.for_onnxruntime]))
        subprocess.run(["node", str(PEER / "run.mjs"), str(jobs)], check=True)
        for what, job, logits in self.for_onnxruntime:
            theirs = numpy.fromfile(job["output"], numpy.float32).reshape(BATCH, -1)
            self.compare(what, logits, theirs)


def ways_of(name, position, everything):
    """Two ways for each network, one for a larger brother, so that nearly all of them occur."""
    if everything:
        return WAYS
    kept = [way for way in WAYS if way[2]]
    folded = [way for way in WAYS if not way[2]]
    ways = [kept[(5 * position) % len(kept)], folded[(5 * position + 3) % len(folded)]]
    return ways[:1] if name in ("resnet34", "resnet101", "densenet169") else ways


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--zoo-export", type=Path, required=True)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--only", action="append", default=[])
    args = parser.parse_args()
    try:
        import torch
        import torchvision
    except ImportError:
        print("left out: there is no torchvision for this Python")
        return LEFT_OUT
    if not fetch_onnxruntime():
        print("left out: ONNX Runtime cannot be fetched by npm, or does not run here")
        return LEFT_OUT
    warnings.filterwarnings("ignore")
    torch.manual_seed(1)
    with tempfile.TemporaryDirectory(prefix="niwaki-networks-") as name:
        comparison = Comparison(torch, torchvision, args.program.resolve(), args.zoo_export.resolve(), Path(name))
        for position, (architecture, side) in enumerate(NETWORKS.items()):
            if args.only and architecture not in args.only:
                continue
            network = getattr(torchvision.models, architecture)(weights=None, num_classes=CLASSES)
            lively(torch, network, side)
            for way in ways_of(architecture, position, args.all):
                comparison.compare_export(architecture, network, side, way)
            comparison.compare_zoo(architecture, side, 3 if position % 2 == 0 else 1)
        for name, network, side in handwritten(torch) if not args.only else []:
            lively(torch, network, side)
            for opset, constants in itertools.product((11, 17), (True, False)):
                comparison.compare_handwritten(name, network, side, opset, constants)
        comparison.compare_onnxruntime()
    for problem in comparison.problems:
        print(problem, file=sys.stderr)
    print(f"{comparison.compared} comparisons, largest difference {comparison.worst:.1e}, "
          f"{len(comparison.problems)} problems")
    return 1 if comparison.problems else 0


if __name__ == "__main__":
    sys.exit(main())
