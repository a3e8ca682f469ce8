"""Studies on pictures of real layouts: the NIH's own X-rays, and stubs in the folders of the published data sets."""
import json
import shutil

from .workplace import EndToEnd, phantom_cohort

QUICK = ["--set", "study.seeds=1", "--set", "train.epochs=1", "--set", "prune.sparsities=[0.9]", "--set", "report.gallery=2"]
CXR_LT = ["Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Effusion", "Emphysema", "Fibrosis", "Hernia",
          "Infiltration", "Mass", "Nodule", "Pleural Thickening", "Pneumonia", "Pneumothorax", "Pneumoperitoneum",
          "Pneumomediastinum", "Subcutaneous Emphysema", "Tortuous Aorta", "Calcification of the Aorta", "No Finding"]


class Nih(EndToEnd):
    def test_a_thousand_real_x_rays(self):
        images, labels = self.real("data/nih-1000/images"), self.real("data/nih-1000/Data_Entry_2017_v2020.csv")
        out = self.folder / "nih-1000"
        self.niwaki("study", "--preset", "nih-1000", "--set", f"cohort.images={images}", "--set", f"cohort.labels={labels}",
                    "--out", out, *QUICK)
        cohort = json.loads((out / "audit/audit.json").read_text())["cohort"]
        self.assertEqual(len(cohort["classes"]), 15)
        self.assertTrue(200 <= cohort["images"] <= 300, cohort["images"])
        hernia = next(entry for entry in cohort["classes"] if entry["name"] == "Hernia")
        self.assertGreater(hernia["positives"], 0)
        self.assertGreater(hernia["train_positives"], 0)

    def test_the_label_file_is_read_whole(self):
        labels = self.json("inspect", self.real("data/nih-1000/Data_Entry_2017_v2020.csv"))
        self.assertEqual((labels["images"], labels["patients"]), (1000, 264))
        positives = {entry["name"]: entry["positives"] for entry in labels["classes"]}
        self.assertEqual((positives["No Finding"], positives["Hernia"]), (499, 9))

    def test_the_labels_of_nih_cxr_lt_are_read(self):
        labels = self.json("inspect", self.real("data/nih-cxr-lt/miccai2023_nih-cxr-lt_labels_test.csv"))
        self.assertEqual(labels["images"], 21081)
        self.assertEqual({entry["name"].replace("_", " ") for entry in labels["classes"]}, set(CXR_LT))


class Stubs(EndToEnd):
    """Three patients a split, two pictures each; every picture has one of two findings."""

    def stub(self, split, place):
        """(path, labels, patient) of six pictures, put where `place` says."""
        pictures = sorted((phantom_cohort() / "images").glob("*.png"))
        start = 6 * ["train", "val", "test"].index(split)
        for number in range(6):
            patient = f"{start // 2 + number // 2 + 1:08d}"
            path = place(patient, number)
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(pictures[start + number], path)
            yield path, ["1" if column == number % 2 else "0" for column in range(20)], patient

    def run_preset(self, preset, labels):
        out = self.folder / "study"
        self.niwaki("study", "--preset", preset, "--out", out, "--set", f"cohort.images={self.folder / 'images'}",
                    *(word for split, path in labels.items() for word in ("--set", f"cohort.{split}_labels={path}")), *QUICK,
                    "--set", "train.batch=3", timeout=600)
        model = self.json("inspect", out / "models/l1/seed-0/sparsity-0.90.onnx.zst")
        self.assertEqual(len(model["classes"]), 20)
        self.assertAlmostEqual(model["sparsity"], 0.9, places=4)
        recipe = (out / "recipe.toml").read_text()
        for line in ("architecture = 'resnet50'", "height = 256", "width = 256", "patience = 15", "rotation = 15.0", "flip = true"):
            self.assertIn(line, recipe)

    def test_nih_cxr_lt(self):
        labels = {}
        for split, key in (("train", "train"), ("val", "validation"), ("test", "test")):
            rows = [",".join([path.name, *cells, patient]) for path, cells, patient in
                    self.stub(split, lambda patient, number: self.folder / "images/images_001/images" / f"{patient}_{number:03d}.png")]
            labels[key] = self.write(f"miccai2023_nih-cxr-lt_labels_{split}.csv",
                                     "\n".join([",".join(["id", *CXR_LT, "subj_id"]), *rows]) + "\n")
        self.run_preset("nih-cxr-lt", labels)

    def test_mimic_cxr_lt(self):
        labels = {}
        for split, key in (("train", "train"), ("val", "validation"), ("test", "test")):
            place = lambda patient, number: self.folder / f"images/files/p10/p1{patient[1:]}/s5{number}/{patient}-{number}.jpg"
            rows = [",".join([str(path.relative_to(self.folder / "images")), *cells, "1" + patient[1:]])
                    for path, cells, patient in self.stub(split, place)]
            labels[key] = self.write(f"miccai2023_mimic-cxr-lt_labels_{split}.csv",
                                     "\n".join([",".join(["path", *CXR_LT, "subject_id"]), *rows]) + "\n")
        self.run_preset("mimic-cxr-lt", labels)
