"""Does pruning that protects the rare keep them? Asked of a phantom cohort with a real tail.

A subject of science/run: trains five networks on 20,000 drawn images, prunes each by every criterion and with every
repair, and compares what the rarest third of the classes lost. Needs python3-numpy.
"""

import csv
import json
import pathlib
import subprocess
import sys

import numpy
from average_precision import Ranking, patient_weights

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench"))
import chart  # noqa: E402
import report  # noqa: E402

NAME = "protecting_the_rare"
PAGE = "protecting-the-rare.md"
PICTURE = ROOT / "docs/pictures/protecting-the-rare.svg"

RECIPE = {
    "study.seeds": 5, "cohort.train": 0.6, "cohort.validation": 0.1, "cohort.test": 0.3,
    "phantom.images": 20000, "phantom.tail_floor": 0.0022,
    "train.epochs": 8, "train.patience": 8, "audit.bootstrap": 0, "report.gallery": 0,
}
QUICK = {"study.seeds": 2, "phantom.images": 1500, "phantom.tail_floor": 0.02, "train.epochs": 2, "train.patience": 2}
SPARSITIES = [0.5, 0.7, 0.8, 0.9, 0.95]
PUBLISHED = "l1"  # what others are compared with
OURS = "tail"  # named before the experiment was run; the other methods are there to be compared
REPAIRED = "tail+fine-tune"
CRITERIA = ["l1", "tail", "tail-worst", "l1-layer", "lamp", "erk", "wanda", "taylor", "fisher", "random", "random-layer"]
REPAIRS = ["batch-norm", "variance", "least-squares", "least-squares+batch-norm", "fine-tune"]
REPAIRED_AT = [0.9, 0.95]
RARE_SHARE = 1 / 3
ONE_SHOT_SHARE = 1 / 3  # of the published method's loss, that ours may have at 0.9
REPAIRED_LOSS = 0.05  # relative loss of the rarest third, that ours may have at 0.9 after repair


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


class Cohort:
    """The test images of a study: labels by class, patients, the classes from the rarest on."""

    def __init__(self, folder):
        rows = rows_of(folder / "cohort/test.csv")
        known = {"id", "patient_id", "image", "site"}
        self.classes = [name for name in rows[0] if name not in known]
        self.patients = numpy.array([row["patient_id"] for row in rows])
        self.labels = numpy.array([[row[name] == "1" for name in self.classes] for row in rows])
        train = rows_of(folder / "cohort/train.csv")
        self.train_positives = {name: sum(row[name] == "1" for row in train) for name in self.classes}
        rising = sorted(self.classes, key=lambda name: self.train_positives[name])
        self.rare = [self.classes.index(name) for name in rising[: round(RARE_SHARE * len(rising))]]

    def positive_patients(self, c):
        return len(set(self.patients[self.labels[:, c]]))


def run_study(options, folder, methods, sparsities):
    recipe = {**RECIPE, **(QUICK if options.quick else {}), "prune.methods": json.dumps(methods),
              "prune.sparsities": json.dumps(sparsities)}
    words = [word for key, value in recipe.items() for word in ("--set", f"{key}={value}")]
    subprocess.run([options.build / "niwaki", "study", "--preset", "demo", "--out", folder, *words,
                    "--threads", str(options.threads), "--quiet"], check=True, stdout=subprocess.DEVNULL)
    return rows_of(folder / "scores/scores.csv")


class Network:
    """The rankings of one (method, sparsity): of each class, one a seed."""

    def __init__(self, cohort, tables):
        self.rankings = [[Ranking(table[:, c], cohort.labels[:, c]) for table in tables] for c in range(len(cohort.classes))]

    def average_precision(self, weights=None):
        """[classes]: the mean over seeds."""
        return numpy.array([numpy.mean([ranking.average_precision(weights) for ranking in of_class])
                            for of_class in self.rankings])

    def by_seed(self):
        """[classes, seeds]"""
        return numpy.array([[ranking.average_precision() for ranking in of_class] for of_class in self.rankings])


def networks_of(cohort, folder, manifest):
    """{(method, sparsity): Network}; sparsity 0 is the dense one."""
    tables = {}
    for row in manifest:
        key = ("dense", 0.0) if float(row["sparsity"]) == 0 else (row["method"], float(row["sparsity"]))
        tables.setdefault(key, []).append(numpy.load(folder / "scores" / row["path"]))
    return {key: Network(cohort, of_key) for key, of_key in tables.items()}


def relative_loss(dense, pruned, classes):
    """Mean over `classes` of 1 - AP / dense AP."""
    return float(numpy.mean(1 - pruned[classes] / dense[classes]))


def interval(values):
    low, high = numpy.nanquantile(values, [0.025, 0.975])
    return {"low": float(low), "high": float(high)}


def compared(cohort, networks, resamples):
    """One entry a (method, sparsity), with intervals over patients: the same resamples for all, so that they are paired."""
    everything = list(range(len(cohort.classes)))
    ones = {key: network.average_precision() for key, network in networks.items()}
    seeds = {key: network.by_seed() for key, network in networks.items()}
    drawn = [{key: network.average_precision(weights) for key, network in networks.items()}
             for weights in patient_weights(cohort.patients, resamples, numpy.random.default_rng(1))]
    dense = ("dense", 0.0)
    entries = []
    for method, sparsity in sorted(networks.keys() - {dense}):
        key, published = (method, sparsity), (PUBLISHED, sparsity)
        entry = {"method": method, "sparsity": sparsity, "macro_ap": float(ones[key].mean())}
        for name, classes in (("rare", cohort.rare), ("macro", everything)):
            entry[name] = {"loss": relative_loss(ones[dense], ones[key], classes),
                           **interval([relative_loss(one[dense], one[key], classes) for one in drawn]),
                           "by_seed": [relative_loss(seeds[dense][:, s], seeds[key][:, s], classes)
                                       for s in range(seeds[dense].shape[1])]}
        if published in networks:
            entry["less_than_published"] = {
                name: {"difference": relative_loss(ones[dense], ones[published], classes) - entry[name]["loss"],
                       **interval([relative_loss(one[dense], one[published], classes) -
                                   relative_loss(one[dense], one[key], classes) for one in drawn])}
                for name, classes in (("rare", cohort.rare), ("macro", everything))}
        entries.append(entry)
    return entries


def measure(options, work):
    folder = work / "study"
    manifest = run_study(options, folder, CRITERIA, SPARSITIES)
    cohort = Cohort(folder)
    networks = networks_of(cohort, folder, manifest)
    for criterion in (PUBLISHED, OURS):
        methods = [f"{criterion}+{repair}" for repair in REPAIRS]
        networks.update(networks_of(cohort, folder, run_study(options, folder, methods, REPAIRED_AT)))
    dense = networks[("dense", 0.0)].average_precision()
    return {
        "images": {"train": len(rows_of(folder / "cohort/train.csv")), "test": len(cohort.patients)},
        "test_patients": len(set(cohort.patients)),
        "seeds": len(networks[("dense", 0.0)].rankings[0]),
        "rare": [{"class": cohort.classes[c], "train_positives": cohort.train_positives[cohort.classes[c]],
                  "test_patients": cohort.positive_patients(c), "dense_ap": float(dense[c])} for c in cohort.rare],
        "dense_macro_ap": float(dense.mean()),
        "resamples": 50 if options.quick else 400,
        "entries": compared(cohort, networks, 50 if options.quick else 400),
    }


def percent(part, signed=False):
    sign = "+" if signed else ""
    value = part["difference"] if "difference" in part else part["loss"]
    return f"{100 * value:{sign}.1f} ({100 * part['low']:{sign}.1f} to {100 * part['high']:{sign}.1f})"


def entry_of(result, method, sparsity):
    return next((one for one in result["entries"] if (one["method"], one["sparsity"]) == (method, sparsity)), None)


def one_shot_table(result, part):
    rows = []
    for method in CRITERIA:
        entries = [entry_of(result, method, sparsity) for sparsity in SPARSITIES]
        rows.append([f"`{method}`"] + [percent(entry[part]) for entry in entries])
    return report.markdown(["criterion", *(f"{sparsity:g}" for sparsity in SPARSITIES)], rows)


def repair_table(result, sparsity):
    rows = []
    for criterion in (PUBLISHED, OURS):
        for method in (criterion, *(f"{criterion}+{repair}" for repair in REPAIRS)):
            entry = entry_of(result, method, sparsity)
            rows.append([f"`{method}`", percent(entry["rare"]), percent(entry["macro"]), f"{entry['macro_ap']:.3f}"])
    return report.markdown(["method", "rarest third, %", "all classes, %", "macro AP"], rows)


def rare_table(result):
    rows = [[one["class"], one["train_positives"], one["test_patients"], f"{one['dense_ap']:.3f}"] for one in result["rare"]]
    return report.markdown(["class", "training positives", "positive test patients", "dense AP"], rows)


def tables(result):
    cohort = (f"{result['images']['train']:,} training images, {result['images']['test']:,} test images of "
              f"{result['test_patients']:,} patients, {result['seeds']} networks; dense macro AP "
              f"{result['dense_macro_ap']:.3f}; {result['resamples']} resamples of the patients. The rarest third:\n\n"
              f"{rare_table(result)}")
    return {
        "rare-cohort": f"{report.machine_line(result['machine'])}\n\n{cohort}",
        "rare-criteria": "Rarest third, relative loss of AP in %:\n\n" + one_shot_table(result, "rare") +
                         "\n\nAll classes:\n\n" + one_shot_table(result, "macro"),
        "rare-repairs": "\n\n".join(f"Sparsity {sparsity:g}:\n\n{repair_table(result, sparsity)}"
                                    for sparsity in REPAIRED_AT),
        "rare-claims": "\n".join(f"- {'Holds' if holds else '**Does not hold**'}: {sentence}"
                                 for holds, sentence in claims(result)),
    }


def claims(result):
    """(whether it holds, what was found) for each claim."""
    found = []
    for sparsity in (0.9, 0.95):
        published, ours = (entry_of(result, method, sparsity) for method in (PUBLISHED, OURS))
        ratio = ours["rare"]["loss"] / published["rare"]["loss"] if published["rare"]["loss"] > 0 else float("inf")
        found.append((ratio <= ONE_SHOT_SHARE,
                      f"one-shot at {sparsity:g}, the rarest third loses {100 * ours['rare']['loss']:.1f}% by `{OURS}` and "
                      f"{100 * published['rare']['loss']:.1f}% by `{PUBLISHED}`: {ratio:.2f} of it; {ONE_SHOT_SHARE:.2f} was aimed at."))
    worse = [sparsity for sparsity in SPARSITIES
             if entry_of(result, OURS, sparsity)["macro_ap"] < entry_of(result, PUBLISHED, sparsity)["macro_ap"]]
    found.append((not worse, f"macro AP by `{OURS}` is below that by `{PUBLISHED}` at " +
                  (", ".join(f"{sparsity:g}" for sparsity in worse) if worse else "no sparsity") + "."))
    repaired = entry_of(result, REPAIRED, 0.9)
    found.append((repaired["rare"]["loss"] < REPAIRED_LOSS,
                  f"after repair (`{REPAIRED}`) at 0.9 the rarest third loses {percent(repaired['rare'])}% of its dense "
                  f"AP; under {100 * REPAIRED_LOSS:g}% was aimed at."))
    return found


def broken(result):
    return [sentence for holds, sentence in claims(result) if not holds]


COLOURS = {"l1": "#b04a3a", "tail": "#2f6f4f", "lamp": "#5b6fb0", "erk": "#8a6bb0", "random": "#8a8a8a", "fisher": "#c08a2e"}


def draw(result):
    panels = [(title, [{"name": method, "colour": COLOURS[method], "line": "solid",
                        "points": [(index, max(0.0, 100 * entry_of(result, method, sparsity)[part]["loss"]))
                                   for index, sparsity in enumerate(SPARSITIES)]} for method in COLOURS])
              for title, part in (("Rarest third", "rare"), ("All classes", "macro"))]
    ticks = [(index, f"{sparsity:g}") for index, sparsity in enumerate(SPARSITIES)]
    PICTURE.write_text(chart.lines(panels, ticks, "sparsity", "relative loss of AP, %"))
