#!/usr/bin/env python3
"""Kills a small study at random moments (SIGKILL) and runs it again: the results must be those of a study left alone.

    kill_and_resume.py --program build/niwaki [--kills 20] [--seed N] [--keep DIR]

Each round starts in an empty folder, kills the study after a random part of the time that an undisturbed one takes,
runs the same command to its end, and compares every file but study.db (which tells times) byte for byte.
"""
import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SETTINGS = {
    "study.seeds": 2, "phantom.images": 240, "train.epochs": 3, "train.batch": 32,
    "prune.methods": '["l1", "random"]', "prune.sparsities": "[0.5, 0.9]", "report.gallery": 4,
}


def command(program, folder):
    words = [program, "study", "--preset", "demo", "--out", folder, "--quiet"]
    for key, value in SETTINGS.items():
        words += ["--set", f"{key}={value}"]
    return [str(word) for word in words]


def run_whole(program, folder):
    done = subprocess.run(command(program, folder), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"the study ended with exit code {done.returncode}:\n{done.stderr}")


def run_and_kill(program, folder, seconds):
    """Whether it was killed: it may have ended before."""
    process = subprocess.Popen(command(program, folder), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(timeout=seconds)
        return False
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True


def files_under(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*")
            if path.is_file() and not path.name.startswith("study.db")}


def differences(expected, found):
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            yield f"{name} is missing"
        elif name not in expected:
            yield f"{name} was left behind"
        elif expected[name] != found[name]:
            yield f"{name} has other bytes"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000), help="of the moments")
    parser.add_argument("--keep", type=Path, help="a folder to work in that is not removed")
    args = parser.parse_args()
    moments = random.Random(args.seed)
    print(f"moments from --seed {args.seed}", flush=True)

    failures = 0
    with tempfile.TemporaryDirectory(prefix="niwaki-kill-") as temporary:
        work = args.keep or Path(temporary)
        start = time.monotonic()
        run_whole(args.program, work / "undisturbed")
        duration = time.monotonic() - start
        expected = files_under(work / "undisturbed")
        print(f"undisturbed: {duration:.1f} s, {len(expected)} files", flush=True)
        for number in range(1, args.kills + 1):
            folder = work / f"killed-{number}"
            moment = moments.uniform(0, duration)
            killed = run_and_kill(args.program, folder, moment)
            done = len(files_under(folder)) if folder.exists() else 0
            run_whole(args.program, folder)
            wrong = list(differences(expected, files_under(folder)))
            failures += bool(wrong)
            how = f"killed at {moment:.2f} s with {done} files there" if killed else f"ended before {moment:.2f} s"
            print(f"{number}/{args.kills}: {how}: {'; '.join(wrong) or 'the same bytes'}", flush=True)
    print(f"{failures} of {args.kills} differ")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
