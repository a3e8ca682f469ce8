"""The audit's bootstrap, AP and AUROC of every class over resamples of the patients: ours against NumPy's."""

import csv
import json
import os
import pathlib
import statistics
import subprocess
import sys

import numpy

import report

PEER = pathlib.Path(__file__).parent / "peers" / "bootstrap_peer.py"
RESAMPLES, TABLES = 2000, 5
PEER_RESAMPLES = {"resort": 20, "weigh": 100}  # that a peer is timed on; the table says what it would take for all
QUICK_RESAMPLES = 4
INSTRUCTION_SETS = ["baseline", "avx2", "avx512"]
LARGEST_DIFFERENCE = 1e-6
# A synthetic grid of the same size, where the real one is not there.
IMAGES, PATIENTS, CLASSES = 25596, 2797, 14


def shared_folder():
    given = os.environ.get("NIWAKI_SHARED")
    return pathlib.Path(given) if given else pathlib.Path(__file__).resolve().parents[2] / "shared"


def real_grid(work):
    """Scores [tables, images, classes], labels [classes, images], patients [images]; None where the data are not there."""
    script = shared_folder() / "reference" / "make_score_grid.py"
    if not script.is_file():
        return None
    grid = work / "grid"
    subprocess.run([sys.executable, script, grid, "--seeds", str(TABLES)], stdout=subprocess.DEVNULL, check=True)
    with open(grid / "labels.csv", newline="") as file:
        rows = list(csv.reader(file))[1:]
    numbers = {}
    patients = numpy.array([numbers.setdefault(row[1], len(numbers)) for row in rows], dtype=numpy.uint32)
    labels = numpy.array([row[2:] for row in rows], dtype=numpy.int8)
    scores = [numpy.load(grid / "l1" / f"seed-{seed}" / "sparsity-0.00.npy") for seed in range(TABLES)]
    return numpy.stack(scores), numpy.ascontiguousarray(labels.T), patients


def synthetic_grid():
    random = numpy.random.default_rng(1)
    patients = numpy.concatenate([numpy.arange(PATIENTS), random.integers(PATIENTS, size=IMAGES - PATIENTS)])
    prevalence = numpy.geomspace(0.003, 0.24, CLASSES)
    labels = random.random((CLASSES, IMAGES)) < prevalence[:, None]
    logits = random.standard_normal((TABLES, IMAGES, CLASSES)) + 1.5 * labels.T - 2
    return (1 / (1 + numpy.exp(-logits))).astype(numpy.float32), labels.astype(numpy.int8), patients.astype(numpy.uint32)


def write_data(work):
    """The file that both programs read, and the options that say its sizes."""
    grid = real_grid(work)
    scores, labels, patients = grid or synthetic_grid()
    path = work / "bootstrap.data"
    with open(path, "wb") as file:
        for array in (scores, labels, patients):
            array.tofile(file)
    sizes = {"images": len(patients), "patients": int(patients.max()) + 1, "classes": len(labels), "tables": len(scores)}
    return path, sizes, "real" if grid else "synthetic"


def call(command, **extra):
    """What a program says. Settings of OpenBLAS are for other programs than NumPy here."""
    kept = {name: value for name, value in os.environ.items() if name not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    kept.pop("NIWAKI_ISA", None)
    done = subprocess.run([str(part) for part in command], env={**kept, **extra}, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout) if done.stdout else None


def peer_call(common, work, way, count, ours):
    """Seconds of the peer, and by how much its figures differ from ours."""
    weights, mine, theirs = (work / name for name in ("weights", "ours", "theirs"))
    call([*ours, "--dump", count, "--weights", weights, "--figures", mine])
    answer = call([sys.executable, PEER, *common, "--way", way, "--weights", weights, "--figures", theirs])
    expected, found = numpy.fromfile(mine), numpy.fromfile(theirs)
    if len(expected) != len(found) or not numpy.isfinite(expected).all():
        raise SystemExit(f"bootstrap: {len(expected)} figures of ours, {len(found)} of NumPy's, or some that are none")
    difference = float(numpy.abs(expected - found).max())
    if not difference <= LARGEST_DIFFERENCE:
        raise SystemExit(f"bootstrap: figures differ by {difference:g} from NumPy's ({way})")
    return {**answer, "figures": len(expected), "largest_difference": difference}


def for_all(answer):
    """What all resamples would take."""
    return answer["sorting"] + RESAMPLES * statistics.median(answer["seconds"])


def has(instruction_set):
    known = {"older than AVX2": 1, "AVX2": 2, "AVX-512": 3}[report.vector_instructions()]
    return INSTRUCTION_SETS.index(instruction_set) < known


def measure(options, work):
    path, sizes, grid = write_data(work)
    common = ["--data", path, *(part for name, size in sizes.items() for part in (f"--{name}", size))]
    ours = [options.build / "niwaki_bench_bootstrap", *common, "--resamples", RESAMPLES]
    rounds = {"ours": [], "one_thread": [], "resort": [], "weigh": []}
    sets = {name: [] for name in INSTRUCTION_SETS if has(name)}
    for number in range(1 if options.quick else options.rounds):
        rounds["ours"].append(call([*ours, "--rounds", 1, "--threads", options.threads]))
        for name, answers in sets.items():
            answers.append(call([*ours, "--rounds", 1, "--threads", 1], NIWAKI_ISA=name))
        rounds["one_thread"].append(list(sets.values())[-1][-1])  # the widest
        for way, count in PEER_RESAMPLES.items():
            count = QUICK_RESAMPLES if options.quick else count
            rounds[way].append(peer_call(common, work, way, count, ours))
        print(f"bootstrap: round {number + 1}", file=sys.stderr)
    peers = [answer for way in PEER_RESAMPLES for answer in rounds[way]]
    return {
        **sizes,
        "grid": grid,
        "resamples": RESAMPLES,
        "peer_resamples": {way: len(rounds[way][0]["seconds"]) for way in PEER_RESAMPLES},
        "numpy": peers[0]["numpy"],
        "figures_compared": sum(answer["figures"] for answer in peers),
        "largest_difference": max(answer["largest_difference"] for answer in peers),
        "seconds": {
            **{name: [answer["seconds"][0] for answer in rounds[name]] for name in ("ours", "one_thread")},
            **{way: [for_all(answer) for answer in rounds[way]] for way in PEER_RESAMPLES},
        },
        "parts_one_thread": {
            name: [answer[name][0] for answer in rounds["one_thread"]] for name in ("drawing", "sorting", "evaluating")
        },
        "evaluating_by_instruction_set": {
            name: [answer["evaluating"][0] for answer in answers] for name, answers in sets.items()
        },
    }


def spread(seconds):
    return f"{statistics.median(seconds):.2f} ({min(seconds):.2f} to {max(seconds):.2f})"


def speed_table(result):
    seconds, threads = result["seconds"], result["machine"]["threads"]
    timed = result["peer_resamples"]
    single = statistics.median(seconds["one_thread"])
    lines = [
        (f"Niwaki, {threads} threads", "ours"),
        ("Niwaki, 1 thread", "one_thread"),
        (f"NumPy, sorting each resample (timed on {timed['resort']}, scaled)", "resort"),
        (f"NumPy, sorting once and weighing (timed on {timed['weigh']}, scaled)", "weigh"),
    ]
    rows = [[text, spread(seconds[name]), f"{statistics.median(seconds[name]) / single:.1f}"] for text, name in lines]
    return report.markdown(["", "seconds, median (range)", "times Niwaki's 1 thread"], rows)


def kernel_table(result):
    cells = result["images"] * result["classes"] * result["tables"] * result["resamples"]
    rows = []
    for name, seconds in result["evaluating_by_instruction_set"].items():
        median = statistics.median(seconds)
        rows.append([f"`NIWAKI_ISA={name}`", spread(seconds), f"{cells / median / 1e9:.2f}"])
    return report.markdown(["kernel, 1 thread", "seconds, median (range)", "billion weighted images a second"], rows)


def table(result):
    parts = {name: statistics.median(seconds) for name, seconds in result["parts_one_thread"].items()}
    rounds = len(result["seconds"]["ours"])
    return (
        f"{result['resamples']:,} resamples of {result['patients']:,} patients ({result['images']:,} images), AP and AUROC "
        f"of {result['classes']} classes in {result['tables']} tables, {result['grid']} scores; {rounds} "
        f"round{'' if rounds == 1 else 's'}. NumPy {result['numpy']}, 1 thread.\n"
        f"{report.machine_line(result['machine'])}\n\n{speed_table(result)}\n\n"
        f"With 1 thread, {parts['drawing']:.2f} s are drawing patients, {parts['sorting']:.2f} s sorting and "
        f"{parts['evaluating']:.2f} s the kernel. Largest difference from NumPy on the same resamples: "
        f"{result['largest_difference']:.1g} ({result['figures_compared']:,} figures).\n\n{kernel_table(result)}"
    )
