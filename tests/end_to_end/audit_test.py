"""audit, on scores made here, so that the answers are known."""
import csv
import json
import os
import zipfile

import numpy as np

from .workplace import EndToEnd, phantom_cohort, small_study

FILES = {"audit.json", "global.csv", "classes.csv", "curves.csv", "pairs.csv", "exemplars.csv", "companions.csv", "strata.csv",
         "images.csv"}


def labels_of(path):
    """Class names and the label matrix of a label file in the project's own format."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    classes = [name for name in rows[0] if name not in ("id", "patient_id", "image", "site")]
    return classes, np.array([[int(row[name]) for name in classes] for row in rows])


def average_precision(positive, scores):
    """The sum over distinct scores of (recall step) x precision, as scikit-learn defines it."""
    order = np.argsort(-scores, kind="stable")
    positive, scores = positive[order], scores[order]
    last = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    found = np.cumsum(positive)[last]
    return float(np.sum(np.diff(found, prepend=0) / positive.sum() * found / (last + 1)))


class Audit(EndToEnd):
    """Scores made here, so that the answers are known."""

    def grid(self, steps=(0.0, 0.5, 0.9), seeds=2):
        rng = np.random.default_rng(3)
        self.classes, self.labels = labels_of(phantom_cohort() / "labels.csv")
        rows = []
        for seed in range(seeds):
            signal = 2.0 * self.labels + rng.standard_normal(self.labels.shape)
            for step in steps:
                scores = 1 / (1 + np.exp(-((1 - step) * signal + step * rng.standard_normal(signal.shape))))
                name = f"seed-{seed}-{step:.2f}.npy"
                np.save(self.folder / name, scores.astype(np.float32))
                rows.append(f"l1,{seed},{step},{name}")
        counts = "\n".join(f"{name},{10 + 3 * number}" for number, name in enumerate(self.classes))
        self.write("counts.csv", f"class,positives\n{counts}\n")
        return self.write("scores.csv", "method,seed,sparsity,path\n" + "\n".join(rows) + "\n")

    def audit(self, manifest, *more):
        self.niwaki("audit", "--labels", phantom_cohort() / "labels.csv", "--scores", manifest, "--train-counts",
                    self.folder / "counts.csv", "--out", self.folder / "audit", *more)
        return json.loads((self.folder / "audit/audit.json").read_text())

    def test_the_keys_of_the_contract_are_there(self):
        result = self.audit(self.grid())
        self.assertEqual(result["cohort"]["images"], 240)
        self.assertEqual([entry["name"] for entry in result["cohort"]["classes"]], self.classes)
        method = result["methods"]["l1"]
        self.assertEqual(method["sparsities"], [0, 0.5, 0.9])
        self.assertLessEqual({"first_drop", "delta_ap_at_max"}, set(method["frequency"]))
        for correlation in (*method["frequency"].values(), *method["cooccurrence"].values()):
            self.assertLessEqual({"pearson", "pearson_p", "spearman", "spearman_p"}, set(correlation))
        self.assertEqual(len(method["pairs"]), 20 * 19 // 2)
        self.assertEqual(method["exemplars"]["count"], 12)
        self.assertEqual([entry["findings"] for entry in method["exemplars"]["findings_ratio"]], ["0", "1", "2", "3", "4+"])

    def test_average_precision_is_the_plain_sum(self):
        result = self.audit(self.grid())
        for number, entry in enumerate(result["methods"]["l1"]["classes"]):
            positive = self.labels[:, number]
            if positive.sum() == 0:
                self.assertIsNone(entry["ap_dense"])
                continue
            ap = np.array([[average_precision(positive, np.load(self.folder / f"seed-{seed}-{step:.2f}.npy")[:, number])
                            for step in (0.0, 0.5, 0.9)] for seed in range(2)])
            self.assertAlmostEqual(entry["ap_dense"], np.median(ap[:, 0]), places=9)
            np.testing.assert_allclose(entry["delta_ap"], np.median((ap[:, 1:] - ap[:, :1]) / (ap[:, :1] + 1e-12), axis=0), atol=1e-9)

    def test_the_tables_stand_beside_the_json(self):
        self.audit(self.grid())
        self.assertEqual({path.name for path in (self.folder / "audit").iterdir()},
                         FILES)

    def test_the_same_bytes_with_any_number_of_threads(self):
        manifest = self.grid()
        self.audit(manifest, "--threads", 1)
        first = self.bytes_under(self.folder / "audit")
        self.audit(manifest, "--threads", 2)
        self.assertEqual(first, self.bytes_under(self.folder / "audit"))

    def test_json_on_the_verb_is_the_file(self):
        manifest = self.grid()
        printed = self.json("audit", "--labels", phantom_cohort() / "labels.csv", "--scores", manifest, "--train-counts",
                            self.folder / "counts.csv", "--out", self.folder / "audit")
        self.assertEqual(printed, json.loads((self.folder / "audit/audit.json").read_text()))

    def test_the_audit_of_a_study_can_be_done_again_from_its_files(self):
        study = small_study()
        self.niwaki("audit", "--labels", study / "cohort/test.csv", "--scores", study / "scores/scores.csv", "--train-labels",
                    study / "cohort/train.csv", "--validation-labels", study / "cohort/validation.csv", "--validation-scores",
                    study / "validation/scores.csv", "--bootstrap", "--seed", 1, "--out", self.folder / "audit")
        self.assertEqual(self.bytes_under(self.folder / "audit"), self.bytes_under(study / "audit"))

    def test_figures_that_cannot_be_had_are_null_with_a_reason(self):
        manifest = self.grid()
        text = (phantom_cohort() / "labels.csv").read_text().splitlines()
        column = text[0].split(",").index("Hernia")
        emptied = [text[0]] + [",".join("0" if i == column else cell for i, cell in enumerate(line.split(","))) for line in text[1:]]
        labels = self.write("no-hernia.csv", "\n".join(emptied) + "\n")
        self.niwaki("audit", "--labels", labels, "--scores", manifest, "--out", self.folder / "audit")
        result = json.loads((self.folder / "audit/audit.json").read_text())
        hernia = next(entry for entry in result["methods"]["l1"]["classes"] if entry["name"] == "Hernia")
        self.assertEqual((hernia["ap_dense"], hernia["auroc_dense"], hernia["first_drop"]), (None, None, None))
        self.assertTrue(any("Hernia" in json.dumps(note) for note in result["notes"]))
        self.assertNotIn("NaN", (self.folder / "audit/audit.json").read_text())

    def test_scores_that_do_not_fit_are_refused(self):
        manifest = self.grid()
        arguments = ["audit", "--labels", phantom_cohort() / "labels.csv", "--scores", manifest, "--out", self.folder / "audit"]
        file = self.folder / "seed-1-0.50.npy"
        good = np.load(file)
        for bad in (good[:-1], good[:, :-1], np.where(np.arange(good.size).reshape(good.shape) == 47, np.nan, good), good + 1):
            np.save(file, bad.astype(np.float32))
            self.fails(3, *arguments, says=[file.name])
        file.unlink()
        self.fails(3, *arguments, says=[file.name])
        self.assertFalse((self.folder / "audit/audit.json").exists())

    def test_a_manifest_with_a_hole_is_refused(self):
        manifest = self.grid()
        lines = manifest.read_text().splitlines()
        manifest.write_text("\n".join(lines[:-1]) + "\n")
        self.fails(3, "audit", "--labels", phantom_cohort() / "labels.csv", "--scores", manifest, "--out",
                   self.folder / "audit", says=["scores.csv", "0.9"])


def logistic(values):
    return (1 / (1 + np.exp(-values))).astype(np.float32)


class Evidence(EndToEnd):
    """A bootstrap and operating points, on a cohort of 200 images of 130 patients or so."""

    CLASSES = ["Mass", "Edema", "Rare", "Nodule"]

    def setUp(self):
        super().setUp()
        self.rng = np.random.default_rng(5)
        self.test_labels, self.labels = self.draw_labels("labels.csv", "test")
        self.validation_labels, self.validation = self.draw_labels("validation.csv", "validation")
        rows, validation = [], []
        for seed in (2, 5, 9):
            dense = 2.5 * self.labels + self.rng.standard_normal(self.labels.shape)
            for method, sparsity in (("dense", 0), ("l1", 0.5), ("l1", 0.9), ("random", 0.9)):
                share = sparsity if method != "random" else 0.97
                scores = (1 - share) * dense + share * self.rng.standard_normal(dense.shape)
                rows.append(self.table(f"{method}-{seed}-{sparsity}.npy", scores, method, seed, sparsity))
            scores = 2.5 * self.validation + self.rng.standard_normal(self.validation.shape)
            validation.append(self.table(f"validation-{seed}.npy", scores, "dense", seed, 0))
        self.manifest = self.write("scores.csv", "method,seed,sparsity,path\n" + "".join(rows))
        self.validation_manifest = self.write("validation-scores.csv", "method,seed,sparsity,path\n" + "".join(validation))

    def draw_labels(self, name, prefix):
        labels = (self.rng.random((200, 4)) < [0.45, 0.35, 0.03, 0.3]).astype(int)
        patients = self.rng.integers(0, 180, 200)
        rows = [f"{prefix}-{i},{prefix}-{patients[i]}," + ",".join(map(str, labels[i])) for i in range(200)]
        return self.write(name, "id,patient_id," + ",".join(self.CLASSES) + "\n" + "\n".join(rows) + "\n"), labels

    def table(self, name, logits, method, seed, sparsity):
        np.save(self.folder / name, np.round(logistic(logits), 2))  # ties
        return f"{method},{seed},{sparsity},{name}\n"

    def arguments(self, *more):
        return ["audit", "--labels", self.test_labels, "--scores", self.manifest, "--out", self.folder / "audit",
                "--minimum-patients", 10, *more]

    def validated(self, *more):
        return self.arguments("--bootstrap", 200, "--validation-labels", self.validation_labels, "--validation-scores",
                              self.validation_manifest, *more)

    def audit(self, *arguments, **options):
        self.niwaki(*arguments, **options)
        self.assertEqual({path.name for path in (self.folder / "audit").iterdir()}, FILES)
        return json.loads((self.folder / "audit/audit.json").read_text())

    def rows(self, name):
        with open(self.folder / "audit" / name, newline="") as file:
            return list(csv.DictReader(file))

    def same(self, cell, figure):
        """A cell of a table is the figure of audit.json."""
        self.assertEqual(None if cell == "" else float(cell), figure)

    def low_and_high(self, row, name, interval):
        self.same(row[name + "_low"], interval and interval[0])
        self.same(row[name + "_high"], interval and interval[1])

    def test_the_tables_agree_with_the_json(self):
        result = self.audit(*self.validated())
        self.assertEqual(result["options"]["bootstrap"], 200)
        tables = {name: iter(self.rows(f"{name}.csv")) for name in ("global", "classes", "curves", "pairs", "exemplars", "companions", "images")}
        for name, method in result["methods"].items():
            for point, seeds in zip(method["macro"], method["global"]["over_seeds"], strict=True):
                row = next(tables["global"])
                self.assertEqual((row["method"], float(row["sparsity"])), (name, point["sparsity"]))
                for key in ("auroc", "ap", "f1", "auroc_low", "auroc_high", "ap_low", "ap_high", "f1_low", "f1_high", "brier",
                            "log_loss", "calibration_error", "pooled_calibration_error"):
                    self.same(row[key], point[key])
                for key in ("ap_mean", "ap_deviation", "welch_p", "welch_holm", "mann_whitney_p", "mann_whitney_holm"):
                    self.same(row[key], seeds[key])
                self.same(row["ap_mean_low_over_seeds"], seeds["ap_mean_low"])
                self.same(row["ap_mean_high_over_seeds"], seeds["ap_mean_high"])
            for described, entry in zip(result["cohort"]["classes"], method["classes"], strict=True):
                row, evidence = next(tables["classes"]), entry["evidence"]
                self.assertEqual((row["method"], row["class"]), (name, entry["name"]))
                self.assertEqual(row["verdict"], evidence["verdict"] or "")
                self.same(row["positive_patients"], described["positive_patients"])
                for key in ("effective_patients", "loses_from", "forgotten_from", "kept_up_to", "loss_p", "loss_holm"):
                    self.same(row[key], evidence[key])
                enrichment = method["exemplars"]["class_enrichment"][entry["name"]]
                for key, of in (("exemplar_ratio_low", "ratio_low"), ("exemplar_ratio_high", "ratio_high"), ("exemplar_fisher_p", "fisher_p")):
                    self.same(row[key], enrichment[of])
                self.curves_agree(tables["curves"], name, method["sparsities"], entry)
            for pair in method["pairs"]:
                row = next(tables["pairs"])
                self.assertEqual((row["method"], row["a"], row["b"]), (name, pair["a"], pair["b"]))
                self.same(row["fcd"], pair["fcd"])
            for image in method["exemplars"]["images"]:
                row = next(tables["exemplars"])
                self.assertEqual((row["method"], row["id"], int(row["row"])), (name, image["id"], image["row"]))
                self.same(row["largest_fall"], image["largest_fall"]["fall"])
                self.assertEqual(row["fallen"], image["largest_fall"]["class"])
                self.assertEqual(row["flips"], "; ".join(f"{flip['class']} {flip['direction']} {flip['seeds']} of 3" for flip in image["flips"]))
            for effect in method["companions"]["pairs"] + method["companions"]["triples"]:
                row = next(tables["companions"])
                self.assertEqual((row["method"], row["class"], row["given"].split("|")), (name, effect["class"], effect["given"]))
                for key in ("rank", "images_with", "images_without", "patients_with", "patients_without"):
                    self.same(row[key], effect[key])
                for figure in ("recall", "ap"):
                    for key, value in effect[figure].items():
                        self.same(row[f"{figure}_{key}"], value)
            exemplars = {image["row"]: image for image in method["exemplars"]["images"]}
            for number in range(200):
                row = next(tables["images"])
                self.assertEqual((row["method"], int(row["row"]), row["id"]), (name, number, f"test-{number}"))
                if number in exemplars:
                    for sparsity, value in zip(method["sparsities"][1:], exemplars[number]["curve"], strict=True):
                        self.same(row[f"correlation at {sparsity}"], value)
        for name, rest in tables.items():
            self.assertIsNone(next(rest, None), f"{name}.csv has more rows")
        self.assertGreater(len(result["methods"]["l1"]["companions"]["pairs"]), 3)

    def curves_agree(self, rows, method, sparsities, entry):
        evidence = entry["evidence"]
        for step, sparsity in enumerate(sparsities):
            row = next(rows)
            self.assertEqual((row["method"], row["class"], float(row["sparsity"])), (method, entry["name"], sparsity))
            for key in ("ap", "auroc", "f1", "sensitivity", "specificity", "precision", "sensitivity_at_specificity", "brier",
                        "log_loss", "calibration_error"):
                self.same(row[key], entry[key][step])
            for key in ("ap", "auroc"):
                self.low_and_high(row, f"{key}_interval", evidence[key] and evidence[key][step])
            changes = (("relative_ap_change", {"values": entry["delta_ap"], "intervals": evidence["delta_ap"], "band": evidence["delta_ap_band"]}),
                       ("ap_change", evidence["ap_change"]), ("auroc_change", evidence["auroc_change"]))
            for name, change in changes:
                there = step > 0
                self.same(row[name], change["values"][step - 1] if there and change["values"] else None)
                self.low_and_high(row, name, there and change["intervals"] and change["intervals"][step - 1] or None)
                self.low_and_high(row, f"{name}_band", there and change["band"] and change["band"][step - 1] or None)

    def test_what_was_drawn_is_what_is_said(self):
        result = self.audit(*self.validated())
        verdicts = {name: {entry["name"]: entry["evidence"]["verdict"] for entry in method["classes"]}
                    for name, method in result["methods"].items()}
        self.assertEqual(verdicts["random"]["Mass"], "forgotten")  # 3% of the signal is left
        self.assertEqual(verdicts["random"]["Rare"], "insufficient evidence")
        for entry in result["methods"]["l1"]["classes"]:
            for interval, value in zip(entry["evidence"]["ap"] or [], entry["ap"]):
                self.assertTrue(0 <= interval[0] < value < interval[1] <= 1, entry["name"])

    def test_without_a_number_the_bootstrap_has_2000_resamples_and_without_the_option_none(self):
        self.assertEqual(self.audit(*self.arguments("--bootstrap"))["options"]["bootstrap"], 2000)
        self.assertEqual(self.audit(*self.arguments("--bootstrap", "--quiet"))["options"]["bootstrap"], 2000)
        result = self.audit(*self.arguments())
        self.assertEqual(result["options"]["bootstrap"], 0)
        method = result["methods"]["l1"]
        self.assertIsNone(method["classes"][0]["evidence"]["verdict"])
        self.assertEqual(method["classes"][2]["evidence"]["verdict"], "insufficient evidence")
        self.assertIsNone(method["classes"][0]["evidence"]["ap"])
        self.assertTrue(any("no bootstrap" in note["reason"] for note in result["notes"]))
        self.assertEqual(self.rows("companions.csv"), [])

    def test_the_seed_draws_the_resamples(self):
        intervals = [self.audit(*self.arguments("--bootstrap", 200, "--seed", seed))["methods"]["l1"]["macro"][0]["ap_low"]
                     for seed in (1, 1, 2)]
        self.assertEqual(intervals[0], intervals[1])
        self.assertNotEqual(intervals[0], intervals[2])

    def test_operating_points_are_chosen_on_the_validation_images_and_carried_over(self):
        result = self.audit(*self.validated("--operating-point", "sensitivity=0.9"))
        self.assertEqual(result["options"]["operating_point"], "sensitivity=0.9")
        thresholds = {}
        for point in result["methods"]["l1"]["operating_points"]:
            number = self.CLASSES.index(point["class"])
            scores = np.load(self.folder / f"validation-{point['seed']}.npy")[:, number]
            positive = scores[self.validation[:, number] == 1]
            enough = [score for score in np.unique(scores) if np.mean(positive >= score) >= 0.9]
            self.assertEqual(point["threshold"], float(max(enough)), point)
            thresholds[point["seed"], point["class"]] = point["threshold"]
        for number, entry in enumerate(result["methods"]["l1"]["classes"]):
            for step, name in enumerate(("dense-{}-0", "l1-{}-0.5", "l1-{}-0.9")):
                tables = {seed: np.load(self.folder / f"{name.format(seed)}.npy")[:, number] for seed in (2, 5, 9)}
                found = [np.mean(table[self.labels[:, number] == 1] >= thresholds[seed, entry["name"]]) for seed, table in tables.items()]
                self.assertAlmostEqual(entry["sensitivity"][step], np.median(found), places=12)
        self.assertEqual(result["methods"]["l1"]["operating_points"], result["methods"]["random"]["operating_points"])

    def test_without_validation_the_threshold_is_the_operating_point(self):
        result = self.audit(*self.arguments("--threshold", 0.3))
        self.assertIsNone(result["options"]["operating_point"])
        self.assertEqual({point["threshold"] for point in result["methods"]["l1"]["operating_points"]}, {0.3})

    def test_a_seed_without_validation_scores_is_named(self):
        lines = self.validation_manifest.read_text().splitlines()
        self.validation_manifest.write_text("\n".join(lines[:-1]) + "\n")
        self.fails(3, *self.validated(), says=["seed 9", "validation"])
        self.assertFalse((self.folder / "audit").exists())

    def test_validation_labels_of_other_classes_are_refused(self):
        self.validation_labels.write_text(self.validation_labels.read_text().replace("Nodule", "Fracture"))
        self.fails(3, *self.validated(), says=["Nodule", "validation.csv"])

    def test_validation_classes_in_another_order_are_matched_by_name(self):
        first = self.audit(*self.validated())["methods"]["l1"]["operating_points"]
        rows = [line.split(",") for line in self.validation_labels.read_text().splitlines()]
        self.validation_labels.write_text("\n".join(",".join(row[:2] + row[:1:-1]) for row in rows) + "\n")
        self.assertEqual(self.audit(*self.validated())["methods"]["l1"]["operating_points"], first)

    def test_options_that_make_no_sense_are_refused(self):
        for option, value in (("--bootstrap", 99), ("--bootstrap", 1000001), ("--tolerance", 0), ("--specificity", 1),
                              ("--minimum-patients", 1), ("--drop", 1), ("--operating-point", "sensitivity=0"),
                              ("--operating-point", "yuden")):
            with self.subTest(option=option, value=value):
                words = self.validated()
                if option in words:  # may be given once
                    words[words.index(option) + 1] = value
                else:
                    words += [option, value]
                self.fails(3, *words)
        self.fails(2, *self.arguments("--bootstrap", "many"))
        self.fails(2, *self.arguments("--validation-labels", self.validation_labels), says=["--validation-scores"])
        self.fails(2, *self.arguments("--validation-scores", self.validation_manifest), says=["--validation-labels"])
        self.fails(2, *self.arguments("--operating-point", "f1"), says=["--operating-point", "--validation-scores"])
        self.assertFalse((self.folder / "audit").exists())

    def test_the_same_bytes_with_any_threads_and_instruction_set(self):
        self.audit(*self.validated("--threads", 1))
        first = self.bytes_under(self.folder / "audit")
        for threads in (2, 3):
            self.audit(*self.validated("--threads", threads))
            self.assertEqual(first, self.bytes_under(self.folder / "audit"))
        with open("/proc/cpuinfo") as file:
            flags = set(next((line for line in file if line.startswith("flags")), "").split())
        sets = ["baseline"] + ["avx2"] * ({"avx2", "fma"} <= flags) + ["avx512"] * ({"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= flags)
        for name in sets:
            with self.subTest(instruction_set=name):
                self.audit(*self.validated(), env={**os.environ, "NIWAKI_ISA": name})
                self.assertEqual(first, self.bytes_under(self.folder / "audit"))


class BadInput(EndToEnd):
    """A good audit of 12 images, each time with one thing wrong or strange."""

    def setUp(self):
        super().setUp()
        self.labels = np.array([[i % 2, i % 3 == 0, i % 4 == 1] for i in range(12)], int)
        self.write_labels(["A", "B", "C"], self.labels)
        self.scores = np.round(0.1 + 0.5 * self.labels + 0.3 * np.random.default_rng(2).random(self.labels.shape), 3).astype(np.float32)
        np.save(self.folder / "dense.npy", self.scores)
        np.save(self.folder / "pruned.npy", self.scores[:, ::-1].copy())
        self.rows = ["l1,0,0,dense.npy", "l1,0,0.9,pruned.npy"]

    def write_labels(self, classes, labels, ids=None):
        ids = ids or [f"image-{i}" for i in range(len(labels))]
        lines = [f"{name},patient-{i}," + ",".join(map(str, row)) for i, (name, row) in enumerate(zip(ids, labels))]
        self.write("labels.csv", "id,patient_id," + ",".join(classes) + "\n" + "\n".join(lines) + "\n")

    def arguments(self, *more):
        self.write("scores.csv", "method,seed,sparsity,path\n" + "\n".join(self.rows) + "\n")
        return ["audit", "--labels", self.folder / "labels.csv", "--scores", self.folder / "scores.csv", "--out",
                self.folder / "audit", *more]

    def refused(self, *says, more=()):
        line = self.fails(3, *self.arguments(*more), says=says)
        self.assertFalse((self.folder / "audit").exists())
        return line

    def result(self, *more):
        return self.json(*self.arguments("--bootstrap", 100, *more))

    def csv_table(self, name, classes, scores, ids=None):
        ids = ids or [f"image-{i}" for i in range(len(scores))]
        lines = [f"{image}," + ",".join(map(str, row)) for image, row in zip(ids, scores)]
        self.write(name, "id," + ",".join(classes) + "\n" + "\n".join(lines) + "\n")

    def test_the_good_audit_passes(self):
        self.assertEqual(self.result()["cohort"]["images"], 12)

    def test_another_number_of_rows_or_columns_than_the_labels(self):
        np.save(self.folder / "pruned.npy", self.scores[:-1])
        self.refused("pruned.npy", "11 images", "12")
        np.save(self.folder / "pruned.npy", self.scores[:, :2].copy())
        self.refused("pruned.npy", "2 classes", "3")
        np.save(self.folder / "pruned.npy", self.scores[0])
        self.refused("pruned.npy")

    def test_nan_and_infinity_are_named_with_their_place(self):
        for bad in (np.nan, np.inf, -np.inf):
            scores = self.scores.copy()
            scores[7, 2] = bad
            np.save(self.folder / "pruned.npy", scores)
            self.refused("pruned.npy, row 7, column 2")
            self.refused("pruned.npy, row 7, column 2", more=["--logits"])

    def test_scores_outside_0_and_1_need_logits(self):
        scores = self.scores.copy()
        for bad in (1.001, -0.001):
            scores[3, 1] = bad
            np.save(self.folder / "pruned.npy", scores)
            self.refused("pruned.npy, row 3, column 1", "--logits")
        self.assertEqual(self.result("--logits")["cohort"]["images"], 12)

    def test_a_hole_in_the_grid_is_named(self):
        self.rows += ["l1,5,0,dense.npy"]
        self.refused("method 'l1', seed 5, sparsity 0.9", "scores.csv")
        self.rows[-1] = "l1,5,0.9,pruned.npy"
        self.refused("method 'l1', seed 5, sparsity 0")
        self.rows = ["l1,0,0.9,pruned.npy"]
        self.refused("no dense table")
        self.rows = ["l1,0,0,dense.npy", "l1,0,0.9,pruned.npy", "l1,0,0.90,dense.npy"]
        self.refused("listed twice", "line 4")

    def test_classes_in_another_order_are_matched_by_name(self):
        expected = self.result()["methods"]
        self.csv_table("dense.csv", ["C", "A", "B"], self.scores[:, [2, 0, 1]], None)
        order = [5, 0, 1, 2, 3, 4, 11, 10, 9, 8, 7, 6]
        self.csv_table("pruned.csv", ["B", "A", "C"], self.scores[:, ::-1][order][:, [1, 0, 2]], [f"image-{i}" for i in order])
        self.rows = ["l1,0,0,dense.csv", "l1,0,0.9,pruned.csv"]
        self.assertEqual(self.result()["methods"], expected)

    def test_classes_and_images_that_differ_are_named(self):
        self.rows[1] = "l1,0,0.9,pruned.csv"
        self.csv_table("pruned.csv", ["A", "B", "D"], self.scores)
        self.refused("pruned.csv", "'C'")
        self.csv_table("pruned.csv", ["A", "B"], self.scores[:, :2])
        self.refused("pruned.csv", "'C'")
        self.csv_table("pruned.csv", ["A", "B", "C"], self.scores, [f"image-{i + 1}" for i in range(12)])
        self.refused("pruned.csv", "image-12")

    def test_what_is_listed_twice_is_named(self):
        self.rows[1] = "l1,0,0.9,pruned.csv"
        ids = [f"image-{i}" for i in range(12)]
        self.csv_table("pruned.csv", ["A", "B", "C"], self.scores, ids[:-1] + ["image-3"])
        self.refused("listed twice", "pruned.csv, line 13")
        self.csv_table("pruned.csv", ["A", "B", "B"], self.scores)
        self.refused("pruned.csv", "'B'")
        self.rows[1] = "l1,0,0.9,pruned.npy"
        self.write_labels(["A", "B", "C"], self.labels, ids[:-1] + ["image-3"])
        self.refused("listed twice", "labels.csv, line 13")
        self.write_labels(["A", "B", "B"], self.labels)
        self.refused("labels.csv", "'B'")

    def test_a_class_all_positive_all_negative_or_all_unknown_has_no_figures_and_a_note(self):
        for cell, reason in ((1, "negative"), (0, "positive"), ("", "unknown")):
            labels = self.labels.astype(object)
            labels[:, 1] = cell
            self.write_labels(["A", "B", "C"], labels)
            result = self.result()
            entry = result["methods"]["l1"]["classes"][1]
            self.assertEqual((entry["ap_dense"], entry["delta_ap"], entry["evidence"]["ap"]), (None, [None], None))
            self.assertEqual(entry["evidence"]["verdict"], "insufficient evidence")
            self.assertTrue(any(note["where"] == "classes.B" and reason in note["reason"] for note in result["notes"]))
            self.assertIsNotNone(result["methods"]["l1"]["macro"][0]["ap"])

    def test_unknown_labels_leave_their_image_out_of_that_class(self):
        labels = self.labels.astype(object)
        labels[:6, 0] = ""
        self.write_labels(["A", "B", "C"], labels)
        result = self.result()
        self.assertEqual([entry["unknown"] for entry in result["cohort"]["classes"]], [6, 0, 0])
        known = average_precision(self.labels[6:, 0], self.scores[6:, 0])
        self.assertAlmostEqual(result["methods"]["l1"]["classes"][0]["ap_dense"], known, places=12)

    def test_one_image_one_seed_one_sparsity(self):
        self.write_labels(["A", "B", "C"], self.labels[:1])
        np.save(self.folder / "dense.npy", self.scores[:1])
        self.rows = ["l1,0,0,dense.npy"]
        method = self.result()["methods"]["l1"]
        self.assertEqual((method["sparsities"], method["macro"][0]["ap"]), ([0], None))
        self.assertEqual((method["exemplars"]["count"], method["companions"]["pairs"]), (0, []))
        self.assertEqual(method["global"]["over_seeds"], [])

    def test_a_path_that_leaves_the_manifests_folder(self):
        (self.folder / "inner").mkdir()
        np.save(self.folder.parent / "outside.npy", self.scores)
        for path in ("../outside.npy", "inner/../../outside.npy", self.folder.parent / "outside.npy"):
            self.rows[1] = f"l1,0,0.9,{path}"
            self.refused("leaves the manifest's folder", "line 3")
        self.rows[1] = "l1,0,0.9,inner/../pruned.npy"  # stays inside
        self.result()

    def test_a_symbolic_link_is_followed_wherever_it_leads(self):
        # A manifest may come from elsewhere, so its paths are kept inside. A link was put there by who owns the folder:
        # score tables are often kept on another disk.
        np.save(self.folder.parent / "linked.npy", self.scores)
        (self.folder / "link.npy").symlink_to(self.folder.parent / "linked.npy")
        self.rows[1] = "l1,0,0.9,link.npy"
        self.assertEqual(self.result()["methods"]["l1"]["classes"][0]["delta_ap"], [0.0])
        (self.folder / "link.npy").unlink()
        (self.folder / "link.npy").symlink_to(self.folder.parent / "absent.npy")
        (self.folder / "audit/audit.json").unlink()
        self.fails(3, *self.arguments(), says=["link.npy"])

    def test_a_corrupt_or_pickled_array(self):
        pruned = self.folder / "pruned.npy"
        whole = pruned.read_bytes()
        for bad in (b"", b"no array at all", whole[:5], whole[:60], whole[:-1], whole + b"x", b"\0" + whole[1:]):
            pruned.write_bytes(bad)
            self.refused("pruned.npy")
        np.save(pruned, np.full((12, 3), None, dtype=object), allow_pickle=True)
        self.refused("pruned.npy")

    def test_a_corrupt_or_pickled_archive(self):
        self.rows[1] = "l1,0,0.9,pruned.npz"
        pruned = self.folder / "pruned.npz"
        np.savez_compressed(pruned, scores=self.scores)
        self.result()
        (self.folder / "audit/audit.json").unlink()
        whole = pruned.read_bytes()
        for bad in (b"", b"PK", whole[:-30], whole[:150] + bytes([whole[150] ^ 255]) + whole[151:]):
            pruned.write_bytes(bad)
            self.fails(3, *self.arguments(), says=["pruned.npz"])
        np.savez(pruned, scores=np.full((12, 3), None, dtype=object))
        self.fails(3, *self.arguments(), says=["pruned.npz"])
        np.savez(pruned, first=self.scores, second=self.scores)
        self.fails(3, *self.arguments(), says=["pruned.npz", "first", "second"])
        self.assertFalse((self.folder / "audit/audit.json").exists())

    def test_a_header_of_40_gigabytes_on_a_file_of_a_kilobyte(self):
        header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (10000000, 1000), }"
        header += b" " * (117 - len(header)) + b"\n"
        claim = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(1024 - 128)
        (self.folder / "pruned.npy").write_bytes(claim)
        self.refused("pruned.npy")
        with zipfile.ZipFile(self.folder / "pruned.npz", "w") as archive:
            archive.writestr("scores.npy", claim)
        self.rows[1] = "l1,0,0.9,pruned.npz"
        self.refused("pruned.npz")

