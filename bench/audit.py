"""Seconds of a whole `niwaki audit`, reading and writing included, against the same figures from scikit-learn."""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import other_programs
import report

HERE = pathlib.Path(__file__).resolve().parent
PEER = HERE / "peers" / "audit_peer.py"
DRAWN_GRID = HERE / "peers" / "audit_grid.py"
SHARED = pathlib.Path(os.environ.get("NIWAKI_SHARED", HERE.parent.parent / "shared")) / "reference"
PYTHON = "/usr/bin/python3"
SEEDS, MANY_SEEDS, QUICK_IMAGES = 5, 30, 3000
ROUNDS = 5
RUNS = 5  # of ours in each round: it takes a seventh of a second, so that anything disturbs it
TOLERANCE = 1e-9


def make_grid(out, seeds, images):
    """Of real logits where the folder of real data holds them, else drawn; answers which."""
    real = SHARED / "make_score_grid.py"
    script = real if real.exists() else DRAWN_GRID
    command = [PYTHON, script, out, "--seeds", seeds] + (["--images", images] if images else [])
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    return "real" if script == real else "drawn"


def timed(command):
    """Wall seconds, processor seconds and peak MiB of the process, and the processors busy with others meanwhile."""
    begin, busy = time.perf_counter(), other_programs.busy_seconds()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{pathlib.Path(command[0]).name} ended with {process.returncode}")
    processor = used.ru_utime + used.ru_stime
    others = max(0.0, (other_programs.busy_seconds() - busy - processor) / seconds)
    return {"seconds": seconds, "processor": processor, "peak_mib": used.ru_maxrss / 1024, "others": others}


def timed_again(command, runs):
    """The median of each figure over several runs; of how busy others were, the most."""
    each = [timed(command) for _ in range(runs)]
    return {name: (max if name == "others" else statistics.median)(one[name] for one in each) for name in each[0]}


def our_command(options, grid, out, threads):
    return [options.build / "niwaki", "audit", "--labels", grid / "labels.csv", "--scores", grid / "scores.csv",
            "--train-counts", grid / "train_counts.csv", "--threads", threads, "--quiet", "--out", out]


def check_agreement(audit, peer):
    """Two programs that answer differently are not compared."""
    method = next(iter(json.loads(audit.read_text())["methods"].values()))
    wanted = json.loads(peer.read_text())
    figures = [[point[name] for name in ("ap", "auroc", "f1")] for point in method["macro"]]
    figures += [entry["delta_ap"] for entry in method["classes"]]
    expected = wanted["macro"] + wanted["delta_ap"]
    apart = max(abs(a - b) for ours, theirs in zip(figures, expected, strict=True) for a, b in zip(ours, theirs, strict=True))
    if apart > TOLERANCE or method["exemplars"]["rows"] != wanted["rows"]:
        raise SystemExit(f"audit: the two programs differ, by {apart:.1e} or in their exemplars")
    return apart


def measure(options, work):
    images = QUICK_IMAGES if options.quick else 0
    kind = make_grid(work / "grid", SEEDS, images)
    peer = [PYTHON, PEER, "--grid", work / "grid", "--out", work / "peer.json"]
    ours = {"one": our_command(options, work / "grid", work / "one", 1),
            "ours": our_command(options, work / "grid", work / "ours", options.threads)}
    commands = {"peer": peer}
    if (SHARED / "reference_audit.py").exists():
        grid = work / "grid"
        commands["reference"] = [PYTHON, SHARED / "reference_audit.py", "--labels", grid / "labels.csv", "--scores",
                                 grid / "scores.csv", "--train-counts", grid / "train_counts.csv", "--out", work / "r.json"]
    rounds = []
    for index in range(1 if options.quick else ROUNDS):
        if not options.quick:
            other_programs.wait_until_quiet()
        rounds.append({**{name: timed_again(command, RUNS) for name, command in ours.items()},
                       **{name: timed(command) for name, command in commands.items()}})
        print(f"audit: round {index + 1}", file=sys.stderr)
    result = {"grid": kind, "seeds": SEEDS, "images": images or 25596, "rounds": rounds,
              "largest_difference": check_agreement(work / "ours" / "audit.json", work / "peer.json")}
    if not options.quick:
        make_grid(work / "many", MANY_SEEDS, images)
        other_programs.wait_until_quiet()
        command = our_command(options, work / "many", work / "many-out", options.threads)
        result["many"] = [timed(command) for _ in range(3)]
    return result


def disturbed(result):
    """What others kept busy of the processors while ours ran, the median over rounds."""
    others = statistics.median(one["ours"].get("others", 0.0) for one in result["rounds"])
    return f" Other programs kept {others:.1f} processors busy meanwhile." if others > other_programs.QUIET else ""


def median(result, name, figure="seconds"):
    return statistics.median(one[name][figure] for one in result["rounds"])


def row(result, name, words, base):
    ratios = sorted(one[base]["seconds"] / one[name]["seconds"] for one in result["rounds"])
    return [words, f"{median(result, name):.3f}", f"{median(result, name, 'processor'):.2f}",
            f"{median(result, name, 'peak_mib'):.0f}", f"**{median(result, base) / median(result, name):.0f}**",
            f"{ratios[0]:.0f} to {ratios[-1]:.0f}"]


def table(result):
    threads = result["machine"]["threads"]
    rows = [row(result, "ours", f"`niwaki audit`, {threads} threads", "peer"),
            row(result, "one", "`niwaki audit`, 1 thread", "peer"),
            row(result, "peer", "pandas, SciPy, scikit-learn", "peer")]
    if "reference" in result["rounds"][0]:
        rows.append(row(result, "reference", "the reference that the audit is held to", "peer"))
    if "many" in result:
        many = result["many"]
        rows.append([f"`niwaki audit`, {threads} threads, {MANY_SEEDS} seeds",
                     *(f"{statistics.median(one[name] for one in many):.{digits}f}"
                       for name, digits in (("seconds", 3), ("processor", 2), ("peak_mib", 0))), "", ""])
    header = ["Whole process", "seconds", "processor seconds", "peak MiB", "times as fast", "by round"]
    return (
        f"{result['seeds']} seeds x 20 sparsities x {result['images']} images x 14 classes ({result['grid']} scores), "
        f"medians of {len(result['rounds'])} rounds (ours: {RUNS} runs in each, their median); the largest difference "
        f"between the two programs' figures is {result['largest_difference']:.0e}.\n"
        f"{report.machine_line(result['machine'])}{disturbed(result)}\n\n{report.markdown(header, rows)}"
    )
