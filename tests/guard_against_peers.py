#!/usr/bin/env python3
"""Holds `niwaki guard` to NumPy, SciPy and scikit-learn: signals, exemplars, the learnt combination, thresholds, what is
caught, and the figures of the guarded system, from the files that it writes.

    guard_against_peers.py --program build/niwaki

Ends with 77 (left out) where one of them is not there.
"""
import argparse
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

LEFT_OUT = 77
try:
    import numpy as np
    from scipy.stats import rankdata
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.metrics import average_precision_score, roc_curve
except ImportError as error:
    print(f"left out: {error}")
    sys.exit(LEFT_OUT)

CLASSES = [f"class {i}" for i in range(9)]
RATES = [0.05, 0.1, 0.3]


def logit(p):
    p = np.clip(p.astype(float), 2.0**-23, 1 - 2.0**-23)
    return np.log(p / (1 - p))


def spearman(a, b):
    a, b = (x - x.mean(1, keepdims=True) for x in (rankdata(a, axis=1), rankdata(b, axis=1)))
    return (a * b).sum(1) / np.sqrt((a * a).sum(1) * (b * b).sum(1))


def make_part(folder, name, images, random):
    """Labels, and tables of two seeds; their logits by (seed, sparsity)."""
    truth = (random.random((images, len(CLASSES))) < np.linspace(0.1, 0.5, len(CLASSES))).astype(int)
    with open(folder / f"{name}.csv", "w") as file:
        file.write(",".join(["id", "patient_id", *CLASSES]) + "\n")
        for i, row in enumerate(truth):
            file.write(",".join([f"{name}{i}", f"{name}p{i // 2}", *map(str, row)]) + "\n")
    tables, lines = {}, ["method,seed,sparsity,path"]
    for seed in (0, 1):
        dense = 1.5 * truth + random.standard_normal(truth.shape) - 1
        second = 0.8 * dense + 0.4 * random.standard_normal(truth.shape)
        mixing = np.eye(len(CLASSES)) * 0.5 + 0.15 * np.random.default_rng(seed).standard_normal((len(CLASSES),) * 2)
        pruned = second @ mixing + 0.5 * random.standard_normal(truth.shape)
        for sparsity, values in ((0, dense), (0.8, second), (0.9, pruned)):
            tables[seed, sparsity] = (1 / (1 + np.exp(-values))).astype(np.float32)
            np.save(folder / f"{name}-{seed}-{sparsity}.npy", tables[seed, sparsity])
            lines.append(f"l1,{seed},{sparsity},{name}-{seed}-{sparsity}.npy")
    (folder / f"{name}-scores.csv").write_text("\n".join(lines) + "\n")
    return truth, tables


def lowest(correlations, fraction=0.05):
    chosen = np.zeros(len(correlations), int)
    chosen[np.argsort(correlations, kind="stable")[:int(np.floor(fraction * len(correlations)))]] = 1
    return chosen


def foretold(inputs, dense, chosen, at):
    mean, deviation = inputs[chosen].mean(0), inputs[chosen].std(0)
    model = Ridge(alpha=0.003 * len(chosen), solver="cholesky").fit((inputs[chosen] - mean) / deviation, dense[chosen])
    return model.predict((at - mean) / deviation)


def youden(truth, scores):
    false, true, thresholds = roc_curve(truth, scores, drop_intermediate=False)
    return thresholds[np.argmax(np.round(true - false, 12))]


def check_seed(result, rows, seed, calibration, test):
    (truth, tables), guard = calibration, result["guards"][seed]
    points = np.array([youden(truth[:, c], tables[seed, 0][:, c]) for c in range(len(CLASSES))])
    assert np.allclose(points, guard["operating_points"], atol=1e-7), "operating points"
    mine = {part: [row for row in rows if row["part"] == part and row["seed"] == str(seed)] for part in
            ("calibration", "test")}
    column = {part: lambda name, part=part: np.array([float(row[name]) for row in mine[part]]) for part in mine}
    for part, (_, of) in (("calibration", calibration), ("test", test)):
        exemplars = lowest(spearman(of[seed, 0], of[seed, 0.9]))
        assert (column[part]("exemplar_of_seed") == exemplars).all(), "exemplars of the seed"
        averaged = [np.mean([of[k, s].astype(float) for k in (0, 1)], axis=0) for s in (0, 0.9)]
        assert (column[part]("exemplar") == lowest(spearman(*averaged))).all(), "exemplars"
        changed = ((of[seed, 0] >= points) != (of[seed, 0.9] >= points)).any(1)
        assert (column[part]("changed_calls") == changed).all(), "changed calls"
    x, z = logit(tables[seed, 0.9]), logit(test[1][seed, 0.9])
    p = test[1][seed, 0.9].astype(float)
    away = (z - logit(points.astype(np.float32))) / x.std(0)
    everyone = np.arange(len(x))
    dense = logit(tables[seed, 0])
    told = foretold(x, dense, everyone, z)
    both = foretold(np.hstack([x, logit(tables[seed, 0.8])]), dense, everyone,
                    np.hstack([z, logit(test[1][seed, 0.8])]))
    rare = [CLASSES.index(name) for name in result["rarest"]]
    assert rare == list(np.argsort(truth.sum(0), kind="stable")[:3]), "rarest"
    expected = {
        "margin": -np.abs(away).min(1), "entropy": -(p * np.log(p) + (1 - p) * np.log(1 - p)).sum(1),
        "tail": away[:, rare].max(1),
        "order": 1 - spearman(p, np.tile(rankdata(tables[seed, 0.9], axis=1).sum(0), (len(p), 1))),
        "foretold": 1 - spearman(p, told), "second-foretold": 1 - spearman(p, both),
        "second-order": 1 - spearman(p, test[1][seed, 0.8]),
        "second-logit": np.abs(z - logit(test[1][seed, 0.8])).max(1),
        "second-calls": ((p >= points) != (test[1][seed, 0.8] >= points)).sum(1),
        "faultless": 1 - spearman(p, test[1][seed, 0])}
    for name, values in expected.items():
        assert np.allclose(column["test"](name), values, atol=1e-5), (name, np.abs(column["test"](name) - values).max())
    for name, combination in guard["combinations"].items():
        inputs = {part: np.column_stack([column[part](of) for of in combination["columns"]]) for part in mine}
        mean, deviation = inputs["calibration"].mean(0), inputs["calibration"].std(0)
        peer = LogisticRegression(C=1.0, tol=1e-12, max_iter=10000).fit(
            (inputs["calibration"] - mean) / deviation, column["calibration"]("exemplar_of_seed"))
        assert np.allclose(peer.coef_[0], combination["coefficients"], atol=1e-4), (name, peer.coef_[0], combination)
        assert np.allclose(peer.intercept_, combination["intercept"], atol=1e-4), name
        assert np.allclose(peer.decision_function((inputs["test"] - mean) / deviation), column["test"](name), atol=1e-3)
    return both, column


def check_points(result, columns, test):
    for signal in result["signals"]:
        for point in signal["rates"]:
            caught, deferred = [], []
            for seed, column in enumerate(columns):
                values = column["calibration"](signal["name"])
                most = int(np.floor(point["rate"] * len(values) + 1e-9))
                fitting = [v for v in np.unique(values) if (values >= v).sum() <= most]
                threshold = min(fitting) if fitting else np.inf
                assert point["thresholds"][seed] == (threshold if fitting else None), (signal["name"], point["rate"])
                goes = column["test"](signal["name"]) >= threshold
                deferred.append(goes.mean())
                caught.append(goes[column["test"]("exemplar_of_seed") == 1].mean())
            assert np.isclose(point["deferred"]["mean"], np.mean(deferred)), signal["name"]
            assert np.isclose(point["exemplars_of_seed"]["mean"], np.mean(caught)), signal["name"]


def check_classes(result, columns, kept, test, folder):
    truth, tables = test
    for rate, value in enumerate(RATES):
        guarded = []
        for seed, column in enumerate(columns):
            point = result["signals"][[s["name"] for s in result["signals"]].index("second-foretold")]["rates"][rate]
            goes = column["test"]("second-foretold") >= (point["thresholds"][seed] or np.inf)
            expected = np.where(goes[:, None], tables[seed, 0], 1 / (1 + np.exp(-kept[seed])))
            written = np.load(folder / f"out/scores/guard-{value:.2f}/seed-{seed}.npy")
            assert np.allclose(written, expected, atol=1e-6), "guarded scores"
            guarded.append(written)
        for c, of in enumerate(result["classes"]):
            ap = np.mean([average_precision_score(truth[:, c], scores[:, c]) for scores in guarded])
            assert np.isclose(of["ap"]["guarded"][rate + 1]["value"], ap, atol=1e-9), of["name"]
            points = [guard["operating_points"][c] for guard in result["guards"]]
            found = [(s[truth[:, c] == 1, c] >= t).mean() for s, t in zip(guarded, points)]
            assert np.isclose(of["sensitivity"]["guarded"][rate + 1]["value"], np.mean(found)), of["name"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    program = Path(parser.parse_args().program).resolve()
    random = np.random.default_rng(7)
    with tempfile.TemporaryDirectory(prefix="niwaki-guard-") as name:
        folder = Path(name)
        calibration, test = make_part(folder, "c", 400, random), make_part(folder, "t", 500, random)
        subprocess.run([program, "guard", "--labels", folder / "t.csv", "--scores", folder / "t-scores.csv",
                        "--calibration-labels", folder / "c.csv", "--calibration-scores", folder / "c-scores.csv",
                        "--second-sparsity", "0.8", "--signal", "second-foretold", "--bootstrap", "200", "--rates",
                        ",".join(map(str, RATES)), "--out", folder / "out", "--quiet"], check=True,
                       stdout=subprocess.DEVNULL)
        result = json.loads((folder / "out/guard.json").read_text())
        with open(folder / "out/images.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        checked = [check_seed(result, rows, seed, calibration, test) for seed in (0, 1)]
        columns = [column for _, column in checked]
        check_points(result, columns, test)
        check_classes(result, columns, [kept for kept, _ in checked], test, folder)
    print("signals, exemplars, combinations, thresholds and figures are those of NumPy, SciPy and scikit-learn")


if __name__ == "__main__":
    main()
