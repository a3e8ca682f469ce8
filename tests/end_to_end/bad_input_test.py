"""Input that is wrong: each is refused with what, where and what to do, and nothing half-written stays."""
import os
import resource
import shutil
import signal
import subprocess

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from . import workplace
from .workplace import EndToEnd, dense_model, phantom_cohort

QUICK = ["--set", "study.seeds=1", "--set", "train.epochs=1", "--set", "prune.sparsities=[0.9]",
         "--set", 'prune.methods=["l1"]', "--set", "report.gallery=2"]


class Cohorts(EndToEnd):
    """Label files and pictures, each a copy of a good cohort with one thing wrong."""

    def setUp(self):
        super().setUp()
        cohort = phantom_cohort()
        self.lines = (cohort / "labels.csv").read_text().splitlines()[:81]
        self.header = self.lines[0].split(",")
        self.images = self.folder / "images"
        self.images.mkdir()
        for line in self.lines[1:]:
            shutil.copy(cohort / "images" / self.cell(line, "image"), self.images)

    def cell(self, line, column):
        return line.split(",")[self.header.index(column)]

    def set_cell(self, number, column, value):
        cells = self.lines[number].split(",")
        cells[self.header.index(column)] = value
        self.lines[number] = ",".join(cells)

    def arguments(self, *more):
        labels = self.write("labels.csv", "\n".join(self.lines) + "\n")
        return ["study", "--preset", "demo", "--out", self.folder / "study", "--set", "cohort.kind=files", "--set",
                f"cohort.labels={labels}", "--set", f"cohort.images={self.images}", *QUICK, *more]

    def refused(self, *says, more=()):
        self.fails(3, *self.arguments(*more), says=says)
        self.assertFalse((self.folder / "study/audit").exists())

    def a_picture(self):
        return self.images / self.cell(self.lines[40], "image")

    def test_the_good_cohort_passes(self):
        self.niwaki(*self.arguments())

    def test_a_picture_that_is_missing(self):
        self.a_picture().unlink()
        self.refused(self.a_picture().name)

    def test_a_file_that_is_no_picture(self):
        self.a_picture().write_text("this is no picture\n")
        self.refused(self.a_picture().name)

    def test_a_png_that_was_cut_short(self):
        whole = self.a_picture().read_bytes()
        for share in (0.1, 0.5, 0.9):
            self.a_picture().write_bytes(whole[:int(share * len(whole))])
            self.refused(self.a_picture().name)
            shutil.rmtree(self.folder / "study", ignore_errors=True)

    def test_a_picture_of_another_size_is_resized(self):
        other = self.folder / "other"
        self.niwaki("cohort", "phantom", "--images", 1, "--size", 96, "--out", other)
        shutil.copy(next((other / "images").iterdir()), self.a_picture())
        self.niwaki(*self.arguments())

    def test_a_class_that_is_no_column(self):
        self.refused("Edemma", "Edema", more=["--set", 'cohort.classes=["Edemma"]'])

    def test_a_file_without_the_patient_column(self):
        self.lines[0] = self.lines[0].replace("patient_id", "person")
        self.refused("labels.csv")

    def test_a_cell_that_is_no_label(self):
        self.set_cell(7, "Edema", "maybe")
        self.refused("labels.csv", "line 8", "Edema")

    def test_a_picture_listed_twice(self):
        self.lines.append(self.lines[5])
        self.refused("labels.csv", "line 82")

    def test_a_row_that_is_too_short(self):
        self.lines[9] = self.lines[9].rsplit(",", 1)[0]
        self.refused("labels.csv", "line 10")

    def test_a_patient_in_two_splits(self):
        patients = [self.cell(line, "patient_id") for line in self.lines[1:]]
        twice = next(number for number, patient in enumerate(patients) if patients.count(patient) > 1)
        rows = [f"{self.cell(line, 'id')},{('train', 'validation', 'test')[number % 3]}" for number, line in
                sorted(enumerate(self.lines[1:]), key=lambda row: patients[row[0]])]
        self.assertGreater(patients.count(patients[twice]), 1)
        splits = self.write("splits.csv", "id,split\n" + "\n".join(rows) + "\n")
        self.refused("splits.csv", more=["--set", f"cohort.splits={splits}"])

    def test_a_split_file_that_leaves_a_picture_out(self):
        rows = [f"{self.cell(line, 'id')},train" for line in self.lines[1:-1]]
        splits = self.write("splits.csv", "id,split\n" + "\n".join(rows) + "\n")
        self.refused("splits.csv", more=["--set", f"cohort.splits={splits}"])

    def test_a_class_without_a_positive_is_warned_of_and_its_figures_are_null(self):
        for number in range(1, len(self.lines)):
            self.set_cell(number, "Hernia", "0")
        done = self.niwaki(*self.arguments())
        self.assertIn("Hernia", done.err)
        self.assertIn("Hernia", (self.folder / "study/report.html").read_text())

    def test_no_picture_at_all(self):
        del self.lines[1:]
        self.refused("labels.csv")


class Recipes(EndToEnd):
    def refused(self, text, *says):
        recipe = self.write("recipe.toml", text)
        self.fails(3, "study", recipe, "--out", self.folder / "study", says=says)
        self.assertFalse((self.folder / "study/study.db").exists())

    def test_an_unknown_key_is_answered_with_the_nearest(self):
        self.refused("[train]\nepochs = 2\nlearning_rat = 0.1\n", "recipe.toml, line 3", "learning_rat", "train.learning_rate")

    def test_values_out_of_range_are_named(self):
        for text, key in (("[train]\nlearning_rate = -1.0\n", "learning_rate"), ("[train]\nbatch = 0\n", "batch"),
                          ("[prune]\nsparsities = [1.5]\n", "sparsities"), ("[prune]\nsparsities = [0.9, 0.5]\n", "sparsities"),
                          ("[prune]\nmethods = []\n", "methods"), ("[audit]\ndrop = 2.0\n", "drop"),
                          ("[cohort]\ntrain = 0.9\nvalidation = 0.9\ntest = 0.9\n", "cohort"),
                          ("[study]\nseeds = 0\n", "seeds"), ("[phantom]\nsize = 1\n", "size")):
            with self.subTest(text=text):
                self.refused(text, key)

    def test_a_value_of_the_wrong_kind_is_named(self):
        self.refused('[train]\nepochs = "many"\n', "recipe.toml, line 2", "train.epochs")

    def test_what_is_not_toml_is_named_with_its_line(self):
        self.refused("[train]\nepochs =\n", "recipe.toml, line 2")

    def test_names_that_are_not_known_are_answered_with_the_nearest(self):
        self.refused('[prune]\nmethods = ["randon"]\n', "randon", "random")
        self.refused('[model]\narchitecture = "resnet5"\n', "resnet5", "resnet50")
        self.fails(3, "study", "--preset", "nih-100", "--out", self.folder / "study", says=["nih-100", "nih-1000"])

    def test_set_is_checked_as_the_file_is(self):
        self.fails(3, "study", "--preset", "demo", "--out", self.folder / "study", "--set", "train.epoch=3", says=["train.epochs"])

    def test_an_audit_of_exemplars_at_a_sparsity_that_is_not_studied(self):
        self.refused("[prune]\nsparsities = [0.5]\n[audit]\nexemplar_sparsity = 0.9\n", "exemplar_sparsity")

    def test_a_recipe_that_is_not_there(self):
        self.fails(3, "study", self.folder / "absent.toml", "--out", self.folder / "study", says=["absent.toml"])


class Networks(EndToEnd):
    """ONNX files of another maker."""

    def network(self, operator="Relu", name="network.onnx", **attributes):
        weight = numpy_helper.from_array(np.ones((3, 4), np.float32), "weight")
        nodes = [helper.make_node(operator, ["input"], ["held"], name="the-node", **attributes),
                 helper.make_node("GlobalAveragePool", ["held"], ["pooled"]),
                 helper.make_node("Flatten", ["pooled"], ["flat"]),
                 helper.make_node("Gemm", ["flat", "weight"], ["logits"], transB=1)]
        graph = helper.make_graph(nodes, "network", [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["n", 4, 8, 8])],
                                  [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 3])], [weight])
        path = self.folder / name
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]), str(path))
        return path

    def test_a_network_that_is_held(self):
        self.assertEqual(self.json("inspect", self.network())["prunable"], 12)

    def test_an_operator_that_is_not_held_is_named_with_its_node(self):
        self.fails(3, "inspect", self.network("Erf"), says=["Erf", "the-node"])

    def test_a_file_that_was_cut_short(self):
        whole = self.network().read_bytes()
        for length in (0, 1, len(whole) // 2, len(whole) - 1):
            path = self.folder / "cut.onnx"
            path.write_bytes(whole[:length])
            self.fails(3, "inspect", path, says=["cut.onnx"])

    def test_a_packed_file_that_was_cut_short(self):
        path = self.folder / "cut.onnx.zst"
        path.write_bytes(dense_model().read_bytes()[:1000])
        self.fails(3, "inspect", path, says=["cut.onnx.zst"])

    def test_pictures_for_a_network_that_does_not_say_how_it_wants_them(self):
        cohort = phantom_cohort()
        self.fails(3, "predict", "--model", self.network(), "--labels", cohort / "labels.csv", "--images",
                   cohort / "images", "--out", self.folder / "scores.npy", says=["network.onnx"])


class Disk(EndToEnd):
    def test_a_folder_that_cannot_be_made(self):
        file = self.write("a-file", "not a folder\n")
        done = workplace.run("study", "--preset", "demo", "--out", file / "study", *QUICK)
        self.assertIn(done.code, (1, 3), done.err)
        self.assertRegex(done.err, r"(?m)^niwaki: error: .*a-file.*: .+$")

    def test_a_folder_that_cannot_be_written(self):
        closed = self.folder / "closed"
        closed.mkdir()
        closed.chmod(0o500)
        self.addCleanup(closed.chmod, 0o700)
        if os.access(closed, os.W_OK):
            self.skipTest("this user may write everywhere")
        self.fails(1, "prune", "--model", dense_model(), "--method", "l1", "--sparsity", 0.5, "--out", closed / "p.onnx",
                   says=["closed"])

    def limited(self, *args):
        """Runs the program where no file may grow over 20,000 bytes, as on a disk that is full."""
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))

        return subprocess.run(workplace.command(*args), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                              cwd=self.folder, preexec_fn=limit, timeout=300)

    def test_a_full_disk_leaves_nothing_half_written(self):
        out = self.folder / "p.onnx"
        done = self.limited("prune", "--model", dense_model(), "--method", "l1", "--sparsity", "0.5", "--out", out)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, r"(?m)^niwaki: error: .*p\.onnx.*: .+$")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_full_disk_leaves_the_older_file_as_it_was(self):
        out = self.write("p.onnx", "an older file")
        self.limited("prune", "--model", dense_model(), "--method", "l1", "--sparsity", "0.5", "--out", out)
        self.assertEqual(out.read_text(), "an older file")

    def test_a_study_on_a_full_disk_says_so_and_goes_on_later(self):
        arguments = ["study", "--preset", "demo", "--out", self.folder / "study", *QUICK, "--set", "phantom.images=240"]
        done = self.limited(*arguments)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, r"(?m)^niwaki: error: .+: .+: .+$")
        self.no_half_written_file(self.folder)
        self.niwaki(*arguments)
