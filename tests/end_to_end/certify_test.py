"""certify: granted, refused, verified, and what it does not take."""
import csv
import json

import numpy as np

from .workplace import EndToEnd, run, small_study

POLICY = 'title = "Two networks"\n[tolerance]\nmissed = 0.05\nfalse_alarms = 0.05\n'


class Certify(EndToEnd):
    """600 patients of two images, two classes; candidates that lose nothing and that lose a tenth."""

    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(4)
        patients = np.repeat(np.arange(600), 2)
        labels = np.repeat(np.column_stack([np.arange(600) % 2, np.arange(600) % 3 == 0]).astype(int), 2, axis=0)
        rows = [f"image-{i},patient-{patient},{a},{b}\n" for i, (patient, (a, b)) in enumerate(zip(patients, labels))]
        self.labels = self.write("labels.csv", "id,patient_id,Edema,Hernia\n" + "".join(rows))
        dense = np.where(labels == 1, 0.8, 0.2) + rng.uniform(-0.1, 0.1, labels.shape)
        lost = np.where((patients % 10 == 0)[:, None], 0.0, dense)
        for name, scores in (("dense", dense), ("same", dense * 0.999 + 0.001), ("lossy", lost)):
            np.save(self.folder / f"{name}.npy", scores.astype(np.float32))
        self.scores = self.write("scores.csv", "method,seed,sparsity,path\nl1,0,0,dense.npy\nl1,0,0.5,same.npy\n"
                                               "l1,0,0.9,lossy.npy\n")
        self.model = self.write("model.onnx", "a network")

    def certify(self, policy=POLICY, *more):
        return ("certify", "--labels", self.labels, "--scores", self.scores, "--policy",
                self.write("policy.toml", policy), "--out", self.folder / "out", *more)

    def certificate(self):
        return json.loads((self.folder / "out/certificate.json").read_text())

    def test_the_walk_ends_where_something_is_lost(self):
        printed = self.json(*self.certify(POLICY, "--model-dense", self.model))
        self.assertEqual(printed, self.certificate())
        self.assertEqual(printed["verdict"], "granted")
        self.assertEqual(printed["chosen"], {"name": "sparsity 0.5", "sparsity": 0.5})
        self.assertEqual([step["holds"] for step in printed["steps"]], [True, False])
        parts = printed["split"]["parts"]
        self.assertEqual(sum(part["patients"] for part in parts.values()), 600)
        self.assertEqual(sum(part["images"] for part in parts.values()), 1200)
        self.assertIn("dense model", [file["role"] for file in printed["files"]])
        page = (self.folder / "out/certificate.html").read_text()
        self.assertNotIn("<script", page)
        self.assertNotIn("patient-1", page + json.dumps(printed))

    def test_a_refused_certificate_is_written_and_ends_with_4(self):
        self.fails(4, *self.certify("sparsities = [0.9, 0.5]\n" + POLICY), says=["refused", "Hernia, missed"])
        self.assertEqual(self.certificate()["verdict"], "refused")
        self.assertEqual(self.certificate()["test"], [])
        self.fails(4, *self.certify(POLICY.replace("missed = 0.05", "missed = 0.001")),
                   says=["not certifiable with", "2995 would do for 0.1%"])

    def test_what_is_not_taken(self):
        self.fails(3, *self.certify(POLICY.replace("0.05", "1.5")), says=["the tolerance 1.5 is out of range", "line 3"])
        self.fails(3, *self.certify(POLICY + "[classes.Edemas]\nmissed = 0.1\n"), says=["did you mean 'Edema'"])
        self.fails(3, *self.certify("confidense = 0.9\n" + POLICY), says=["did you mean 'confidence'"])
        split = self.write("split.csv", "id,split\n" + "".join(f"image-{i},{('build', 'certify')[i % 2]}\n" for i in range(1200)))
        error = self.fails(3, *self.certify(POLICY, "--split", split), says=["600 patients are in two parts"])
        self.assertNotIn("patient-", error)
        self.fails(2, "certify", "--labels", self.labels, says=["--policy"])
        self.fails(2, *self.certify(POLICY, "--dense", self.folder / "dense.npy"), says=["not clear"])
        # No image of the build part shows a hernia.
        rows = list(csv.reader(self.labels.open()))
        hernia = {row[0]: row[3] == "1" for row in rows[1:]}
        parts = "".join(f"image-{i},{'certify' if hernia[f'image-{i}'] else ('build', 'test', 'certify')[i // 2 % 5 % 3]}\n"
                        for i in range(1200))
        self.fails(3, *self.certify(POLICY, "--split", self.write("parts.csv", "id,split\n" + parts)),
                   says=["the operating point of 'Hernia' cannot be chosen"])

    def test_a_guarded_system_is_certified_as_one(self):
        dense = np.load(self.folder / "dense.npy")
        unsure = np.where((np.arange(1200) // 2 % 10 == 0)[:, None], 0.5, dense)
        np.save(self.folder / "lossy.npy", unsure.astype(np.float32))
        guard = self.folder / "guard"
        self.niwaki("guard", "--labels", self.labels, "--scores", self.scores, "--signal", "entropy", "--kept-scores",
                    "pruned", "--rates", "0.05,0.2", "--times", "10,3", "--out", guard)
        # Fresh patients: the guard learnt on others.
        self.labels, self.scores = guard / "labels.csv", guard / "scores/scores.csv"
        policy = POLICY.replace("0.05", "0.1")
        for method in ("l1", "l1@guard-0.05"):
            self.fails(4, *self.certify(policy, "--method", method, "--network", "0"), says=["refused", "Hernia, missed"])
        self.niwaki(*self.certify(policy, "--method", "l1@guard-0.20", "--network", "0"))
        self.assertEqual(self.certificate()["verdict"], "granted")

    def test_a_certificate_holds_until_something_changes(self):
        self.niwaki(*self.certify(POLICY, "--model-dense", self.model))
        verify = ("certify", "--verify", self.folder / "out/certificate.json")
        self.assertIn("verified", self.niwaki(*verify).out)
        self.assertIn("verified", self.niwaki(*verify, "--labels", self.labels, "--scores", self.scores).out)
        for path, role in ((self.model, "dense model"), (self.labels, "labels"), (self.folder / "same.npy", "scores at sparsity 0.5"),
                           (self.scores, "scores")):
            before = path.read_bytes()
            path.write_bytes(before + b"\n")
            self.fails(4, *verify, says=[f"'{role}' has changed", "SHA-256 was"])
            path.write_bytes(before)
        certificate = self.folder / "out/certificate.json"
        text = certificate.read_text()
        certificate.write_text(text.replace('"events": 0', '"events": 1', 1))
        self.fails(4, *verify, says=["says another thing than its data", "/events"])
        certificate.write_text(text.replace("Two networks", "2 networks"))
        self.fails(4, *verify, says=["'policy' has changed"])
        certificate.write_text(text)
        self.model.unlink()
        self.fails(3, *verify, says=["model.onnx"])

    def test_any_table_can_be_a_candidate(self):
        tables = ("certify", "--labels", self.labels, "--dense", self.folder / "dense.npy", "--candidate",
                  self.folder / "same.npy", "--policy", self.write("policy.toml", POLICY), "--out", self.folder / "out")
        self.assertEqual(self.json(*tables)["chosen"], {"name": "same", "sparsity": None})
        self.niwaki("certify", "--verify", self.folder / "out/certificate.json")

    def test_the_same_bytes_with_any_number_of_threads(self):
        self.niwaki(*self.certify(POLICY, "--threads", 1))
        first = self.bytes_under(self.folder / "out")
        self.niwaki(*self.certify(POLICY, "--threads", 2))
        self.assertEqual(first, self.bytes_under(self.folder / "out"))

    def test_a_study_brings_its_files(self):
        rows = list(csv.DictReader((small_study() / "cohort/validation.csv").open()))
        classes = [name for name in rows[0] if name not in ("id", "patient_id", "image", "site")]
        without = [name for name in classes if len({row[name] for row in rows}) < 2]
        asked = 'uncertifiable = "report"\nresamples = 0\n{}[tolerance]\nmissed = 0.9\nfalse_alarms = 0.9\n'
        command = ("certify", small_study(), "--method", "l1", "--network", "average", "--out", self.folder / "study", "--policy")
        if without:
            self.fails(3, *command, self.write("all.toml", asked.format("")), says=["the operating point of"])
        done = run(*command, self.write("some.toml", asked.format(f"exclude = {json.dumps(without)}\n")))
        self.assertIn(done.code, (0, 4), done.err)
        certificate = json.loads((self.folder / "study/certificate.json").read_text())
        self.assertIn("seeds 0, 1", certificate["system"])
        roles = [file["role"] for file in certificate["files"]]
        self.assertIn("model of l1/seed-1/sparsity-0.90", roles)
        self.assertIn("build scores of the dense network, seed 1", roles)
        self.assertEqual(run("certify", "--verify", self.folder / "study/certificate.json").code, done.code)


class RealLogits(EndToEnd):
    """The figures of docs/certificate.md, on the logits of ResNets on NIH ChestX-ray14's test list."""

    CLASSES = ["Atelectasis", "Cardiomegaly", "Effusion", "Infiltration", "Mass", "Nodule", "Pneumonia", "Pneumothorax",
               "Consolidation", "Edema", "Emphysema", "Fibrosis", "Pleural_Thickening", "Hernia"]

    def setUp(self):
        super().setUp()
        folder = self.real("data/nih-logits")
        files = {name: np.load(folder / f"{name}.npz") for name in ("resnet50_seed0", "resnet50_seed1", "resnet18_seed0")}
        dense = files["resnet50_seed0"]
        cells = dense["test_labels"].astype(int)
        rows = [f"i{i},{patient},{','.join(map(str, row))}\n" for i, (patient, row) in enumerate(zip(dense["test_patient"], cells))]
        self.labels = self.write("labels.csv", f"id,patient_id,{','.join(self.CLASSES)}\n" + "".join(rows))
        for name, file in files.items():
            np.save(self.folder / f"{name}.npy", file["test_logits"])
        noise = np.random.default_rng(0).normal(0, 0.02, cells.shape)
        np.save(self.folder / "noisy.npy", (dense["test_logits"] + noise).astype(np.float32))

    def figures(self, code, candidate, tolerance, more=""):
        """(events, eligible) by kind and class."""
        policy = self.write("policy.toml", f'uncertifiable = "report"\nresamples = 0\n{more}\n[tolerance]\nmissed = {tolerance}\n'
                                           f"false_alarms = {tolerance}\n")
        done = run("certify", "--labels", self.labels, "--dense", self.folder / "resnet50_seed0.npy", "--candidate",
                   self.folder / f"{candidate}.npy", "--logits", "--policy", policy, "--out", self.folder / "out")
        self.assertEqual(done.code, code, done.out + done.err)
        claims = json.loads((self.folder / "out/certificate.json").read_text())["steps"][0]["claims"]
        return {(claim["kind"], claim["classes"][0]): (claim["events"], claim["eligible"]) for claim in claims
                if claim["status"] != "not certifiable"}

    def test_noise_alone_is_too_much_for_five_percent(self):
        found = self.figures(4, "noisy", 0.05)
        self.assertEqual(found["missed", "Emphysema"], (2, 88))
        self.assertEqual(len(self.figures(0, "noisy", 0.1)), 27)

    def test_another_training_at_the_same_thresholds(self):
        self.assertEqual(self.figures(4, "resnet50_seed1", 0.4)["missed", "Atelectasis"], (119, 284))
        own = 'pruned_operating_point = "own"'
        self.assertEqual(self.figures(4, "resnet50_seed1", 0.05, own)["missed", "Atelectasis"], (15, 284))

    def test_another_architecture_with_thresholds_of_its_own(self):
        own = 'pruned_operating_point = "own"'
        self.assertEqual(self.figures(4, "resnet18_seed0", 0.4, own)["missed", "Hernia"], (3, 14))
        self.figures(0, "resnet18_seed0", 0.5, own)


if __name__ == "__main__":
    import unittest
    unittest.main()
