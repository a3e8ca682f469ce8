"""A score grid of the size of a published study, for bench/audit.py where no real one is there.

    audit_grid.py OUT [--seeds 5] [--images 25596]

Writes labels.csv, train_counts.csv, scores.csv and METHOD/seed-S/sparsity-0.XX.npy: 14 classes as frequent as those of
NIH ChestX-ray14, 20 sparsities; logits drawn from labels and noise, and worn away by pruning, rare classes first.
The same bytes each time.
"""

import argparse
import pathlib

import numpy
import pandas

# Positive images of 25,596, and names that say nothing.
POSITIVES = [3279, 1069, 4658, 6112, 1748, 1623, 555, 2665, 1815, 925, 1093, 435, 1143, 86]
CLASSES = [f"finding {chr(ord('a') + i)}" for i in range(len(POSITIVES))]
SPARSITIES = [step * 5 / 100 for step in range(20)]


def draw_labels(images, random):
    share = numpy.array(POSITIVES) / 25596
    labels = (random.random((images, len(share))) < share).astype(int)
    labels[: len(share)] = numpy.eye(len(share), dtype=int)  # none is without a positive image
    return labels


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--images", type=int, default=25596)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    random = numpy.random.default_rng(1)
    labels = draw_labels(options.images, random)
    table = pandas.DataFrame(labels, columns=CLASSES)
    table.insert(0, "patient_id", numpy.arange(options.images) // 9)
    table.insert(0, "id", [f"image-{i:05d}" for i in range(options.images)])
    table.to_csv(options.out / "labels.csv", index=False)
    pandas.DataFrame({"class": CLASSES, "positives": [3 * count for count in POSITIVES]}).to_csv(
        options.out / "train_counts.csv", index=False)

    rarity = 1 - numpy.log(POSITIVES) / numpy.log(max(POSITIVES))
    rows = []
    for seed in range(options.seeds):
        random = numpy.random.default_rng(1000 + seed)
        logits = -3.0 + 1.6 * labels + random.standard_normal(labels.shape)
        noise = random.standard_normal(labels.shape)
        for sparsity in SPARSITIES:
            worn = 0.0 if sparsity == 0 else 1 / (1 + numpy.exp(-(sparsity - 0.9 + rarity) / 0.05))
            value = (1 - worn) * logits + worn * (-3.0 + 0.8 * noise)
            path = pathlib.Path("l1") / f"seed-{seed}" / f"sparsity-{sparsity:.2f}.npy"
            (options.out / path).parent.mkdir(parents=True, exist_ok=True)
            numpy.save(options.out / path, (1 / (1 + numpy.exp(-value))).astype(numpy.float32))
            rows.append(("l1", seed, f"{sparsity:.2f}", path.as_posix()))
    pandas.DataFrame(rows, columns=["method", "seed", "sparsity", "path"]).to_csv(
        options.out / "scores.csv", index=False)


if __name__ == "__main__":
    main()
