"""Groups of images in audits and studies; networks of one's own; what is wrong in what describes them."""
import csv
import json

from .workplace import EndToEnd, copy_of_small_study, dense_model, phantom_of_small_study, settings, small_study


class Strata(EndToEnd):
    def setUp(self):
        super().setUp()
        self.labels = small_study() / "cohort/test.csv"
        self.scores = small_study() / "scores/scores.csv"
        self.rows = list(csv.DictReader(self.labels.open()))

    def audit(self, out, *options):
        return ["audit", "--labels", self.labels, "--scores", self.scores, "--bootstrap", "200", "--minimum-patients",
                "5", "--out", self.folder / out, *options]

    def test_groups_stand_in_json_and_table_the_same_with_any_number_of_threads(self):
        text = "id,half\n" + "".join(f"{row['id']},{'ab'[i % 2]}\n" for i, row in enumerate(self.rows))
        strata = self.write("strata.csv", text)
        found = self.json(*self.audit("one", "--strata", strata, "--threads", "1"))
        column = found["methods"]["l1"]["strata"]["columns"][0]
        self.assertEqual(column["column"], "half")
        self.assertEqual([group["name"] for group in column["strata"]], ["a", "b"])
        self.assertEqual(sum(group["images"] for group in column["strata"]), len(self.rows))
        table = list(csv.DictReader((self.folder / "one/strata.csv").open()))
        self.assertEqual(len(table), 2 * 2 * 2 * 21)  # methods, groups, figures, the mean and 20 classes
        self.niwaki(*self.audit("two", "--strata", strata, "--threads", "2"))
        self.assertEqual(self.bytes_under(self.folder / "one"), self.bytes_under(self.folder / "two"))

    def test_the_labels_own_site_is_a_grouping(self):
        found = self.json(*self.audit("out", "--strata-by", "site"))
        sites = {row["site"] for row in self.rows}
        self.assertEqual({group["name"] for group in found["methods"]["random"]["strata"]["columns"][0]["strata"]}, sites)

    def test_without_a_bootstrap_there_are_none_and_a_note_says_so(self):
        found = self.json("audit", "--labels", self.labels, "--scores", self.scores, "--out", self.folder / "out",
                          "--strata-by", "site")
        self.assertNotIn("strata", found["methods"]["l1"])
        self.assertIn("methods.l1.strata", [note["where"] for note in found["notes"]])

    def test_measures_are_correlated_with_loss(self):
        images = phantom_of_small_study() / "images"
        measures = self.folder / "measures.csv"
        self.niwaki("cohort", "quality", "--labels", self.labels, "--images", images, "--out", measures)
        found = self.json(*self.audit("out", "--image-measures", measures))["methods"]["l1"]["image_measures"]
        self.assertEqual([entry["name"] for entry in found["measures"]],
                         ["contrast", "noise", "sharpness", "clipping", "border"])
        self.assertEqual(found["measures"][0]["loss"]["images"], len(self.rows))
        self.assertTrue(-1 <= found["measures"][1]["agreement"]["spearman"] <= 1)

    def test_what_is_wrong_in_the_files_is_named(self):
        twice = self.write("twice.csv", f"id,half\n{self.rows[0]['id']},a\n{self.rows[0]['id']},b\n")
        self.fails(3, *self.audit("out", "--strata", twice), says=["an image is listed twice", "line 3"])
        strange = self.write("strange.csv", "id,half\nx,a\ny,b\n")
        self.fails(3, *self.audit("out", "--strata", strange), says=["no image of the labels is listed"])
        self.fails(3, *self.audit("out", "--strata-by", "sitee"), says=["did you mean 'site'"])
        words = self.write("words.csv", f"id,noise\n{self.rows[0]['id']},much\n")
        self.fails(3, *self.audit("out", "--image-measures", words), says=["'much' is no number"])

    def test_a_study_audits_its_strata_and_trains_nothing_anew_for_them(self):
        folder = copy_of_small_study(self.folder / "study")
        done = self.json("study", "--preset", "demo", "--out", folder, *settings(), "--set", 'audit.strata_by=["site"]',
                         "--set", "audit.minimum_patients=5")
        self.assertEqual(done["units_done"], 2)  # the audit and the report
        audit = json.loads((folder / "audit/audit.json").read_text())
        self.assertEqual(audit["methods"]["l1"]["strata"]["columns"][0]["column"], "site")

    def test_sites_are_held_together(self):
        folder = phantom_of_small_study()
        out = self.folder / "study"
        self.niwaki("study", "--preset", "demo", "--out", out, "--set", "cohort.kind=files", "--set",
                    f"cohort.images={folder / 'images'}", "--set", f"cohort.labels={folder / 'labels.csv'}", "--set",
                    "cohort.together=site", "--set", "study.seeds=1", "--set", "train.epochs=0", "--set",
                    "prune.sparsities=[0.9]", "--set", "audit.bootstrap=0")
        splits = {}
        for part in ("train", "validation", "test"):
            for row in csv.DictReader((out / f"cohort/{part}.csv").open()):
                splits.setdefault(row["site"], set()).add(part)
        self.assertEqual({len(parts) for parts in splits.values()}, {1}, splits)


class OwnModel(EndToEnd):
    SMALL = ["--set", "prune.sparsities=[0.5, 0.9]", "--set", "audit.bootstrap=100", "--set", "report.gallery=2"]

    def audit_model(self, *options, model=None, out="out"):
        cohort = phantom_of_small_study()
        return ["audit-model", "--model", model or dense_model(), "--labels", cohort / "labels.csv", "--images",
                cohort / "images", "--out", self.folder / out, *self.SMALL, *options]

    def test_is_audited_by_one_command_and_resumes(self):
        done = self.json(*self.audit_model("--strata-by", "site"))
        self.assertEqual(done["units_kept"], 0)
        self.assertTrue((self.folder / "out/report.html").is_file())
        self.assertEqual(self.json(*self.audit_model("--strata-by", "site"))["units_done"], 0)

    def test_classes_that_one_side_lacks_are_said(self):
        cohort = phantom_of_small_study()
        self.niwaki("cohort", "convert", "--labels", cohort / "labels.csv", "--classes", "Edema,Mass", "--out",
                    self.folder / "two.csv")
        done = self.json("audit-model", "--model", dense_model(), "--labels", self.folder / "two.csv", "--images",
                         cohort / "images", "--out", self.folder / "out", *self.SMALL)
        self.assertTrue(any("do not know 18 of the network's classes" in line for line in done["warnings"]))
        text = (self.folder / "two.csv").read_text().replace("Edema", "Oedema").replace("Mass", "Lump")
        self.write("other.csv", text)
        self.fails(3, "audit-model", "--model", dense_model(), "--labels", self.folder / "other.csv", "--images",
                   cohort / "images", "--out", self.folder / "none", says=["none of the network's classes"])

    def test_input_of_another_scale_is_refused_unless_told_to_go_on(self):
        wrong = ["--mean", "0", "--deviation", "0.0009"]
        error = self.fails(3, *self.audit_model(*wrong), says=["the input looks", "times too large", "--anyway"])
        self.assertNotIn("bug", error)
        done = self.json(*self.audit_model(*wrong, "--anyway", out="anyway"))
        self.assertTrue(any("times too large" in line for line in done["warnings"]))

    def test_a_side_car_that_contradicts_is_refused_by_line(self):
        model = self.folder / "model.onnx.zst"
        model.write_bytes(dense_model().read_bytes())
        self.write("model.toml", 'size = 64\nclases = ["A"]\n')
        self.fails(3, *self.audit_model(model=model), says=["did you mean 'classes'", "line 2"])
        self.write("model.toml", 'classes = ["A", "B"]\n')
        self.fails(3, *self.audit_model(model=model), says=["2 class names for 20 outputs"])
        self.write("model.toml", 'outputs = "probabilities"\n')
        self.fails(3, *self.audit_model(model=model), says=["no Sigmoid"])
        self.fails(2, *self.audit_model("--set", "train.epochs=1"), says=["trains nothing"])
