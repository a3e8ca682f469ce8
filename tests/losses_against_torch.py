#!/usr/bin/env python3
"""Holds training losses, values and derivatives, to PyTorch's own functions and torchvision's.

    losses_against_torch.py --export build/niwaki_loss_export

bce, weighted-bce and class-balanced against torch.nn.functional.binary_cross_entropy_with_logits with pos_weight and
weight; ldam against the same of shifted logits; focal against torchvision.ops.sigmoid_focal_loss; asymmetric, which
neither has, against its paper's formula under autograd. Ends with 77 (left out) where PyTorch is not there. Needs
python3-torch, python3-torchvision and python3-numpy.
"""
import argparse
import subprocess
import sys
from pathlib import Path

import numpy

LEFT_OUT = 77
ROWS, CLASSES = 400, 5
DEFAULTS = {"weight_cap": 10, "focal_gamma": 2, "gamma_positive": 1, "gamma_negative": 4, "probability_shift": 0.05,
            "effective_beta": 0.999, "largest_margin": 0.5, "reweighted": 0}
CASES = [("bce", {}), ("weighted-bce", {}), ("weighted-bce", {"weight_cap": 1000}), ("focal", {}),
         ("focal", {"focal_gamma": 0.7}), ("asymmetric", {}),
         ("asymmetric", {"gamma_positive": 0, "gamma_negative": 2, "probability_shift": 0}),
         ("class-balanced", {}), ("class-balanced", {"effective_beta": 0.9999}), ("ldam", {}),
         ("ldam", {"largest_margin": 2, "reweighted": 1})]


def drawn(random):
    """Logits (float32) and labels: classes from common to absent, some labels unknown."""
    logits = random.normal(0, 4, (ROWS, CLASSES)).astype(numpy.float32)
    labels = (random.random((ROWS, CLASSES)) < [0.5, 0.2, 0.05, 0.01, 0]).astype(int)
    labels[3, 3] = 1
    labels[random.random((ROWS, CLASSES)) < 0.1] = -1
    labels[3, 3] = 1
    return logits, labels


def exported(program, cases):
    text = ""
    for name, numbers, logits, labels in cases:
        pairs = " ".join(f"{float(z)!r} {y}" for z, y in zip(logits.ravel(), labels.ravel()))
        text += " ".join([name, *(str(numbers[key]) for key in DEFAULTS), str(CLASSES), str(ROWS)]) + "\n" + pairs + "\n"
    out = subprocess.run([program], input=text, text=True, check=True, capture_output=True).stdout
    return numpy.array(out.split(), float).reshape(len(cases), ROWS * CLASSES, 2)


def class_numbers(numbers, labels):
    """Positive weights, class weights and margins; a class without a positive has 1, 1 and 0."""
    positives = (labels == 1).sum(0).astype(float)
    negatives = (labels == 0).sum(0).astype(float)
    there = positives > 0
    safe = numpy.where(there, positives, 1)
    weight = numpy.where(there, numpy.clip(negatives / safe, 1, numbers["weight_cap"]), 1)
    beta = numbers["effective_beta"]
    raw = (1 - beta) / (1 - beta ** safe)
    balanced = numpy.where(there, raw * there.sum() / raw[there].sum(), 1)
    margin = numpy.where(there, numbers["largest_margin"] * (safe / safe[there].min()) ** -0.25, 0)
    return weight, balanced, margin


def torch_losses(torch, torchvision, name, numbers, z, labels):
    cross_entropy = torch.nn.functional.binary_cross_entropy_with_logits
    weight, balanced, margin = (torch.from_numpy(x) for x in class_numbers(numbers, labels))
    y = torch.from_numpy((labels == 1).astype(float))
    if name == "bce":
        return cross_entropy(z, y, reduction="none")
    if name == "weighted-bce":
        return cross_entropy(z, y, pos_weight=weight, reduction="none")
    if name == "focal":
        return torchvision.ops.sigmoid_focal_loss(z, y, alpha=-1, gamma=numbers["focal_gamma"])
    if name == "asymmetric":
        p = torch.sigmoid(z)
        q = (p - numbers["probability_shift"]).clamp(min=0)
        return (-y * (1 - p) ** numbers["gamma_positive"] * torch.log(p)
                - (1 - y) * q ** numbers["gamma_negative"] * torch.log(1 - q))
    if name == "class-balanced":
        return cross_entropy(z, y, weight=balanced.expand(ROWS, CLASSES), reduction="none")
    scale = balanced if numbers["reweighted"] else torch.ones(CLASSES, dtype=torch.float64)
    return cross_entropy(z - y * margin, y, weight=scale.expand(ROWS, CLASSES), reduction="none")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--export", type=Path, required=True)
    args = parser.parse_args()
    try:
        import torch
        import torchvision
    except ImportError:
        print("left out: there is no PyTorch with torchvision for this Python")
        return LEFT_OUT
    random = numpy.random.default_rng(1)
    cases = [(name, DEFAULTS | changed, *drawn(random)) for name, changed in CASES]
    worst = 0
    for case, found in zip(cases, exported(args.export.resolve(), cases)):
        name, numbers, logits, labels = case
        z = torch.from_numpy(logits.astype(float)).requires_grad_()
        values = torch_losses(torch, torchvision, name, numbers, z, labels) * torch.from_numpy((labels >= 0).astype(float))
        values.sum().backward()
        expected = numpy.stack([values.detach().numpy().ravel(), z.grad.numpy().ravel()], 1)
        # Weights and margins of classes are floats.
        difference = (numpy.abs(found - expected) / (1 + numpy.abs(expected))).max()
        worst = max(worst, difference)
        if not difference < 1e-6:
            print(f"{name} {numbers}: differs by {difference:.2e}", file=sys.stderr)
    print(f"{len(cases)} losses of {ROWS * CLASSES} labels, the largest difference {worst:.2e}")
    return 0 if worst < 1e-6 else 1


if __name__ == "__main__":
    sys.exit(main())
