#!/usr/bin/env python3
"""Runs every verb of the program on real files, as a user does.

    end_to_end.py --program build/niwaki [--shared DIR] [--keep DIR] [SUBJECT...]

A SUBJECT is a file of tests/end_to_end (`verbs_test` and so on) or a test in it (`verbs_test.Prune`); all of them where
none is given. --shared is the folder of real X-rays (default: ../shared beside the checkout, or $NIWAKI_SHARED); tests
that need it skip, saying so, where it is absent. --keep leaves what the program wrote there. Needs python3-numpy;
the ONNX networks of another maker are made with python3-onnx.
"""
import argparse
import os
import sys
import unittest
from pathlib import Path

TESTS = Path(__file__).resolve().parent
sys.path.insert(0, str(TESTS))

from end_to_end import workplace  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("NIWAKI_SHARED", TESTS.parent.parent / "shared")))
    parser.add_argument("--keep", type=Path)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT")
    args = parser.parse_args()
    subjects = args.subjects or sorted(path.stem for path in (TESTS / "end_to_end").glob("*_test.py"))
    with workplace.opened(args.program.resolve(), args.shared.resolve(), args.keep):
        suite = unittest.defaultTestLoader.loadTestsFromNames([f"end_to_end.{subject}" for subject in subjects])
        result = unittest.TextTestRunner(verbosity=2).run(suite)
    return 0 if result.wasSuccessful() and result.testsRun > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
