#!/usr/bin/env python3
"""Holds `niwaki audit` to the slow reference audit, number by number.

    audit_oracle.py --program build/niwaki [--seeds 2] [--images 3000]

Draws a small grid from real test logits with the reference's own script, runs both audits on it and compares every
number that the reference gives (figures within 1e-9, p-values within 1e-6) and the rows of the exemplars, which must
be the same. What the reference lacks (findings_ratio) is counted here from the label file. Prints the largest
differences. Ends with 77 (left out) where the reference is not there: NIWAKI_SHARED, or ../shared beside the
checkout. Needs python3-numpy, python3-pandas, python3-scipy and python3-sklearn.
"""
import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

FIGURE_TOLERANCE = 1e-9
P_TOLERANCE = 1e-6
LEFT_OUT = 77
# The reference repeats these under each method; the audit says them once, under cohort.
COHORT_KEYS = ("positives", "train_positives")


def shared_folder():
    given = os.environ.get("NIWAKI_SHARED")
    return Path(given) if given else Path(__file__).resolve().parents[2] / "shared"


class Comparison:
    """Walks the reference's answer and looks each number up in the audit's."""

    def __init__(self):
        self.numbers = 0
        self.largest = {}
        self.problems = []

    def compare(self, reference, audit, where):
        if isinstance(reference, dict):
            for key, value in reference.items():
                self.compare_key(key, value, audit, f"{where}.{key}")
        elif isinstance(reference, list):
            self.compare_lists(reference, audit, where)
        elif isinstance(reference, (int, float)) and not isinstance(reference, bool):
            self.compare_numbers(reference, audit, where)
        elif reference != audit:
            self.problems.append(f"{where}: {audit!r} instead of {reference!r}")

    def compare_key(self, key, value, audit, where):
        if not isinstance(audit, dict) or key not in audit:
            self.problems.append(f"{where}: is not there")
        else:
            self.compare(value, audit[key], where)

    def compare_lists(self, reference, audit, where):
        if not isinstance(audit, list) or len(audit) != len(reference):
            self.problems.append(f"{where}: not a list of {len(reference)}")
        elif where.endswith(".rows"):
            self.numbers += len(reference)
            if reference != audit:
                self.problems.append(f"{where}: {len(set(reference) ^ set(audit))} rows are in one list only")
        else:
            for index, (left, right) in enumerate(zip(reference, audit)):
                self.compare(left, right, f"{where}[{index}]")

    def compare_numbers(self, reference, audit, where):
        self.numbers += 1
        if math.isnan(reference) or audit is None:
            if not (math.isnan(reference) and audit is None):
                self.problems.append(f"{where}: {audit} instead of {reference}")
            return
        figure = where.rsplit(".", 1)[-1].split("[")[0]
        difference = abs(reference - audit)
        if difference >= self.largest.get(figure, (-1.0, ""))[0]:
            self.largest[figure] = (difference, where)
        if not difference <= (P_TOLERANCE if figure.endswith("_p") else FIGURE_TOLERANCE):
            self.problems.append(f"{where}: {audit} instead of {reference}, {difference:.2e} apart")


def expected_cohort(reference):
    method = next(iter(reference["methods"].values()))
    return {"images": reference["images"],
            "classes": [{"name": entry["name"], **{key: entry[key] for key in COHORT_KEYS}, "unknown": 0}
                        for entry in method["classes"]]}


def expected_findings(labels, rows):
    """P(that many findings | exemplar) / P(that many | not an exemplar), counted plainly."""
    findings = labels.drop(columns=["id", "patient_id"]).sum(axis=1).clip(upper=4).to_numpy()
    chosen = set(rows)
    ratios = []
    for count, name in enumerate(["0", "1", "2", "3", "4+"]):
        inside = sum(findings[row] == count for row in chosen) / len(chosen)
        outside = sum(findings[row] == count for row in range(len(findings)) if row not in chosen)
        outside /= len(findings) - len(chosen)
        ratios.append({"findings": name, "ratio": float(inside / outside) if outside else math.nan})
    return ratios


def compare(reference, audit, labels):
    comparison = Comparison()
    expected = expected_cohort(reference)
    expected["patients"] = int(labels["patient_id"].nunique())
    comparison.compare(expected, audit["cohort"], "cohort")
    for name, method in reference["methods"].items():
        for entry in method["classes"]:
            for key in COHORT_KEYS:
                del entry[key]
        method["exemplars"]["findings_ratio"] = expected_findings(labels, method["exemplars"]["rows"])
        comparison.compare(method, audit["methods"].get(name), f"methods.{name}")
    if list(reference["methods"]) != list(audit["methods"]):
        comparison.problems.append(f"methods {list(audit['methods'])} instead of {list(reference['methods'])}")
    return comparison


def run_audit(program, grid, out, threads):
    subprocess.run([program, "audit", "--labels", grid / "labels.csv", "--scores", grid / "scores.csv",
                    "--train-counts", grid / "train_counts.csv", "--threads", str(threads), "--out", out], check=True)
    return (out / "audit.json").read_text()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--images", type=int, default=3000, help="the first so many (0: all)")
    args = parser.parse_args()
    scripts = shared_folder() / "reference"
    if not (scripts / "reference_audit.py").exists():
        print(f"left out: no reference audit in {scripts} (NIWAKI_SHARED names its folder)")
        return LEFT_OUT
    import pandas

    with tempfile.TemporaryDirectory() as folder:
        grid, out = Path(folder) / "grid", Path(folder) / "audit"
        subprocess.run([sys.executable, scripts / "make_score_grid.py", grid, "--seeds", str(args.seeds),
                        "--images", str(args.images)], check=True)
        text = run_audit(args.program, grid, out, threads=2)
        one_thread = run_audit(args.program, grid, Path(folder) / "one", threads=1)
        subprocess.run([sys.executable, scripts / "reference_audit.py", "--labels", grid / "labels.csv",
                        "--train-counts", grid / "train_counts.csv", "--scores", grid / "scores.csv",
                        "--out", Path(folder) / "reference.json"], check=True, stdout=subprocess.DEVNULL)
        reference = json.loads((Path(folder) / "reference.json").read_text())
        comparison = compare(reference, json.loads(text), pandas.read_csv(grid / "labels.csv"))
    if text != one_thread:
        comparison.problems.append("one thread and two threads write different bytes")
    print(f"{comparison.numbers} numbers compared; the largest differences:")
    for figure, (difference, where) in sorted(comparison.largest.items(), key=lambda entry: -entry[1][0])[:12]:
        print(f"  {difference:9.2e}  {figure:30s} {where}")
    for problem in comparison.problems[:20]:
        print(f"WRONG {problem}")
    print(f"{len(comparison.problems)} disagreements")
    return 1 if comparison.problems else 0


if __name__ == "__main__":
    sys.exit(main())
