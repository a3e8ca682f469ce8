"""prune, predict, inspect, report and train, each on its own files."""
import html.parser
import os

import numpy as np
import onnx

from .workplace import EndToEnd, copy_of_small_study, dense_model, phantom_cohort, phantom_of_small_study, settings, small_study


class Prune(EndToEnd):
    def prune(self, method, sparsity, name="pruned.onnx", *more):
        out = self.folder / name
        self.niwaki("prune", "--model", dense_model(), "--method", method, "--sparsity", sparsity, "--out", out, *more)
        return out

    def test_the_share_that_was_asked_for_goes(self):
        dense = self.json("inspect", dense_model())
        for method in ("l1", "random"):
            pruned = self.json("inspect", self.prune(method, 0.9, f"{method}.onnx"))
            self.assertEqual(pruned["prunable"] - pruned["nonzero"], round(0.9 * dense["prunable"]))
            self.assertEqual(pruned["parameters"], dense["parameters"])
            self.assertAlmostEqual(pruned["sparsity"], 0.9, places=4)

    def test_l1_prunes_globally_and_random_evenly(self):
        uneven = [layer["sparsity"] for layer in self.json("inspect", self.prune("l1", 0.5, "l1.onnx"))["layers"]]
        self.assertGreater(max(uneven) - min(uneven), 0.1)
        layers = self.json("inspect", self.prune("random", 0.5, "random.onnx"))["layers"]
        self.assertTrue(all(abs(layer["sparsity"] - 0.5) < 0.1 for layer in layers if np.prod(layer["shape"]) > 1000))

    def test_the_same_call_gives_the_same_bytes(self):
        for method in ("l1", "random"):
            first = self.prune(method, 0.7, "first.onnx", "--seed", 5).read_bytes()
            self.assertEqual(first, self.prune(method, 0.7, "second.onnx", "--seed", 5).read_bytes())
        self.assertNotEqual(first, self.prune("random", 0.7, "third.onnx", "--seed", 6).read_bytes())

    def pictures(self, count):
        """Pictures of the small study's form, normalised elsewhere."""
        path = self.folder / f"{count}.npy"
        np.save(path, np.random.default_rng(1).standard_normal((count, 1, 64, 64)).astype(np.float32))
        return path

    def test_every_repair_keeps_the_zeros_and_gives_the_same_bytes(self):
        plain = self.json("inspect", self.prune("l1", 0.9, "plain.onnx"))["layers"]
        labelled = ["--labels", phantom_of_small_study() / "labels.csv", "--images",
                    phantom_of_small_study() / "images", "--calibration-images", 60]
        for repair in ("batch-norm", "variance", "least-squares", "least-squares+batch-norm"):
            for number, images in enumerate((labelled, ["--calibration", self.pictures(40)])):
                mended = self.prune(f"l1+{repair}", 0.9, f"{repair}-{number}.onnx", *images)
                self.assertEqual(self.json("inspect", mended)["layers"], plain)
                again = self.prune(f"l1+{repair}", 0.9, "again.onnx", *images)
                self.assertEqual(mended.read_bytes(), again.read_bytes())
                self.assertNotEqual(mended.read_bytes(), (self.folder / "plain.onnx").read_bytes())

    def refused_repair(self, code, method, *more, says):
        out = self.folder / "refused.onnx"
        self.fails(code, "prune", "--model", dense_model(), "--method", method, "--sparsity", 0.5, "--out", out, *more,
                   says=says)
        self.assertFalse(out.exists())

    def test_a_repair_says_what_it_lacks(self):
        self.refused_repair(2, "l1+variance", says=["--labels and --images, or --calibration"])
        self.refused_repair(3, "l1+varience", "--calibration", self.pictures(20), says=["did you mean 'variance'"])
        self.refused_repair(3, "l1+", "--calibration", self.pictures(20), says=["empty part"])
        self.refused_repair(3, "l1+variance", "--calibration", self.pictures(1), says=["16 at least", "256 or more"])
        self.refused_repair(3, "l1+least-squares", "--damping", -1, "--calibration", self.pictures(20),
                            says=["damping"])
        flat = self.folder / "flat.npy"
        np.save(flat, np.zeros((20, 4096), np.float32))
        self.refused_repair(3, "l1+variance", "--calibration", flat, says=["an array of 2 dimensions"])
        np.save(flat, np.zeros((20, 3, 64, 64), np.float32))
        self.refused_repair(3, "l1+variance", "--calibration", flat, says=["do not fit the network"])
        np.save(flat, np.full((20, 1, 64, 64), np.nan, np.float32))
        self.refused_repair(3, "l1+variance", "--calibration", flat, says=["not finite"])

    def test_few_pictures_are_said(self):
        document = self.json("prune", "--model", dense_model(), "--method", "l1+batch-norm", "--sparsity", 0.5, "--out",
                             self.folder / "few.onnx", "--calibration", self.pictures(20))
        self.assertIn("rests on 20 calibration images", document["notes"][0])

    def test_a_packed_file_holds_the_same_network_in_fewer_bytes(self):
        plain, packed = self.prune("l1", 0.95, "p.onnx"), self.prune("l1", 0.95, "p.onnx.zst")
        self.assertLess(packed.stat().st_size, plain.stat().st_size / 3)
        self.assertEqual(self.json("inspect", plain)["layers"], self.json("inspect", packed)["layers"])

    def test_channels_make_the_network_smaller_and_every_engine_runs_it(self):
        pruned = self.json("prune", "--model", dense_model(), "--method", "channels-l1", "--sparsity", 0.5, "--out",
                           self.folder / "smaller.onnx")
        held = self.json("inspect", self.folder / "smaller.onnx")
        self.assertEqual(pruned["parameters"]["left"], held["parameters"])
        self.assertLess(held["parameters"], 0.55 * pruned["parameters"]["dense"])
        self.assertTrue(0.5 <= pruned["sparsity"] < 0.51, pruned["sparsity"])
        self.assertEqual(held["sparsity"], 0)
        self.assertLess(held["bytes"], 0.6 * self.json("inspect", self.prune("l1", 0, "dense.onnx"))["bytes"])
        np.save(self.folder / "x.npy", np.random.default_rng(2).standard_normal((5, 1, 64, 64)).astype(np.float32))
        logits = {}
        for engine in ("reference", "auto", "dense", "sparse"):
            self.niwaki("predict", "--model", self.folder / "smaller.onnx", "--input", self.folder / "x.npy", "--out",
                        self.folder / "y.npy", "--logits", "--engine", engine)
            logits[engine] = np.load(self.folder / "y.npy")
            np.testing.assert_allclose(logits[engine], logits["reference"], rtol=1e-4, atol=1e-4)
        self.assertIn("parameters are there", self.niwaki("prune", "--model", dense_model(), "--method", "channels-l1",
                                                          "--sparsity", 0.5, "--out", self.folder / "again.onnx").out)

    def test_a_pattern_needs_no_sparsity_and_takes_no_other(self):
        call = ("prune", "--model", dense_model(), "--out", self.folder / "p.onnx", "--method", "nm-2:4")
        layers = self.json(*call)["layers"]
        self.assertEqual([layer["sparsity"] for layer in layers], [0] + [0.5] * (len(layers) - 1))
        self.json(*call, "--sparsity", 0.5)
        self.fails(3, *call, "--sparsity", 0.9, says=["2:4", "0.5"])
        self.fails(3, *call[:-1], "nm-4:2", says=["nm-4:2", "N below M"])
        self.fails(2, *call[:-1], "l1", says=["--sparsity"])

    def test_more_than_channels_can_give_names_the_largest(self):
        call = ("prune", "--model", dense_model(), "--method", "channels-l1", "--out", self.folder / "p.onnx")
        self.fails(3, *call, "--sparsity", 1, says=["by whole channels", "at most 0.9"])
        self.assertFalse((self.folder / "p.onnx").exists())

    def test_a_sparsity_out_of_range_is_refused(self):
        for sparsity in ("1.5", "-0.1"):
            self.fails(3, "prune", "--model", dense_model(), "--method", "l1", "--sparsity", sparsity, "--out",
                       self.folder / "p.onnx", says=["sparsity"])

    def test_an_unknown_method_is_answered_with_the_nearest(self):
        self.fails(3, "prune", "--model", dense_model(), "--method", "randon", "--sparsity", "0.5", "--out",
                   self.folder / "p.onnx", says=["randon", "random"])


class FineTune(EndToEnd):
    def tune(self, name, *more):
        out, cohort = self.folder / name, phantom_cohort()
        self.niwaki("fine-tune", "--model", dense_model(), "--labels", cohort / "labels.csv", "--images",
                    cohort / "images", "--out", out, "--set", "finetune.epochs=1", "--set", "finetune.batch=16", *more)
        return out

    def test_zeros_stay_zeros_and_the_rest_is_trained(self):
        pruned = self.folder / "pruned.onnx"
        self.niwaki("prune", "--model", dense_model(), "--sparsity", "0.9", "--out", pruned)
        tuned = self.tune("tuned.onnx", "--pruned", pruned)
        self.assertEqual(tuned.read_bytes(), self.tune("again.onnx", "--pruned", pruned).read_bytes())
        self.assertEqual(self.json("inspect", tuned)["layers"], self.json("inspect", pruned)["layers"])
        self.assertNotEqual(tuned.read_bytes(), pruned.read_bytes())

    def test_by_steps_it_reaches_the_sparsity_that_was_asked_for(self):
        report = self.json("fine-tune", "--model", dense_model(), "--labels", phantom_cohort() / "labels.csv",
                           "--images", phantom_cohort() / "images", "--out", self.folder / "g.onnx", "--sparsity", "0.8",
                           "--set", "finetune.epochs=1", "--set", "gradual.steps=2", "--set", "gradual.epochs=1")
        self.assertEqual(report["prunable"] - report["nonzero"], round(0.8 * report["prunable"]))
        self.assertEqual([round(step["nominal_sparsity"], 6) for step in report["steps"]], [0.7, 0.8])
        self.assertEqual(report["steps"][1]["sparsity"], report["sparsity"])

    def test_what_is_wrong_is_named(self):
        cohort = phantom_cohort()
        given = ["fine-tune", "--model", dense_model(), "--labels", cohort / "labels.csv", "--images",
                 cohort / "images", "--out", self.folder / "t.onnx"]
        self.fails(2, *given, says=["--pruned", "--sparsity"])
        given += ["--sparsity", "0.5"]
        self.fails(3, *given, "--set", "finetune.learning_rate=-1", says=["finetune.learning_rate"])
        self.fails(3, *given, "--set", "finetune.distillation=2", says=["finetune.distillation"])
        self.fails(3, *given, "--set", "finetune.loss=focul", says=["did you mean 'focal'"])
        self.fails(2, "prune", "--model", dense_model(), "--method", "l1+gradual", "--sparsity", "0.5", "--out",
                   self.folder / "t.onnx", says=["niwaki fine-tune"])


class Predict(EndToEnd):
    def predict(self, name, *more):
        out = self.folder / name
        self.niwaki("predict", "--model", dense_model(), "--out", out, *more)
        return np.load(out)

    def on_phantom(self, name, *more):
        cohort = phantom_cohort()
        return self.predict(name, "--labels", cohort / "labels.csv", "--images", cohort / "images", *more)

    def test_one_row_an_image_and_one_column_a_class(self):
        scores = self.on_phantom("scores.npy")
        self.assertEqual((scores.shape, scores.dtype), ((240, 20), np.float32))
        self.assertTrue(np.all((scores > 0) & (scores < 1)))
        self.assertGreater(scores.std(axis=0).min(), 0)

    def test_logits_are_the_scores_before_the_logistic_function(self):
        logits = self.on_phantom("logits.npy", "--logits").astype(np.float64)
        np.testing.assert_allclose(1 / (1 + np.exp(-logits)), self.on_phantom("scores.npy"), atol=1e-6)

    def test_pictures_that_are_normalised_already_can_be_given(self):
        pictures = np.random.default_rng(1).standard_normal((5, 1, 64, 64)).astype(np.float32)
        np.save(self.folder / "pictures.npy", pictures)
        scores = self.predict("scores.npy", "--input", self.folder / "pictures.npy")
        self.assertEqual(scores.shape, (5, 20))
        np.save(self.folder / "one.npy", pictures[3:4])
        np.testing.assert_allclose(self.predict("one-score.npy", "--input", self.folder / "one.npy"), scores[3:4], atol=1e-5)

    def test_every_engine_gives_the_same_logits(self):
        pruned = self.folder / "pruned.onnx"
        self.niwaki("prune", "--model", dense_model(), "--method", "l1", "--sparsity", 0.9, "--out", pruned)
        np.save(self.folder / "x.npy", np.random.default_rng(2).standard_normal((5, 1, 64, 64)).astype(np.float32))
        labels = (phantom_cohort() / "labels.csv").read_text().splitlines(keepends=True)
        few = self.write("few.csv", "".join(labels[:7]))
        inputs = {"array": ("--input", self.folder / "x.npy"),
                  "images": ("--labels", few, "--images", phantom_cohort() / "images")}
        for model in (dense_model(), pruned):
            for name, words in inputs.items():
                logits = {}
                for engine in ("reference", "auto", "dense", "sparse"):
                    out = self.folder / f"{engine}.npy"
                    self.niwaki("predict", "--model", model, *words, "--out", out, "--logits", "--engine", engine)
                    logits[engine] = np.load(out)
                    with self.subTest(model=model.name, input=name, engine=engine):
                        np.testing.assert_allclose(logits[engine], logits["reference"], rtol=1e-4, atol=1e-4)

    def test_an_image_has_the_same_bits_alone_and_among_others(self):
        pictures = np.random.default_rng(3).standard_normal((7, 1, 64, 64)).astype(np.float32)
        np.save(self.folder / "x.npy", pictures)
        np.save(self.folder / "one.npy", pictures[4:5])
        for engine in ("auto", "dense", "sparse"):
            together = self.predict("all.npy", "--input", self.folder / "x.npy", "--engine", engine)
            alone = self.predict("alone.npy", "--input", self.folder / "one.npy", "--engine", engine)
            np.testing.assert_array_equal(alone, together[4:5], engine)

    def test_an_unknown_engine_is_refused(self):
        self.fails(3, "predict", "--model", dense_model(), "--input", self.folder / "x.npy", "--out",
                   self.folder / "scores.npy", "--engine", "fast", says=["fast", "reference"])

    def test_a_study_measures_no_costs(self):
        costs = self.folder / "costs.csv"
        options = {"env": {**os.environ, "NIWAKI_COSTS": str(costs)}}
        self.niwaki("study", "--preset", "demo", "--out", self.folder / "study", *settings(train__epochs=0), **options)
        self.assertFalse(costs.exists())
        np.save(self.folder / "x.npy", np.zeros((1, 1, 64, 64), np.float32))
        self.niwaki("predict", "--model", dense_model(), "--input", self.folder / "x.npy", "--out",
                    self.folder / "scores.npy", **options)
        self.assertTrue(costs.exists())

    def test_a_network_that_does_not_say_how_it_wants_pictures_takes_it_from_the_command_line(self):
        self.niwaki("prune", "--model", dense_model(), "--sparsity", 0, "--out", self.folder / "bare.onnx")
        bare = onnx.load(self.folder / "bare.onnx")
        said = {entry.key: entry.value for entry in bare.metadata_props}
        del bare.metadata_props[:]
        onnx.save(bare, self.folder / "bare.onnx")
        cohort = phantom_cohort()
        call = ("predict", "--model", self.folder / "bare.onnx", "--labels", cohort / "labels.csv", "--images",
                cohort / "images", "--out", self.folder / "bare.npy", "--size", said["niwaki.height"])
        self.fails(3, *call, says=["bare.onnx", "--mean"])
        self.niwaki(*call, "--mean", said["niwaki.mean"], "--deviation", said["niwaki.deviation"])
        np.testing.assert_array_equal(np.load(self.folder / "bare.npy"), self.on_phantom("scores.npy"))
        self.fails(2, *call, "--mean", "grey", "--deviation", "1", says=["--mean"])

    def test_an_input_of_another_shape_is_refused(self):
        np.save(self.folder / "pictures.npy", np.zeros((2, 3, 64, 64), np.float32))
        self.fails(3, "predict", "--model", dense_model(), "--input", self.folder / "pictures.npy", "--out",
                   self.folder / "scores.npy", says=["pictures.npy"])

    def test_the_verb_scores_as_the_study_does(self):
        study, images = small_study(), phantom_of_small_study() / "images"
        for unit in ("l1/seed-0/sparsity-0.90", "random/seed-1/sparsity-0.50"):
            self.niwaki("predict", "--model", study / "models" / f"{unit}.onnx.zst", "--labels",
                        study / "cohort/test.csv", "--images", images, "--out", self.folder / "scores.npy")
            # Drawn pictures lose a little where they are written as 8-bit PNG.
            np.testing.assert_allclose(np.load(self.folder / "scores.npy"), np.load(study / "scores" / f"{unit}.npy"), atol=0.02)


class Inspect(EndToEnd):
    def test_a_model(self):
        model = self.json("inspect", dense_model())
        self.assertLessEqual({"nodes", "parameters", "prunable", "nonzero", "sparsity", "layers", "bytes"}, set(model))
        self.assertEqual(sum(int(np.prod(layer["shape"])) for layer in model["layers"]), model["prunable"])
        self.assertEqual(sum(layer["nonzero"] for layer in model["layers"]), model["nonzero"])
        self.assertEqual(model["bytes"], dense_model().stat().st_size)
        self.assertLessEqual({"name", "op", "shape", "nonzero", "sparsity"}, set(model["layers"][0]))

    def test_a_label_file_a_score_table_and_a_study(self):
        labels = phantom_cohort() / "labels.csv"
        scores = next(small_study().glob("scores/**/*.npy"))
        for subject in (labels, scores, small_study()):
            with self.subTest(subject=subject.name):
                self.assertTrue(self.json("inspect", subject))
                self.assertTrue(self.niwaki("inspect", subject).out.strip())

    def test_something_else_is_refused(self):
        self.fails(3, "inspect", self.write("notes.txt", "nothing that the program knows\n"), says=["notes.txt"])
        self.fails(3, "inspect", self.folder / "absent.onnx", says=["absent.onnx"])


class Page(html.parser.HTMLParser):
    """What a page loads from elsewhere."""

    def __init__(self):
        super().__init__()
        self.loaded = []
        self.pictures = 0

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        source = values.get("src") or (values.get("href") if tag == "link" else None)
        if source and source.startswith("data:"):
            self.pictures += tag == "img"
        elif source:
            self.loaded.append(source)


class Report(EndToEnd):
    def test_the_page_is_one_file_that_loads_nothing(self):
        page = Page()
        page.feed((small_study() / "report.html").read_text())
        self.assertEqual(page.loaded, [])

    def test_the_page_can_be_made_again(self):
        study = copy_of_small_study(self.folder / "study")
        before = (study / "report.html").read_bytes()
        (study / "report.html").unlink()
        self.niwaki("report", study)
        self.assertEqual((study / "report.html").read_bytes(), before)

    def test_a_folder_that_is_no_study_is_refused(self):
        self.fails(3, "report", self.folder, says=[self.folder])


class Train(EndToEnd):
    def train(self, *more):
        cohort = phantom_cohort()
        return self.json("train", "--labels", cohort / "labels.csv", "--images", cohort / "images", "--out",
                         self.folder / "trained", "--set", "model.channels=1", *more)

    def test_a_network_and_its_history_come_out_and_nothing_more(self):
        self.train("--epochs", 2)
        trained = self.folder / "trained"
        self.assertFalse((trained / "report.html").exists())
        model = self.json("inspect", trained / "training/seed-0/best.onnx")
        self.assertEqual(len(model["classes"]), 20)
        self.assertEqual(model["sparsity"], 0)
        history = (trained / "training/seed-0/history.csv").read_text().splitlines()
        self.assertEqual(history[0], "epoch,learning_rate,train_loss,validation_loss,validation_ap,best")
        self.assertEqual([line.split(",")[0] for line in history[1:]], ["1", "2"])

    def test_a_second_call_keeps_what_was_done(self):
        first = self.train("--epochs", 1)
        network = (self.folder / "trained/training/seed-0/best.onnx").read_bytes()
        second = self.train("--epochs", 1)
        self.assertGreater(first["units_done"], 0)
        self.assertEqual((second["units_done"], second["units_kept"]), (0, first["units_done"]))
        self.assertEqual((self.folder / "trained/training/seed-0/best.onnx").read_bytes(), network)

    def test_training_can_start_from_a_network_of_other_classes(self):
        cohort = phantom_cohort()
        done = self.niwaki("train", "--labels", cohort / "labels.csv", "--images", cohort / "images", "--out",
                           self.folder / "trained", "--epochs", 1, "--model", dense_model(), "--set", "model.channels=1",
                           "--set", 'cohort.classes=["Edema", "Mass"]')
        self.assertIn("classifier", done.out + done.err)
        model = self.json("inspect", self.folder / "trained/training/seed-0/best.onnx")
        self.assertEqual(model["classes"], ["Edema", "Mass"])
