#!/usr/bin/env python3
"""Holds the criteria of `niwaki prune` to NumPy and to PyTorch's autograd.

    criteria_against_torch.py --program build/niwaki

Prunes one network by each criterion. The scores behind each mask are computed again from the definitions: LAMP, the
Erdos-Renyi-kernel's budgets, Wanda (inputs by hooks and unfold), Taylor, Fisher and the tail-aware score (gradients of
single images by autograd). A weight may differ only where its score is within rounding of the line. Ends with 77 (left
out) where PyTorch is not there. Needs python3-torch, python3-onnx and python3-numpy.
"""
import argparse
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import numpy

from prune_against_torch import LEFT_OUT, SHAPES, WEIGHTS, distinct_weights, read_tensors, write_network

SPARSITIES = [0.3, 0.5, 0.9]
CLASSES = ["a", "b", "c"]
IMAGES, SIDE = 24, 12
NEAR = 1e-3  # relative distance from the line within which single and double precision may decide otherwise
RARITY_EXPONENT, RARITY_SHRINKAGE, FACTORS = 0.5, 20.0, [1.0, 3.0, 1.0]


def write_png(pixels, path):
    """8 bits, grey."""
    height, width = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) +
                     chunk(b"IEND", b""))


def write_images(random, folder):
    """Pictures as the network gets them, and labels of which each class has half positives: then the tail score looks
    at every image."""
    (folder / "images").mkdir()
    labels = numpy.array([[row % 2, row // 2 % 2, row // 4 % 2] for row in range(IMAGES)])
    lines = ["id,patient_id,image," + ",".join(CLASSES)]
    pixels = random.integers(0, 256, (IMAGES, SIDE, SIDE), dtype=numpy.uint8)
    for row in range(IMAGES):
        write_png(pixels[row], folder / "images" / f"{row}.png")
        lines.append(f"{row},p{row},{row}.png," + ",".join(str(label) for label in labels[row]))
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    return (pixels / 255.0 - 0.5)[:, None] / 0.25, labels.astype(float)


class Peer:
    """The network in PyTorch, in double, and what images tell of its weights."""

    def __init__(self, torch, tensors, pictures, labels):
        self.torch = torch
        self.tensors = {name: torch.tensor(values, dtype=torch.float64) for name, values in tensors.items()}
        self.weights = [self.tensors[name].requires_grad_(True) for name in SHAPES]
        self.pictures = torch.tensor(pictures)
        self.labels = torch.tensor(labels)

    def run(self, x, seen=None):
        f, t = self.torch.nn.functional, self.tensors
        seen = {} if seen is None else seen
        seen["conv1.weight"] = x
        x = f.conv2d(x, t["conv1.weight"], t["conv1.bias"])
        x = f.relu(f.batch_norm(x, t["bn.mean"], t["bn.variance"], t["bn.weight"], t["bn.bias"]))
        seen["conv2.weight"] = x
        x = f.conv2d(x, t["conv2.weight"], groups=2).mean((2, 3))
        seen["fc1.weight"] = x
        x = f.linear(x, t["fc1.weight"], t["fc1.bias"])
        seen["fc2.weight"] = x
        return f.linear(x, t["fc2.weight"], t["fc2.bias"])

    def gradient(self, value):
        gradients = self.torch.autograd.grad(value, self.weights)
        return numpy.concatenate([gradient.numpy().ravel() for gradient in gradients])

    def loss(self, row):
        logits = self.run(self.pictures[row:row + 1])[0]
        return self.torch.nn.functional.binary_cross_entropy_with_logits(logits, self.labels[row], reduction="sum")

    def loss_gradients(self):
        return numpy.stack([self.gradient(self.loss(row)) for row in range(IMAGES)])

    def logit_gradients(self, which):
        return numpy.stack([self.gradient(self.run(self.pictures[row:row + 1])[0, which]) for row in range(IMAGES)])

    def input_norms(self):
        """For each weight, the norm of what it is multiplied by."""
        seen = {}
        with self.torch.no_grad():
            self.run(self.pictures, seen)
        norms = []
        for name, shape in SHAPES.items():
            x = seen[name].detach()
            if len(shape) == 2:
                rows = x.square().sum(0).sqrt().numpy()
                norms.append(numpy.tile(rows, shape[0]))
                continue
            columns = self.torch.nn.functional.unfold(x, shape[2:]).square().sum((0, 2)).sqrt().numpy()
            groups = columns.reshape(x.shape[1] // shape[1], -1)
            norms.append(numpy.repeat(groups, shape[0] // len(groups), axis=0).ravel())
        return numpy.concatenate(norms)


def slices():
    """(name, first, end, weights of a row) of each layer."""
    first = 0
    for name, shape in SHAPES.items():
        size = int(numpy.prod(shape))
        yield name, first, first + size, size // shape[0]
        first += size


def lamp(squares):
    scores = numpy.zeros(WEIGHTS)
    for _, first, end, _ in slices():
        order = first + numpy.argsort(squares[first:end], kind="stable")
        scores[order] = squares[order] / numpy.cumsum(squares[order][::-1])[::-1]
    return scores


def erk_counts(sparsity):
    """How many weights of each layer go, by the published procedure: layers over density 1 stay dense, the rest share."""
    sizes = numpy.array([numpy.prod(shape) for shape in SHAPES.values()], float)
    raw = numpy.array([sum(shape) / numpy.prod(shape) for shape in SHAPES.values()])
    dense = numpy.zeros(len(sizes), bool)
    while True:
        kept = WEIGHTS - round(sparsity * WEIGHTS) - sizes[dense].sum()
        scale = kept / (raw * sizes)[~dense].sum()
        over = ~dense & (scale * raw > 1)
        if not over.any():
            break
        dense[numpy.argmax(numpy.where(over, raw, 0))] = True
    return [int(size - round(size if is_dense else scale * share * size))
            for size, share, is_dense in zip(sizes, raw, dense)]


def tail(weights, peer):
    positives = peer.labels.numpy().sum(0)
    rarity = positives ** -RARITY_EXPONENT
    belief = positives / (positives + RARITY_SHRINKAGE)
    counts = numpy.array(FACTORS) * (belief * rarity + (1 - belief) * rarity.mean())
    shares = []
    for which in range(len(CLASSES)):
        saliency = weights ** 2 * (peer.logit_gradients(which) ** 2).mean(0)
        shares.append(saliency / saliency.sum())
    shares = (counts / counts.sum())[:, None] * numpy.array(shares)
    return {"tail": shares.sum(0), "tail-worst": shares.max(0)}


def ranked_as_lamp(order, budget):
    """Within each layer, the scores of `budget` by the order of `order`."""
    scores = numpy.zeros(WEIGHTS)
    for _, first, end, _ in slices():
        scores[first + numpy.argsort(order[first:end], kind="stable")] = numpy.sort(budget[first:end])
    return scores


def pools(competition, sparsity):
    """(first, end, how many go) of the weights that compete with each other."""
    if competition == "network":
        return [(0, WEIGHTS, round(sparsity * WEIGHTS))]
    if competition == "erk":
        return [(first, end, count) for (_, first, end, _), count in zip(slices(), erk_counts(sparsity))]
    found = []
    for _, first, end, row in slices():
        piece = row if competition == "row" else end - first
        found += [(begin, begin + piece, round(sparsity * piece)) for begin in range(first, end, piece)]
    return found


class Comparison:
    def __init__(self, program, folder, weights):
        self.program, self.folder, self.weights = program, folder, weights
        self.masks = 0
        self.problems = []

    def mask(self, method, sparsity):
        out = self.folder / "pruned.onnx"
        command = [self.program, "prune", "--model", self.folder / "network.onnx", "--method", method, "--sparsity",
                   str(sparsity), "--out", out, "--quiet", "--labels", self.folder / "labels.csv", "--images",
                   self.folder / "images", "--size", str(SIDE), "--mean", "0.5", "--deviation", "0.25",
                   "--micro-batch", "1", "--class-weight", "b=3"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        self.masks += 1
        tensors = read_tensors(out)
        return numpy.concatenate([tensors[name].ravel() for name in SHAPES]) != 0

    def compare(self, method, scores, competition, budget=None):
        """`scores` decide; with a budget they decide within layers only."""
        for sparsity in SPARSITIES:
            kept = self.mask(method, sparsity)
            chosen = pools(competition, sparsity)
            if budget is not None:
                gone = numpy.argsort(ranked_as_lamp(scores, budget), kind="stable")[:round(sparsity * WEIGHTS)]
                chosen = [(first, end, int(((gone >= first) & (gone < end)).sum())) for _, first, end, _ in slices()]
            for first, end, count in chosen:
                self.compare_pool(f"{method}, {sparsity}", kept[first:end], scores[first:end], count)

    def compare_pool(self, what, kept, scores, count):
        if int((~kept).sum()) != count:
            self.problems.append(f"{what}: {(~kept).sum()} weights of a pool gone instead of {count}")
            return
        order = numpy.argsort(scores, kind="stable")
        wrong = numpy.flatnonzero(kept[order[:count]])
        for place in order[wrong]:
            line = scores[order[count - 1]]
            if scores[place] < line * (1 - NEAR):
                self.problems.append(f"{what}: a weight of score {scores[place]} stays, the line is {line}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True)
    args = parser.parse_args()
    try:
        import torch
    except ImportError:
        print("left out: there is no PyTorch for this Python")
        return LEFT_OUT
    random = numpy.random.default_rng(2)
    with tempfile.TemporaryDirectory(prefix="niwaki-criteria-") as name:
        folder = Path(name)
        tensors = write_network(distinct_weights(random), random, folder / "network.onnx")
        pictures, labels = write_images(random, folder)
        weights = numpy.concatenate([tensors[name].ravel() for name in SHAPES]).astype(float)
        peer = Peer(torch, tensors, pictures, labels)
        comparison = Comparison(args.program.resolve(), folder, weights)
        gradients = peer.loss_gradients()
        comparison.compare("l1-layer", abs(weights), "layer")
        comparison.compare("lamp", lamp(weights ** 2), "network")
        comparison.compare("erk", abs(weights), "erk")
        comparison.compare("wanda", abs(weights) * peer.input_norms(), "row")
        comparison.compare("taylor", abs(weights * gradients.mean(0)), "network")
        comparison.compare("fisher", weights ** 2 * (gradients ** 2).mean(0), "network")
        for method, shares in tail(weights, peer).items():
            comparison.compare(method, abs(weights) ** 1.5 * shares ** 0.25, "network", lamp(weights ** 2))
    for problem in comparison.problems:
        print(problem, file=sys.stderr)
    print(f"{comparison.masks} masks, {len(comparison.problems)} differences from NumPy's and PyTorch's")
    return 1 if comparison.problems else 0


if __name__ == "__main__":
    sys.exit(main())
