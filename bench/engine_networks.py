"""The networks of bench/engine.py: trained for minutes on the phantom, then pruned. Kept in out/bench and made once."""

import csv
import pathlib
import subprocess

import numpy
import onnx
from onnx import numpy_helper

IMAGES, EPOCHS, BATCH, LEARNING_RATE = 2000, 3, 32, 0.001
SIZE, CHANNELS = 64, 3  # of the pictures that train; the networks then take larger ones too


class Networks:
    def __init__(self, build, folder):
        self.niwaki, self.folder = build / "niwaki", folder
        folder.mkdir(parents=True, exist_ok=True)

    def call(self, *arguments):
        subprocess.run([str(self.niwaki), *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)

    def cohort(self):
        folder = self.folder / f"phantom-{IMAGES}"
        if not (folder / "labels.csv").exists():
            self.call("cohort", "phantom", "--images", IMAGES, "--size", SIZE, "--out", folder, "--quiet")
        return folder

    def trained(self, architecture):
        """The dense network."""
        out = self.folder / architecture / "dense.onnx"
        if not out.exists():
            cohort, work = self.cohort(), self.folder / architecture / "train"
            self.call("train", "--labels", cohort / "labels.csv", "--images", cohort / "images", "--out", work,
                      "--architecture", architecture, "--size", SIZE, "--epochs", EPOCHS, "--quiet",
                      "--set", f"model.channels={CHANNELS}", "--set", f"train.batch={BATCH}",
                      "--set", f"train.learning_rate={LEARNING_RATE}")
            (work / "training" / "seed-0" / "best.onnx").rename(out)
        return out

    def validation_ap(self, architecture):
        """Macro average precision of the network that was kept: tells that something was learnt."""
        history = next((self.folder / architecture / "train").rglob("history.csv"))
        with history.open() as file:
            return next(float(row["validation_ap"]) for row in reversed(list(csv.DictReader(file))) if row["best"] == "1")

    def pruned(self, architecture, mask, sparsity, ending=".onnx"):
        if sparsity == 0 and ending == ".onnx":
            return self.trained(architecture)
        out = self.folder / architecture / f"{mask}-{sparsity:.2f}{ending}"
        if not out.exists():
            if mask == "uniform":
                write_uniform(self.trained(architecture), sparsity, out)
            else:
                self.call("prune", "--model", self.trained(architecture), "--method", mask, "--sparsity", sparsity,
                          "--out", out, "--quiet")
        return out


def prunable(model):
    """Weights of convolutions and of linear layers, in the order in which they run."""
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    return [weights[node.input[1]] for node in model.graph.node if node.op_type in ("Conv", "Gemm", "MatMul")
            and node.input[1] in weights]


def write_uniform(dense, sparsity, out):
    """The same share of each layer goes, by chance; the first convolution and the classifier stay whole."""
    model = onnx.load(str(dense))
    random = numpy.random.default_rng(1)
    for tensor in prunable(model)[1:-1]:
        values = numpy_helper.to_array(tensor).copy()
        gone = random.permutation(values.size)[: round(sparsity * values.size)]
        values.reshape(-1)[gone] = 0
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    part = out.with_suffix(".part")
    onnx.save(model, str(part))
    part.rename(out)


def layer_sparsities(path):
    model = onnx.load(str(path))
    layers = [numpy_helper.to_array(tensor) for tensor in prunable(model)]
    zeros = [float((values == 0).mean()) for values in layers]
    whole = sum(int((values == 0).sum()) for values in layers) / sum(values.size for values in layers)
    return {"whole": round(whole, 4), "least": round(min(zeros), 3), "most": round(max(zeros), 3)}


def as_state(path):
    """What torchvision's network of this name loads: the names are the same. Drops what only exists in ONNX."""
    model = onnx.load(str(path))
    return {tensor.name: numpy_helper.to_array(tensor).copy() for tensor in model.graph.initializer
            if tensor.data_type == onnx.TensorProto.FLOAT}


def bytes_of(path):
    return pathlib.Path(path).stat().st_size
