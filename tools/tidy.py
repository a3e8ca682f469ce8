#!/usr/bin/env python3
"""Runs clang-tidy over every tracked .cpp file, and remembers which files passed.

    tidy.py --build DIR [--jobs N]

DIR holds compile_commands.json. A file that passed is not looked at again until it, a header of ours that it includes,
its compile command, .clang-tidy, the prelude or clang-tidy itself changes; DIR/tidy/ holds the stamps. Exit 1 where a file fails
or stands in no CMakeLists.txt.
"""
import argparse
import hashlib
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLANG_TIDY = "clang-tidy-14"
PRELUDE = ROOT / "tools/tidy_prelude.hpp"
INCLUDE = re.compile(rb'^\s*#\s*include\s*"(niwaki/[^"]+)"', re.MULTILINE)


def output_of(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout


def our_headers(path, include_folders, seen):
    """The file and every header of ours that it includes, however deep."""
    if path in seen:
        return
    seen.add(path)
    for name in INCLUDE.findall(path.read_bytes()):
        for folder in include_folders:
            header = folder / name.decode()
            if header.is_file():
                our_headers(header, include_folders, seen)
                break


def key_of(source, entry, common):
    """A hash of all that clang-tidy's answer for this file depends on."""
    folders = [Path(folder) for folder in re.findall(r"-I(\S+)", entry["command"])]
    files = set()
    our_headers(source, folders, files)
    key = hashlib.sha256(common)
    key.update(entry["command"].encode())
    for file in sorted(files):
        key.update(str(file).encode())
        key.update(hashlib.sha256(file.read_bytes()).digest())
    return key.hexdigest()


def check_file(source, build, stamp, key):
    """True where the file passes; else its findings are printed."""
    done = subprocess.run([CLANG_TIDY, "-p", build, "--quiet", "--extra-arg=-include", f"--extra-arg={PRELUDE}", source], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        stamp.write_text(key)
        return True
    errors = [line for line in done.stderr.splitlines() if not re.fullmatch(r"\d+ warnings?( and \d+ errors?)? generated\.", line)]
    print("\n".join([f"clang-tidy: {source.relative_to(ROOT)}", done.stdout.strip(), *errors]), file=sys.stderr, flush=True)
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    build = args.build.resolve()
    stamps = build / "tidy"
    stamps.mkdir(exist_ok=True)

    entries = {Path(entry["file"]): entry for entry in json.loads((build / "compile_commands.json").read_text())}
    sources = [ROOT / name for name in output_of("git", "ls-files", "-z", "--", "*.cpp").decode().split("\0") if name]
    sources = [source for source in sources if source.exists()]
    strays = [source for source in sources if source not in entries]
    for source in strays:
        print(f"{source.relative_to(ROOT)}:1: stands in no CMakeLists.txt", file=sys.stderr)

    common = output_of(CLANG_TIDY, "--version") + (ROOT / ".clang-tidy").read_bytes() + PRELUDE.read_bytes()
    todo = []
    for source in sources:
        if source in strays:
            continue
        key = key_of(source, entries[source], common)
        stamp = stamps / str(source.relative_to(ROOT)).replace("/", "__")
        if not stamp.exists() or stamp.read_text() != key:
            todo.append((source, build, stamp, key))
    if todo:
        print(f"clang-tidy: {len(todo)} of {len(sources)} files", flush=True)
    with ThreadPoolExecutor(args.jobs) as pool:
        passed = list(pool.map(lambda job: check_file(*job), todo))
    return 1 if strays or not all(passed) else 0


if __name__ == "__main__":
    sys.exit(main())
