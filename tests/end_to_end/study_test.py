"""niwaki study and demo: whole, again, changed, stopped, and two at once."""
import csv
import json
import re
import signal
import subprocess
import time
from pathlib import Path

import numpy as np

from . import workplace
from .workplace import EndToEnd, copy_of_small_study, settings, small_study

ROOT = Path(__file__).resolve().parent.parent.parent


class Study(EndToEnd):
    def study(self, folder, **changed):
        return self.json("study", "--preset", "demo", "--out", folder, *settings(**changed))

    def modified(self, folder):
        return {path.relative_to(folder): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}

    def test_the_folder_is_as_the_contract_says(self):
        folder = small_study()
        for name in ("recipe.toml", "study.db", "scores/scores.csv", "audit/audit.json", "report.html",
                     "models/l1/seed-1/sparsity-0.90.onnx.zst"):
            self.assertTrue((folder / name).is_file(), name)
        with open(folder / "scores/scores.csv", newline="") as file:
            entries = list(csv.DictReader(file))
        units = {(entry["method"], entry["seed"], float(entry["sparsity"])) for entry in entries}
        self.assertEqual(len(units), len(entries))
        for seed in "01":
            self.assertIn(("l1", seed, 0.0), units)
            for method in ("l1", "random"):
                self.assertLessEqual({(method, seed, 0.5), (method, seed, 0.9)}, units)
        images = json.loads((folder / "audit/audit.json").read_text())["cohort"]["images"]
        for entry in entries:
            scores = np.load(folder / "scores" / entry["path"])
            self.assertEqual((scores.shape, scores.dtype), ((images, 20), np.float32))
        self.no_half_written_file(folder)

    def test_pruned_networks_have_the_sparsity_of_their_name(self):
        for path in small_study().glob("models/*/seed-*/sparsity-*.onnx.zst"):
            nominal = float(re.search(r"sparsity-([\d.]+)\.onnx", path.name)[1])
            self.assertAlmostEqual(self.json("inspect", path)["sparsity"], nominal, places=4)

    def test_networks_of_fewer_channels_are_studied_as_others_are(self):
        folder = self.folder / "channels"
        self.study(folder, study__seeds=1, prune__methods='["channels-l1", "l1"]', prune__sparsities="[0.5]",
                   audit__exemplar_sparsity=0.5)
        smaller = self.json("inspect", folder / "models/channels-l1/seed-0/sparsity-0.50.onnx.zst")
        dense = self.json("inspect", folder / "models/channels-l1/seed-0/sparsity-0.00.onnx.zst")
        self.assertLess(smaller["parameters"], 0.55 * dense["parameters"])
        audit = json.loads((folder / "audit/audit.json").read_text())
        self.assertEqual(audit["methods"]["channels-l1"]["sparsities"], [0, 0.5])
        self.assertRegex((folder / "report.html").read_text(), r"channels-l1 at 0\.5 nominal: 0\.50\d+ actual")

    def test_another_folder_gets_the_same_bytes(self):
        again = self.folder / "again"
        self.study(again)
        first, second = self.bytes_under(small_study()), self.bytes_under(again)
        self.assertEqual(set(first), set(second))
        # study.db tells times; everything else is a matter of the recipe alone.
        self.assertEqual([name for name in first if first[name] != second[name] and not name.startswith("study.db")], [])

    def test_another_seed_gets_another_answer(self):
        self.study(self.folder / "other", study__seed=9, study__seeds=1)
        self.assertNotEqual((self.folder / "other/audit/audit.json").read_bytes(),
                            (small_study() / "audit/audit.json").read_bytes())

    def test_a_second_call_does_nothing_and_is_quick(self):
        folder = copy_of_small_study(self.folder / "study")
        before = self.modified(folder / "models"), self.modified(folder / "scores")
        start = time.monotonic()
        outcome = self.study(folder)
        self.assertEqual(outcome["units_done"], 0)
        self.assertLess(time.monotonic() - start, 20)
        self.assertEqual((self.modified(folder / "models"), self.modified(folder / "scores")), before)

    def test_the_resolved_recipe_gives_the_same_study(self):
        folder = copy_of_small_study(self.folder / "study")
        recipe = self.write("recipe.toml", (folder / "recipe.toml").read_text())
        self.assertEqual(self.json("study", recipe, "--out", folder)["units_done"], 0)

    def test_a_changed_key_redoes_what_depends_on_it_and_no_more(self):
        folder = copy_of_small_study(self.folder / "study")
        models = self.modified(folder / "models")
        outcome = self.study(folder, audit__drop=0.3)
        self.assertEqual(outcome["units_done"], 2)  # audit and report
        self.assertEqual(self.modified(folder / "models"), models)
        fresh = self.folder / "fresh"
        self.study(fresh, audit__drop=0.3)
        self.assertEqual((folder / "audit/audit.json").read_bytes(), (fresh / "audit/audit.json").read_bytes())

    def test_one_more_sparsity_trains_nothing_anew(self):
        folder = copy_of_small_study(self.folder / "study")
        training = self.modified(folder / "training")
        outcome = self.study(folder, prune__sparsities="[0.5, 0.7, 0.9]")
        self.assertEqual(outcome["units_done"], 2 * 2 + 2)  # methods x seeds, audit, report
        self.assertEqual(self.modified(folder / "training"), training)

    def test_a_file_that_was_lost_is_made_again(self):
        folder = copy_of_small_study(self.folder / "study")
        lost = folder / "scores/random/seed-1/sparsity-0.50.npy"
        before = lost.read_bytes()
        lost.unlink()
        self.assertGreater(self.study(folder)["units_done"], 0)
        self.assertEqual(lost.read_bytes(), before)

    def test_the_demo_is_the_preset(self):
        folder = self.folder / "demo"
        self.niwaki("demo", "--out", folder, *settings())
        self.assertEqual((folder / "audit/audit.json").read_bytes(), (small_study() / "audit/audit.json").read_bytes())


class Stopped(EndToEnd):
    """Longer studies, which are stopped while they run."""

    LONGER = settings(train__epochs=200, train__patience=200)

    def start(self, folder, *arguments):
        process = subprocess.Popen(workplace.command("study", "--preset", "demo", "--out", folder, *arguments),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(lambda: (process.poll() is None and process.kill(), process.communicate()))
        return process

    def wait_for(self, process, ready):
        for _ in range(600):
            if ready():
                return
            if process.poll() is not None:
                break
            time.sleep(0.1)
        self.fail(f"the study ended with {process.poll()} or did not come so far in a minute")

    def test_ctrl_c_keeps_what_was_finished(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number.name):
                folder = self.folder / number.name
                process = self.start(folder, *self.LONGER)
                self.wait_for(process, lambda: list(folder.rglob("history.csv")))
                process.send_signal(number)
                _, err = process.communicate(timeout=60)
                self.assertEqual(process.returncode, 130, err)
                self.assertTrue(list(folder.rglob("last.onnx")))
                self.no_half_written_file(folder)

    def test_a_study_that_was_interrupted_ends_with_the_same_bytes(self):
        folder = self.folder / "study"
        process = self.start(folder, *settings())
        self.wait_for(process, lambda: list(folder.rglob("history.csv")))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.niwaki("study", "--preset", "demo", "--out", folder, *settings())
        self.assertEqual((folder / "audit/audit.json").read_bytes(), (small_study() / "audit/audit.json").read_bytes())

    def test_the_second_run_on_one_folder_is_refused(self):
        folder = self.folder / "study"
        first = self.start(folder, *self.LONGER)
        self.wait_for(first, lambda: (folder / "study.db").exists() and list(folder.rglob("history.csv")))
        self.fails(3, "study", "--preset", "demo", "--out", folder, *self.LONGER, says=[folder])
        self.assertIsNone(first.poll(), "the first run goes on")


class Keys(EndToEnd):
    def test_every_key_stands_in_the_documentation(self):
        listed = dict(line.split(" = ", 1) for line in self.niwaki("study", "--keys").out.splitlines())
        documented = re.findall(r"^\| `([a-z_]+\.[a-z_0-9]+)` \| `([^`]*)` \|", (ROOT / "docs/study.md").read_text(), re.MULTILINE)
        self.assertEqual({key: value.split("  # ")[0] for key, value in listed.items()}, dict(documented))
