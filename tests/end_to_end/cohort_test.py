"""niwaki cohort phantom: a drawn cohort on disk."""
import csv
import struct

from .workplace import EndToEnd, phantom_cohort


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
