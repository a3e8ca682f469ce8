"""The peer of bench/engine_speed.cpp: PyTorch, asked in the same way (lines "BATCH RUNS", or a file's name: the weights to
load, for the sweep). bench/engine.py calls it.

The network is torchvision's. It tries what a user would (channels last, frozen, both, optimised for inference), for single
pictures and for batches apart, and stays with the fastest.
"""

import argparse
import json
import sys
import time

import numpy
import torch
import torchvision

TRIES = 2
WARMING_RUNS = 2  # the second run of a traced network still compiles
TRIED_BATCH = 4  # stands for all batches of more than one picture


def built(architecture, classes, state):
    network = getattr(torchvision.models, architecture)(num_classes=classes)
    load(network, state)
    return network.eval()


def load(network, state):
    """Strictly, but for the counters of batches, which only training uses."""
    missing, unexpected = network.load_state_dict(state, strict=False)
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise SystemExit(f"the networks differ: {missing[:3]}, {unexpected[:3]}")


def timed(network, images):
    begin = time.perf_counter()
    logits = network(images)
    return 1000 * (time.perf_counter() - begin), logits


def variants(network, images):
    """Pairs of a name and a function that answers (network, images)."""
    last = images.contiguous(memory_format=torch.channels_last)

    def traced(example):
        return torch.jit.freeze(torch.jit.trace(network, example))

    return [
        ("channels last", lambda: (network, last)),
        ("frozen", lambda: (traced(images), images)),
        ("frozen, channels last", lambda: (traced(last), last)),
        ("optimised for inference", lambda: (torch.jit.optimize_for_inference(traced(images)), images)),
    ]


def fastest(network, images):
    best = None
    for name, make in variants(network, images):
        candidate, pictures = make()
        warm(candidate, pictures)
        milliseconds = min(timed(candidate, pictures)[0] for _ in range(TRIES))
        if best is None or milliseconds < best[0]:
            best = (milliseconds, name, candidate)
    return best[1:]


def warm(network, images):
    for _ in range(WARMING_RUNS):
        network(images)


def ordered(name, images):
    return images.contiguous(memory_format=torch.channels_last) if "channels last" in name else images


def load_and_run(network, path, images):
    """One step of the sweep, in milliseconds, reading the weights included."""
    begin = time.perf_counter()
    load(network, torch.load(path))
    logits = network(images)
    return 1000 * (time.perf_counter() - begin), logits


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--architecture", required=True)
    parser.add_argument("--weights", required=True, help="a state written by torch.save")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--input", required=True, help="float32")
    parser.add_argument("--shape", type=int, nargs=4, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    pictures = torch.from_numpy(numpy.fromfile(options.input, numpy.float32).reshape(options.shape))
    state = torch.load(options.weights)
    network = built(options.architecture, len(list(state.values())[-1]), state)
    chosen, seen, plain = {}, set(), None
    with torch.inference_mode():
        for line in sys.stdin:
            if line.startswith("/"):
                if plain is None:  # new weights each time, so nothing is compiled: the faster order of pixels
                    orders = [("usual order", pictures), ("channels last", ordered("channels last", pictures))]
                    warm(network, pictures)
                    plain = min(orders, key=lambda order: timed(network, order[1])[0])
                milliseconds, logits = load_and_run(network, line.strip(), plain[1])
                times, name = [milliseconds], plain[0]
            else:
                batch, runs = map(int, line.split())
                tried = min(batch, TRIED_BATCH)
                if tried not in chosen:
                    chosen[tried] = fastest(network, pictures[:tried])
                name, candidate = chosen[tried]
                images = ordered(name, pictures[:batch])
                if batch not in seen:
                    warm(candidate, images)
                    seen.add(batch)
                answers = [timed(candidate, images) for _ in range(runs)]
                times, logits = [milliseconds for milliseconds, _ in answers], answers[-1][1]
            print(json.dumps({"milliseconds": times, "logits": logits[0].tolist(), "variant": name,
                              "version": torch.__version__}), flush=True)


if __name__ == "__main__":
    main()
