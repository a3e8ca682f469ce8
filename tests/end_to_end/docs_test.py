"""The documentation is true: its commands run, its links lead somewhere, its make targets exist."""
import csv
import re
import shlex
import shutil
import subprocess
import unittest
from pathlib import Path

import numpy as np

from end_to_end.dicom_files import as_dicom
from end_to_end.workplace import EndToEnd, phantom_of_small_study, run, small_study

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# A study or a reading round in the documentation is made small here, nothing else is changed.
SMALL = ["--set", "study.seeds=1", "--set", "train.epochs=1", "--set", "train.batch=16", "--set", "report.gallery=2",
         "--set", "audit.exemplar_fraction=0.3"]
# The small study's audit has two exemplars.
SMALL_GUARD = ["--exemplar-fraction", "0.2", "--minimum-patients", "3"]
# Fewer images than a real user would measure losses on; of the wider network, that can become twice as fast.
SMALL_SPEED = ["--loss-images", "16"]
SMALL_OWN_MODEL = ["--set", "prune.sparsities=[0.5, 0.9]", "--set", "audit.bootstrap=100", "--set", "report.gallery=2"]
SMALL_ROUND = ["--images-per-group", "1", "--repeats", "1"]
NIH_CLASSES = {"Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Effusion", "Emphysema", "Fibrosis", "Hernia",
               "Infiltration", "Mass", "Nodule", "Pleural_Thickening", "Pneumonia", "Pneumothorax"}


def blocks(page, language):
    """The fenced blocks of one language; "" is none."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    return [text for name, text in found if name == language]


def commands():
    """(page, words) of every niwaki command in the documentation."""
    for page in PAGES:
        for block in blocks(page, ""):
            for line in block.replace("\\\n", " ").splitlines():
                words = shlex.split(line, comments=True)
                if words and Path(words[0]).name == "niwaki":
                    yield page.name, words[1:]


def as_nih(labels, path):
    """The same labels as a Data_Entry_2017_v2020.csv."""
    lines = ["Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Sex,View Position,"
             "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]"]
    for row in csv.DictReader(labels.open()):
        findings = [name.replace(" ", "_") for name, cell in row.items() if cell == "1"]
        findings = [name for name in findings if name in NIH_CLASSES] or ["No Finding"]
        lines.append(f"{row['image']},{'|'.join(findings)},0,{row['patient_id']},50,F,PA,64,64,0.1,0.1")
    path.write_text("\n".join(lines) + "\n")


class Documentation(EndToEnd):
    def furnish(self):
        """The files that the documentation's commands name."""
        shutil.copytree(phantom_of_small_study() / "images", self.folder / "IMAGES")
        (self.folder / "pictures").symlink_to("IMAGES")
        shutil.copytree(small_study() / "scores", self.folder, dirs_exist_ok=True)
        (self.folder / "scores.csv").rename(self.folder / "manifest.csv")
        for name, sparsity in (("dense.npy", "0.00"), ("quantised.npy", "0.50")):
            shutil.copy(small_study() / f"scores/l1/seed-0/sparsity-{sparsity}.npy", self.folder / name)
        shutil.copy(small_study() / "cohort/test.csv", self.folder / "labels.csv")
        shutil.copy(small_study() / "training/seed-0/best.onnx", self.folder / "model.onnx")
        self.furnish_wide_network()
        np.save(self.folder / "x.npy", np.random.default_rng(1).standard_normal((3, 1, 64, 64)).astype(np.float32))
        np.save(self.folder / "calibration.npy",
                np.random.default_rng(2).standard_normal((20, 1, 64, 64)).astype(np.float32))
        for name in ("LABELS.csv", "Data_Entry_2017_v2020.csv"):
            as_nih(phantom_of_small_study() / "labels.csv", self.folder / name)
        classes = [name for name in (self.folder / "labels.csv").read_text().splitlines()[0].split(",")
                   if name not in ("id", "patient_id", "image", "site")]
        self.write("counts.csv", "class,positives\n" + "".join(f"{name},{7 + i}\n" for i, name in enumerate(classes)))
        self.write("recipe.toml", blocks(ROOT / "docs/study.md", "toml")[0])
        self.write("deployment.toml", blocks(ROOT / "docs/report.md", "toml")[0])
        self.furnish_certificate()
        self.furnish_strata()
        self.furnish_own_model()
        self.furnish_dicom()

    def furnish_dicom(self):
        """DICOM, a folder of a few files."""
        if shutil.which("img2dcm") is None:
            self.skipTest("DCMTK's img2dcm is not there")
        (self.folder / "DICOM").mkdir()
        for picture in sorted((self.folder / "IMAGES").iterdir())[:3]:
            as_dicom(picture, self.folder / "DICOM" / f"{picture.stem}.dcm")

    def furnish_strata(self):
        """Groups of the small study's test images."""
        rows = list(csv.DictReader((self.folder / "labels.csv").open()))
        self.write("strata.csv", "id,institution,portable\n"
                   + "".join(f"{row['id']},{row['site']},{'yes' if i % 3 else 'no'}\n" for i, row in enumerate(rows)))

    def furnish_own_model(self):
        """net.onnx and net.toml, as docs/your-own-model.md makes them."""
        page = ROOT / "docs/your-own-model.md"
        self.write("net.toml", blocks(page, "toml")[0])
        done = subprocess.run(["/usr/bin/python3", "-c", blocks(page, "python")[0]], cwd=self.folder, check=False,
                              capture_output=True, text=True)
        if done.returncode != 0:
            self.assertIn("No module named 'torch", done.stderr)
            self.skipTest("PyTorch or torchvision is not there")

    def furnish_wide_network(self):
        """dense.onnx, a ResNet-18 that saw each picture once."""
        out = self.folder / "wide"
        self.niwaki("train", "--labels", self.folder / "labels.csv", "--images", self.folder / "IMAGES", "--out", out,
                    "--architecture", "resnet18", "--epochs", "1", "--set", "train.batch=16")
        shutil.copy(out / "training/seed-0/best.onnx", self.folder / "dense.onnx")

    def furnish_certificate(self):
        """Patients enough for the policy of docs/certificate.md, and networks that lose next to nothing up to 0.8."""
        rng = np.random.default_rng(2)
        classes = ["Edema", "Effusion", "Hernia", "Pneumothorax"]
        labels = rng.random((3000, len(classes))) < (0.3, 0.3, 0.01, 0.2)
        rows = "".join(f"x{i},p{i},{','.join(str(int(cell)) for cell in row)}\n" for i, row in enumerate(labels))
        self.write("patients.csv", f"id,patient_id,{','.join(classes)}\n{rows}")
        called = labels ^ (rng.random(labels.shape) < 0.01)  # a network errs; of one that does not, no band can be had
        dense = (np.where(called, 0.8, 0.2) + rng.normal(0, 0.03, labels.shape)).clip(0, 1).astype(np.float32)
        after = (dense + rng.normal(0, 1e-4, labels.shape)).clip(0, 1).astype(np.float32)
        lossy = np.where(rng.random(labels.shape) < 0.2, 0.0, dense).astype(np.float32)
        for name, scores in (("before", dense), ("after", after), ("lossy", lossy)):
            np.save(self.folder / f"{name}.npy", scores)
        self.write("networks.csv", "method,seed,sparsity,path\nl1,0,0,before.npy\nl1,0,0.5,after.npy\n"
                                   "l1,0,0.8,after.npy\nl1,0,0.9,lossy.npy\n")
        policy = self.write("policy.toml", blocks(ROOT / "docs/certificate.md", "toml")[0]).read_text()
        self.write("any-system.toml", re.sub(r"^sparsities.*\n", "", policy, flags=re.MULTILINE))

    def test_every_command_runs(self):
        self.furnish()
        ran = 0
        for page, words in commands():
            small = SMALL_OWN_MODEL if words[0] == "audit-model" else []
            small = SMALL if words[0] == "study" and "--keys" not in words else small
            small = SMALL_ROUND if words[:2] == ["readers", "sample"] else small
            small = SMALL_GUARD if words[0] == "guard" else small
            small = SMALL_SPEED if "--target-speedup" in words else small
            done = run(*words, *small, cwd=self.folder)
            self.assertEqual(done.code, 0, f"{page}: niwaki {' '.join(words)}\n{done.out}{done.err}")
            ran += 1
        self.assertGreaterEqual(ran, 9)

    def test_every_link_leads_somewhere(self):
        for page in PAGES:
            for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
                if "://" not in link:
                    self.assertTrue((page.parent / link).exists(), f"{page.name}: {link}")

    def test_every_make_target_is_there(self):
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        for page in PAGES:
            named = re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text(), re.MULTILINE)
            self.assertEqual([name for name in named if name not in targets], [], page.name)


if __name__ == "__main__":
    unittest.main()
