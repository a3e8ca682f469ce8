"""Score grids whose report pages the browser tests look at: many classes and one, hostile names, sites, no bootstrap."""
import csv

import numpy as np

HOSTILE_CLASSES = ["</script><script>window.broken=1</script>", "\"'><img src=x onerror=\"window.broken=1\">",
                   "\u202eright to left \u05d0\u05d1", "\U0001f9e0 emoji, with a comma", "{method} & <b>bold</b>", "=1+1", "__proto__"]
HOSTILE_TITLE = "</title><script>window.broken=1</script> \u202e\u05d0"


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def write_grid(folder, *, classes, images=400, methods=("l1",), seeds=1, sparsities=(0.5, 0.9), sites=(), identifier="image-{}.png"):
    """labels.csv, scores/manifest.csv and counts.csv in `folder`; what is pruned away grows with sparsity and rarity."""
    rng = np.random.default_rng(len(classes) * 1000 + images)
    frequency = np.geomspace(0.35, 0.03, len(classes)) if len(classes) > 1 else np.array([0.3])
    labels = rng.random((images, len(classes))) < frequency
    labels[: 3 * len(classes)] |= np.arange(3 * len(classes))[:, None] % len(classes) == np.arange(len(classes))
    (folder / "scores").mkdir(parents=True)
    with open(folder / "labels.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["id", "patient_id", *(["site"] if sites else []), *classes])
        for i, row in enumerate(labels):
            table.writerow([identifier.format(i), f"p{i // 2}", *([sites[i // 2 % len(sites)]] if sites else []), *map(int, row)])
    with open(folder / "counts.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["class", "positives"], *zip(classes, (frequency * 4000).astype(int))])
    with open(folder / "scores/manifest.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["method", "seed", "sparsity", "path"])
        for seed in range(seeds):
            signal = 4.0 * labels - 2.0 + rng.normal(0, 1.2, labels.shape)
            for m, method in enumerate(methods):
                for s, sparsity in enumerate((0.0, *sparsities)):
                    if sparsity == 0 and m > 0:
                        continue
                    kept = 1 - sparsity ** (6 - 2 * m) * (0.5 + 0.5 * np.linspace(0, 1, len(classes)))
                    noise = rng.normal(0, 0.2 + 1.5 * (1 - kept), labels.shape) if sparsity else 0
                    path = f"s-{seed}-{m}-{s}.npy"
                    np.save(folder / "scores" / path, sigmoid(kept * signal + noise).astype(np.float32))
                    table.writerow([method, seed, sparsity, path])


def make_documents(folder, niwaki):
    """DIR/report.html and DIR/audit.json for each kind of study under `folder`; `niwaki` runs the program."""
    kinds = {
        "forty": ({"classes": [f"Finding {i + 1}" for i in range(40)], "images": 900, "methods": ("l1", "random"), "seeds": 3,
                   "sparsities": (0.3, 0.5, 0.7, 0.8, 0.9, 0.95), "sites": ("north", "south")},
                  ["--bootstrap", "300", "--strata-by", "site"]),
        "one": ({"classes": ["Nodule"], "images": 120, "sparsities": (0.5, 0.9)}, []),
        "hostile": ({"classes": HOSTILE_CLASSES, "methods": ("<i>l1</i>", "\"random\""), "seeds": 2,
                     "sites": ("<s>a</s>", "b\"'"), "identifier": "<svg onload='window.broken=1'>{}.png"},
                    ["--bootstrap", "200", "--strata-by", "site", "--title", HOSTILE_TITLE]),
    }
    for name, (grid, options) in kinds.items():
        where = folder / name
        write_grid(where, **grid)
        niwaki("audit", "--labels", where / "labels.csv", "--scores", where / "scores/manifest.csv", "--train-counts",
               where / "counts.csv", "--out", where, "--report", *options)
