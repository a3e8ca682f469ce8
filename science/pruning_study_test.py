"""Average precision held to scikit-learn's; a made-up study read back; the tables of made-up figures."""

import pathlib
import sqlite3
import sys
import tempfile
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "bench"))

import numpy  # noqa: E402
import protecting_the_rare  # noqa: E402
import pruning_study  # noqa: E402
from average_precision import Ranking, patient_weights  # noqa: E402
from sklearn.metrics import average_precision_score  # noqa: E402


class AveragePrecisionTest(unittest.TestCase):
    def test_weighted_and_tied_scores_are_scikit_learns(self):
        random = numpy.random.default_rng(1)
        for scores in (random.random(200), random.integers(0, 5, 200) / 4):
            labels = random.random(200) < 0.2
            weights = random.integers(0, 4, 200).astype(float)
            self.assertAlmostEqual(Ranking(scores, labels).average_precision(), average_precision_score(labels, scores), 12)
            self.assertAlmostEqual(Ranking(scores, labels).average_precision(weights),
                                   average_precision_score(labels, scores, sample_weight=weights), 12)

    def test_no_positive_drawn_is_no_number(self):
        self.assertTrue(numpy.isnan(Ranking(numpy.arange(3.0), numpy.array([True, False, False]))
                                    .average_precision(numpy.array([0.0, 1.0, 2.0]))))

    def test_all_images_of_a_patient_are_drawn_together(self):
        patients = numpy.array(["a", "b", "a", "c", "b"])
        for weights in patient_weights(patients, 20, numpy.random.default_rng(2)):
            self.assertEqual(weights[0], weights[2])
            self.assertEqual(weights[1], weights[4])
            self.assertEqual(weights[0] + weights[1] + weights[3], 3)


class StudyTest(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.place.name)
        (self.folder / "cohort").mkdir()
        (self.folder / "scores").mkdir()
        header = "id,patient_id,image,Rare,Common,Other,Absent\n"
        (self.folder / "cohort/train.csv").write_text(header + "t1,p1,a,0,1,1,0\nt2,p2,a,0,1,0,0\nt3,p3,a,1,1,1,0\n")
        (self.folder / "cohort/test.csv").write_text(header + "x1,q1,a,1,0,1,0\nx2,q1,a,1,1,0,0\nx3,q2,a,0,1,0,0\n")

    def tearDown(self):
        self.place.cleanup()

    def networks(self, cohort):
        right = numpy.array([[0.9, 0.1, 0.9, 0.5], [0.8, 0.9, 0.1, 0.5], [0.1, 0.8, 0.2, 0.5]])
        wrong = right.copy()
        wrong[:, 0] = [0.1, 0.2, 0.9]
        numpy.save(self.folder / "scores/dense.npy", right)
        numpy.save(self.folder / "scores/pruned.npy", wrong)
        return pruning_study.networks_of(cohort, self.folder, [
            {"method": "l1", "sparsity": "0", "path": "dense.npy"}, {"method": "l1", "sparsity": "0.9", "path": "pruned.npy"}])

    def test_rarest_third_and_what_it_lost(self):
        cohort = pruning_study.Cohort(self.folder / "cohort/test.csv", self.folder / "cohort/train.csv")
        self.assertEqual(cohort.left_out, ["Absent"])
        self.assertEqual([cohort.classes[c] for c in cohort.rare], ["Rare"])
        self.assertEqual(cohort.positive_patients(0), 1)
        entries = pruning_study.compared(cohort, self.networks(cohort), 20, "l1")
        self.assertEqual(len(entries), 1)
        self.assertAlmostEqual(entries[0]["rare"]["loss"], 1 - (1 / 2 + 2 / 3) / 2)  # positives at ranks 2 and 3
        self.assertEqual(entries[0]["less_than_published"]["rare"]["loss"], 0)

    def test_unknown_labels_are_refused(self):
        path = self.folder / "cohort/test.csv"
        path.write_text(path.read_text() + "x4,q3,a,,1,0,0\n")
        with self.assertRaisesRegex(SystemExit, "unknown labels"):
            pruning_study.Cohort(self.folder / "cohort/test.csv", self.folder / "cohort/train.csv")

    def test_seconds_are_medians_over_networks(self):
        with sqlite3.connect(self.folder / "study.db") as database:
            database.execute("CREATE TABLE units (id TEXT, seconds REAL)")
            database.executemany("INSERT INTO units VALUES (?, ?)", [
                ("train/seed-0", 100), ("predict/l1+x/seed-0/sparsity-0.90", 1), ("predict/l1+x/seed-1/sparsity-0.90", 9),
                ("predict/l1+x/seed-2/sparsity-0.90", 2)])
        self.assertEqual(pruning_study.seconds_of(self.folder), {("l1+x", 0.9): 2})


def entry(method, sparsity, rare):
    part = {"loss": rare, "low": rare - 0.01, "high": rare + 0.01, "by_seed": [rare]}
    return {"method": method, "sparsity": sparsity, "macro_ap": 0.7 - rare / 10, "rare": part,
            "macro": {**part, "loss": rare / 2}, "seconds": 3.4}


def found(ours):
    subject = protecting_the_rare
    entries = [entry(method, sparsity, 0.3 if method != subject.OURS else ours)
               for method in subject.CRITERIA for sparsity in subject.SPARSITIES]
    repairs = [*subject.repaired("l1"), *subject.repaired("tail"), *subject.FINE_TUNED]
    entries += [entry(method, sparsity, 0.03) for method in repairs for sparsity in subject.REPAIRED_AT]
    return {"train_images": 12000, "test_images": 6000, "test_patients": 2400, "classes": 20, "left_out": [], "seeds": 5,
            "resamples": 400, "dense_macro_ap": 0.7, "dense_rare_ap": 0.4, "entries": entries,
            "rare": [{"class": "Hernia", "train_positives": 32, "test_patients": 13, "dense_ap": 0.1}]}


class TablesTest(unittest.TestCase):
    def result(self, ours):
        machine = {"cpu": "x", "vectors": "AVX2", "processors": 2, "threads": 2, "load_before": 0.1}
        return {"machine": machine, "explored": found(0.3), "confirmed": found(ours)}

    def test_claims_are_judged_on_the_confirmation(self):
        self.assertEqual(protecting_the_rare.broken(self.result(0.09)), [])
        late = protecting_the_rare.broken(self.result(0.2))
        self.assertEqual(len(late), 2)
        self.assertIn("0.67 of it", late[0])
        worse = protecting_the_rare.broken(self.result(0.4))
        self.assertIn("is below that by `l1` at 0.5, 0.8, 0.9, 0.95", worse[2])

    def test_tables(self):
        tables = protecting_the_rare.tables(self.result(0.09))
        self.assertIn("| `tail-search` | 9.0 (8.0 to 10.0) |", tables["rare-confirmed"])
        self.assertIn("| Hernia | 32 | 13 | 0.100 |", tables["rare-confirmed"])
        self.assertIn("| `tail+fine-tune` | 3.0 (2.0 to 4.0) | 1.5", tables["rare-repairs"])
        self.assertNotIn("rare-real", tables)

    def test_the_picture_names_every_line(self):
        picture = protecting_the_rare.chart(self.result(0.09))
        for method in protecting_the_rare.COLOURS:
            self.assertIn(f">{method}<", picture)


if __name__ == "__main__":
    unittest.main()
