"""Is a network pruned to a speed twice as fast, and does its worst class lose less than a plainly pruned one's as fast?

A subject of science/run. A ResNet-18 learns 8,000 drawn images. `niwaki prune --target-speedup 2` prunes it by two criteria,
on images that it learnt from; plain global magnitude pruning, at several sparsities, is what they are held to. All are
timed in turn by `niwaki bench`, and all predict a cohort that is drawn by another seed. Needs python3-numpy.
"""

import json
import statistics
import subprocess

import numpy
import report
from average_precision import Ranking, patient_weights
from pruning_study import Cohort

PAGE = "speed-target.md"
ASKED, AT_LEAST = 2.0, 1.9
METHODS = ["tail", "l1"]  # the first makes the claim: fixed before the figures were seen
PLAIN = "l1"
SPARSITIES = [round(0.6 + 0.02 * step, 2) for step in range(18)]  # so close that one takes about the same time
FEWEST_PATIENTS = 20  # with a finding, for its class to be the worst
TRAINING = {"images": 8000, "epochs": 8, "seed": 77}
AS_THE_DEMO = ["train.batch=64", "train.learning_rate=0.004", 'train.schedule="one-cycle"', "train.weight_decay=0.0002"]
FRESH = {"images": 20000, "seed": 7}
QUICK_TRAINING, QUICK_FRESH = {"images": 400, "epochs": 1, "seed": 77}, {"images": 400, "seed": 7}
ROUNDS, SECONDS = 7, 1.0


class Programs:
    def __init__(self, options, work):
        self.program, self.threads, self.work = options.build / "niwaki", options.threads, work

    def run(self, *words):
        done = subprocess.run([self.program, *map(str, words), "--threads", str(self.threads), "--quiet", "--json"],
                              check=True, stdout=subprocess.PIPE, text=True)
        return json.loads(done.stdout)

    def cohort(self, name, images, seed):
        folder = self.work / name
        if not (folder / "labels.csv").exists():
            self.run("cohort", "phantom", "--images", images, "--seed", seed, "--out", folder)
        return folder

    def trained(self, cohort, epochs):
        folder = self.work / "train"
        self.run("train", "--labels", cohort / "labels.csv", "--images", cohort / "images", "--out", folder,
                 "--architecture", "resnet18", "--epochs", epochs, *(word for one in AS_THE_DEMO for word in ("--set", one)))
        return folder / "training/seed-0/best.onnx"

    def pruned(self, model, cohort, name, *words):
        out = self.work / f"{name}.onnx"
        said = self.run("prune", "--model", model, "--labels", self.work / "train/cohort/train.csv", "--images",
                        cohort / "images", "--out", out, *words)
        return out, said

    def milliseconds(self, model):
        return self.run("bench", "--model", model, "--batch", 1, "--seconds", SECONDS)["milliseconds_per_image"]["median"]

    def scores(self, model, cohort, name):
        out = self.work / f"{name}.npy"
        self.run("predict", "--model", model, "--labels", cohort / "labels.csv", "--images", cohort / "images", "--out", out)
        return numpy.load(out)


def networks_of(programs, model, cohort, quick):
    """{name: (file, what was said)}; the dense one first."""
    networks = {"dense": (model, {"sparsity": 0.0})}
    for sparsity in SPARSITIES:
        networks[f"{PLAIN} at {sparsity:g}"] = programs.pruned(model, cohort, f"plain-{sparsity:g}", "--method", PLAIN,
                                                               "--sparsity", sparsity)
    for method in METHODS:
        networks[f"{method}, {ASKED:g} times as fast"] = programs.pruned(
            model, cohort, f"fast-{method}", "--method", method, "--target-speedup", ASKED, "--loss-images",
            16 if quick else 2000)
    return networks


def timed(programs, networks, quick):
    """{name: times as fast as the dense network}: the median over rounds in which each has its turn."""
    rounds = []
    for _ in range(1 if quick else ROUNDS):
        rounds.append({name: programs.milliseconds(file) for name, (file, _) in networks.items()})
    return ({name: statistics.median(one["dense"] / one[name] for one in rounds) for name in networks},
            {name: min(one[name] for one in rounds) for name in networks})


class Losses:
    """What networks lose of each class's average precision, over resamples of the patients."""

    def __init__(self, cohort, scores, resamples):
        weights = [None, *patient_weights(cohort.patients, resamples, numpy.random.default_rng(1))]
        rankings = {name: [Ranking(table[:, column], cohort.labels[:, c]) for c, column in enumerate(cohort.columns)]
                    for name, table in scores.items()}
        precisions = {name: numpy.array([[one.average_precision(drawn) for one in of] for drawn in weights])
                      for name, of in rankings.items()}
        self.macro = {name: float(values[0].mean()) for name, values in precisions.items()}
        self.judged = [c for c in range(len(cohort.classes)) if cohort.positive_patients(c) >= FEWEST_PATIENTS]
        self.classes = [cohort.classes[c] for c in self.judged]
        self.of = {name: 1 - values[:, self.judged] / precisions["dense"][:, self.judged] for name, values in precisions.items()}

    def worst(self, name):
        return float(self.of[name][0].max()), self.classes[int(self.of[name][0].argmax())]

    def less_than(self, name, other):
        """By how much the worst class of `name` loses less than that of `other`, with the interval of paired resamples."""
        difference = self.of[other].max(axis=1) - self.of[name].max(axis=1)
        low, high = numpy.quantile(difference[1:], [0.025, 0.975])
        return {"less": float(difference[0]), "low": float(low), "high": float(high)}


def no_faster(name, speeds):
    """The quickest plain network that is no faster than this one: it may lose less for being slower."""
    slower = [plain for plain in speeds if plain.startswith(f"{PLAIN} at ") and speeds[plain] <= speeds[name]]
    return max(slower, key=lambda plain: speeds[plain], default=None)


def entry(name, said, speeds, milliseconds, losses):
    worst, at = losses.worst(name)
    found = {"name": name, "sparsity": said["sparsity"], "times": speeds[name],
             "milliseconds": milliseconds[name], "worst": worst, "worst_class": at, "macro_ap": losses.macro[name]}
    if ASKED_NAME in name:
        found["said_times"] = said["speedup"]
        found["held_to"] = no_faster(name, speeds)
        if found["held_to"]:
            found["worst_class_loses"] = losses.less_than(name, found["held_to"])
    return found


ASKED_NAME = "times as fast"


def measure(options, work):
    programs = Programs(options, work)
    training = QUICK_TRAINING if options.quick else TRAINING
    learnt = programs.cohort("learnt", training["images"], training["seed"])
    model = programs.trained(learnt, training["epochs"])
    networks = networks_of(programs, model, learnt, options.quick)
    speeds, milliseconds = timed(programs, networks, options.quick)
    fresh = QUICK_FRESH if options.quick else FRESH
    folder = programs.cohort("fresh", fresh["images"], fresh["seed"])
    cohort = Cohort(folder / "labels.csv", programs.work / "train/cohort/train.csv")
    resamples = 20 if options.quick else 400
    losses = Losses(cohort, {name: programs.scores(file, folder, "scores") for name, (file, _) in networks.items()}, resamples)
    return {"fresh": fresh, "training": training, "patients": len(set(cohort.patients)), "resamples": resamples,
            "judged": losses.classes, "dense_macro_ap": losses.macro["dense"], "rounds": 1 if options.quick else ROUNDS,
            "entries": [entry(name, said, speeds, milliseconds, losses) for name, (_, said) in networks.items()]}


def asked(result):
    return [one for one in result["entries"] if "said_times" in one]


def sentence(one):
    if one["held_to"] is None:
        return f"`{one['name']}`: no plain network is slower."
    less = one["worst_class_loses"]
    return (f"`{one['name']}` ({one['times']:.2f} times): its worst class loses {100 * abs(less['less']):.1f} points of its AP "
            f"{'less' if less['less'] >= 0 else 'more'} than that of `{one['held_to']}`, which is no faster; in 95% of the resamples "
            f"between {points(less['low'])} and {points(less['high'])}.")


def points(less):
    return f"{100 * abs(less):.1f} {'less' if less >= 0 else 'more'}"


def broken(result):
    claim = asked(result)[0]
    found = []
    if claim["times"] < AT_LEAST:
        found.append(f"{claim['name']}: {claim['times']:.2f} times, {AT_LEAST:g} were claimed")
    if claim["held_to"] is None or claim["worst_class_loses"]["less"] <= 0:
        found.append(f"{claim['name']}: its worst class loses no less than a plain network's")
    return found


def tables(result):
    rows = [[one["name"], f"{100 * one['sparsity']:.1f}", f"{one['milliseconds']:.2f}", f"{one['times']:.2f}",
             f"{100 * one['worst']:.1f} ({one['worst_class']})", f"{one['macro_ap']:.3f}"] for one in result["entries"]
            if one["name"] != "dense"]
    header = ["network", "sparsity, %", "ms an image", "times as fast", "worst class's loss of AP, %", "macro AP"]
    text = (f"{report.machine_line(result['machine'])} {result['fresh']['images']:,} fresh images of {result['patients']:,} patients; "
            f"dense macro AP {result['dense_macro_ap']:.3f}; the worst of {len(result['judged'])} classes with {FEWEST_PATIENTS} or "
            f"more positive patients; times are medians of {result['rounds']} rounds, one image at a time; {result['resamples']} resamples of the "
            f"patients.")
    said = "\n".join(f"- {sentence(one)}" for one in asked(result))
    verdict = "; ".join(broken(result))
    verdict = f"**What does not hold:** {verdict}." if verdict else "What was claimed holds."
    return {"speed-target": f"{text}\n\n{report.markdown(header, rows)}\n\n{said}\n\n{verdict}"}
