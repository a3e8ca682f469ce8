#!/usr/bin/env python3
"""Holds `niwaki audit --strata` to scikit-learn and NumPy: each group's figures, gaps, thresholds' worth, Holm's
adjustment to the digit; intervals to a bootstrap of our own, within what chance allows.

    strata_against_peers.py --program build/niwaki

Ends with 77 (left out) where one of them is not there.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

LEFT_OUT = 77
try:
    import numpy as np
    from sklearn.metrics import average_precision_score, roc_auc_score
except ImportError as error:
    print(f"left out: {error}")
    sys.exit(LEFT_OUT)

CLASSES, SEEDS, MINIMUM, RESAMPLES = ["Mass", "Edema", "Hernia"], (0, 1), 15, 2000
FIGURES = {"auroc": roc_auc_score, "ap": average_precision_score}


def make(folder):
    random = np.random.default_rng(4)
    images = 1400
    patients = random.integers(0, 700, images)
    site = np.array(["", "north", "south", "east"])[random.choice(4, images, p=[0.05, 0.45, 0.3, 0.2])]
    truth = (random.random((images, 3)) < [0.4, 0.2, 0.05]).astype(int)
    known = random.random(truth.shape) > 0.05
    with open(folder / "labels.csv", "w") as file:
        file.write("id,patient_id," + ",".join(CLASSES) + "\n")
        for i in range(images):
            cells = [str(value) if there else "" for value, there in zip(truth[i], known[i])]
            file.write(f"x{i},p{patients[i]},{','.join(cells)}\n")
    with open(folder / "strata.csv", "w") as file:
        file.write("id,site\n" + "".join(f"x{i},{site[i]}\n" for i in random.permutation(images)))
    tables, lines = {}, ["method,seed,sparsity,path"]
    for seed in SEEDS:
        noise = np.where(site == "south", 4.0, 1.5)[:, None]  # the south loses more
        dense = 1.5 * truth + random.standard_normal(truth.shape) - 1
        pruned = dense + noise * random.standard_normal(truth.shape)
        for sparsity, values in ((0, dense), (0.9, pruned)):
            tables[seed, sparsity] = (1 / (1 + np.exp(-values))).astype(np.float32)
            np.save(folder / f"{seed}-{sparsity}.npy", tables[seed, sparsity])
            lines.append(f"l1,{seed},{sparsity},{seed}-{sparsity}.npy")
    (folder / "scores.csv").write_text("\n".join(lines) + "\n")
    return truth, known, patients, site, tables


class Peer:
    def __init__(self, truth, known, patients, site, tables):
        self.truth, self.known, self.patients, self.site, self.tables = truth, known, patients, site, tables

    def side(self, name, own):
        return self.site == name if own else (self.site != "") & (self.site != name)

    def enough(self, c, rows):
        return all(len(set(self.patients[rows & self.known[:, c] & (self.truth[:, c] == kind)])) >= MINIMUM
                   for kind in (0, 1))

    def figure(self, kind, sparsity, c, rows, weights=None):
        rows = rows & self.known[:, c]
        return np.mean([FIGURES[kind](self.truth[rows, c], self.tables[seed, sparsity][rows, c],
                                      sample_weight=None if weights is None else weights[rows]) for seed in SEEDS])

    def gap(self, kind, sparsity, classes, name, weights=None):
        return np.mean([self.figure(kind, sparsity, c, self.side(name, True), weights)
                        - self.figure(kind, sparsity, c, self.side(name, False), weights) for c in classes])

    def change(self, kind, classes, name, weights=None):
        return self.gap(kind, 0.9, classes, name, weights) - self.gap(kind, 0, classes, name, weights)

    def spread(self, kind, classes, name, resamples=400):
        """Of the change of the gap over resampled patients."""
        random, count = np.random.default_rng(1), self.patients.max() + 1
        values = []
        for _ in range(resamples):
            drawn = np.bincount(random.integers(0, count, count), minlength=count)
            values.append(self.change(kind, classes, name, drawn[self.patients].astype(float)))
        return np.std(values)


def holm(values):
    order, adjusted, running = np.argsort(values), np.empty(len(values)), 0.0
    for rank, place in enumerate(order):
        running = max(running, min(1.0, (len(values) - rank) * values[place]))
        adjusted[place] = running
    return adjusted


class Comparison:
    def __init__(self):
        self.compared, self.problems = 0, []

    def near(self, what, ours, theirs, tolerance=1e-9):
        self.compared += 1
        if ours is None or not abs(ours - theirs) <= tolerance:
            self.problems.append(f"{what}: {ours} instead of {theirs}")


def compare_group(peer, group, comparison):
    name, compared = group["name"], []
    for c, entry in enumerate(group["classes"]):
        own, others = (peer.enough(c, peer.side(name, side)) for side in (True, False))
        for kind in FIGURES:
            measure = entry[kind]
            if not own:
                if measure["dense"] is not None:
                    comparison.problems.append(f"{name} {entry['name']}: a figure without enough patients")
                continue
            for key, sparsity in (("dense", 0), ("pruned", 0.9)):
                comparison.near(f"{name} {entry['name']} {kind} {key}", measure[key],
                                peer.figure(kind, sparsity, c, peer.side(name, True)))
            if others:
                comparison.near(f"{name} {entry['name']} {kind} gap", measure["gap"]["change"],
                                peer.change(kind, [c], name))
        if own and others:
            compared.append(c)
    for kind in FIGURES:
        gap = group[kind]["gap"]
        comparison.near(f"{name} macro {kind}", gap["change"], peer.change(kind, compared, name))
        # The interval is at least as wide as the normal one, and at most a quarter wider for few patients.
        width = (gap["change_high"] - gap["change_low"]) / (2 * 1.96 * peer.spread(kind, compared, name))
        comparison.compared += 1
        if not 0.85 < width < 1.3:
            comparison.problems.append(f"{name} macro {kind}: an interval {width:.2f} times as wide as expected")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True)
    program = parser.parse_args().program.resolve()
    comparison = Comparison()
    with tempfile.TemporaryDirectory(prefix="niwaki-strata-") as scratch:
        folder = Path(scratch)
        peer = Peer(*make(folder))
        subprocess.run([program, "audit", "--labels", "labels.csv", "--scores", "scores.csv", "--strata", "strata.csv",
                        "--bootstrap", str(RESAMPLES), "--minimum-patients", str(MINIMUM), "--out", "out", "--quiet"],
                       cwd=folder, check=True, stdout=subprocess.DEVNULL)
        groups = json.loads((folder / "out/audit.json").read_text())["methods"]["l1"]["strata"]["columns"][0]["strata"]
    for group in groups:
        compare_group(peer, group, comparison)
    for kind in FIGURES:
        gaps = [group[kind]["gap"] for group in groups]
        for gap, expected in zip(gaps, holm([gap["p"] for gap in gaps])):
            comparison.near(f"Holm of {kind}", gap["holm"], expected, 1e-12)
        verdict = {group["name"]: group[kind]["gap"]["verdict"] for group in groups}
        if verdict["south"] != "loses more":
            comparison.problems.append(f"the south's loss of {kind} is not found: {verdict}")
    print(f"{comparison.compared} figures compared, {len(comparison.problems)} apart")
    print("\n".join(comparison.problems[:20]))
    return 1 if comparison.problems else 0


if __name__ == "__main__":
    sys.exit(main())
