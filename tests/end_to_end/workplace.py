"""Where the tests work: the program, the real data, a folder to write in, and what several tests share."""
import contextlib
import functools
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from dataclasses import dataclass
from pathlib import Path

ERROR_LINE = re.compile(r"^niwaki: error: .+: .+: .+$")
# A small study: seconds, but each kind of unit is in it.
SMALL_STUDY = {
    "study.seeds": 2, "phantom.images": 240, "train.epochs": 2, "train.batch": 32,
    "prune.methods": '["l1", "random"]', "prune.sparsities": "[0.5, 0.9]", "report.gallery": 4,
}


@dataclass
class Place:
    program: Path
    shared: Path
    folder: Path


_place = None


@contextlib.contextmanager
def opened(program, shared, keep=None):
    """Makes the folder to write in, and removes it at the end unless `keep` names it."""
    global _place
    if not program.is_file():
        raise SystemExit(f"{program} is not there: build it with `make build`")
    with tempfile.TemporaryDirectory(prefix="niwaki-end-to-end-") as folder:
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
        _place = Place(program, shared, (keep or Path(folder)).resolve())
        os.environ["NIWAKI_COSTS"] = str(_place.folder / "engine-costs.csv")  # the user's own is left alone
        yield _place
        _place = None


def place():
    return _place


@dataclass
class Done:
    code: int
    out: str
    err: str


def command(*args):
    return [str(_place.program), *map(str, args)]


def run(*args, timeout=300, **options):
    """Runs the program to its end; standard input is empty."""
    done = subprocess.run(command(*args), stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False,
                          cwd=options.pop("cwd", _place.folder), **options)
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def settings(**changed):
    """--set arguments of the small study; dots of a key are written `__`."""
    keys = {**SMALL_STUDY, **{key.replace("__", "."): value for key, value in changed.items()}}
    return [word for key, value in keys.items() for word in ("--set", f"{key}={value}")]


class EndToEnd(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix=f"{type(self).__name__}-", dir=_place.folder))

    def niwaki(self, *args, **options):
        """Runs the program, which must end with exit code 0."""
        done = run(*args, **options)
        self.assertEqual(done.code, 0, f"{' '.join(map(str, args))}\n{done.out}{done.err}")
        return done

    def json(self, *args, **options):
        """What --json prints: JSON and nothing else."""
        return json.loads(self.niwaki(*args, "--json", **options).out)

    def fails(self, code, *args, says=(), **options):
        """The program must end with this code and an error line that holds each of `says`."""
        done = run(*args, **options)
        told = f"{' '.join(map(str, args))}\n{done.out}{done.err}"
        self.assertEqual(done.code, code, told)
        lines = [line for line in done.err.splitlines() if line.startswith("niwaki: error: ")]
        self.assertEqual(len(lines), 1, told)
        self.assertRegex(lines[0], ERROR_LINE, told)
        for part in says:
            self.assertIn(str(part), lines[0], told)
        return lines[0]

    def real(self, path):
        """A file or folder of the real data, or the test is skipped."""
        found = _place.shared / path
        if not found.exists():
            self.skipTest(f"the real data are not there: {path} under the folder given by --shared or NIWAKI_SHARED")
        return found

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def bytes_under(self, folder):
        """Every file's bytes, by path below the folder."""
        return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}

    def no_half_written_file(self, folder):
        self.assertEqual([path.name for path in folder.rglob("*") if ".partial-" in path.name], [])


@functools.cache
def phantom_cohort():
    """A folder with labels.csv, truth.csv and images/ of 240 drawn X-rays, made once."""
    folder = _place.folder / "phantom"
    done = run("cohort", "phantom", "--images", 240, "--size", 64, "--seed", 7, "--out", folder)
    if done.code != 0:
        raise AssertionError(f"niwaki cohort phantom failed with {done.code}: {done.err}")
    return folder


@functools.cache
def small_study():
    """The folder of a finished small study, made once. Tests that change it work on a copy (copy_of_small_study)."""
    folder = _place.folder / "small-study"
    done = run("study", "--preset", "demo", "--out", folder, *settings())
    if done.code != 0:
        raise AssertionError(f"the small study failed with {done.code}: {done.err}")
    return folder


@functools.cache
def phantom_of_small_study():
    """The small study's cohort, written as files."""
    folder = _place.folder / "small-phantom"
    done = run("cohort", "phantom", "--images", SMALL_STUDY["phantom.images"], "--seed", 1, "--out", folder)
    if done.code != 0:
        raise AssertionError(f"niwaki cohort phantom failed with {done.code}: {done.err}")
    return folder


def copy_of_small_study(folder):
    shutil.copytree(small_study(), folder)
    return folder


def dense_model():
    return small_study() / "models/l1/seed-0/sparsity-0.00.onnx.zst"
