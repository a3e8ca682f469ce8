#!/usr/bin/env python3
"""Prints the table of src/niwaki/cohort/phantom/frequencies.cpp.

How often each finding of NIH-CXR-LT is labelled, and each two of them together, counted over the
label files given (the validation and the test list):

    tools/phantom_frequencies.py miccai2023_nih-cxr-lt_labels_val.csv miccai2023_nih-cxr-lt_labels_test.csv

Only the standard library is used. Classes keep the order of the first file's header, without
`No Finding`, which is counted apart and checked to stand exactly where no finding does.
"""

import csv
import sys

NOT_FINDINGS = ("id", "subj_id", "No Finding")


def read_findings(path):
    """Yields, for each image of a label file, the set of its findings."""
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            findings = {name for name, cell in row.items() if name not in NOT_FINDINGS and int(cell) == 1}
            if (int(row["No Finding"]) == 1) != (not findings):
                sys.exit(f"{path}: {row['id']}: No Finding disagrees with the findings")
            yield findings


def header_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return [name for name in next(csv.reader(file)) if name not in NOT_FINDINGS]


def main(paths):
    if not paths:
        sys.exit(__doc__)
    names = header_of(paths[0])
    images = 0
    without = 0
    together = {(a, b): 0 for a in names for b in names}
    for path in paths:
        for findings in read_findings(path):
            images += 1
            without += not findings
            for a in findings:
                for b in findings:
                    together[a, b] += 1
    print(f"    .images = {images},")
    print(f"    .without_finding = {without},")
    print("    .names = {" + ",\n              ".join(f'"{name}"' for name in names) + "},")
    print("    .together = {{")
    for a in names:
        print("        {" + ", ".join(str(together[a, b]) for b in names) + "},  // " + a)
    print("    }},")


main(sys.argv[1:])
