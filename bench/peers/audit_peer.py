"""The peer of `niwaki audit`: its first figures written plainly with pandas, SciPy and scikit-learn. bench/run calls it.

    audit_peer.py --grid DIR --out peer.json

AP, AUROC and F1 of every table and class, medians over seeds, relative change of AP, first drop, frequency and
co-occurrence correlations, and the exemplars. It has less to do than ours: no calibration, no images.csv, no tables.
"""

import argparse
import json
import pathlib

import numpy
import pandas
from scipy.stats import pearsonr, rankdata, spearmanr
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

EXEMPLAR_SPARSITY, EXEMPLAR_FRACTION, DROP = 0.90, 0.05, 0.20


def correlations(x, y):
    return [*pearsonr(x, y), *spearmanr(x, y)]


def measure_tables(manifest, folder, labels):
    """{(sparsity, seed): [AP, AUROC, F1], each a class}, and for each sparsity the mean of its scores."""
    seeds = manifest["seed"].nunique()
    figures, means = {}, {}
    for row in manifest.itertuples():
        scores = numpy.load(folder / row.path)
        figures[row.sparsity, row.seed] = numpy.array([
            average_precision_score(labels, scores, average=None),
            roc_auc_score(labels, scores, average=None),
            f1_score(labels, scores >= 0.5, average=None, zero_division=0),
        ])
        means[row.sparsity] = means.get(row.sparsity, 0) + scores.astype(numpy.float64) / seeds
    return figures, means


def row_spearman(a, b):
    ranks = [rankdata(rows, axis=1) for rows in (a, b)]
    left, right = (rank - rank.mean(axis=1, keepdims=True) for rank in ranks)
    return (left * right).sum(1) / numpy.sqrt((left**2).sum(1) * (right**2).sum(1))


def compare_pairs(labels, change):
    together = labels.T @ labels
    count = numpy.diag(together)
    a, b = numpy.triu_indices(len(count), 1)
    distance = numpy.linalg.norm(change[:, a] - change[:, b], axis=0)
    gap = abs(numpy.log(count[a]) - numpy.log(count[b]))
    overlap = together[a, b] / (count[a] + count[b] - together[a, b])
    return [correlations(gap, distance), correlations(overlap**0.25, distance)]


def find_exemplars(means):
    rho = row_spearman(means[0.0], means[EXEMPLAR_SPARSITY])
    order = numpy.lexsort((numpy.arange(len(rho)), rho))
    return sorted(int(row) for row in order[: int(EXEMPLAR_FRACTION * len(rho))])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--grid", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    counts = dict(pandas.read_csv(options.grid / "train_counts.csv").itertuples(index=False))
    labels = pandas.read_csv(options.grid / "labels.csv")[list(counts)].to_numpy()
    manifest = pandas.read_csv(options.grid / "scores.csv")
    figures, means = measure_tables(manifest, options.grid, labels)

    sparsities, seeds = sorted(manifest["sparsity"].unique()), sorted(manifest["seed"].unique())
    cube = numpy.array([[figures[sparsity, seed] for sparsity in sparsities] for seed in seeds])
    ap = cube[:, :, 0]
    change = numpy.median((ap[:, 1:] - ap[:, :1]) / (ap[:, :1] + 1e-12), axis=0)
    dropped = [next((s for s, value in zip(sparsities[1:], curve) if value < -DROP), None) for curve in change.T]
    frequency = numpy.log(list(counts.values()))
    answer = {
        "macro": numpy.median(cube.mean(axis=3), axis=0).tolist(),
        "delta_ap": change.T.tolist(),
        "first_drop": dropped,
        "frequency": correlations(change[-1], frequency),
        "pairs": compare_pairs(labels, change),
        "rows": find_exemplars(means),
    }
    options.out.write_text(json.dumps(answer))


if __name__ == "__main__":
    main()
