"""The report's page of a large study: how long it takes to make after the audit, how large it is, how soon it can be used."""

import json
import pathlib
import shutil
import subprocess
import sys

import report

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "end_to_end"))

from page_documents import write_grid  # noqa: E402

CLASSES, SEEDS, METHODS, IMAGES = 40, 30, ("l1", "random", "variance"), 2000
SPARSITIES = [round(0.05 * i, 2) for i in range(1, 20)]  # and the dense network
OPENINGS = 5


def answer(command):
    done = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return json.loads(done.stdout)


def measure(options, work):
    seeds = 3 if options.quick else SEEDS
    folder = work / "page"
    write_grid(folder, classes=[f"Finding {i + 1}" for i in range(CLASSES)], images=IMAGES, methods=METHODS, seeds=seeds,
               sparsities=SPARSITIES, sites=("north", "south"))
    made = answer([options.build / "niwaki_bench_page", folder, "--rounds", options.rounds, "--threads", options.threads])
    browser = shutil.which("chromium")
    opened = answer(["node", HERE / "page_open.mjs", options.build / "tests" / "web", browser, folder / "report.html",
                     OPENINGS]) if browser else None
    return {"classes": CLASSES, "seeds": seeds, "sparsities": len(SPARSITIES) + 1, "methods": len(METHODS), "made": made,
            "opened": opened}


def table(result):
    made, opened = result["made"], result["opened"]
    rows = [["made after the audit", f"{made['seconds']:.2f} s", "2 s"], ["file", f"{made['bytes'] / 1e6:.2f} MB", "6 MB"]]
    if opened:
        rows += [["first content painted", f"{opened['painted'] / 1e3:.2f} s", ""],
                 ["drawn and idle", f"{opened['usable'] / 1e3:.2f} s", "1 s"],
                 ["longest task until then", f"{opened['longest'] / 1e3:.2f} s", ""],
                 ["a table sorted", f"{opened['sorted']} ms", ""], ["switched to Japanese", f"{opened['switched']} ms", ""]]
    return (f"A page of {result['classes']} classes, {result['seeds']} seeds, {result['sparsities']} sparsities and "
            f"{result['methods']} methods, with {made['pictures']} exemplars' pictures; medians"
            f"{', Chromium ' + opened['browser'] if opened else ''}.\n{report.machine_line(result['machine'])}\n\n"
            f"{report.markdown(['the page', 'measured', 'asked for'], rows)}")
