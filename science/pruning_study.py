"""A pruning study as an experiment: runs it, and says what its networks lost, with intervals over patients."""

import csv
import json
import re
import sqlite3
import statistics
import subprocess

import numpy
from average_precision import Ranking, patient_weights

DENSE = ("dense", 0.0)
RARE_SHARE = 1 / 3


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


class Cohort:
    """Test images: labels by class, patients, the rarest third of the classes by training positives. Classes without a
    positive test image are left out, and named."""

    def __init__(self, test, train):
        """Label files."""
        rows = rows_of(test)
        names = [name for name in rows[0] if name not in {"id", "patient_id", "image", "site"}]
        known = numpy.array([[row[name] in ("0", "1") for name in names] for row in rows])
        if not known.all():
            raise SystemExit(f"{test}: unknown labels: this experiment takes cohorts that know all")
        labels = numpy.array([[row[name] == "1" for name in names] for row in rows])
        self.columns = [c for c in range(len(names)) if labels[:, c].any()]
        self.left_out = [names[c] for c in range(len(names)) if c not in self.columns]
        self.classes = [names[c] for c in self.columns]
        self.labels = labels[:, self.columns]
        self.patients = numpy.array([row["patient_id"] for row in rows])
        trained = rows_of(train)
        self.train_images = len(trained)
        self.train_positives = {name: sum(row[name] == "1" for row in trained) for name in self.classes}
        rising = sorted(self.classes, key=lambda name: self.train_positives[name])
        self.rare = [self.classes.index(name) for name in rising[: round(RARE_SHARE * len(rising))]]

    def positive_patients(self, c):
        return len(set(self.patients[self.labels[:, c]]))


def run_study(options, folder, preset, recipe, methods, sparsities):
    """Goes on with what is there; gives the rows of the study's score manifest."""
    recipe = {**recipe, "prune.methods": json.dumps(methods), "prune.sparsities": json.dumps(sparsities)}
    words = [word for key, value in recipe.items() for word in ("--set", f"{key}={value}")]
    subprocess.run([options.build / "niwaki", "study", "--preset", preset, "--out", folder, *words,
                    "--threads", str(options.threads), "--quiet"], check=True, stdout=subprocess.DEVNULL)
    return rows_of(folder / "scores/scores.csv")


def seconds_of(folder):
    """{(method, sparsity): median seconds a network}, from pruning to the scores of the test images, as the study noted."""
    found = {}
    with sqlite3.connect(folder / "study.db") as database:
        for unit, seconds in database.execute("SELECT id, seconds FROM units"):
            parts = re.fullmatch(r"predict/(.+)/seed-\d+/sparsity-([\d.]+)", unit)
            if parts:
                found.setdefault((parts[1], float(parts[2])), []).append(seconds)
    return {key: statistics.median(values) for key, values in found.items()}


class Network:
    """The rankings of one (method, sparsity): of each class, one a seed."""

    def __init__(self, cohort, tables):
        self.rankings = [[Ranking(table[:, column], cohort.labels[:, c]) for table in tables]
                         for c, column in enumerate(cohort.columns)]

    def average_precision(self, weights=None):
        """[classes]: the mean over seeds."""
        return numpy.array([numpy.mean([ranking.average_precision(weights) for ranking in of_class])
                            for of_class in self.rankings])

    def by_seed(self):
        """[classes, seeds]"""
        return numpy.array([[ranking.average_precision() for ranking in of_class] for of_class in self.rankings])


def networks_of(cohort, folder, manifest):
    """{(method, sparsity): Network}; DENSE is the dense one."""
    tables = {}
    for row in manifest:
        key = DENSE if float(row["sparsity"]) == 0 else (row["method"], float(row["sparsity"]))
        tables.setdefault(key, []).append(numpy.load(folder / "scores" / row["path"]))
    return {key: Network(cohort, of_key) for key, of_key in tables.items()}


def relative_loss(dense, pruned, classes):
    """Of the mean AP over `classes`. (A mean of the classes' own relative losses would be ruled by those that no network
    has learnt: from an AP of 0.02 a change of 0.01 is half of it.) A class that a resample drew no positive of is left
    out of that resample."""
    drawn = [c for c in classes if not numpy.isnan(dense[c])]
    if not drawn:
        return float("nan")
    return float(1 - pruned[drawn].sum() / dense[drawn].sum())


def with_interval(one, drawn):
    low, high = numpy.nanquantile(drawn, [0.025, 0.975])
    return {"loss": one, "low": float(low), "high": float(high)}


def compared(cohort, networks, resamples, published):
    """One entry a (method, sparsity), with percentile intervals over patients: the same resamples for all, so that they
    are paired. `less_than_published`: by how much it lost less than the method of that name."""
    groups = {"rare": cohort.rare, "macro": list(range(len(cohort.classes)))}
    ones = {key: network.average_precision() for key, network in networks.items()}
    seeds = {key: network.by_seed() for key, network in networks.items()}
    drawn = [{key: network.average_precision(weights) for key, network in networks.items()}
             for weights in patient_weights(cohort.patients, resamples, numpy.random.default_rng(1))]

    def loss(values, key, classes):
        return relative_loss(values[DENSE], values[key], classes)

    entries = []
    for method, sparsity in sorted(networks.keys() - {DENSE}):
        key, other = (method, sparsity), (published, sparsity)
        entry = {"method": method, "sparsity": sparsity, "macro_ap": float(ones[key].mean())}
        for name, classes in groups.items():
            entry[name] = with_interval(loss(ones, key, classes), [loss(one, key, classes) for one in drawn])
            entry[name]["by_seed"] = [relative_loss(seeds[DENSE][:, s], seeds[key][:, s], classes)
                                      for s in range(seeds[DENSE].shape[1])]
        if other in networks:
            entry["less_than_published"] = {
                name: with_interval(loss(ones, other, classes) - loss(ones, key, classes),
                                    [loss(one, other, classes) - loss(one, key, classes) for one in drawn])
                for name, classes in groups.items()}
        entries.append(entry)
    return entries


def experiment(options, folder, preset, recipe, runs, resamples, published):
    """`runs`: (methods, sparsities) each. What was found, ready for JSON."""
    networks, manifest = {}, []
    for methods, sparsities in runs:
        manifest = run_study(options, folder, preset, recipe, methods, sparsities)
        cohort = Cohort(folder / "cohort/test.csv", folder / "cohort/train.csv")
        networks.update(networks_of(cohort, folder, manifest))
    seconds = seconds_of(folder)
    dense = networks[DENSE].average_precision()
    entries = compared(cohort, networks, resamples, published)
    for entry in entries:
        entry["seconds"] = seconds.get((entry["method"], entry["sparsity"]))
    return {
        "train_images": cohort.train_images, "test_images": len(cohort.patients),
        "test_patients": len(set(cohort.patients)), "seeds": len(networks[DENSE].rankings[0]),
        "classes": len(cohort.classes), "left_out": cohort.left_out, "resamples": resamples,
        "rare": [{"class": cohort.classes[c], "train_positives": cohort.train_positives[cohort.classes[c]],
                  "test_patients": cohort.positive_patients(c), "dense_ap": float(dense[c])} for c in cohort.rare],
        "dense_macro_ap": float(dense.mean()), "dense_rare_ap": float(dense[cohort.rare].mean()),
        "entries": entries,
    }
