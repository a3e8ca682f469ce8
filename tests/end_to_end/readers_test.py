"""niwaki readers: rounds drawn from an audit's exemplars, read by simulated readers whose answers are known."""
import csv
import functools
import io
import json
import random
import statistics

import numpy as np

from . import workplace
from .audit_test import labels_of
from .workplace import EndToEnd, phantom_cohort

ANSWERS = ("agrees", "quality", "difficulty")
READERS = ("Ada", "Ben", "Cy")
VIA_HEADER = ["filename", "file_size", "file_attributes", "region_count", "region_id", "region_shape_attributes",
              "region_attributes"]


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def text_of(rows, header=None):
    out = io.StringIO()
    writer = csv.DictWriter(out, header or list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@functools.cache
def exemplars():
    """exemplars.csv of an audit of made-up scores for the phantom cohort: 48 of 240 images for l1 and for random."""
    folder = workplace.place().folder / "readers-audit"
    folder.mkdir()
    _, labels = labels_of(phantom_cohort() / "labels.csv")
    rng = np.random.default_rng(3)
    lines = ["method,seed,sparsity,path"]
    for method in ("l1", "random"):
        for sparsity in (0, 0.9):
            scores = 1 / (1 + np.exp(-(2.0 * labels + (1 + sparsity) * rng.standard_normal(labels.shape))))
            np.save(folder / f"{method}-{sparsity}.npy", scores.astype(np.float32))
            lines.append(f"{method},0,{sparsity},{method}-{sparsity}.npy")
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n")
    done = workplace.run("audit", "--labels", phantom_cohort() / "labels.csv", "--scores", folder / "manifest.csv",
                         "--exemplar-fraction", 0.2, "--out", folder / "audit")
    if done.code != 0:
        raise AssertionError(done.err)
    return folder / "audit/exemplars.csv"


class Readers(EndToEnd):
    def sample(self, *more, out="round"):
        self.niwaki("readers", "sample", "--exemplars", exemplars(), "--labels", phantom_cohort() / "labels.csv",
                    "--method", "l1", "--readers", ",".join(READERS), "--images-per-group", 15, "--out",
                    self.folder / out, *more)
        return self.folder / out

    def key(self, folder):
        return {row["id"]: row for row in rows_of(folder / "key.csv")}

    def fill(self, folder, harder=1.0, seed=5):
        """Answers every list in place: exemplars are `harder`, poorer by as much, and their labels less agreed with.
        Images differ, readers have habits, and rows come back shuffled."""
        key, chance = self.key(folder), random.Random(seed)
        for number, reader in enumerate(READERS):
            rows = rows_of(folder / f"reading-{reader}.csv")
            for row in rows:
                known = key[row["id"]]
                exemplar = known["status"] == "exemplar"
                image = random.Random(known["image"]).gauss(0, 0.5)
                value = 3 + image + (number - 1) * 0.4 + chance.gauss(0, 0.4) + (harder if exemplar else 0)
                row["difficulty"] = str(min(5, max(1, round(value))))
                row["quality"] = str(6 - int(row["difficulty"]))
                row["agrees"] = "yes" if chance.random() < (0.5 if exemplar else 0.95) else "no"
            chance.shuffle(rows)
            (folder / f"reading-{reader}.csv").write_text(text_of(rows))
        return [folder / f"reading-{reader}.csv" for reader in READERS]

    def analyse(self, folder, files, *more):
        return self.json("readers", "analyse", "--key", folder / "key.csv", "--readings", *files, "--out",
                         self.folder / "result", *more)


class Sample(Readers):
    def test_the_status_of_every_image_is_the_audits(self):
        key = self.key(self.sample())
        chosen = {row["id"] for row in rows_of(exemplars()) if row["method"] == "l1"}
        first = [row for row in key.values() if not row["repeat_of"]]
        self.assertEqual(len(first), 30)
        self.assertEqual(sum(row["status"] == "exemplar" for row in first), 15)
        self.assertEqual(len({row["patient"] for row in first}), 30)
        for row in first:
            self.assertEqual(row["status"] == "exemplar", row["image"] in chosen)

    def test_pictures_are_copied_under_opaque_names_and_nothing_else_tells(self):
        folder = self.sample("--images", phantom_cohort() / "images", "--via")
        key = self.key(folder)
        self.assertEqual({path.stem for path in (folder / "pictures").iterdir()}, set(key))
        labels = {row["id"]: row["image"] for row in rows_of(phantom_cohort() / "labels.csv")}
        for name, row in key.items():
            self.assertEqual((folder / f"pictures/{name}.png").read_bytes(),
                             (phantom_cohort() / "images" / labels[row["image"]]).read_bytes())
        orders = set()
        for reader in READERS:
            rows = rows_of(folder / f"reading-{reader}.csv")
            orders.add(tuple(row["id"] for row in rows))
            self.assertEqual({row["id"] for row in rows}, set(key))
            self.assertEqual({row[answer] for row in rows for answer in ANSWERS}, {""})
            project = json.loads((folder / f"via-{reader}.json").read_text())
            self.assertEqual([name.split(".")[0] for name in project["_via_image_id_list"]], [row["id"] for row in rows])
            given = (folder / f"reading-{reader}.csv").read_text() + (folder / f"via-{reader}.json").read_text()
            for row in key.values():
                self.assertNotIn(row["image"], given)
            self.assertNotIn("exemplar", given)
        self.assertEqual(len(orders), 3)

    def test_the_same_seed_draws_the_same_round(self):
        first = self.bytes_under(self.sample("--match", "findings", "--seed", 7, out="first"))
        self.assertEqual(first, self.bytes_under(self.sample("--match", "findings", "--seed", 7, out="second")))
        self.assertNotEqual(first, self.bytes_under(self.sample("--match", "findings", "--seed", 8, out="third")))

    def test_what_cannot_be_drawn_is_refused(self):
        labels = phantom_cohort() / "labels.csv"
        arguments = ["readers", "sample", "--exemplars", exemplars(), "--labels", labels, "--out", self.folder / "round"]
        self.fails(3, *arguments, says=["l1 at 0.9, random at 0.9", "--method"])
        self.fails(3, *arguments, "--method", "l1", "--images-per-group", 49, says=["too few exemplars", "49"])
        self.fails(3, *arguments, "--method", "l1", "--via", says=["--via", "--images"])
        self.fails(3, *arguments, "--method", "l1", "--match", "age", says=["--match"])
        self.fails(3, "readers", "sample", "--exemplars", labels, "--labels", labels, "--out", self.folder / "round",
                   says=["labels.csv", "'method'"])
        few = self.write("few.csv", "\n".join(labels.read_text().splitlines()[:50]) + "\n")
        self.fails(3, "readers", "sample", "--exemplars", exemplars(), "--method", "l1", "--labels", few, "--out",
                   self.folder / "round", says=["is no image of the label file"])
        self.assertFalse((self.folder / "round").exists())

    def test_fewer_others_than_exemplars_are_refused(self):
        rows = rows_of(phantom_cohort() / "labels.csv")
        chosen = {row["id"] for row in rows_of(exemplars()) if row["method"] == "l1"}
        kept = [row for row in rows if row["id"] in chosen] + [row for row in rows if row["id"] not in chosen][:5]
        labels = self.write("labels.csv", text_of(kept))
        self.fails(3, "readers", "sample", "--exemplars", exemplars(), "--method", "l1", "--labels", labels,
                   "--images-per-group", 15, "--out", self.folder / "round", says=["too few others", "15"])

    def test_a_round_is_not_drawn_over_another(self):
        folder = self.sample()
        self.fails(3, "readers", "sample", "--exemplars", exemplars(), "--method", "l1", "--labels",
                   phantom_cohort() / "labels.csv", "--images-per-group", 15, "--out", folder, says=["key.csv"])


class Analyse(Readers):
    def test_a_difference_that_is_there_is_found(self):
        folder = self.sample("--match", "findings")
        result = self.analyse(folder, self.fill(folder))
        difficulty, quality = result["questions"]["difficulty"], result["questions"]["quality"]
        # Answers stop at 5, so that a little of the 1 is lost.
        self.assertTrue(0.5 < difficulty["difference"] < 1.3, difficulty["difference"])
        self.assertAlmostEqual(quality["difference"], -difficulty["difference"], places=12)
        self.assertLess(difficulty["permutation"]["over_images"]["p"], 0.01)
        self.assertLess(result["questions"]["agreement"]["difference"], -0.2)
        self.assertGreater(difficulty["agreement"]["krippendorff_alpha"]["interval"], 0.2)
        self.assertEqual(difficulty["repeats"]["pairs"], 12)
        self.assertEqual((difficulty["exemplars"]["readings"], difficulty["others"]["readings"]), (45, 45))
        self.assertLess(difficulty["needed"]["images_a_group"], 15)

    def test_no_difference_is_not_found(self):
        folder = self.sample()
        difficulty = self.analyse(folder, self.fill(folder, harder=0.0))["questions"]["difficulty"]
        self.assertLess(abs(difficulty["difference"]), 0.5)
        self.assertGreater(difficulty["permutation"]["over_images"]["p"], 0.05)

    def test_figures_are_those_of_the_joined_table(self):
        folder = self.sample()
        result = self.analyse(folder, self.fill(folder))
        key = self.key(folder)
        rows = rows_of(self.folder / "result/readings.csv")
        self.assertEqual(len(rows), 3 * 34)
        for row in rows:
            self.assertEqual((row["image"], row["status"]), (key[row["id"]]["image"], key[row["id"]]["status"]))
        values = {status: [float(row["quality"]) for row in rows if row["status"] == status and not row["repeat_of"]]
                  for status in ("exemplar", "other")}
        quality = result["questions"]["quality"]
        self.assertAlmostEqual(quality["exemplars"]["mean"], statistics.mean(values["exemplar"]), places=12)
        self.assertAlmostEqual(quality["others"]["deviation"], statistics.stdev(values["other"]), places=12)
        try:
            from scipy import stats
        except ImportError:
            return
        self.assertAlmostEqual(quality["kruskal"]["p"], stats.kruskal(*values.values()).pvalue, places=12)

    def test_the_order_of_rows_and_files_does_not_matter(self):
        folder = self.sample()
        files = self.fill(folder)
        first = self.analyse(folder, files)
        for file in files:
            rows = rows_of(file)
            file.write_text(text_of(sorted(rows, key=lambda row: row["id"])))
        self.assertEqual(first, self.analyse(folder, files[::-1]))

    def test_an_export_of_the_image_annotator_says_the_same(self):
        folder = self.sample("--images", phantom_cohort() / "images")
        files = self.fill(folder)
        first = self.analyse(folder, files)
        rows = []
        for row in rows_of(files[1]):
            attributes = {"reader": "Ben", "label": row["label"], **{name: row[name] for name in ANSWERS}}
            for region in range(1 + len(rows) % 2):
                rows.append(dict(zip(VIA_HEADER, [f"{row['id']}.png", 2000, json.dumps(attributes), 2, region, "{}", "{}"])))
        export = self.write("via_project_24Nov2026_csv.csv", text_of(rows, VIA_HEADER))
        self.assertEqual(first, self.analyse(folder, [files[0], export, files[2]]))

    def test_missing_answers_are_counted(self):
        folder = self.sample()
        files = self.fill(folder)
        rows = rows_of(files[0])
        rows[0]["quality"] = rows[1]["quality"] = ""
        files[0].write_text(text_of(rows[:-3]))
        result = self.analyse(folder, files)
        ada = next(reader for reader in result["readers"] if reader["name"] == "Ada")
        self.assertEqual((ada["listed"], ada["read"], ada["questions"]["quality"]["missing"]), (34, 31, 2))
        self.assertIn({"where": "readers.Ada", "reason": "3 of 34 showings were not read"}, result["notes"])

    def test_lists_that_nobody_filled_in_give_nothing_but_notes(self):
        folder = self.sample()
        result = self.analyse(folder, [folder / f"reading-{reader}.csv" for reader in READERS])
        for question in result["questions"].values():
            self.assertIsNone(question["difference"])
            self.assertIsNone(question["kruskal"]["p"])
            self.assertIsNone(question["permutation"]["over_images"]["p"])
            self.assertIsNone(question["needed"]["readings"])
        self.assertIn("questions.quality.kruskal", {note["where"] for note in result["notes"]})

    def test_people_are_told_the_same(self):
        folder = self.sample()
        done = self.niwaki("readers", "analyse", "--key", folder / "key.csv", "--readings", *self.fill(folder), "--out",
                           self.folder / "result")
        for part in ("15 exemplars and 15 others, 3 readers", "difficulty (1 to 5)", "over images", "Krippendorff's alpha"):
            self.assertIn(part, done.out)
        self.assertEqual({path.name for path in (self.folder / "result").iterdir()},
                         {"readers.json", "questions.csv", "readings.csv"})


class BadReadings(Readers):
    def setUp(self):
        super().setUp()
        self.round = self.sample()
        self.fill(self.round)
        self.rows = rows_of(self.round / "reading-Ada.csv")

    def refused(self, *says, name="reading-Ada.csv", text=None, key=None, more=()):
        file = self.write(name, text or text_of(self.rows))
        self.fails(3, "readers", "analyse", "--key", key or self.round / "key.csv", "--readings", file, "--out",
                   self.folder / "result", *more, says=says)
        self.assertFalse((self.folder / "result").exists())

    def via(self, attributes):
        row = [f"{self.rows[0]['id']}.png", 2000, attributes, 0, 0, "{}", "{}"]
        return text_of([dict(zip(VIA_HEADER, row))], VIA_HEADER)

    def test_an_unknown_id(self):
        self.rows[4]["id"] = "unknown"
        self.refused("'unknown' is not in the key", "reading-Ada.csv, line 6")

    def test_an_answer_out_of_range(self):
        self.rows[2]["quality"] = "6"
        self.refused("'6'", "line 4", "'quality'")

    def test_a_reader_without_a_name(self):
        self.rows[3]["reader"] = ""
        self.refused("no reader's name", "line 5")
        for row in self.rows:
            del row["reader"]
        self.refused("no reader's name", "--reader", name="answers.csv")

    def test_an_id_twice_for_one_reader(self):
        self.rows.append(self.rows[0])
        self.refused("twice", "Ada", f"line {len(self.rows) + 1}")

    def test_a_key_without_needed_columns(self):
        rows = rows_of(self.round / "key.csv")
        for column in ("id", "image", "status"):
            key = self.write("key.csv", text_of([{name: row[name] for name in row if name != column} for row in rows]))
            self.refused("key.csv", f"'{column}'", key=key)
        self.refused("labels.csv", key=phantom_cohort() / "labels.csv")

    def test_json_that_is_corrupt(self):
        for attributes in ('{"agrees":"yes"', "", "[]"):
            self.refused("not a JSON object", "line 2", "file_attributes", name="via-Ada.csv", text=self.via(attributes))

    def test_attributes_that_answer_nothing(self):
        self.refused("no file attribute answers", "caption", name="via-Ada.csv", text=self.via('{"caption":"a chest"}'))

    def test_readings_of_another_study(self):
        other = self.sample("--seed", 2, out="other")
        self.refused("another study", "reading-Ada.csv", text=(other / "reading-Ada.csv").read_text())

    def test_names_for_some_files_only(self):
        file = self.write("a.csv", text_of(self.rows))
        self.fails(2, "readers", "analyse", "--key", self.round / "key.csv", "--readings", file, file, "--reader", "Ada",
                   "--out", self.folder / "result", says=["--reader"])

    def test_missing_columns(self):
        for row in self.rows:
            row["difficult"] = row.pop("difficulty")
        self.refused("reading-Ada.csv", "'difficulty'", "'difficult'")
