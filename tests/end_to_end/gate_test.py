"""niwaki gate: each verdict from an audit, a certificate, a guard and times; policies and files that it does not take."""
import json
import re
import shutil

import numpy as np

from .workplace import EndToEnd, copy_of_small_study, run, settings

CLASSES = ["Edema", "Effusion", "Hernia"]


class Gate(EndToEnd):
    """Audits of 800 patients; what is pruned to a sparsity keeps `kept` of the signal."""

    def audit(self, name="audit", kept={0.5: 1.0, 0.8: 1.0, 0.9: 0.0}, rare=0.2, bootstrap=200, method="l1"):  # noqa: B006
        folder = self.folder / name
        folder.mkdir()
        rng = np.random.default_rng(3)
        labels = rng.random((800, 3)) < (0.3, 0.25, 0)
        labels[: int(800 * rare), 2] = True
        rows = "".join(f"x{i},p{i},{','.join(map(str, map(int, row)))}\n" for i, row in enumerate(labels))
        (folder / "labels.csv").write_text(f"id,patient_id,{','.join(CLASSES)}\n{rows}")
        signal = 3.0 * labels - 1.5 + rng.normal(0, 1.5, labels.shape)
        manifest = ["method,seed,sparsity,path"]
        for seed in (0, 1):
            own = signal + rng.normal(0, 0.1, labels.shape)
            for sparsity, share in {0: 1.0, **kept}.items():
                noise = rng.normal(0, 1 - share + 0.01, labels.shape) if sparsity else 0
                np.save(folder / f"{seed}-{sparsity}.npy", (1 / (1 + np.exp(-(share * own + noise)))).astype(np.float32))
                manifest.append(f"{method},{seed},{sparsity},{seed}-{sparsity}.npy")
        (folder / "scores.csv").write_text("\n".join(manifest) + "\n")
        self.niwaki("audit", "--labels", folder / "labels.csv", "--scores", folder / "scores.csv", "--out", folder,
                    *(["--bootstrap", bootstrap] if bootstrap else []))
        return folder

    def verdict(self, code, *args):
        """What --json prints, where the program ends with this code."""
        done = run("gate", *args, "--json")
        self.assertEqual(done.code, code, done.out + done.err)
        return json.loads(done.out)

    def test_deploys_as_far_as_the_policy_holds(self):
        folder = self.audit()
        found = self.verdict(0, folder)
        self.assertEqual((found["verdict"], found["reason"]), ("deploy", "holds"))
        self.assertEqual(found["recommended"], {"method": "l1", "name": "", "sparsity": 0.8})
        self.assertEqual([of["status"] for of in found["requirements"]], ["kept"] * 4)
        self.assertIsNone(found["gains"]["milliseconds_per_image"])
        out = self.niwaki("gate", folder / "audit.json").out
        self.assertEqual(out.splitlines()[:2], ["deploy l1 at 80% sparsity", found["sentence"]])
        self.assertIn("not measured", out)
        policy = self.write("policy.toml", "[policy]\nsparsity = 0.5\n")
        self.assertEqual(self.verdict(0, folder, "--policy", policy)["recommended"]["sparsity"], 0.5)

    def test_does_not_deploy_what_is_shown_to_lose(self):
        folder = self.audit(kept={0.5: 0.0, 0.9: 0.0})
        error = self.fails(4, "gate", folder, says=["do not deploy", "shown to lose more than is tolerated"])
        self.assertNotIn("x1", error)
        self.assertEqual(self.verdict(4, folder)["reason"], "shown loss")

    def test_says_where_the_evidence_does_not_suffice(self):
        found = self.verdict(4, self.audit(bootstrap=0))
        self.assertEqual((found["verdict"], found["reason"]), ("insufficient evidence", "no intervals"))
        policy = self.write("policy.toml", "[policy]\nleast_sparsity = 0.95\n")
        self.assertEqual(self.verdict(4, self.folder / "audit", "--policy", policy)["reason"], "no sparsity")

    def test_a_class_of_few_patients_blocks_or_is_guarded(self):
        folder = self.audit(rare=0.01)
        found = self.verdict(4, folder)
        self.assertEqual((found["verdict"], found["reason"], found["names"]), ("insufficient evidence", "unknown classes", ["Hernia"]))
        policy = self.write("policy.toml", '[policy]\nunknown_classes = "report"\n')
        found = self.verdict(4, folder, "--policy", policy)
        self.assertEqual((found["verdict"], found["guards"]), ("deploy with guards", [{"kind": "classes", "classes": ["Hernia"]}]))
        self.fails(4, "gate", folder, "--policy", policy, says=["--guarded"])
        self.niwaki("gate", folder, "--policy", policy, "--guarded")
        excluded = self.write("excluded.toml", '[policy]\nexclude = ["Hernia"]\n')
        self.assertEqual(self.verdict(0, folder, "--policy", excluded)["verdict"], "deploy")

    def test_a_certificate_goes_before_the_audit(self):
        folder = self.audit()
        policy = self.write("certificate-policy.toml", 'title = "Two"\n[tolerance]\nmissed = 0.3\nfalse_alarms = 0.3\n')
        manifest = folder / "one-seed.csv"
        manifest.write_text("\n".join(line for line in (folder / "scores.csv").read_text().splitlines()
                                      if not line.startswith("l1,1,")) + "\n")
        self.niwaki("certify", "--labels", folder / "labels.csv", "--scores", manifest, "--policy", policy, "--out",
                    self.folder / "certified")
        certificate = self.folder / "certified/certificate.json"
        found = self.verdict(0, folder, "--certificate", certificate)
        self.assertEqual((found["verdict"], found["reason"], found["certificate"]), ("deploy", "certified", "granted"))
        self.assertEqual(found["recommended"]["sparsity"], json.loads(certificate.read_text())["chosen"]["sparsity"])
        policy.write_text(policy.read_text().replace("0.3", "0.01"))
        done = run("certify", "--labels", folder / "labels.csv", "--scores", manifest, "--policy", policy, "--out",
                   self.folder / "refused")
        self.assertEqual(done.code, 4, done.err)
        found = self.verdict(4, folder, "--certificate", self.folder / "refused/certificate.json")
        self.assertEqual((found["reason"], found["recommended"]), ("certificate refused", None))
        with open(folder / "labels.csv", "a") as file:
            file.write("later,later,0,0,0\n")
        found = self.verdict(0, folder, "--certificate", certificate)
        self.assertIsNone(found["certificate"])
        self.assertIn("certify anew", found["passed_over"][0])

    def test_a_guard_restores_what_pruning_loses(self):
        folder = self.audit(kept={0.5: 0.6, 0.9: 0.2})
        self.niwaki("guard", "--labels", folder / "labels.csv", "--scores", folder / "scores.csv", "--sparsity", 0.5,
                    "--out", self.folder / "guard", "--bootstrap", 200, "--rates", "0.1,0.9")
        path = self.folder / "guard/guard.json"
        written = json.loads(path.read_text())
        if written["test"]["images"] != 800:  # half of the patients calibrated the guard, so it does not count here
            found = json.loads(run("gate", folder, "--guard", path, "--json").out)
            self.assertIsNone(found["guard"])
            self.assertIn("other images", found["passed_over"][0])
        # The same guard, as if it had been tried on the audited images.
        written["test"]["images"] = 800
        path.write_text(json.dumps(written))
        policy = self.write("policy.toml", "[policy]\nmacro_loss = 0.03\nworst_class_loss = 0.03\n")
        alone = json.loads(run("gate", folder, "--policy", policy, "--json").out)
        self.assertIn(alone["verdict"], ("do not deploy", "insufficient evidence"))
        found = json.loads(run("gate", folder, "--policy", policy, "--guard", path, "--json").out)
        self.assertEqual((found["verdict"], found["reason"]), ("deploy with guards", "guard restores"))
        self.assertEqual(found["guards"][0]["kind"], "defer")
        self.assertEqual(found["guards"][0]["rate"], 0.9)
        other = self.audit("other", method="random")
        found = self.verdict(0, other, "--guard", path)
        self.assertIn("was not audited", found["passed_over"][0])

    def test_a_study_has_the_same_verdict_as_its_report(self):
        study = copy_of_small_study(self.folder / "study")
        self.niwaki("study", "--preset", "demo", "--out", study, *settings(policy__unknown_classes="report"))
        self.niwaki("bench", "--study", study, "--method", "l1", "--seconds", 0.05)
        self.niwaki("report", study)
        document = json.loads((study / "decision.json").read_text())
        done = run("gate", study, "--json")
        self.assertEqual(json.loads(done.out), document["decision"])
        data = json.loads(re.search(r'id="data">(.*?)</script>', (study / "report.html").read_text(), re.DOTALL)[1])
        self.assertEqual({key: data[key] for key in document}, document)
        card = json.loads((study / "model-card.json").read_text())
        self.assertEqual(card["verdict"], document["decision"]["verdict"])
        self.assertIn(document["decision"]["headline"], (study / "model-card.md").read_text().replace("\\", ""))
        # Times and sizes are those of files that are still what they were.
        gains = document["decision"]["gains"]
        self.assertGreater(gains["milliseconds_per_image"]["dense"], 0)
        considered = document["decision"]["considered"]
        name = f"models/l1/seed-0/sparsity-{considered['sparsity']:.2f}.onnx.zst"
        self.assertEqual(considered["method"], "l1")
        sizes = [(study / name.replace("seed-0", f"seed-{seed}")).stat().st_size for seed in (0, 1)]
        self.assertEqual(gains["file_bytes"]["pruned"], sum(sizes) / 2)
        shutil.copy(study / "models/l1/seed-1/sparsity-0.50.onnx.zst", study / name)
        found = json.loads(run("gate", study, "--json").out)
        self.assertIsNone(found["gains"]["milliseconds_per_image"])
        self.assertIn("changed since", found["passed_over"][0])

    def test_policies_that_are_not_taken(self):
        folder = self.audit()
        for text, says in (("[policy]\nmacro_los = 0.1\n", "did you mean 'macro_loss'"), ("[policy]\nmacro_loss = 2.0\n", "policy.macro_loss"),
                           ('[policy]\nmacro_loss = "much"\n', "line 2"), ("[policy\n", "line 1"),
                           ('[policy]\nexclude = ["Edemas"]\n', "did you mean 'Edema'"),
                           ('[policy]\nclass_losses = ["Edema"]\n', "policy.class_losses"),
                           ('[policy]\nclass_losses = ["Edema=0.1", "Edema=0.2"]\n', "twice"),
                           ('[policy]\nexclude = ["Edema", "Effusion", "Hernia"]\n', "policy.exclude"),
                           ('[policy]\nmethod = "l2"\n', "was not audited"), ('[policy]\nmethod = "l1"\nsparsity = 0.6\n', "policy.sparsity"),
                           ('[policy]\nunknown_classes = "ignore"\n', "policy.unknown_classes")):
            self.fails(3, "gate", folder, "--policy", self.write("policy.toml", text), says=[says])
        self.fails(3, "gate", folder, "--policy", self.folder / "nowhere.toml", says=["nowhere.toml"])

    def test_files_that_are_not_taken(self):
        folder = self.audit(bootstrap=0)
        text = (folder / "audit.json").read_text()
        audit = json.loads(text)
        for broken in (text[:1000], "[]", "{}", text.replace('"images": 800', '"images": -1'), text.replace('"images": 800', '"images": "many"'),
                       json.dumps({**audit, "methods": {"l1": {}}}), json.dumps({**audit, "cohort": {**audit["cohort"], "classes": []}}),
                       "[" * 100000):
            self.fails(3, "gate", self.write("broken/audit.json", broken), says=["audit.json"])
        self.fails(3, "gate", self.folder / "nowhere", says=["nowhere"])
        for option in ("--certificate", "--guard", "--times"):
            for broken in ("", "{}", "[1, 2", json.dumps({"verdict": "granted"})):
                self.fails(3, "gate", folder, option, self.write("broken.json", broken), says=["broken.json"])
            self.fails(3, "gate", folder, option, self.folder / "nowhere.json", says=["nowhere.json"])
