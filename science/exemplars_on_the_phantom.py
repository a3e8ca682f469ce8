#!/usr/bin/python3
"""Are pruning's exemplars noisier, poorer and harder? Asked of the phantom cohort, where the truth is known.

    science/exemplars_on_the_phantom.py --program build/niwaki            about twenty minutes on two processors
    science/exemplars_on_the_phantom.py --program build/niwaki --quick    a small one; prints and writes nothing

Draws several cohorts with flipped labels, trains networks on each, prunes them by weight magnitude, has `niwaki audit`
find the exemplars at every sparsity, and joins these with truth.csv by the images' ids. Writes
science/results/exemplars_on_the_phantom.json and the tables of docs/exemplars-on-the-phantom.md. Needs python3-numpy.
"""
import argparse
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench"))
import report  # noqa: E402

NAME = "exemplars_on_the_phantom"
COLLAPSED = 0.95  # `constant_order` from which the audit says that all images are ordered alike
FEWEST = 5  # flipped images, among exemplars and among others, below which resampling has nothing to say of their share
HARMLESS = 0.01  # loss of macro AUROC below which pruning has cost the mean figures nothing that matters
# What is asked of each image: the question, and which sign of the difference would say yes.
QUESTIONS = {
    "flipped": ("images with a flipped label", +1),
    "quality": ("quality of the film", -1),
    "visibility": ("mean visibility of the findings present", -1),
}


def run(program, *words):
    subprocess.run([program, *map(str, words), "--quiet"], check=True, stdout=subprocess.DEVNULL)


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def study(options, seed, folder):
    """Draws, trains, prunes and scores one cohort."""
    sparsities = ", ".join(map(str, options.sparsities))
    run(options.program, "study", "--preset", "demo", "--out", folder, "--set", f"study.seed={seed}",
        "--set", f"study.seeds={options.networks}", "--set", f"phantom.images={options.images}",
        "--set", f"phantom.label_noise={options.label_noise}", "--set", 'prune.methods=["l1"]',
        "--set", f"prune.sparsities=[{sparsities}]", "--set", "report.gallery=0", "--threads", options.threads)


def truth_of(row):
    """What is known of one image. No Finding has no sign, and its label follows from the others."""
    findings = [key.split(":", 1)[1] for key in row if key.startswith("visibility:") and not key.endswith("No Finding")]
    seen = [float(row[f"visibility:{name}"]) for name in findings]
    present = [value for value in seen if value > 0]
    return {
        "flipped": float(any(row[f"flipped:{name}"] == "1" for name in findings)),
        "quality": float(row["quality"]),
        "visibility": sum(present) / len(present) if present else float("nan"),
        "findings": min(len(present), 4),
    }


def exemplars_at(options, folder, sparsity):
    """(ids of the exemplars, what the audit says of the pruned network) from the audit of the test images."""
    out = folder / f"audit-{sparsity}"
    run(options.program, "audit", "--labels", folder / "cohort/test.csv", "--scores", folder / "scores/scores.csv",
        "--exemplar-sparsity", sparsity, "--out", out)
    audit = json.loads((out / "audit.json").read_text())
    ids = [row["id"] for row in rows_of(out / "exemplars.csv") if row["method"] == "l1"]
    method = audit["methods"]["l1"]
    auroc = {point["sparsity"]: point["auroc"] for point in method["macro"]}
    return ids, {"constant_order": method["exemplars"]["constant_order"], "auroc": auroc[sparsity], "dense": auroc[0]}


def images_of(options, seed, folder):
    """One dictionary a test image: its patient, its truth, and at which sparsities it is an exemplar."""
    truth = {row["id"]: truth_of(row) for row in rows_of(folder / "cohort/truth.csv")}
    images = {row["id"]: {"patient": (seed, row["patient_id"]), "exemplar": set(), **truth[row["id"]]}
              for row in rows_of(folder / "cohort/test.csv")}
    networks = {}
    for sparsity in options.sparsities:
        ids, networks[sparsity] = exemplars_at(options, folder, sparsity)
        for name in ids:
            images[name]["exemplar"].add(sparsity)
    return list(images.values()), networks


class Comparison:
    """Exemplars against all other images, with weights that say how often each image was drawn."""

    def __init__(self, images, sparsity):
        self.exemplar = numpy.array([sparsity in image["exemplar"] for image in images])
        self.findings = numpy.array([image["findings"] for image in images])
        self.values = {name: numpy.array([image[name] for image in images]) for name in QUESTIONS}
        patients = sorted({image["patient"] for image in images})
        place = {patient: number for number, patient in enumerate(patients)}
        self.patient = numpy.array([place[image["patient"]] for image in images])
        self.cohorts = numpy.array([patient[0] for patient in patients])

    def means(self, name, weights):
        """Of the exemplars, of the others, and of the others with the exemplars' numbers of findings."""
        values, known = self.values[name], ~numpy.isnan(self.values[name])
        weights = weights * known
        values = numpy.where(known, values, 0.0)
        chosen, rest = weights * self.exemplar, weights * ~self.exemplar
        matched = numpy.zeros(len(values))
        for number in range(5):
            here = self.findings == number
            if rest[here].sum() > 0:
                matched += here * rest * (chosen[here].sum() / rest[here].sum())
        return [float((weight * values).sum() / weight.sum()) if weight.sum() > 0 else float("nan")
                for weight in (chosen, rest, matched)]

    def resampled(self, random):
        """How often each image is drawn where patients are drawn with replacement, within each cohort."""
        times = numpy.zeros(len(self.cohorts))
        for cohort in numpy.unique(self.cohorts):
            members = numpy.flatnonzero(self.cohorts == cohort)
            times += numpy.bincount(random.choice(members, len(members)), minlength=len(times))
        return times[self.patient]

    def answers(self, resamples, random):
        ones = numpy.ones(len(self.patient))
        drawn = [self.resampled(random) for _ in range(resamples)]
        result = {}
        for name, (_, sign) in QUESTIONS.items():
            exemplars, others, matched = self.means(name, ones)
            gaps = numpy.array([[means[0] - means[1], means[0] - means[2]]
                                for means in (self.means(name, weights) for weights in drawn)])
            low, high = numpy.nanquantile(gaps, [0.025, 0.975], axis=0)
            result[name] = {
                "exemplars": exemplars, "others": others, "difference": exemplars - others,
                "low": low[0], "high": high[0],
                "matched_difference": exemplars - matched, "matched_low": low[1], "matched_high": high[1],
                "answer": self.answer(name, sign * low[0], sign * high[0]),
            }
        return result

    def answer(self, name, low, high):
        """`low`, `high`: the interval's ends, turned so that above 0 says yes."""
        if name == "flipped" and min(self.values[name][self.exemplar].sum(), self.values[name][~self.exemplar].sum()) < FEWEST:
            return "too few flipped"
        return "yes" if min(low, high) > 0 else "the reverse" if max(low, high) < 0 else "not shown"


def measure_cohorts(options, work):
    images, networks = [], []
    for seed in range(1, options.cohorts + 1):
        folder = work / f"cohort-{seed}"
        study(options, seed, folder)
        of_cohort, of_networks = images_of(options, seed, folder)
        images += of_cohort
        networks.append(of_networks)
        print(f"cohort {seed} of {options.cohorts}: {len(of_cohort)} test images", file=sys.stderr, flush=True)
    random = numpy.random.default_rng(1)
    sparsities = []
    for sparsity in options.sparsities:
        comparison = Comparison(images, sparsity)
        sparsities.append({
            "sparsity": sparsity,
            **{key: [cohort[sparsity][key] for cohort in networks] for key in ("constant_order", "auroc", "dense")},
            "exemplars": int(comparison.exemplar.sum()),
            "exemplar_patients": len(set(comparison.patient[comparison.exemplar])),
            "exemplars_with_a_finding": int((comparison.exemplar & (comparison.findings > 0)).sum()),
            "without_a_finding": {"exemplars": float((comparison.findings[comparison.exemplar] == 0).mean()),
                                  "others": float((comparison.findings[~comparison.exemplar] == 0).mean())},
            "answers": comparison.answers(options.resamples, random),
        })
    return {
        "cohorts": options.cohorts, "networks": options.networks, "images": options.images,
        "label_noise": options.label_noise, "resamples": options.resamples, "test_images": len(images),
        "test_patients": len({image["patient"] for image in images}), "sparsities": sparsities,
    }


def interval(answer, prefix=""):
    return (f"{answer[prefix + 'difference']:+.3f} "
            f"({answer[prefix + 'low']:+.3f} to {answer[prefix + 'high']:+.3f})")


def spread(values):
    return f"{min(values):.2f} to {max(values):.2f}"


def highest_in_order(result):
    """The highest sparsity at which no cohort's network orders all images alike; None where there is none."""
    kept = [entry["sparsity"] for entry in result["sparsities"] if max(entry["constant_order"]) < COLLAPSED]
    return max(kept, default=None)


def highest_harmless(result):
    """The highest sparsity at which every cohort's macro AUROC is within HARMLESS of the dense one; None where none is."""
    kept = [entry["sparsity"] for entry in result["sparsities"]
            if all(dense - auroc < HARMLESS for dense, auroc in zip(entry["dense"], entry["auroc"]))]
    return max(kept, default=None)


def why_shown(result, sparsity):
    reasons = {
        "the published one": 0.9,
        f"the highest with `constant_order` below {COLLAPSED} in every cohort": highest_in_order(result),
        f"the highest with a macro AUROC within {HARMLESS} of the dense one in every cohort": highest_harmless(result),
    }
    return " and ".join(text for text, found in reasons.items() if found == sparsity)


def answer_table(result, sparsity):
    entry = next(entry for entry in result["sparsities"] if entry["sparsity"] == sparsity)
    rows = [[QUESTIONS[name][0], f"{answer['exemplars']:.3f}", f"{answer['others']:.3f}", interval(answer),
             interval(answer, "matched_"), answer["answer"]] for name, answer in entry["answers"].items()]
    return (f"**Sparsity {sparsity}**, {why_shown(result, sparsity)}: {entry['exemplars']} exemplars of "
            f"{entry['exemplar_patients']} patients. {entry['exemplars_with_a_finding']} of them have a finding, on which "
            f"the last row rests; {entry['without_a_finding']['exemplars']:.0%} have none, of the others "
            f"{entry['without_a_finding']['others']:.0%}.\n\n" +
            report.markdown(["", "exemplars", "others", "difference (95%)", "with equal numbers of findings",
                             "as published?"], rows))


def page_text(result):
    lines = [f"{result['cohorts']} cohort{'' if result['cohorts'] == 1 else 's'} of {result['images']:,} images, {result['networks']} networks each, "
             f"`phantom.label_noise={result['label_noise']}`; {result['test_images']:,} test images of "
             f"{result['test_patients']:,} patients; {result['resamples']:,} resamples."]
    shown = {0.9, highest_in_order(result), highest_harmless(result)} - {None}
    lines += [answer_table(result, sparsity) for sparsity in sorted(shown)]
    for prefix, others in (("", "all others"), ("matched_", "others with equal numbers of findings")):
        rows = [[entry["sparsity"], spread(entry["constant_order"]), spread(entry["auroc"]),
                 *(interval(entry["answers"][name], prefix) for name in QUESTIONS)] for entry in result["sparsities"]]
        header = ["sparsity", "`constant_order`", "macro AUROC", *(text for text, _ in QUESTIONS.values())]
        lines.append(f"Exemplars less {others}, at every sparsity (dense macro AUROC "
                     f"{spread(result['sparsities'][0]['dense'])}):\n\n" + report.markdown(header, rows))
    return "\n\n".join(lines)


def parsed(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=lambda path: pathlib.Path(path).resolve(), required=True)
    parser.add_argument("--cohorts", type=int, default=3)
    parser.add_argument("--networks", type=int, default=3, help="trained on each cohort")
    parser.add_argument("--images", type=int, default=8000, help="of each cohort; a fifth of them is tested")
    parser.add_argument("--label-noise", type=float, default=0.05)
    parser.add_argument("--sparsities", type=float, nargs="+", default=[0.3, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9])
    parser.add_argument("--resamples", type=int, default=2000, help="of patients")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for the studies that is not removed")
    parser.add_argument("--quick", action="store_true", help="one cohort of 1,200 images; prints only")
    options = parser.parse_args(words)
    if options.quick:
        options.cohorts, options.networks, options.images, options.resamples = 1, 1, 1200, 200
    if 0.9 not in options.sparsities:
        parser.error("0.9 is what the published study looks at: keep it among --sparsities")
    return options


# What science/run asks of a subject.
PAGE = "exemplars-on-the-phantom.md"


def measure(options, work):
    words = ["--program", options.build / "niwaki", "--threads", options.threads]
    return measure_cohorts(parsed([str(word) for word in words] + ["--quick"] * options.quick), work)


def tables(result):
    return {"exemplars": page_text(result)}


def broken(_result):
    return []  # it asks a question and claims nothing


def main():
    options = parsed(sys.argv[1:])
    with tempfile.TemporaryDirectory() as temporary:
        result = measure_cohorts(options, options.keep or pathlib.Path(temporary))
    text = page_text(result)
    print(text)
    if not options.quick:
        report.write_json(result, ROOT / "science/results" / f"{NAME}.json")
        report.put_between_markers(ROOT / "docs" / PAGE, "exemplars", text, kind="science")


if __name__ == "__main__":
    sys.exit(main())
