"""What in a picture speaks for a class, before and after pruning; the pointing game on boxes; a study's exemplars."""
import base64
import csv
import hashlib
import json
import re
import shutil

import numpy as np

from .workplace import EndToEnd, copy_of_small_study, dense_model, phantom_of_small_study, settings, small_study

FEW = 40  # images, to be quick


class Explain(EndToEnd):
    def setUp(self):
        super().setUp()
        self.cohort = phantom_of_small_study()
        self.pruned = small_study() / "models/l1/seed-0/sparsity-0.90.onnx.zst"
        lines = (self.cohort / "labels.csv").read_text().splitlines(keepends=True)
        self.labels = self.write("labels.csv", "".join(lines[:1 + FEW]))

    def explain(self, *options, model=None, labels=None, out="out"):
        return ["explain", "--model", model or dense_model(), "--labels", labels or self.labels, "--images",
                self.cohort / "images", "--bootstrap", "200", "--minimum-patients", "5", "--out", self.folder / out,
                *options]

    def rows(self, out="out"):
        return list(csv.DictReader((self.folder / out / "maps.csv").open()))

    def test_maps_figures_and_pictures_belong_together(self):
        found = self.json(*self.explain("--against", self.pruned, "--pictures", "3"))
        self.assertEqual(found, json.loads((self.folder / "out/explain.json").read_text()))
        self.assertEqual(found["images"], FEW)
        self.assertIsNone(found["boxes"])
        rows = self.rows()
        self.assertEqual(len(rows), 2 * found["maps"])
        for number, network in enumerate(found["networks"]):
            maps = np.load(self.folder / "out" / network["maps"])
            self.assertEqual(maps.shape, (found["maps"], network["rows"], network["columns"]))
            self.assertTrue((maps >= 0).all())
            flat = (maps <= 0).all((1, 2))
            self.assertEqual([row["flat"] for row in rows[number::2]], [str(int(value)) for value in flat])
            self.assertEqual(found["all"]["networks"][number]["flat"], int(flat.sum()))
        self.assertEqual(found["all"]["maps"], sum(entry["maps"] for entry in found["classes"]))
        self.assertEqual([entry["file"] for entry in found["pictures"]], [f"pictures/{i:04}.png" for i in range(3)])
        self.assertEqual({path.name for path in (self.folder / "out/pictures").iterdir()},
                         {f"{i:04}.png" for i in range(3)})
        drawn = {row["picture"] for row in rows} - {""}
        self.assertEqual(len(drawn), 3)
        self.no_half_written_file(self.folder)

    def test_probabilities_are_those_that_predict_gives(self):
        self.niwaki(*self.explain("--class", "Hernia", "--class", "Edema"))
        scores = self.folder / "scores.npy"
        self.niwaki("predict", "--model", dense_model(), "--labels", self.labels, "--images", self.cohort / "images",
                    "--out", scores)
        classes = list(self.json("inspect", dense_model())["classes"])
        expected = np.load(scores)[:, sorted([classes.index("Hernia"), classes.index("Edema")])]
        found = np.array([float(row["probability"]) for row in self.rows()]).reshape(FEW, 2)
        self.assertLess(np.abs(found - expected).max(), 1e-5)

    def test_bytes_are_the_same_with_any_number_of_threads(self):
        for method in ("grad-cam", "occlusion"):
            options = ["--against", self.pruned, "--boxes", self.cohort / "boxes.csv", "--method", method, "--patch", "16"]
            self.niwaki(*self.explain(*options, "--threads", "1", out=f"{method}-1"))
            self.niwaki(*self.explain(*options, "--threads", "2", out=f"{method}-2"))
            self.assertEqual(self.bytes_under(self.folder / f"{method}-1"), self.bytes_under(self.folder / f"{method}-2"))

    def test_the_pointing_game_counts_what_the_table_says(self):
        found = self.json(*self.explain("--against", self.pruned, "--boxes", self.cohort / "boxes.csv"))
        boxes = list(csv.DictReader((self.cohort / "boxes.csv").open()))
        explained = {line.split(",")[0] for line in self.labels.read_text().splitlines()[1:]}
        boxed = {(box["id"], box["class"]) for box in boxes if box["id"] in explained}
        rows = self.rows()
        self.assertEqual({(row["id"], row["class"]) for row in rows}, boxed)
        self.assertEqual(found["boxes"]["without_image"], sum(box["id"] not in explained for box in boxes))
        everything = found["all"]
        for number in range(2):
            hits = sum(row["hit"] == "1" for row in rows[number::2])
            self.assertEqual(everything["networks"][number]["pointing"]["hits"], hits)
            self.assertAlmostEqual(everything["networks"][number]["pointing"]["rate"], hits / len(boxed))
        change = everything["networks"][1]["change"]
        self.assertEqual(change["gained"] - change["lost"],
                         everything["networks"][1]["pointing"]["hits"] - everything["networks"][0]["pointing"]["hits"])
        self.assertTrue(0 < everything["rate_by_chance"] < 1)
        printed = self.niwaki(*self.explain("--boxes", self.cohort / "boxes.csv", out="again")).out
        self.assertIn("a map that points anywhere would hit", printed)
        # A tolerance as large as the picture: whatever points anywhere hits.
        wide = self.json(*self.explain("--boxes", self.cohort / "boxes.csv", "--tolerance", "100", out="wide"))
        pointing = wide["all"]["networks"][0]["pointing"]
        self.assertEqual(pointing["hits"] + pointing["flat"] + sum(
            row["tied"] == "1" and row["hit"] == "0" for row in self.rows("wide")), pointing["maps"])

    def test_another_layer_gives_other_places(self):
        coarse = self.json(*self.explain(out="coarse"))["networks"][0]
        fine = self.json(*self.explain("--layer", "layer2.0.relu", out="fine"))["networks"][0]
        self.assertEqual(fine["layer"], "layer2.0.relu")
        self.assertGreater(fine["rows"], coarse["rows"])

    def test_nih_boxes_of_lent_images_are_too_few_and_it_says_so(self):
        images, boxes = self.real("data/nih-1000"), self.real("data/nih-chestxray14/BBox_List_2017.csv")
        labels = images / "Data_Entry_2017_v2020.csv"
        self.niwaki("train", "--labels", labels, "--images", images / "images", "--out", self.folder / "nih", "--epochs", "1")
        found = self.json("explain", "--model", self.folder / "nih/training/seed-0/best.onnx", "--labels", labels,
                          "--images", images / "images", "--boxes", boxes, "--out", self.folder / "out")
        self.assertEqual((found["maps"], found["patients"], found["boxes"]["without_image"]), (9, 8, 975))
        self.assertEqual(found["all"]["networks"][0]["pointing"]["verdict"], "insufficient evidence")
        self.assertIsNone(found["all"]["networks"][0]["pointing"]["rate"])

    def test_a_side_car_stands_over_the_file(self):
        model = self.folder / "model.onnx.zst"
        shutil.copy(dense_model(), model)
        names = ["Oedema" if name == "Edema" else name for name in self.json("inspect", dense_model())["classes"]]
        self.write("model.toml", f"classes = {json.dumps(names)}\n")
        found = self.json(*self.explain("--class", "Oedema", model=model))
        self.assertEqual([entry["name"] for entry in found["classes"]], ["Oedema"])
        self.fails(3, *self.explain("--against", self.pruned, model=model), says=["are not those of", "sparsity-0.90"])
        self.write("model.toml", "size = 64\nclases = []\n")
        self.fails(3, *self.explain(model=model), says=["did you mean 'classes'", "line 2"])

    def test_what_cannot_be_explained_is_refused(self):
        self.fails(3, *self.explain("--class", "Edemma"), says=["Edemma", "Edema"])
        self.fails(3, *self.explain("--layer", "layer9"), says=["there is no layer 'layer9'", "sparsity-0.00"])
        self.fails(3, *self.explain("--layer", "fc"), says=["no places"])
        self.fails(3, *self.explain("--method", "occlusion", "--patch", "65"), says=["larger than the picture", "--patch"])
        self.fails(3, *self.explain("--method", "occlusion", "--patch", "8", "--stride", "9"), says=["--stride"])
        self.fails(3, *self.explain("--method", "lime"), says=["there is no method 'lime'"])
        self.fails(3, *self.explain("--top-share", "1"), says=["--top-share"])
        self.fails(2, *self.explain("--against", dense_model()), says=["a network is given twice"])
        header = "id,class,x,y,width,height,picture_width,picture_height\n"
        none = self.write("none.csv", header + "stranger,Edema,1,1,2,2,64,64\n")
        self.fails(3, *self.explain("--boxes", none), says=["no box belongs to an image", "none.csv"])
        outside = self.write("outside.csv", header + "stranger,Edema,60,1,9,2,64,64\n")
        self.fails(3, *self.explain("--boxes", outside), says=["reaches out of its picture", "line 2"])
        self.assertFalse((self.folder / "out").exists())


def page_data(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page.read_text(), re.DOTALL)[1])


class Exemplars(EndToEnd):
    """niwaki explain --study, and the page that shows its maps."""

    OPTIONS = ("--bootstrap", "200", "--pictures", "2", "--patch", "16")

    def setUp(self):
        super().setUp()
        self.study = copy_of_small_study(self.folder / "study")

    def index(self, method):
        return json.loads((self.study / f"explain/{method}/exemplars.json").read_text())

    def maps_on_page(self, name="report.html"):
        return {of["method"]: of for of in page_data(self.study / name)["maps"]}

    def test_the_page_shows_the_maps_of_its_exemplars(self):
        self.assertEqual(page_data(self.study / "report.html")["maps"], [])
        printed = self.json("explain", "--study", self.study, *self.OPTIONS)
        self.assertEqual(list(printed), ["l1", "random"])
        audit = json.loads((self.study / "audit/audit.json").read_text())
        drawn = [map_["picture"] for method in printed for of in self.index(method)["exemplars"] for map_ in of["maps"]]
        self.assertGreater(len([picture for picture in drawn if picture]), 3)
        for method, found in printed.items():
            self.assertEqual(found, json.loads((self.study / f"explain/{method}/explain.json").read_text()))
            self.check_index(method, audit)
        self.assertEqual(self.json("study", "--preset", "demo", "--out", self.study, *settings())["units_done"], 1)
        shown = self.maps_on_page()
        for method in printed:
            self.check_page(method, shown[method])
        self.assertEqual(self.json("study", "--preset", "demo", "--out", self.study, *settings())["units_done"], 0)
        self.no_half_written_file(self.study)

    def check_index(self, method, audit):
        """Networks are those of the files; classes are those that the rule chooses; figures are those of maps.csv."""
        index = self.index(method)
        files = {"dense": "l1/seed-0/sparsity-0.00", "pruned": f"{method}/seed-0/sparsity-0.90",
                 "another training": "l1/seed-1/sparsity-0.00"}
        self.assertEqual([network["role"] for network in index["networks"]], list(files))
        for network in index["networks"]:
            file = self.study / f"models/{files[network['role']]}.onnx.zst"
            self.assertEqual(network["sha256"], hashlib.sha256(file.read_bytes()).hexdigest())
        images = audit["methods"][method]["exemplars"]["images"]
        names = [entry["name"] for entry in audit["cohort"]["classes"]]
        self.assertEqual([of["id"] for of in index["exemplars"]], [image["id"] for image in images[:4]])
        rows = list(csv.DictReader((self.study / f"explain/{method}/maps.csv").open()))
        for place, (image, of) in enumerate(zip(images, index["exemplars"])):
            change = np.abs(np.array(image["pruned"], np.float32) - np.array(image["dense"], np.float32))
            flipped = [names.index(flip["class"]) for flip in image["flips"]] or range(len(names))
            self.assertEqual(of["class"], names[max(flipped, key=lambda column: change[column])])
            for map_, row in zip(of["maps"], rows[3 * place: 3 * place + 3], strict=True):
                self.assertEqual((row["id"], row["class"], row["flat"] == "1"), (of["id"], of["class"], map_["flat"]))
                self.assertEqual(float(row["probability"]), map_["probability"])
                self.assertEqual(float(row["rank_correlation"]) if row["rank_correlation"] else None, map_["correlation"])

    def check_page(self, method, shown):
        self.assertIsNone(shown["stale"])
        folder = self.study / "explain" / method
        index = self.index(method)
        self.assertEqual(list(shown["images"]), [of["id"] for of in index["exemplars"]])
        for of in index["exemplars"]:
            there = shown["images"][of["id"]]
            self.assertEqual(there["class"], of["class"])
            for map_, drawn in zip(of["maps"], there["maps"], strict=True):
                self.assertEqual((drawn["probability"], drawn["flat"], drawn["correlation"]),
                                 (map_["probability"], map_["flat"], map_["correlation"]))
                if map_["flat"]:
                    self.assertIsNone(drawn["picture"])
                else:
                    data = base64.b64decode(drawn["picture"].removeprefix("data:image/jpeg;base64,"))
                    self.assertEqual(data, (folder / map_["picture"]).read_bytes())
                    self.assertLess(len(data), 12_000)

    def test_maps_of_other_networks_are_not_shown(self):
        self.niwaki("explain", "--study", self.study, "--pruned", "l1", *self.OPTIONS)
        self.assertFalse((self.study / "explain/random").exists())
        self.niwaki("report", self.study)
        self.assertEqual(list(self.maps_on_page()), ["l1"])
        self.assertIsNone(self.maps_on_page()["l1"]["stale"])
        index = self.study / "explain/l1/exemplars.json"
        changed = self.index("l1")
        changed["networks"][2]["sha256"] = "0" * 64
        index.write_text(json.dumps(changed))
        self.niwaki("report", self.study)
        self.assertEqual(self.maps_on_page()["l1"]["stale"], "networks")
        self.assertEqual(self.maps_on_page()["l1"]["images"], {})
        # Networks that are trained anew are others; the study goes on all the same, and says it.
        self.niwaki("explain", "--study", self.study, "--pruned", "l1", *self.OPTIONS)
        self.niwaki("study", "--preset", "demo", "--out", self.study, *settings(train__epochs=1))
        self.assertEqual(self.maps_on_page()["l1"]["stale"], "networks")

    def test_a_page_to_hand_on_has_no_id_with_its_maps(self):
        self.niwaki("explain", "--study", self.study, *self.OPTIONS)
        ids = {of["id"] for method in ("l1", "random") for of in self.index(method)["exemplars"]}
        for way in ("omit", "hash"):
            self.niwaki("report", self.study, "--anonymous", way)
            text = (self.study / "report-anonymous.html").read_text()
            self.assertEqual([name for name in ids if f'"{name}"' in text], [])
            self.assertNotIn("exemplars/0000", text)
            maps = self.maps_on_page("report-anonymous.html")
            images = page_data(self.study / "report-anonymous.html")["audit"]["methods"]["l1"]["exemplars"]["images"]
            self.assertEqual(len(maps["l1"]["images"]), len(self.index("l1")["exemplars"]))
            self.assertLessEqual(set(maps["l1"]["images"]), {image["id"] for image in images})
        self.niwaki("study", "--preset", "demo", "--out", self.study, *settings(report__gallery=0))
        self.assertEqual(self.maps_on_page()["l1"]["images"], {}, "a page without pictures has no maps either")

    def test_what_others_left_there_is_refused(self):
        self.niwaki("explain", "--study", self.study, *self.OPTIONS)
        index = self.study / "explain/l1/exemplars.json"
        whole = self.index("l1")
        for what, change, says in (("path", {"picture": "../../../../etc/passwd"}, "is not exemplars/0000-0.jpg"),
                                   ("figure", {"probability": 7}, "out of range")):
            with self.subTest(what=what):
                hostile = json.loads(json.dumps(whole))
                hostile["exemplars"][0]["maps"][0].update({"flat": False, **change})
                index.write_text(json.dumps(hostile))
                self.fails(3, "report", self.study, says=[says, "exemplars.json", "niwaki explain --study"])
        index.write_text("{")
        self.fails(3, "report", self.study, says=["no index of attention maps"])
        index.write_text(json.dumps(whole))
        drawn = next(of["picture"] for exemplar in whole["exemplars"] for of in exemplar["maps"] if of["picture"])
        (index.parent / drawn).write_text("<svg onload=alert(1)>")
        self.fails(3, "report", self.study, says=["is no JPEG", drawn])
        (index.parent / drawn).unlink()
        self.fails(3, "report", self.study, says=["is not there", drawn])
        self.niwaki("explain", "--study", self.study, *self.OPTIONS)
        self.niwaki("report", self.study)

    def test_a_study_of_files_is_explained_as_one_that_was_drawn(self):
        cohort = phantom_of_small_study()
        study = self.folder / "files"
        small = settings(cohort__kind="files", cohort__images=cohort / "images", cohort__labels=cohort / "labels.csv",
                         prune__methods='["l1"]', study__seeds=1, audit__bootstrap=0)
        self.niwaki("study", "--preset", "demo", "--out", study, *small)
        printed = self.niwaki("explain", "--study", study, *self.OPTIONS).out
        self.assertIn("niwaki report", printed)
        self.study = study
        index = self.index("l1")
        self.assertEqual(index["maps"], "occlusion")
        self.assertEqual([(network["role"], network["layer"]) for network in index["networks"]],
                         [("dense", None), ("pruned", None)])
        # The same picture, class and network by the other door.
        first = index["exemplars"][0]
        lines = (cohort / "labels.csv").read_text().splitlines(keepends=True)
        labels = self.write("one.csv", lines[0] + next(line for line in lines if line.startswith(first["id"] + ",")))
        self.niwaki("explain", "--model", study / "models/l1/seed-0/sparsity-0.00.onnx.zst", "--against",
                    study / "models/l1/seed-0/sparsity-0.90.onnx.zst", "--labels", labels, "--images", cohort / "images",
                    "--class", first["class"], "--method", "occlusion", "--patch", "16", "--out", self.folder / "one")
        for network in range(2):
            alone = np.load(self.folder / f"one/maps/network-{network}.npy")[0]
            among = np.load(study / f"explain/l1/maps/network-{network}.npy")[0]
            self.assertLess(np.abs(alone - among).max(), 1e-3)

    def test_bytes_are_the_same_again_and_with_any_number_of_threads(self):
        self.niwaki("explain", "--study", self.study, *self.OPTIONS, "--threads", "2")
        first = self.bytes_under(self.study / "explain")
        self.niwaki("explain", "--study", self.study, *self.OPTIONS, "--threads", "1")
        self.assertEqual(self.bytes_under(self.study / "explain"), first)

    def test_what_does_not_go_together_is_refused(self):
        for option in ("--model", "--against", "--labels", "--images", "--class", "--boxes", "--out", "--size"):
            self.fails(2, "explain", "--study", self.study, option, "8", says=[f"{option} does not go with --study"])
        self.fails(2, "explain", "--model", dense_model(), says=["--labels is missing", "--study"])
        self.fails(2, "explain", "--model", dense_model(), "--labels", "a", "--images", "b", "--out", "c", "--pruned",
                   "l1", says=["--pruned"])
        self.fails(3, "explain", "--study", self.study, "--pruned", "l2", says=["'l1'", "--pruned"])
        self.fails(3, "explain", "--study", self.folder, says=["no study folder"])
        self.fails(3, "explain", "--study", self.study, "--layer", "layer9", says=["there is no layer 'layer9'"])
        self.assertFalse((self.study / "explain").exists())
        (self.study / "models/random/seed-0/sparsity-0.90.onnx.zst").unlink()
        self.fails(3, "explain", "--study", self.study, "--pruned", "random", says=["random pruned to 0.9", "niwaki study"])
        (self.study / "audit/audit.json").unlink()
        self.fails(3, "explain", "--study", self.study, says=["no audit", "niwaki study"])
