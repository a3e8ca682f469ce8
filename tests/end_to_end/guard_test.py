"""niwaki guard: from files and from a study, what it writes, and what it refuses."""
import csv
import json

import numpy as np

from .audit_test import labels_of
from .workplace import EndToEnd, copy_of_small_study, phantom_cohort, run, settings, small_study

EASY = ("--exemplar-fraction", 0.2, "--minimum-patients", 3, "--bootstrap", 200)


class Guard(EndToEnd):
    def grid(self, sparsities=(0, 0.8, 0.9), method="l1", name="scores.csv"):
        """Made-up scores of two seeds for the phantom cohort."""
        _, labels = labels_of(phantom_cohort() / "labels.csv")
        rng = np.random.default_rng(4)
        with open(self.folder / name, "w", newline="") as file:
            manifest = csv.writer(file)
            manifest.writerow(["method", "seed", "sparsity", "path"])
            for seed in (0, 1):
                dense = 2.0 * labels + rng.standard_normal(labels.shape) - 1
                for sparsity in sparsities:
                    values = (1 - 0.5 * sparsity) * dense + sparsity * rng.standard_normal(labels.shape)
                    np.save(self.folder / f"{seed}-{sparsity}.npy", (1 / (1 + np.exp(-values))).astype(np.float32))
                    manifest.writerow([method, seed, sparsity, f"{seed}-{sparsity}.npy"])
        return self.folder / name

    def arguments(self, scores, *more, out="out"):
        return ("guard", "--labels", phantom_cohort() / "labels.csv", "--scores", scores, *EASY, "--out",
                self.folder / out, *more)

    def test_the_guarded_system_can_be_audited(self):
        result = self.json(*self.arguments(self.grid(), "--second-sparsity", 0.8, "--times", "10,2,3"))
        self.assertEqual(result["test"]["images"] + result["calibration"]["images"], 240)
        names = [signal["name"] for signal in result["signals"]]
        self.assertEqual(names[-1], "faultless")
        self.assertIn("combination-with-second", names)
        for signal in result["signals"][:-1]:
            before = 2 + (3 if signal["needs"] == "second network" else 0)
            for point in signal["rates"]:
                self.assertAlmostEqual(point["milliseconds"]["mean"], before + 10 * point["deferred"]["mean"])
        out = self.folder / "out"
        audit = self.json("audit", "--labels", out / "labels.csv", "--scores", out / "scores/scores.csv", "--out",
                          self.folder / "audit", "--validation-labels", out / "calibration-labels.csv",
                          "--validation-scores", out / "calibration-scores/scores.csv")
        self.assertIn("l1@guard-0.10", audit["methods"])
        guarded = {of["name"]: of["ap"]["guarded"] for of in result["classes"]}
        for of in audit["methods"]["l1@guard-0.30"]["classes"]:
            mean = guarded[of["name"]][-1]["value"]
            if mean is not None:  # a median of two seeds is their mean
                self.assertAlmostEqual(of["ap"][-1], mean, places=9)

    def test_the_same_bytes_for_any_number_of_threads(self):
        scores = self.grid()
        for threads in (1, 3):
            self.niwaki(*self.arguments(scores, "--second-sparsity", 0.8, "--threads", threads, out=f"out-{threads}"))
        self.assertEqual(self.bytes_under(self.folder / "out-1"), self.bytes_under(self.folder / "out-3"))

    def test_a_study_calibrates_on_its_validation_images(self):
        self.fails(3, "guard", small_study(), *EASY, "--method", "l1", "--out", self.folder / "out",
                   says=["guard.calibrate=true"])
        study = copy_of_small_study(self.folder / "study")
        keep = (study / "scores/l1/seed-0/sparsity-0.90.npy").read_bytes()
        self.niwaki("study", "--preset", "demo", "--out", study, *settings(guard__calibrate="true"))
        self.assertEqual((study / "scores/l1/seed-0/sparsity-0.90.npy").read_bytes(), keep)
        models = study / "models/l1/seed-0"
        result = self.json("guard", study, *EASY, "--method", "l1", "--second-sparsity", 0.5, "--out",
                           self.folder / "out", "--dense-model", models / "sparsity-0.00.onnx.zst", "--pruned-model",
                           models / "sparsity-0.90.onnx.zst", "--second-model", models / "sparsity-0.50.onnx.zst")
        self.assertGreater(result["times"]["dense"], 0)
        self.assertFalse(result["calibration"]["divided_from_the_same_labels"])

    def test_features_are_signals_too(self):
        scores, paths = self.grid(), []
        for seed in (0, 1):
            self.niwaki("predict", "--model", small_study() / f"models/l1/seed-{seed}/sparsity-0.90.onnx.zst",
                        "--labels", phantom_cohort() / "labels.csv", "--images", phantom_cohort() / "images", "--out",
                        self.folder / f"s{seed}.npy", "--features", self.folder / f"f{seed}.npy")
            paths.append(self.folder / f"f{seed}.npy")
        result = self.json(*self.arguments(scores, "--features", *paths))
        self.assertIn("feature-distance", [signal["name"] for signal in result["signals"]])

    def test_hostile_names(self):
        method = '../../"x",\n<script>'
        self.niwaki(*self.arguments(self.grid(method=method)))
        document = json.loads((self.folder / "out/guard.json").read_text())
        self.assertEqual(document["method"], method)
        self.no_half_written_file(self.folder)

    def test_bad_input_is_named(self):
        scores = self.grid()
        cases = [
            (3, ["--sparsity", 0.7], ["0.8, 0.9"]), (3, ["--method", "l2"], ["choose one: l1"]),
            (3, ["--rates", "0.2,0.1"], ["--rates"]), (2, ["--rates", "a"], ["--rates"]),
            (3, ["--signal", "entrpy"], ["did you mean 'entropy'"]), (2, ["--times", "1,2,3"], ["--times"]),
            (3, ["--times", "0,2"], ["--times"]), (3, ["--target", "x"], ["--target"]),
            (2, ["--kept-scores", "x"], ["--kept-scores"]), (3, ["--calibration-share", 1], ["--calibration-share"]),
            (2, ["--calibration-labels", phantom_cohort() / "labels.csv"], ["--calibration-scores"]),
            (3, ["--calibration-labels", phantom_cohort() / "labels.csv", "--calibration-scores", scores],
             ["among both"]),
        ]
        for code, more, says in cases:
            self.fails(code, *self.arguments(scores, *more), says=says)
        self.fails(3, "guard", "--labels", phantom_cohort() / "labels.csv", "--scores", scores, "--exemplar-fraction",
                   0.001, "--out", self.folder / "out", says=["none of the", "exemplars"])
        np.save(self.folder / "1-0.9.npy", np.zeros((3, 20), np.float32))
        self.fails(3, *self.arguments(scores), says=["3 images"])
        (self.folder / "1-0.9.npy").unlink()
        self.fails(3, *self.arguments(scores), says=["1-0.9.npy"])
        self.assertFalse((self.folder / "out").exists())
        self.assertEqual(run("guard", "--out", self.folder / "x").code, 2)
