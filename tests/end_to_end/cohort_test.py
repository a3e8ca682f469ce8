"""niwaki cohort: a drawn cohort on disk; what is wrong with a data set; label files in other formats."""
import csv
import gzip
import json
import resource
import struct

from .workplace import EndToEnd, phantom_cohort, run


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


class Phantom(EndToEnd):
    def draw(self, name, *more):
        self.niwaki("cohort", "phantom", "--images", 30, "--size", 64, "--out", self.folder / name, *more)
        return self.bytes_under(self.folder / name)

    def test_every_row_has_its_picture(self):
        folder = phantom_cohort()
        rows = rows_of(folder / "labels.csv")
        self.assertEqual(len(rows), 240)
        self.assertEqual(len({row["id"] for row in rows}), 240)
        self.assertGreater(len({row["patient_id"] for row in rows}), 20)
        for row in rows:
            head = (folder / "images" / row["image"]).read_bytes()[:26]
            self.assertEqual(head[:8], b"\x89PNG\r\n\x1a\n")
            self.assertEqual(struct.unpack(">II", head[16:24]), (64, 64))

    def test_the_classes_are_the_twenty_of_nih_cxr_lt(self):
        rows = rows_of(phantom_cohort() / "labels.csv")
        classes = [name for name in rows[0] if name not in ("id", "patient_id", "image", "site")]
        self.assertEqual(len(classes), 20)
        self.assertIn("Pneumoperitoneum", classes)
        self.assertIn("No Finding", classes)
        self.assertEqual({row[name] for row in rows for name in classes}, {"0", "1"})
        self.assertGreater(len({row["site"] for row in rows}), 1)

    def test_the_truth_fits_the_labels(self):
        folder = phantom_cohort()
        labels, truth = rows_of(folder / "labels.csv"), rows_of(folder / "truth.csv")
        self.assertEqual([row["id"] for row in labels], [row["id"] for row in truth])
        for label, known in zip(labels, truth):
            self.assertTrue(0 <= float(known["quality"]) <= 1)
            self.assertEqual(known["flipped:Hernia"], "0")
            self.assertEqual(float(known["visibility:Hernia"]) > 0, label["Hernia"] == "1")

    def test_the_same_seed_draws_the_same_bytes_with_any_number_of_threads(self):
        first = self.draw("first", "--seed", 3, "--threads", 1)
        self.assertEqual(first, self.draw("second", "--seed", 3, "--threads", 2))
        self.assertNotEqual(first, self.draw("third", "--seed", 4))

    def test_label_noise_flips_labels_and_says_which(self):
        self.draw("clean", "--seed", 3)
        self.draw("noisy", "--seed", 3, "--label-noise", 0.2)
        clean = rows_of(self.folder / "clean/labels.csv")
        noisy = rows_of(self.folder / "noisy/labels.csv")
        truth = rows_of(self.folder / "noisy/truth.csv")
        flips = 0
        for before, after, known in zip(clean, noisy, truth):
            for name in (key for key in known if key.startswith("flipped:")):
                finding = name.removeprefix("flipped:")
                self.assertEqual(known[name] == "1", before[finding] != after[finding])
                flips += known[name] == "1"
        self.assertGreater(flips, 0)

    def test_sizes_out_of_range_are_refused(self):
        out = self.folder / "phantom"
        self.fails(3, "cohort", "phantom", "--images", 10, "--size", 8, "--out", out, says=["size"])
        self.fails(3, "cohort", "phantom", "--images", 0, "--out", out, says=["images"])
        self.fails(3, "cohort", "phantom", "--images", 10, "--label-noise", 0.9, "--out", out, says=["label_noise"])
        self.assertFalse(out.exists() and any(out.iterdir()))


class Check(EndToEnd):
    def test_a_sound_data_set_has_no_problem(self):
        folder = phantom_cohort()
        found = self.json("cohort", "check", "--labels", folder / "labels.csv", "--images", folder / "images")
        self.assertEqual(found["images"], 240)
        self.assertEqual(found["problems"], [])

    def test_everything_wrong_is_found_in_one_pass_with_exit_3(self):
        folder = phantom_cohort()
        (self.folder / "images").mkdir()
        rows = (folder / "labels.csv").read_text().splitlines()
        for line in rows[1:41]:
            name = line.split(",")[2]
            (self.folder / "images" / name).write_bytes((folder / "images" / name).read_bytes())
        names = [line.split(",")[2] for line in rows[1:51]]
        (self.folder / "images" / names[0]).write_bytes(b"no picture")
        broken = [rows[0], *rows[1:49], rows[49].rsplit(",", 1)[0] + ",perhaps", rows[50].rsplit(",", 1)[0], rows[1]]
        labels = self.write("labels.csv", "\n".join(broken) + "\n")
        done = run("cohort", "check", "--labels", labels, "--images", self.folder / "images", "--json")
        self.assertEqual(done.code, 3)
        kinds = {kind["kind"]: kind for kind in json.loads(done.out)["problems"]}
        self.assertEqual({name: kind["count"] for name, kind in kinds.items()},
                         {"cells that are no label": 1, "rows of another width than the header": 1,
                          "images listed twice": 1, "pictures that are missing": 9, "pictures that cannot be read": 1})
        self.assertEqual(len(kinds["pictures that are missing"]["examples"]), 3)
        self.fails(3, "cohort", "check", "--labels", labels, says=["3 problems of 3 kinds"])

    def test_the_whole_nih_file_is_checked_in_under_a_second(self):
        packed = self.real("data/nih-chestxray14/Data_Entry_2017_v2020.csv.gz")
        labels = self.folder / "nih.csv"
        labels.write_bytes(gzip.decompress(packed.read_bytes()))
        # Of the processor, so that what else the machine does counts for less; the check runs on one thread.
        best = float("inf")
        for _ in range(3):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            found = self.json("cohort", "check", "--labels", labels)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        self.assertEqual(found["images"], 112120)
        self.assertEqual(found["patients"], 30805)
        self.assertEqual(found["problems"], [])
        self.assertLess(best, 1.0)


class Convert(EndToEnd):
    CHEXPERT = ("Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Edema,Pleural Effusion\n"
                "train/patient00001/study1/view1_frontal.jpg,Female,68,Frontal,AP,,1.0,-1.0\n"
                "train/patient00002/study1/view1_frontal.jpg,Male,17,Frontal,PA,1.0,0.0,\n")

    def test_chexpert_becomes_the_projects_format_by_explicit_policies(self):
        labels = self.write("chexpert.csv", self.CHEXPERT)
        out = self.folder / "labels.csv"
        convert = ["cohort", "convert", "--labels", labels, "--out", out]
        self.fails(3, *convert, says=["--blank negative"])
        self.fails(3, *convert, "--blank", "negative", says=["--uncertain negative"])
        self.assertFalse(out.exists())
        self.niwaki(*convert, "--blank", "negative", "--uncertain", "unknown", "--strata-out", self.folder / "s.csv")
        self.assertEqual([[row[name] for name in ("patient_id", "No Finding", "Edema", "Pleural Effusion")]
                          for row in rows_of(out)],
                         [["patient00001", "0", "1", ""], ["patient00002", "1", "0", "0"]])
        self.assertEqual([(row["view"], row["sex"], row["age_band"]) for row in rows_of(self.folder / "s.csv")],
                         [("AP", "F", "60-79"), ("PA", "M", "0-17")])

    def test_a_class_map_renames_and_torchxrayvision_orders(self):
        labels = self.write("chexpert.csv", self.CHEXPERT)
        policies = ["--blank", "negative", "--uncertain", "positive"]
        self.write("map.toml", 'targets = ["Oedema", "Mass"]\n[names]\nEdema = "Oedema"\n')
        self.niwaki("cohort", "convert", "--labels", labels, *policies, "--class-map", self.folder / "map.toml", "--out",
                    self.folder / "a.csv")
        self.assertEqual([(row["Oedema"], row["Mass"]) for row in rows_of(self.folder / "a.csv")], [("1", ""), ("0", "")])
        self.niwaki("cohort", "convert", "--labels", labels, *policies, "--class-map", "torchxrayvision", "--out",
                    self.folder / "b.csv")
        row = rows_of(self.folder / "b.csv")[0]
        self.assertEqual(len(row) - 4, 18)
        self.assertEqual((row["Effusion"], row["Hernia"]), ("1", ""))

    def test_what_a_format_cannot_say_is_refused(self):
        labels = self.write("labels.csv", "id,patient_id,Mass,Fracture\n1,p,1,0\n")
        self.fails(3, "cohort", "convert", "--labels", labels, "--to", "nih", "--out", self.folder / "n.csv",
                   says=["'Fracture' is no finding"])
        self.niwaki("cohort", "convert", "--labels", labels, "--to", "nih", "--classes", "Mass", "--out",
                    self.folder / "n.csv")
        self.assertEqual(self.json("inspect", self.folder / "n.csv")["images"], 1)
