"""Training images a second: train_network against the same loop in PyTorch, the programs taking turns."""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import other_programs
import report

PEER = pathlib.Path(__file__).parent / "peers" / "train_peer.py"
# Network, pictures of an epoch, and the same for --quick.
CASES = [("resnet-small", 1024, 512), ("resnet18", 256, 128)]
SIZE, BATCH = 64, 64
EPOCHS = 3  # the first warms up and is not counted
VARIANTS = {
    "peer": ["--channels-last"],
    "peer short spin": ["--channels-last"],
    "peer short spin, usual order": [],
}
USUAL_SPIN = {"peer"}  # OpenMP as it is unless told otherwise; best on a machine of one's own


TRIES = 3  # times the number of rounds, to find quiet ones


def call_watched(command, usual_spin):
    """What the command says, and how many processors other programs kept busy meanwhile."""
    begin, busy, own = time.perf_counter(), other_programs.busy_seconds(), other_programs.children_seconds()
    answer = json.loads(call(command, usual_spin))
    others = (other_programs.busy_seconds() - busy) - (other_programs.children_seconds() - own)
    return answer, max(0.0, others / (time.perf_counter() - begin))


def call(command, usual_spin=False):
    own = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
    environment = {name: value for name, value in os.environ.items() if name not in own}
    if not usual_spin:
        environment["GOMP_SPINCOUNT"] = "2000"  # what niwaki sets for itself (src/niwaki/cli/process.hpp)
    done = subprocess.run([str(part) for part in command], env=environment, stdout=subprocess.PIPE, check=True)
    return done.stdout


def measure_case(options, work, network, images):
    common = ["--architecture", network, "--size", SIZE, "--images", images, "--batch", BATCH]
    common += ["--epochs", EPOCHS, "--threads", options.threads]
    ours = [options.build / "niwaki_bench_train", *common]
    data = work / f"{network}.data"
    call([*ours, "--write-data", data])
    wanted = 1 if options.quick else options.rounds
    rounds = []
    while len(rounds) < TRIES * wanted and sum(quiet(one) for one in rounds) < wanted:
        if not options.quick:
            other_programs.wait_until_quiet()
        # A folder of its own, so that no checkpoint is found.
        commands = {"ours": [*ours, "--work", work / f"{network}-{len(rounds)}"]}
        for name, flags in VARIANTS.items():
            commands[name] = ["/usr/bin/python3", PEER, *common, "--data", data, *flags]
        rounds.append({name: call_watched(command, name in USUAL_SPIN) for name, command in commands.items()})
        print(f"train: {network}, round {len(rounds)}, quiet: {quiet(rounds[-1])}", file=sys.stderr)
    return summary(network, images, rounds, wanted)


def quiet(one_round):
    return all(others <= other_programs.QUIET for _, others in one_round.values())


def summary(network, images, rounds, wanted):
    """Of the quiet rounds, or of all where they were too few."""
    chosen = [one for one in rounds if quiet(one)]
    enough = len(chosen) >= wanted
    chosen = chosen if enough else rounds
    last = {name: answer for name, (answer, _) in chosen[-1].items()}
    rates, processor = {}, {}
    for name in last:
        answers = [one[name][0] for one in chosen]
        rates[name] = [images / statistics.median(answer["seconds"][1:]) for answer in answers]
        processor[name] = [1000 / images * statistics.median(answer["processor_seconds"][1:]) for answer in answers]
    parameters = {answer["parameters"] for answer in last.values()}
    if len(parameters) > 1:
        raise SystemExit(f"{network}: the two networks differ: {sorted(parameters)} parameters")
    return {
        "network": network,
        "parameters": parameters.pop(),
        "images_an_epoch": images,
        "quiet": enough,
        "processors_busy_with_others": [
            {name: round(others, 2) for name, (_, others) in one.items()} for one in rounds
        ],
        "images_a_second": {name: [round(rate, 2) for rate in values] for name, values in rates.items()},
        "processor_ms_an_image": {name: [round(one, 3) for one in values] for name, values in processor.items()},
        "last_training_loss": {name: answer["losses"][-1] for name, answer in last.items()},
        "libtorch": last["ours"]["libtorch"],
        "torch": last["peer"]["torch"],
    }


def measure(options, work):
    return {
        "size": SIZE,
        "batch": BATCH,
        "cases": [measure_case(options, work, name, quick if options.quick else full) for name, full, quick in CASES],
    }


def row(case):
    rates = case["images_a_second"]
    medians = {name: statistics.median(values) for name, values in rates.items()}
    best = max(VARIANTS, key=medians.get)
    processor = {name: statistics.median(values) for name, values in case["processor_ms_an_image"].items()}
    ratios = sorted(ours / peer for ours, peer in zip(rates["ours"], rates[best]))
    return [
        case["network"] + ("" if case["quiet"] else " (other programs ran)"),
        *(f"{medians[name]:.0f}" for name in ["ours", *VARIANTS]),
        f"**{medians['ours'] / medians[best]:.2f}**",
        f"{ratios[0]:.2f} to {ratios[-1]:.2f}",
        f"{processor['ours']:.1f} / {processor[best]:.1f}",
    ]


def table(result):
    header = ["Network", "Niwaki", "PyTorch", "short spin", "short spin, usual order"]
    header += ["Niwaki / fastest PyTorch", "by round"]
    header.append("processor ms an image, the two")
    rows = [row(case) for case in result["cases"]]
    case = result["cases"][0]
    rounds = len(case["images_a_second"]["ours"])
    return (
        f"Training images a second, {result['size']} x {result['size']} pixels, batches of {result['batch']}; "
        f"medians of {rounds} rounds. libtorch {case['libtorch']}, PyTorch {case['torch']}.\n"
        f"{report.machine_line(result['machine'])}\n\n{report.markdown(header, rows)}"
    )
