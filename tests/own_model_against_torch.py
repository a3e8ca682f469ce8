#!/usr/bin/env python3
"""A torchvision ResNet-18, trained for a moment on the 1,000 real X-rays and exported by PyTorch, audited by one command:
`niwaki audit-model`. Its dense scores are held to PyTorch's, the same X-rays as DICOM files must give the same scores, and
each way to use the network wrongly must be noticed.

    own_model_against_torch.py --program build/niwaki [--shared DIR] [--epochs 3]

Ends with 77 (left out) where torchvision or the real data are not there.
"""
import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

from end_to_end.dicom_files import all_as_dicom

LEFT_OUT = 77
try:
    import numpy as np
    import torch
    import torchvision
    from PIL import Image
except ImportError as error:
    print(f"left out: {error}")
    sys.exit(LEFT_OUT)

CLASSES = ["Atelectasis", "Cardiomegaly", "Effusion", "Infiltration", "Mass", "Nodule", "Pneumonia", "Pneumothorax",
           "Consolidation", "Edema", "Emphysema", "Fibrosis", "Pleural_Thickening", "Hernia"]
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SIDE_CAR = f'classes = {json.dumps(CLASSES)}\nsize = 64\nmean = {list(MEAN)}\ndeviation = {list(DEVIATION)}\n'
SMALL = ["--set", "prune.sparsities=[0.5, 0.9]", "--set", "audit.bootstrap=200", "--set", "report.gallery=2", "--quiet"]


def read(images, names):
    planes = np.stack([np.asarray(Image.open(images / name).convert("RGB"), np.float32) / 255 for name in names])
    return torch.from_numpy(((planes - MEAN) / DEVIATION).transpose(0, 3, 1, 2).astype(np.float32))


def train(pictures, truth, epochs):
    torch.manual_seed(1)
    model = torchvision.models.resnet18(num_classes=len(CLASSES))
    optimiser = torch.optim.Adam(model.parameters(), 1e-3)
    for _ in range(epochs):
        model.train()
        for rows in torch.randperm(len(pictures)).split(50):
            optimiser.zero_grad()
            torch.nn.functional.binary_cross_entropy_with_logits(model(pictures[rows]), truth[rows]).backward()
            optimiser.step()
    return model.eval()


def export(model, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, torch.zeros(1, 3, 64, 64), str(path), opset_version=17, do_constant_folding=False,
                          training=torch.onnx.TrainingMode.PRESERVE, input_names=["input"],
                          dynamic_axes={"input": {0: "batch"}})


class Checks:
    def __init__(self, program, data, folder):
        self.program, self.data, self.folder, self.problems = program, data, folder, []

    def audit(self, model, *options, out="out", labels=None, images=None):
        return subprocess.run(
            [self.program, "audit-model", "--model", model, "--labels", labels or self.data / "Data_Entry_2017_v2020.csv",
             "--images", images or self.data / "images", "--out", self.folder / out, *SMALL, *map(str, options)],
            capture_output=True, text=True)

    def check(self, what, holds):
        if not holds:
            self.problems.append(what)

    def refused(self, what, done, *says):
        self.check(f"{what}: not refused, but {done.returncode}: {done.stderr}",
                   done.returncode == 3 and all(part in done.stderr for part in says))


def dense_scores(checks, model, data):
    done = checks.audit("model.onnx", "--strata-by", "view,sex")
    checks.check(f"the audit failed: {done.stderr}", done.returncode == 0)
    if done.returncode != 0:
        return
    rows = list(csv.DictReader((checks.folder / "out/cohort/test.csv").open()))
    with torch.no_grad():
        theirs = torch.sigmoid(model(read(data / "images", [row["image"] for row in rows]))).numpy()
    ours = np.load(checks.folder / "out/scores/l1/seed-0/sparsity-0.00.npy")
    apart = float(np.abs(ours - theirs).max())
    print(f"{len(rows)} images, dense scores within {apart:.1e} of PyTorch's")
    checks.check(f"dense scores are {apart} apart", apart < 1e-4)
    result = json.loads((checks.folder / "out/audit/audit.json").read_text())
    columns = result["methods"]["l1"]["strata"]["columns"]
    checks.check(f"other strata: {columns}", [column["column"] for column in columns] == ["view", "sex"])
    checks.check("no report", (checks.folder / "out/report.html").stat().st_size > 100_000)
    checks.check(f"a warning of a network well used: {done.stderr}", "looks" not in done.stderr)


def scores_by_image(folder):
    """{sparsity: {image without its ending: scores}} of the study in `folder`."""
    images = [Path(row["image"]).stem for row in csv.DictReader((folder / "cohort/test.csv").open())]
    return {path.stem: dict(zip(images, np.load(path).tolist(), strict=True))
            for path in sorted(folder.glob("scores/l1/seed-0/*.npy"))}


def the_same_as_dicom(checks, data):
    """The whole audit again, on DICOM files: the same patients are audited, and each image has the same scores."""
    if shutil.which("img2dcm") is None:
        print("DICOM left out: DCMTK's img2dcm is not there")
        return
    folder = checks.folder / "dicom"
    folder.mkdir()
    all_as_dicom((picture, folder / f"{picture.stem}.dcm") for picture in sorted((data / "images").glob("*.png")))
    labels = checks.folder / "Data_Entry_dicom.csv"
    labels.write_text((data / "Data_Entry_2017_v2020.csv").read_text().replace(".png", ".dcm"))
    done = checks.audit("model.onnx", out="as-dicom", labels=labels, images=folder)
    checks.check(f"the audit of DICOM files failed: {done.stderr}", done.returncode == 0)
    if done.returncode == 0:
        ours, theirs = scores_by_image(checks.folder / "out"), scores_by_image(checks.folder / "as-dicom")
        print(f"as DICOM: {len(theirs)} tables of {len(theirs['sparsity-0.00'])} images")
        checks.check("other scores on DICOM files", len(ours) == 3 and ours == theirs)


def misuses(checks, model):
    to_bytes = [value / 255 for value in DEVIATION]
    checks.refused("0 to 255", checks.audit("model.onnx", "--deviation", ",".join(map(str, to_bytes))),
                   "the input looks 255 times too large")
    probabilities = torch.nn.Sequential(model, torch.nn.Hardsigmoid()).eval()
    export(probabilities, checks.folder / "hard.onnx")
    (checks.folder / "hard.toml").write_text(SIDE_CAR)
    checks.refused("probabilities", checks.audit("hard.onnx"), "all outputs lie between 0 and 1")
    export(torch.nn.Sequential(model, torch.nn.Sigmoid()).eval(), checks.folder / "soft.onnx")
    (checks.folder / "soft.toml").write_text(SIDE_CAR)
    done = checks.audit("soft.onnx", out="soft")
    checks.check(f"a Sigmoid at the end: {done.stderr}", done.returncode == 0 and "was taken off" in done.stderr + done.stdout)
    same = checks.folder / "soft/scores/l1/seed-0/sparsity-0.00.npy"
    checks.check("other scores without the Sigmoid",
                 same.exists() and np.array_equal(np.load(same), np.load(checks.folder / "out/scores/l1/seed-0/sparsity-0.00.npy")))
    (checks.folder / "silent.onnx").write_bytes((checks.folder / "model.onnx").read_bytes())
    checks.refused("nothing said", checks.audit("silent.onnx"), "nobody says the network's classes, size, mean, deviation")
    for parameter in model.fc.parameters():
        parameter.data.zero_()
    export(model, checks.folder / "dead.onnx")
    (checks.folder / "dead.toml").write_text(SIDE_CAR)
    checks.refused("a dead classifier", checks.audit("dead.onnx"), "all 1000 images the same outputs")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--shared", type=Path, default=Path(
        os.environ.get("NIWAKI_SHARED", Path(__file__).resolve().parent.parent.parent / "shared")))
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    data = options.shared.resolve() / "data/nih-1000"
    if not data.exists():
        print("left out: the real data are not there")
        return LEFT_OUT
    rows = [line.split(",") for line in (data / "Data_Entry_2017_v2020.csv").read_text().splitlines()[1:]]
    truth = torch.tensor([[float(name in row[1].split("|")) for name in CLASSES] for row in rows])
    model = train(read(data / "images", [row[0] for row in rows]), truth, options.epochs)
    with tempfile.TemporaryDirectory(prefix="niwaki-own-model-") as scratch:
        checks = Checks(options.program.resolve(), data, Path(scratch))
        os.chdir(scratch)
        export(model, checks.folder / "model.onnx")
        (checks.folder / "model.toml").write_text(SIDE_CAR)
        dense_scores(checks, model, data)
        the_same_as_dicom(checks, data)
        misuses(checks, model)
    print("\n".join(checks.problems) or "every misuse was noticed")
    return 1 if checks.problems else 0


if __name__ == "__main__":
    sys.exit(main())
