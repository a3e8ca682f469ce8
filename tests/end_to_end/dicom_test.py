"""DICOM files wherever pictures are: scores, studies, bad files among good ones, and no patient in what is said."""
import csv
import json
import shutil
import unittest

import numpy as np

from .dicom_files import NAMES, all_as_dicom, tool
from .workplace import EndToEnd, dense_model, phantom_cohort, run

SMALL = ["--set", "study.seeds=1", "--set", "train.epochs=1", "--set", "prune.sparsities=[0.9]", "--set",
         'prune.methods=["l1"]', "--set", "report.gallery=2", "--set", "cohort.kind=files"]
OWN_MODEL = ["--set", "prune.sparsities=[0.9]", "--set", "audit.bootstrap=0", "--set", "report.gallery=2", "--anyway"]


class Dicom(EndToEnd):
    def setUp(self):
        super().setUp()
        for name in ("img2dcm", "dcmcjpeg", "dcmodify"):
            if shutil.which(name) is None:
                self.skipTest(f"DCMTK's {name} is not there")

    def cohort(self, count):
        """The phantom's first images as PNG and DICOM, each with its label file."""
        with open(phantom_cohort() / "labels.csv", newline="") as file:
            rows = list(csv.DictReader(file))[:count]
        pictures = phantom_cohort() / "images"
        self.dicoms = self.folder / "dicom"
        self.dicoms.mkdir()
        all_as_dicom((pictures / row["image"], self.dicoms / f"{row['id']}.dcm", row["patient_id"]) for row in rows)
        labels = {}
        for kind in ("png", "dcm"):
            labels[kind] = self.folder / f"{kind}.csv"
            with open(labels[kind], "w", newline="") as file:
                writer = csv.DictWriter(file, rows[0].keys())
                writer.writeheader()
                writer.writerows({**row, "image": row["image"] if kind == "png" else f"{row['id']}.dcm"} for row in rows)
        return labels, pictures

    def nameless(self, folder, *said):
        for path, content in self.bytes_under(folder).items():
            for name in NAMES:
                self.assertNotIn(name.encode(), content, path)
        for text in said:
            for name in NAMES:
                self.assertNotIn(name, text)

    def predict(self, labels, images, out, *more):
        done = self.niwaki("predict", "--model", dense_model(), "--labels", labels, "--images", images, "--out", out, *more)
        return np.load(out), done

    def test_scores_are_those_of_the_same_pictures_as_png(self):
        labels, pictures = self.cohort(60)
        png, _ = self.predict(labels["png"], pictures, self.folder / "png.npy")
        dicom, done = self.predict(labels["dcm"], self.dicoms, self.folder / "dicom.npy")
        self.assertGreater(png.std(), 0)
        np.testing.assert_array_equal(png, dicom)
        self.nameless(self.folder / "none", done.out, done.err)

    def test_a_thousand_radiographs_turned_to_dicom_score_the_same(self):
        source = self.real("data/nih-1000")
        pictures = sorted(source.rglob("*.png"))
        self.assertEqual(len(pictures), 1000)
        folder = self.folder / "dicom"
        folder.mkdir()
        all_as_dicom((picture, folder / f"{picture.stem}.dcm") for picture in pictures)
        scores = {}
        for kind, images in (("png", pictures[0].parent), ("dcm", folder)):
            lines = [f"{picture.stem},{picture.stem[:8]},{picture.stem}.{kind},0" for picture in pictures]
            labels = self.write(f"{kind}.csv", "id,patient_id,image,A\n" + "\n".join(lines) + "\n")
            scores[kind], _ = self.predict(labels, images, self.folder / f"{kind}.npy")
        self.assertEqual(len(scores["png"]), 1000)
        np.testing.assert_array_equal(scores["png"], scores["dcm"])

    def test_a_study_of_dicom_files_leaves_out_bad_ones_and_says_so(self):
        labels, _ = self.cohort(80)
        files = sorted(self.dicoms.iterdir())
        files[3].write_bytes(files[3].read_bytes()[:-100])
        tool("dcmodify", "-nb", "-i", "NumberOfFrames=3", files[5])
        shutil.copy(files[8], files[7])
        arguments = ["study", "--preset", "demo", "--out", self.folder / "study", *SMALL, "--set",
                     f"cohort.labels={labels['dcm']}", "--set", f"cohort.images={self.dicoms}"]
        stopped = self.fails(3, *arguments, says=["one SOP instance"])
        files[7].unlink()
        self.fails(3, *arguments, "--set", "cohort.bad_images=leave-out", "--set", "cohort.bad_images_limit=0.01",
                   says=["3 of 80 pictures cannot be used, more than the 1 %"])
        done = self.niwaki(*arguments, "--set", "cohort.bad_images=leave-out")
        self.assertIn("2 of 80 images left out: pictures that cannot be read", done.err)
        self.assertIn("1 of 80 images left out: pictures that are missing", done.err)
        audit = json.loads((self.folder / "study/audit/audit.json").read_text())
        kept = sum(len((self.folder / f"study/cohort/{part}.csv").read_text().splitlines()) - 1
                   for part in ("train", "validation", "test"))
        self.assertEqual(kept, 77)
        self.assertLess(audit["cohort"]["images"], 77)
        self.nameless(self.folder / "study", stopped, done.out, done.err)

    def test_a_network_of_ones_own_is_audited_on_dicom_as_on_png(self):
        labels, pictures = self.cohort(80)
        (self.dicoms / "notes.dcm").write_text("no picture")
        rows = labels["dcm"].read_text().splitlines()
        labels["dcm"].write_text("\n".join([*rows, rows[1].replace(rows[1].split(",")[0], "notes")]) + "\n")
        scores = {}
        for kind, images in (("png", pictures), ("dcm", self.dicoms)):
            out = self.folder / kind
            arguments = ["audit-model", "--model", dense_model(), "--labels", labels[kind], "--images", images, *OWN_MODEL]
            if kind == "dcm":
                self.fails(3, *arguments, "--out", self.folder / "stopped", says=["notes.dcm"])
            self.niwaki(*arguments, "--out", out, "--bad-images", "leave-out", "--window", "first,full-range")
            scores[kind] = [np.load(path) for path in sorted(out.glob("scores/l1/seed-0/*.npy"))]
        self.assertEqual(len(scores["png"]), 2)
        np.testing.assert_array_equal(scores["png"], scores["dcm"])
        measures = self.folder / "measures.csv"
        self.fails(3, "cohort", "quality", "--labels", labels["dcm"], "--images", self.dicoms, "--out", measures,
                   says=["notes.dcm"])

    def test_predict_says_which_images_its_rows_are(self):
        labels, _ = self.cohort(20)
        bad = sorted(self.dicoms.iterdir())[4]
        bad.write_bytes(bad.read_bytes()[:700])
        out, kept = self.folder / "s.npy", self.folder / "kept.csv"
        arguments = ["predict", "--model", dense_model(), "--labels", labels["dcm"], "--images", self.dicoms, "--out", out]
        self.fails(3, *arguments, says=[bad.name, "truncated"])
        self.fails(2, *arguments, "--bad-images", "leave-out", says=["--kept"])
        self.niwaki(*arguments, "--bad-images", "leave-out", "--kept", kept)
        with open(kept, newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), 19)
        self.assertNotIn(bad.stem, [row["id"] for row in rows])
        self.assertEqual(len(np.load(out)), 19)

    def test_describe_gives_strata_and_no_patient(self):
        labels, _ = self.cohort(12)
        out, again = self.folder / "strata.csv", self.folder / "again.csv"
        salt = self.write("salt", "sixteen bytes or more of secret")
        done = self.niwaki("cohort", "describe", self.dicoms, "--out", out, "--salt", salt)
        with open(out, newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(list(rows[0]), ["id", "patient", "manufacturer", "model", "view", "laterality", "sex", "age_band",
                                         "portable", "institution"])
        self.assertEqual([row["id"] for row in rows], sorted(path.name for path in self.dicoms.iterdir()))
        self.assertEqual({(row["manufacturer"], row["view"], row["sex"], row["age_band"]) for row in rows},
                         {("Maker", "PA", "F", "60-79")})
        with open(labels["dcm"], newline="") as file:
            patients = {row["image"]: row["patient_id"] for row in csv.DictReader(file)}
        pairs = {(patients[row["id"]], row["patient"]) for row in rows}
        self.assertEqual(len(pairs), len({patient for patient, _ in pairs}))
        self.assertEqual(len(pairs), len({hashed for _, hashed in pairs}))
        self.nameless(self.folder / "none", out.read_text(), done.out, done.err)
        self.niwaki("cohort", "describe", self.dicoms, "--out", again, "--salt", salt, "--threads", 1)
        self.assertEqual(out.read_bytes(), again.read_bytes())
        self.niwaki("cohort", "describe", self.dicoms, "--out", again)
        self.assertNotEqual(out.read_bytes(), again.read_bytes())
        self.fails(3, "cohort", "describe", self.dicoms, "--out", again, "--salt", self.write("short", "x"), says=["salt"])
        self.fails(3, "cohort", "describe", phantom_cohort() / "images", "--out", again, says=["no DICOM file among 240"])

    def test_check_finds_what_is_wrong_with_dicom_files(self):
        labels, _ = self.cohort(10)
        files = sorted(self.dicoms.iterdir())
        shutil.copy(files[0], files[1])
        files[2].write_bytes(files[2].read_bytes()[:600])
        done = run("cohort", "check", "--labels", labels["dcm"], "--images", self.dicoms)
        self.assertEqual(done.code, 3)
        self.assertIn("two files of one SOP instance: 1", done.out)
        self.assertIn("pictures that cannot be read: 1", done.out)
        self.nameless(self.folder / "none", done.out, done.err)

    def test_a_window_is_named(self):
        labels, _ = self.cohort(6)
        window = ["--window", "first,min-max"]
        scores, _ = self.predict(labels["dcm"], self.dicoms, self.folder / "a.npy")
        again, _ = self.predict(labels["dcm"], self.dicoms, self.folder / "b.npy", *window)
        self.assertEqual(scores.shape, again.shape)
        self.fails(3, "predict", "--model", dense_model(), "--labels", labels["dcm"], "--images",
                   self.dicoms, "--out", self.folder / "c.npy", "--window", "", says=["window"])


if __name__ == "__main__":
    unittest.main()
