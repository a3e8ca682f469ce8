#!/usr/bin/env python3
"""Tests of tools/: each check finds what it must and lets good trees pass; the package list is read right."""
import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class IncludeCheck(unittest.TestCase):
    """Each test plants files under a copy of the real table."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = Path(self.folder.name)
        (self.root / "docs").mkdir()
        shutil.copy(ROOT / "docs/architecture.md", self.root / "docs")
        self.write("core/error.hpp", "#pragma once\n#include <string>\n#include <fmt/format.h>\n")
        self.write("model/graph.hpp", '#pragma once\n#include "niwaki/core/error.hpp"\n')
        self.write("train/train.hpp", '#pragma once\n#include "niwaki/model/graph.hpp"\n')
        self.write("train/train.cpp", '#include "niwaki/train/train.hpp"\n#include <torch/torch.h>\n#include <unistd.h>\n')
        self.write("train/train_test.cpp", '#include <gtest/gtest.h>\n#include "niwaki/train/train.hpp"\n')

    def write(self, path, text):
        file = self.root / "src/niwaki" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def check(self):
        return subprocess.run([sys.executable, ROOT / "tools/check_includes.py", "--root", self.root],
                              capture_output=True, text=True, check=False)

    def expect(self, *parts):
        done = self.check()
        self.assertEqual(done.returncode, 1, done.stderr)
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 1, done.stderr)
        for part in parts:
            self.assertIn(part, lines[0])

    def change_table(self, old, new):
        table = self.root / "docs/architecture.md"
        text = table.read_text()
        self.assertIn(old, text)
        table.write_text(text.replace(old, new))

    def test_a_good_tree_passes(self):
        done = self.check()
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_an_arrow_upward_is_named_with_file_and_line(self):
        self.write("scores/table.cpp", '#include "niwaki/core/error.hpp"\n\n#include "niwaki/train/train.hpp"\n')
        self.expect("src/niwaki/scores/table.cpp:3:", "room scores may not include room train")

    def test_an_arrow_between_neighbours_is_named(self):
        self.write("scores/table.cpp", '#include "niwaki/model/graph.hpp"\n')
        self.expect("src/niwaki/scores/table.cpp:1:", "room scores may not include room model")

    def test_a_library_outside_its_room_is_named(self):
        self.write("model/onnx.cpp", "#include <vector>\n#include <torch/torch.h>\n")
        self.expect("src/niwaki/model/onnx.cpp:2:", "libtorch belongs to train, not to model")

    def test_a_library_carried_by_a_header_into_another_room_is_named(self):
        self.write("train/tensors.hpp", "#pragma once\n#include <torch/torch.h>\n")
        self.write("train/predict.hpp", '#pragma once\n#include "niwaki/train/tensors.hpp"\n')
        self.write("study/run.cpp", '#include "niwaki/train/predict.hpp"\n')
        self.expect("src/niwaki/study/run.cpp:1:", "brings libtorch into room study", "niwaki/train/tensors.hpp")

    def test_googletest_stays_in_tests(self):
        self.write("core/error.cpp", "#include <gtest/gtest.h>\n")
        self.expect("src/niwaki/core/error.cpp:1:", "GoogleTest belongs to no room")

    def test_an_unknown_library_is_named(self):
        self.write("core/error.cpp", "#include <curl/curl.h>\n")
        self.expect("src/niwaki/core/error.cpp:1:", "<curl/curl.h> is of no library")

    def test_an_include_by_another_path_is_named(self):
        self.write("core/error.cpp", '#include "error.hpp"\n')
        self.expect("src/niwaki/core/error.cpp:1:", "niwaki/<room>/<file>.hpp")

    def test_a_folder_that_is_no_room_is_named(self):
        self.write("utils/everything.cpp", "#include <vector>\n")
        self.expect("src/niwaki/utils/everything.cpp:1:", "utils is no room")

    def test_rooms_that_include_each_other_are_named(self):
        self.write("core/text.cpp", '#include "niwaki/model/graph.hpp"\n')
        done = self.check()
        self.assertEqual(done.returncode, 1)
        self.assertIn("rooms core and model include each other", done.stderr)

    def test_a_long_file_warns_and_a_longer_one_fails(self):
        self.write("core/text.cpp", "\n" * 501)
        done = self.check()
        self.assertEqual(done.returncode, 0)
        self.assertIn("warning: src/niwaki/core/text.cpp: 501 lines", done.stderr)
        self.write("core/text.cpp", "\n" * 601)
        self.expect("src/niwaki/core/text.cpp:601:", "601 lines")

    def test_the_table_is_what_decides(self):
        self.write("scores/table.cpp", "#include <nlohmann/json.hpp>\n")
        self.expect("src/niwaki/scores/table.cpp:1:", "nlohmann-json belongs to")
        self.change_table("| libzip |", "| libzip, nlohmann-json |")
        self.assertEqual(self.check().returncode, 0)

    def test_a_table_with_an_arrow_upward_fails(self):
        self.change_table("| core | Boost.Math, intrinsics |", "| core, train | Boost.Math, intrinsics |")
        self.expect("docs/architecture.md", "room metrics may include train, which is not below it")


class Tidy(unittest.TestCase):
    """tools/tidy.py with the real .clang-tidy, on a tree of two files."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        for name in ("tools/tidy.py", "tools/tidy_prelude.hpp", ".clang-tidy"):
            (self.root / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, self.root / name)
        self.write("src/niwaki/core/size.hpp", "#pragma once\nint size_of(int width);\n")
        self.write("src/niwaki/core/size.cpp", '#include "niwaki/core/size.hpp"\nint size_of(int width) { return width; }\n')
        self.command = f"/usr/bin/c++ -I{self.root}/src -std=c++20 -c src/niwaki/core/size.cpp"
        subprocess.run(["git", "init", "--quiet"], cwd=self.root, check=True)
        subprocess.run(["git", "add", "src"], cwd=self.root, check=True)

    def write(self, name, text):
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def tidy(self):
        source = str(self.root / "src/niwaki/core/size.cpp")
        entries = [{"directory": str(self.root), "file": source, "command": self.command}] if self.command else []
        self.write("build/compile_commands.json", json.dumps(entries))
        return subprocess.run([sys.executable, self.root / "tools/tidy.py", "--build", self.root / "build"],
                              capture_output=True, text=True, check=False)

    def test_a_good_file_passes_and_is_not_looked_at_again(self):
        first = self.tidy()
        self.assertEqual((first.returncode, first.stdout), (0, "clang-tidy: 1 of 1 files\n"), first.stderr)
        second = self.tidy()
        self.assertEqual((second.returncode, second.stdout), (0, ""), second.stderr)

    def test_a_header_that_changed_is_looked_at_again(self):
        self.tidy()
        self.write("src/niwaki/core/size.hpp", "#pragma once\nint size_of(int Width);\n")
        for _ in range(2):  # what failed is not remembered
            done = self.tidy()
            self.assertEqual(done.returncode, 1)
            self.assertIn("src/niwaki/core/size.hpp:2:", done.stderr)
            self.assertIn("readability-identifier-naming", done.stderr)

    def test_another_compile_command_is_looked_at_again(self):
        self.tidy()
        self.command += " -DNIWAKI_OTHER"
        self.assertIn("1 of 1", self.tidy().stdout)

    def test_a_file_that_no_target_has_fails(self):
        self.command = ""
        done = self.tidy()
        self.assertEqual(done.returncode, 1)
        self.assertIn("src/niwaki/core/size.cpp:1: stands in no CMakeLists.txt", done.stderr)


class Packages(unittest.TestCase):
    """tools/install_packages.sh --list, on lists of our own in a copy of the tree."""

    def missing(self, packages):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "tools").mkdir()
            (root / "packages").mkdir()
            shutil.copy(ROOT / "tools/install_packages.sh", root / "tools")
            (root / "packages/debian.txt").write_text(packages)
            done = subprocess.run([root / "tools/install_packages.sh", "--list"], capture_output=True, text=True, check=True)
            return done.stdout.split()

    def test_what_is_installed_is_not_listed(self):
        self.assertEqual(self.missing("# a comment\n\ndpkg  always there\nbash\n"), [])

    def test_what_is_missing_is_listed(self):
        self.assertEqual(self.missing("dpkg  there\nno-such-package-niwaki  why\n"), ["no-such-package-niwaki"])

    def test_a_command_that_is_there_stands_for_its_package(self):
        self.assertEqual(self.missing("no-such-package-niwaki|bash  why\nother-niwaki|no-such-command-niwaki  why\n"),
                         ["other-niwaki"])


if __name__ == "__main__":
    unittest.main()
