"""Training images a second: train_network against the same loop in PyTorch, the programs taking turns."""

import json
import os
import pathlib
import statistics
import subprocess
import sys

import report

PEER = pathlib.Path(__file__).parent / "peers" / "train_peer.py"
# Network, pictures of an epoch, and the same for --quick.
CASES = [("resnet-small", 2048, 512), ("resnet18", 512, 128)]
SIZE, BATCH = 64, 64
EPOCHS = 3  # the first warms up and is not counted
VARIANTS = {"peer": [], "peer channels last": ["--channels-last"]}


def call(command):
    # What the program sets for itself (src/niwaki/cli/process.hpp), for both.
    environment = {**os.environ, "GOMP_SPINCOUNT": "2000"}
    environment.pop("OMP_WAIT_POLICY", None)
    done = subprocess.run([str(part) for part in command], env=environment, stdout=subprocess.PIPE, check=True)
    return done.stdout


def measure_case(options, work, network, images):
    common = ["--architecture", network, "--size", SIZE, "--images", images, "--batch", BATCH]
    common += ["--epochs", EPOCHS, "--threads", options.threads]
    ours = [options.build / "niwaki_bench_train", *common]
    data = work / f"{network}.data"
    call([*ours, "--write-data", data])
    rates = {"ours": [], **{name: [] for name in VARIANTS}}
    last = {}
    for round_number in range(1 if options.quick else options.rounds):
        # A folder of its own, so that no checkpoint is found.
        commands = {"ours": [*ours, "--work", work / f"{network}-{round_number}"]}
        for name, flags in VARIANTS.items():
            commands[name] = ["/usr/bin/python3", PEER, *common, "--data", data, *flags]
        for name, command in commands.items():
            last[name] = json.loads(call(command))
            rates[name].append(images / statistics.median(last[name]["seconds"][1:]))
        print(f"train: {network}, round {round_number + 1}", file=sys.stderr)
    parameters = {answer["parameters"] for answer in last.values()}
    if len(parameters) > 1:
        raise SystemExit(f"{network}: the two networks differ: {sorted(parameters)} parameters")
    return {
        "network": network,
        "parameters": parameters.pop(),
        "images_an_epoch": images,
        "images_a_second": {name: [round(rate, 2) for rate in values] for name, values in rates.items()},
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
    ratios = sorted(ours / peer for ours, peer in zip(rates["ours"], rates[best]))
    return [
        case["network"],
        *(f"{medians[name]:.0f}" for name in ["ours", *VARIANTS]),
        f"**{medians['ours'] / medians[best]:.2f}**",
        f"{ratios[0]:.2f} to {ratios[-1]:.2f}",
    ]


def table(result):
    header = ["Network", "Niwaki", "PyTorch", "PyTorch, channels last", "Niwaki / faster PyTorch", "by round"]
    rows = [row(case) for case in result["cases"]]
    case = result["cases"][0]
    rounds = len(case["images_a_second"]["ours"])
    return (
        f"Training images a second, {result['size']} x {result['size']} pixels, batches of {result['batch']}; "
        f"medians of {rounds} rounds. libtorch {case['libtorch']}, PyTorch {case['torch']}.\n"
        f"{report.machine_line(result['machine'])}\n\n{report.markdown(header, rows)}"
    )
