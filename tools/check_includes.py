#!/usr/bin/env python3
"""Holds the includes under src/niwaki to the table of rooms in docs/architecture.md.

    check_includes.py [--root DIR]

Fails (exit 1, one `file:line: ...` a finding) on
  an include of a room that the table does not allow;
  a third-party header outside the rooms that list its library, also where a room's own header carries it there;
  a header that no library of the table has (LIBRARIES below says which headers a library has);
  a table with an arrow that does not go down, or rooms that include each other;
  a folder that is no room of the table;
  a source file of more than 600 lines. From 500 lines on it warns.
"""
import argparse
import re
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

# The headers of each library that the table may name.
LIBRARIES = {
    "OpenMP": r"omp\.h",
    "spdlog": r"spdlog/.*",
    "OpenSSL": r"openssl/.*",
    "fmt": r"fmt/.*",
    "GoogleTest": r"(gtest|gmock)/.*",
    "Boost.Math": r"boost/.*",
    "OpenCV": r"opencv2/.*",
    "DCMTK": r"dcmtk/.*",
    "OpenJPEG": r"openjpeg\.h",
    "ONNX protobuf": r"(onnx|google/protobuf)/.*",
    "zstd": r"zstd(_errors)?\.h",
    "libzip": r"zip\.h",
    "zlib": r"zlib\.h",
    "Eigen": r"Eigen/.*",
    "oneDNN": r"(oneapi/dnnl/|dnnl).*",
    "intrinsics": r"(immintrin|x86intrin|cpuid|arm_neon)\.h",
    "libtorch": r"(torch|ATen|c10|caffe2)/.*",
    "nlohmann-json": r"nlohmann/.*",
    "toml++": r"toml\+\+/.*",
    "SQLite": r"sqlite3\.h",
    "MPI": r"mpi\.h",
    "CLI11": r"CLI/.*",
}
STANDARD = re.compile(
    r"[a-z_0-9]+|(malloc|unistd|fcntl|signal|spawn|termios|dirent|dlfcn|poll|errno|time)\.h"
    r"|sys/(stat|types|wait|time|resource|ioctl|mman|file|statvfs|utsname|sysinfo)\.h")
INCLUDE = re.compile(r'\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")')
WARNING_LINES, MOST_LINES = 500, 600


class TableError(Exception):
    """The table of docs/architecture.md cannot be read, or contradicts itself."""


@dataclass
class Room:
    name: str
    floor: int
    may_include: set
    libraries: set


@dataclass
class Include:
    line: int
    header: str
    own: bool  # written with quotes


def split_names(cell):
    return {name.strip() for name in cell.split(",") if name.strip() not in ("", "-")}


def read_rooms(text):
    """The rooms of the table, by name."""
    rooms = {}
    rows = re.findall(r"^\|\s*(\d+)\s*\|\s*`(\w+)`\s*\|.*\|([^|]*)\|([^|]*)\|\s*$", text, re.MULTILINE)
    if not rows:
        raise TableError("no row like `| 1 | `core` | ... | may include | libraries |`")
    for floor, name, may_include, libraries in rows:
        if name in rooms:
            raise TableError(f"room {name} stands there twice")
        rooms[name] = Room(name, int(floor), split_names(may_include), split_names(libraries))
    for room in rooms.values():
        if room.may_include == {"everything below"}:
            room.may_include = {other.name for other in rooms.values() if other.floor < room.floor}
        for unknown in sorted(room.may_include - rooms.keys()):
            raise TableError(f"room {room.name} may include {unknown}, which is no room")
        for unknown in sorted(room.libraries - LIBRARIES.keys()):
            raise TableError(f"room {room.name} lists {unknown}, of which tools/check_includes.py knows no headers")
    check_arrows(rooms)
    return rooms


def check_arrows(rooms):
    """Arrows of the table go down, so no circle can be drawn in it."""
    for room in rooms.values():
        for other in sorted(room.may_include):
            if rooms[other].floor >= room.floor:
                raise TableError(f"room {room.name} may include {other}, which is not below it")


def read_everywhere(text):
    """The libraries of every room, and those of every room's tests."""
    everywhere = re.search(r"^In every room: ([^.]*)\. In tests \([^)]*\) of every room: ([^.]*)\.$", text, re.MULTILINE)
    if not everywhere:
        raise TableError("no line `In every room: fmt. In tests (...) of every room: GoogleTest.`")
    return split_names(everywhere[1]), split_names(everywhere[2])


class Tree:
    """The files under src/niwaki and what they include."""

    def __init__(self, root):
        text = (root / "docs/architecture.md").read_text()
        self.root = root
        self.rooms = read_rooms(text)
        self.everywhere, self.in_tests = read_everywhere(text)

    @cached_property
    def files(self):
        return sorted(path for path in (self.root / "src/niwaki").rglob("*") if path.suffix in (".hpp", ".cpp"))

    @cached_property
    def includes(self):
        return {path: list(self.read_includes(path)) for path in self.files}

    @staticmethod
    def read_includes(path):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found = INCLUDE.match(line)
            if found:
                yield Include(number, found[1] or found[2], own=found[2] is not None)

    def room_of(self, path):
        return path.relative_to(self.root / "src/niwaki").parts[0]

    def own_header(self, header):
        return self.root / "src" / header

    def carried(self, header, seen=None):
        """Libraries whose headers come along with one of our headers: {library: header that includes it}."""
        seen = set() if seen is None else seen
        found = {}
        if header in seen:
            return found
        seen.add(header)
        for include in self.includes.get(self.own_header(header), []):
            if include.own and include.header.startswith("niwaki/"):
                found = {**self.carried(include.header, seen), **found}
            elif (library := library_of(include.header)) is not None:
                found.setdefault(library, header)
        return found

    def libraries_allowed(self, path):
        tests = self.in_tests if path.name.endswith("_test.cpp") else set()
        return self.rooms[self.room_of(path)].libraries | self.everywhere | tests


def library_of(header):
    return next((name for name, pattern in LIBRARIES.items() if re.fullmatch(pattern, header)), None)


def check_own_include(tree, path, include):
    room, parts = tree.room_of(path), Path(include.header).parts
    if parts[0] != "niwaki" or len(parts) < 3:
        yield f'include "{include.header}" as "niwaki/<room>/<file>.hpp"'
        return
    if not tree.own_header(include.header).is_file():
        return  # made by the build, or the compiler will say so
    other = parts[1]
    if other != room and other not in tree.rooms[room].may_include:
        allowed = ", ".join(sorted(tree.rooms[room].may_include)) or "no other room"
        yield f"room {room} may not include room {other} ({include.header}); the table allows {allowed}"
    for library, carrier in sorted(tree.carried(include.header).items()):
        if library not in tree.libraries_allowed(path):
            yield f"{include.header} brings {library} into room {room} (from {carrier})"


def check_library_include(tree, path, include):
    if STANDARD.fullmatch(include.header):
        return
    library = library_of(include.header)
    if library is None:
        yield f"<{include.header}> is of no library that tools/check_includes.py knows"
    elif library not in tree.libraries_allowed(path):
        homes = ", ".join(room.name for room in tree.rooms.values() if library in room.libraries) or "no room"
        yield f"<{include.header}>: {library} belongs to {homes}, not to {tree.room_of(path)}"


def check_file(tree, path):
    if tree.room_of(path) not in tree.rooms:
        yield 1, f"{tree.room_of(path)} is no room of the table"
        return
    for include in tree.includes[path]:
        check = check_own_include if include.own else check_library_include
        for message in check(tree, path, include):
            yield include.line, message


def room_cycles(tree):
    """Pairs of rooms that include each other, with a file that does it."""
    arrows = {}
    for path, includes in tree.includes.items():
        for include in includes:
            parts = Path(include.header).parts
            if include.own and len(parts) > 2 and parts[0] == "niwaki" and parts[1] != tree.room_of(path):
                arrows.setdefault((tree.room_of(path), parts[1]), (path, include.line))
    for (room, other), (path, line) in sorted(arrows.items()):
        if (other, room) in arrows and room < other:
            yield path, line, f"rooms {room} and {other} include each other"


def findings(tree):
    """(path, line, message) of each."""
    for path in tree.files:
        for line, message in check_file(tree, path):
            yield path, line, message
        count = len(path.read_text().splitlines())
        if count > MOST_LINES:
            yield path, count, f"{count} lines; at most {MOST_LINES} are allowed: look for the missing room or file"
        elif count > WARNING_LINES:
            print(f"warning: {path.relative_to(tree.root)}: {count} lines; the aim is under {WARNING_LINES}", file=sys.stderr)
    yield from room_cycles(tree)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    root = parser.parse_args().root.resolve()
    try:
        tree = Tree(root)
    except TableError as error:
        print(f"docs/architecture.md:1: {error}", file=sys.stderr)
        return 1
    found = list(findings(tree))
    for path, line, message in found:
        print(f"{path.relative_to(root)}:{line}: {message}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
