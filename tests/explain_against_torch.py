#!/usr/bin/env python3
"""Holds `niwaki explain` to PyTorch, NumPy and SciPy, map for map.

    explain_against_torch.py --program build/niwaki

Grad-CAM: hooks in PyTorch take a module's output and the gradient of a logit by it, of the same network, at its last
layer, after an addition, between a convolution and its normalisation, and at a layer that another branch passes by.
Occlusion: a plain loop covers one patch after the other. What is written of the maps (where they are largest, what they
hit, how far those of a second network lie) is computed once more from the definitions in docs/explain.md. Ends with
77 (left out) where PyTorch, ONNX, SciPy or PIL is not there.
"""
import argparse
import csv
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

LEFT_OUT = 77
try:
    import numpy as np
    import onnx
    import torch
    from PIL import Image
    from scipy.stats import spearmanr
except ImportError as error:
    print(f"left out: {error}")
    sys.exit(LEFT_OUT)

CLASSES = ["Edema", "Hernia", "Mass"]
HEIGHT, WIDTH, IMAGES = 40, 56, 6
MEAN, DEVIATION = [0.4, 0.5, 0.6], [0.2, 0.25, 0.3]
NEAR = 1e-4  # of a map's largest magnitude: float32 sums in another order


class Network(torch.nn.Module):
    """A residual block, groups, and two branches, one of which passes the last layer by; a Sigmoid at the end, which is
    taken off for explanations; gradients that differ from place to place."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Conv2d(3, 8, 5, stride=2, padding=2, bias=False)
        self.normalised = torch.nn.BatchNorm2d(8)
        self.inner = torch.nn.Conv2d(8, 8, 3, padding=1)
        self.added = torch.nn.ReLU()
        self.aside = torch.nn.Conv2d(8, 6, 3, stride=3)
        self.grouped = torch.nn.Conv2d(8, 12, 3, groups=2)
        self.last = torch.nn.ReLU()
        self.hidden = torch.nn.Linear(18, 10)
        self.logits = torch.nn.Linear(10, len(CLASSES))

    def forward(self, x):
        x = torch.relu(self.normalised(self.first(x)))
        x = self.added(x + self.inner(x))
        aside = torch.relu(self.aside(x)).mean((2, 3), keepdim=True)
        x = torch.nn.functional.max_pool2d(x, 2)
        x = self.last(self.grouped(x)).mean((2, 3), keepdim=True)
        x = torch.relu(self.hidden(torch.cat([x, aside], 1).flatten(1)))
        return torch.sigmoid(self.logits(x))


def network_of(seed):
    torch.manual_seed(seed)
    network = Network().eval()
    with torch.no_grad():
        network.normalised.running_mean.normal_(0, 0.2)
        network.normalised.running_var.uniform_(0.5, 2)
        network.normalised.weight.uniform_(0.5, 1.5)
        network.normalised.bias.normal_(0, 0.3)
        for layer in (network.hidden, network.logits):
            layer.weight.mul_(3)
    return network


def export(network, path):
    """With metadata, and names of the nodes that are the modules': /first/Conv."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(network, torch.zeros(1, 3, HEIGHT, WIDTH), str(path), opset_version=17,
                          do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE, input_names=["input"],
                          dynamic_axes={"input": {0: "batch"}})
    model = onnx.load(path)
    for key, value in (("classes", str(CLASSES).replace("'", '"')), ("channels", "3"), ("height", str(HEIGHT)),
                       ("width", str(WIDTH)), ("mean", str(MEAN)[1:-1]), ("deviation", str(DEVIATION)[1:-1])):
        model.metadata_props.add(key=f"niwaki.{key}", value=value)
    onnx.save(model, path)
    return {"/" + node.name.split("/")[1]: node.name for node in model.graph.node if node.name.count("/") == 2}


def write_pictures(folder):
    """Noise at several scales, so that places differ; the networks' input as PyTorch would make it."""
    random = np.random.default_rng(3)
    (folder / "images").mkdir()
    rows, inputs = [], []
    for i in range(IMAGES):
        planes = random.uniform(0, 255, (HEIGHT, WIDTH, 3))
        planes = 0.3 * planes + 0.7 * np.kron(random.uniform(0, 255, (5, 7, 3)), np.ones((8, 8, 1)))
        pixels = planes.round().astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"images/{i}.png")
        rows.append(f"{i},p{i // 2},{i}.png," + ",".join(str(int(i % 3 == name)) for name in range(len(CLASSES))))
        inputs.append(((pixels / 255 - MEAN) / DEVIATION).transpose(2, 0, 1))
    (folder / "labels.csv").write_text(f"id,patient_id,image,{','.join(CLASSES)}\n" + "\n".join(rows) + "\n")
    return torch.from_numpy(np.stack(inputs).astype(np.float32))


def logits_of(network, pictures):
    """Without the Sigmoid."""
    taken = []
    hook = network.logits.register_forward_hook(lambda _, __, output: taken.append(output))
    network(pictures)
    hook.remove()
    return taken[0]


def grad_cam(network, module, picture, name):
    """Selvaraju et al., equations 1 and 2, by hooks."""
    kept = {}
    hook = module.register_forward_hook(lambda _, __, output: kept.update(output=output))
    logit = logits_of(network, picture[None])[0, name]
    hook.remove()
    gradient, = torch.autograd.grad(logit, kept["output"])
    weights = gradient[0].double().mean((1, 2), keepdim=True)
    return torch.relu((weights * kept["output"][0].double()).sum(0)).detach().numpy()


def starts(side, patch, stride):
    return [*range(0, side - patch, stride), side - patch]


def occlusion(network, picture, patch, stride):
    """[classes, rows, columns]: the logit of the whole picture less that of the covered one."""
    tops, lefts = starts(HEIGHT, patch, stride), starts(WIDTH, patch, stride)
    map_ = np.empty((len(CLASSES), len(tops), len(lefts)))
    with torch.no_grad():
        whole = logits_of(network, picture[None])[0].numpy()
        for row, top in enumerate(tops):
            for column, left in enumerate(lefts):
                covered = picture.clone()
                covered[:, top:top + patch, left:left + patch] = 0
                map_[:, row, column] = whole - logits_of(network, covered[None])[0].numpy()
    return map_


def overlap(a, b, share):
    """Of the top `share` of the cells of two maps; no ties among the last places here."""
    count = max(1, round(share * a.size))
    tops = [set(np.argsort(-map_.ravel(), kind="stable")[:count]) for map_ in (a, b)]
    return len(tops[0] & tops[1]) / count


class Comparison:
    def __init__(self, program, folder):
        self.program, self.folder, self.problems, self.maps = program, folder, [], 0

    def expect(self, good, what):
        if not good:
            self.problems.append(what)

    def explain(self, *options):
        out = self.folder / "out"
        done = subprocess.run([self.program, "explain", "--model", "first.onnx", "--against", "second.onnx", "--labels",
                               "labels.csv", "--images", "images", "--quiet", "--pictures", "0", "--out", out,
                               "--minimum-patients", "2", *map(str, options)], cwd=self.folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"niwaki explain {options}: {done.returncode}: {done.stderr}")
        rows = list(csv.DictReader((out / "maps.csv").open()))
        return [np.load(out / f"maps/network-{number}.npy") for number in range(2)], rows

    def compare(self, ours, theirs, what):
        """[maps, rows, columns] each."""
        self.maps += len(theirs)
        if ours.shape != theirs.shape:
            self.problems.append(f"{what}: {ours.shape} instead of {theirs.shape}")
            return
        apart = np.abs(ours - theirs).max() / np.abs(theirs).max()
        self.expect((theirs > 0).any((1, 2)).mean() > 0.5, f"{what}: most of PyTorch's maps are flat")
        self.expect(apart < NEAR, f"{what}: {apart:.1e} apart")
        print(f"{what}: {len(theirs)} maps of {theirs.shape[1]} x {theirs.shape[2]}, {apart:.1e} apart")

    def compare_grad_cam(self, networks, names, pictures):
        every = [word for name in CLASSES for word in ("--class", name)]
        for layer in ("", "added", "first", "normalised", "aside", "grouped"):
            ours, _ = self.explain(*every, *(["--layer", names["/" + layer]] if layer else []))
            for number, network in enumerate(networks):
                module = getattr(network, layer or "last")
                theirs = np.stack([grad_cam(network, module, picture, name)
                                   for picture in pictures for name in range(len(CLASSES))])
                self.compare(ours[number], theirs, f"Grad-CAM, {layer or 'no layer named'}, network {number}")

    def compare_occlusion(self, networks, pictures):
        every = [word for name in CLASSES for word in ("--class", name)]
        for options, patch, stride in (([], 5, 2), (["--patch", 8, "--stride", 4], 8, 4), (["--patch", 7], 7, 3),
                                       (["--patch", 9, "--stride", 9, "--engine", "reference"], 9, 9)):
            ours, _ = self.explain(*every, "--method", "occlusion", *options)
            for number, network in enumerate(networks):
                theirs = np.concatenate([occlusion(network, picture, patch, stride) for picture in pictures])
                self.compare(ours[number], theirs, f"occlusion by {patch}, {stride} apart, network {number}")

    def compare_figures(self, networks, pictures):
        """One map an image, of the finding that it is labelled with; a box in each."""
        random = np.random.default_rng(4)
        corners = np.stack([random.integers(0, WIDTH - 24, IMAGES), random.integers(0, HEIGHT - 20, IMAGES)], 1)
        lines = [f"{i},{CLASSES[i % 3]},{x},{y},24,20,{WIDTH},{HEIGHT}\n" for i, (x, y) in enumerate(corners)]
        (self.folder / "boxes.csv").write_text("id,class,x,y,width,height,picture_width,picture_height\n" + "".join(lines))
        maps, rows = self.explain("--boxes", "boxes.csv", "--tolerance", "3")
        hit = []
        for number, network in enumerate(networks):
            logits = logits_of(network, pictures).detach().numpy()
            for i, row in enumerate(rows[number::2]):
                map_ = maps[number][i]
                what = f"image {row['id']}, {row['network']}"
                probability = 1 / (1 + np.exp(-logits[i, i % 3]))
                self.expect(abs(float(row["probability"]) - probability) < 1e-5, f"{what}: {row['probability']}, {probability}")
                y, x = np.unravel_index(map_.argmax(), map_.shape)
                x, y = (x + 0.5) / map_.shape[1] * WIDTH, (y + 0.5) / map_.shape[0] * HEIGHT
                if map_.max() > 0:
                    self.expect(np.allclose([float(row["peak_x"]), float(row["peak_y"])], [x, y]), f"{what}: another peak")
                away = np.hypot(*(max(low - at, at - low - side, 0)
                                  for at, low, side in zip((x, y), corners[i], (24, 20))))
                hit.append(bool(map_.max() > 0 and away <= 3))
                self.expect(row["hit"] == str(int(hit[-1])), f"{what}: hit is {row['hit']}, {away} pixels away")
                self.expect(row["flat"] == str(int(map_.max() <= 0)), f"{what}: flat is {row['flat']}")
                if number == 1 and map_.max() > 0 and maps[0][i].max() > 0:
                    expected = spearmanr(maps[0][i].ravel(), map_.ravel())[0]
                    self.expect(abs(float(row["rank_correlation"]) - expected) < 1e-9, f"{what}: another rank correlation")
        self.expect(len(rows) == 2 * IMAGES, f"{len(rows)} rows")
        self.expect(0 < sum(hit) < len(hit), "all hit, or none: the test would not see a wrong box")
        ours, rows = self.explain("--method", "occlusion")  # no ties, so that the top is clear
        for i, row in enumerate(rows[1::2]):
            expected = overlap(ours[0][i], ours[1][i], 0.1)
            self.expect(abs(float(row["top_overlap"]) - expected) < 1e-9, f"image {row['id']}: another overlap")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="niwaki-explain-") as name:
        folder = Path(name)
        networks = [network_of(1), network_of(2)]
        names = export(networks[0], folder / "first.onnx")
        export(networks[1], folder / "second.onnx")
        pictures = write_pictures(folder)
        comparison = Comparison(args.program.resolve(), folder)
        comparison.compare_grad_cam(networks, names, pictures)
        comparison.compare_occlusion(networks, pictures)
        comparison.compare_figures(networks, pictures)
    for problem in comparison.problems:
        print(problem, file=sys.stderr)
    print(f"{comparison.maps} maps, {len(comparison.problems)} differences from PyTorch's, NumPy's and SciPy's")
    return 1 if comparison.problems else 0


if __name__ == "__main__":
    sys.exit(main())
