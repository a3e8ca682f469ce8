#!/usr/bin/env python3
"""Holds pictures to other makers' code: DICOM to DCMTK's tools (and GDCM's for JPEG 2000), PNG and JPEG to OpenCV and PIL,
resizing to OpenCV.

    images_against_peers.py --export build/niwaki_image_export

DICOM files are made with dump2dcm, img2dcm, dcmconv, dcmcjpeg, dcmcjpls, dcmcrle and gdcmconv: each kind of grey picture
in each transfer syntax. What DCMTK's own dcm2pnm, dcmj2pnm and dcml2pnm show of a file (16-bit PNG) and what dcmdump
writes of its samples is what we must show. Ends with 77 (left out) where a tool is not there.
"""
import argparse
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy

LEFT_OUT = 77
TOOLS = ["dump2dcm", "img2dcm", "dcmconv", "dcmcjpeg", "dcmcjpls", "dcmcrle", "dcmdump", "dcm2pnm", "dcmj2pnm", "dcml2pnm",
         "dcmodify", "gdcmconv"]
COMPUTED_RADIOGRAPH, CAPTURE = "1.2.840.10008.5.1.4.1.1.1", "1.2.840.10008.5.1.4.1.1.7"
ROWS, COLUMNS = 37, 50
TABLES = {}  # entries of look-up tables, by the name of their file
EXPORT = None  # set by main()


def tool(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}\n{done.stdout.decode()}{done.stderr.decode()}")
    return done.stdout.decode(errors="replace")


def textures(bits, random):
    """Smooth with noise, so that lossy coders have something to do; all of the range is used."""
    y, x = numpy.mgrid[0:ROWS, 0:COLUMNS]
    picture = numpy.sin(x / 9) + numpy.cos(y / 7) + 0.1 * random.standard_normal((ROWS, COLUMNS))
    picture = (picture - picture.min()) / (picture.max() - picture.min())
    return numpy.round(picture * (2**bits - 1)).astype(numpy.int64)


def look_up_table(tag, first, bits, entries, explanation=None, signed=False):
    """The lines of a sequence that dump2dcm reads; the entries lie in a file, whose name Case.write() puts in."""
    TABLES[f"table-{len(TABLES)}"] = entries
    kind = "SS" if signed else "US"
    name = f"\n(0028,3003) LO [{explanation}]" if explanation else ""
    return (f"({tag}) SQ (Sequence with explicit length #=1)\n(fffe,e000) na (Item with explicit length #=1)\n"
            f"(0028,3002) {kind} {len(entries)}\\{first}\\{bits}{name}\n(0028,3006) OW ={{table-{len(TABLES) - 1}}}\n(fffe,e00d) na\n(fffe,e0dd) na\n")


class Case:
    """A grey picture and what its header says; the tool's options that show it as we do."""

    def __init__(self, name, bits, photometric="MONOCHROME2", signed=False, more="", show=("-W",), windows="full-range",
                 allocated=16, high_bit=None, steps=None):
        # Steps of 1/65535 that the tool may be off: without a window, and of tables of 8 bits, it shifts instead of
        # scaling, so that white is short by one step of the samples.
        self.steps = steps or (65536 / 2**bits + 0.01 if show == ("-W",) else 1.6)
        self.name, self.bits, self.photometric, self.signed = name, bits, photometric, signed
        self.more, self.show, self.windows, self.allocated = more, show, windows, allocated
        self.high_bit = bits - 1 if high_bit is None else high_bit

    def write(self, folder):
        stored = textures(self.bits, numpy.random.default_rng(self.bits))
        if self.signed:
            stored -= 2 ** (self.bits - 1)
        samples = (stored << (self.high_bit + 1 - self.bits)) & (2**self.allocated - 1)
        raw = folder / f"{self.name}.raw"
        raw.write_bytes(samples.astype("<u2" if self.allocated == 16 else "u1").tobytes())
        kind = "OW" if self.allocated == 16 else "OB"
        more = self.more
        for table, entries in TABLES.items():
            numpy.array(entries, "<u2").tofile(folder / table)
            more = more.replace(f"{{{table}}}", str(folder / table))
        dump = folder / f"{self.name}.dump"
        dump.write_text(
            f"(0008,0016) UI {COMPUTED_RADIOGRAPH}\n(0008,0018) UI 1.2.3.{sum(self.name.encode())}\n(0008,0060) CS CR\n"
            f"(0028,0002) US 1\n(0028,0004) CS {self.photometric}\n(0028,0010) US {ROWS}\n(0028,0011) US {COLUMNS}\n"
            f"(0028,0100) US {self.allocated}\n(0028,0101) US {self.bits}\n(0028,0102) US {self.high_bit}\n"
            f"(0028,0103) US {int(self.signed)}\n{more}(7fe0,0010) {kind} ={raw}\n")
        path = folder / f"{self.name}.dcm"
        tool("dump2dcm", "+te", dump, path)
        return path, stored


LINEAR = "(0028,1050) DS [2000\\500]\n(0028,1051) DS [3000\\200]\n(0028,1055) LO [NORMAL\\BONE]\n"
RESCALE = "(0028,1052) DS [-1024]\n(0028,1053) DS [2.5]\n"
CURVE = [int(65535 * (i / 999) ** 2) for i in range(1000)]
CASES = [
    Case("grey8", 8, allocated=8),
    Case("grey8inverse", 8, "MONOCHROME1", allocated=8),
    Case("grey10", 10, more="(0028,1050) DS [512]\n(0028,1051) DS [600]\n", show=("+Wi", 1), windows="first"),
    Case("grey12", 12, more=LINEAR, show=("+Wi", 1), windows="first"),
    Case("bone", 12, more=LINEAR, show=("+Wi", 2), windows="bone"),
    Case("grey12inverse", 12, "MONOCHROME1", more=LINEAR, show=("+Wi", 1), windows="NORMAL"),
    # The tool rounds what the slope gives to whole numbers: half of one of 3000.
    Case("rescaled", 12, more=RESCALE + LINEAR, show=("+Wi", 1), windows="first", steps=0.5 / 3000 * 65535 + 1.6),
    Case("falling", 12, more="(0028,1052) DS [4095]\n(0028,1053) DS [-1]\n" + LINEAR, show=("+Wi", 1), windows="first"),
    Case("sigmoid", 12, more=LINEAR + "(0028,1056) CS [SIGMOID]\n", show=("+Wi", 1), windows="first"),
    Case("signed12", 12, signed=True, more="(0028,1050) DS [100.5]\n(0028,1051) DS [1500]\n", show=("+Wi", 1), windows="first"),
    Case("signed16", 16, signed=True, more=RESCALE, show=("-W",)),
    Case("grey14", 14, show=("+Wm",), windows="min-max"),
    Case("grey16", 16, "MONOCHROME1", show=("-W",)),
    Case("modality", 10, more=look_up_table("0028,3000", 12, 16, CURVE), show=("-W",)),
    Case("interest", 10, "MONOCHROME1", more=look_up_table("0028,3010", 12, 16, CURVE, "HARD"), show=("+Wl", 1), windows="hard"),
    Case("interest8", 12, more=look_up_table("0028,3010", -100, 8, [i // 4 for i in range(1000)], signed=True)
         + "(0028,1052) DS [-200]\n(0028,1053) DS [1]\n", show=("+Wl", 1), windows="first", steps=256),
]
# Transfer syntax, its maker, what shows it, and whether it keeps every bit.
NATIVE = [("implicit", ["dcmconv", "+ti"]), ("explicit", ["dcmconv", "+te"]), ("big-endian", ["dcmconv", "+tb"]),
          ("deflated", ["dcmconv", "+td"]), ("undefined-length", ["dcmconv", "+te", "-e"])]
ENCAPSULATED = [("rle", ["dcmcrle"], "dcm2pnm"), ("jpeg-sv1", ["dcmcjpeg", "+e1"], "dcmj2pnm"),
                ("jpeg-lossless", ["dcmcjpeg", "+el"], "dcmj2pnm"), ("jpeg-ls", ["dcmcjpls", "+el"], "dcml2pnm"),
                ("jpeg-ls-near", ["dcmcjpls", "+en"], "dcml2pnm")]
LOSSY = [("jpeg-baseline", ["dcmcjpeg", "+eb"], "dcmj2pnm", 8), ("jpeg-extended", ["dcmcjpeg", "+ee"], "dcmj2pnm", 12)]


def shown_by(program, path, options, folder):
    """What DCMTK shows of the file, [channels, height, width] in [0, 1]."""
    import cv2
    png = folder / f"{path.stem}.shown.png"
    tool(program, "+on2", *options, path, png)
    picture = cv2.imread(str(png), cv2.IMREAD_UNCHANGED).astype(numpy.float64) / 65535
    return picture[None] if picture.ndim == 2 else picture[:, :, ::-1].transpose(2, 0, 1)


def read(cases):
    """Ours of (path, windows[, (channels, height, width)]): an array each, or the error."""
    with tempfile.TemporaryDirectory() as folder:
        lines = "".join("\t".join(map(str, (case[0], case[1], *(case[2] if len(case) > 2 else (0, 0, 0))))) + "\n"
                        for case in cases)
        done = subprocess.run([EXPORT, folder], input=lines, capture_output=True, text=True, check=True)
        told = done.stdout.splitlines()
        assert len(told) == len(cases), done.stdout + done.stderr
        assert done.stderr == "", done.stderr
        return [numpy.load(Path(folder) / f"{i}.npy") if line == "read" else line for i, line in enumerate(told)]


class Dicom(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def same(self, ours, theirs, what, steps=1.01):
        self.assertNotIsInstance(ours, str, f"{what}: {ours}")
        self.assertEqual(ours.shape, theirs.shape, what)
        self.assertLessEqual(numpy.abs(ours - theirs).max() * 65535, steps, what)

    def converted(self, path, kinds):
        for name, words, *rest in kinds:
            out = self.folder / f"{path.stem}.{name}.dcm"
            tool(*words, path, out)
            yield name, out, *rest

    def test_every_grey_picture_in_every_syntax_is_what_dcmtk_shows(self):
        asked, told = [], []
        for case in CASES:
            path, _ = case.write(self.folder)
            files = [(name, out, "dcm2pnm") for name, out in self.converted(path, NATIVE)]
            # dcmcjpls -n takes no signed samples.
            files += list(self.converted(path, ENCAPSULATED[:-1] if case.signed else ENCAPSULATED))
            # dcmcjpeg's lossy processes drop VOI look-up tables.
            lossy = [] if case.signed or "+Wl" in case.show else [kind for kind in LOSSY if kind[3] >= case.bits]
            files += [(name, out, program) for name, out, program, _ in self.converted(path, lossy)]
            for name, out, program in files:
                asked.append((out, case.windows))
                told.append((f"{case.name} {name}", shown_by(program, out, case.show, self.folder), case.steps))
        for ours, (what, theirs, steps) in zip(read(asked), told):
            with self.subTest(what):
                self.same(ours, theirs, what, steps)
        self.assertGreater(len(asked), 150)

    def test_jpeg_2000_is_what_the_uncompressed_file_is(self):
        asked, lossy = [], []
        for case in CASES:
            path, _ = case.write(self.folder)
            out = self.folder / f"{case.name}.j2k.dcm"
            tool("gdcmconv", "--j2k", path, out)
            self.assertIn("JPEG2000LosslessOnly", tool("dcmdump", "+P", "0002,0010", out))
            asked += [(path, case.windows), (out, case.windows)]
            if not case.signed:
                lost = self.folder / f"{case.name}.lossy.dcm"
                tool("gdcmconv", "--j2k", "--lossy", "-r", 4, path, lost)
                lossy += [(path, case.windows), (lost, case.windows)]
        found = read(asked)
        for (path, _), before, after in zip(asked[::2], found[::2], found[1::2]):
            self.assertNotIsInstance(after, str, f"{path}: {after}")
            numpy.testing.assert_array_equal(before, after, str(path))
        found = read(lossy)
        for (path, _), before, after in zip(lossy[::2], found[::2], found[1::2]):
            self.assertNotIsInstance(after, str, f"{path}: {after}")
            self.assertLess(numpy.abs(before - after).mean(), 0.05, str(path))
            self.assertGreater(numpy.abs(before - after).max(), 0, f"{path} is not lossy")

    def test_samples_are_those_that_dcmdump_writes(self):
        for case in CASES:
            path, stored = case.write(self.folder)
            out = self.folder / f"raw-{case.name}"
            out.mkdir()
            tool("dcmdump", "+W", out, path)
            samples = numpy.fromfile(next(out.iterdir()), "<u2" if case.allocated == 16 else "u1").astype(numpy.int64)
            samples = samples[:ROWS * COLUMNS].reshape(ROWS, COLUMNS) & (2**case.bits - 1)
            numpy.testing.assert_array_equal(samples, stored & (2**case.bits - 1))
            if "0028,3000" in case.more or "0028,1053" in case.more:
                continue
            values = samples - (2**case.bits * (samples >= 2 ** (case.bits - 1)) if case.signed else 0)
            scaled = (values + (2 ** (case.bits - 1) if case.signed else 0)) / (2**case.bits - 1)
            scaled = 1 - scaled if case.photometric == "MONOCHROME1" else scaled
            self.same(read([(path, "full-range")])[0], scaled[None], case.name, 0.01)

    def test_bits_need_not_stand_lowest(self):
        low = Case("low", 10)
        high = Case("high", 10, high_bit=13)
        found = read([(case.write(self.folder)[0], "full-range") for case in (low, high)])
        self.same(found[1], found[0], "high bit 13", 0)

    def test_colours(self):
        import cv2
        random = numpy.random.default_rng(1)
        picture = numpy.stack([textures(8, random) for _ in range(3)], axis=2).astype(numpy.uint8)
        bmp, path = self.folder / "colour.bmp", self.folder / "colour.dcm"
        cv2.imwrite(str(bmp), picture)
        tool("img2dcm", "-i", "BMP", bmp, path)
        expected = picture[:, :, ::-1].transpose(2, 0, 1) / 255
        lossless = [("colour", path, "dcm2pnm"), *((n, o, "dcm2pnm") for n, o in self.converted(path, NATIVE)),
                    *self.converted(path, ENCAPSULATED[:4])]
        for (name, _, _), ours in zip(lossless, read([(out, "first") for _, out, _ in lossless])):
            self.same(ours, expected, name, 0.01)
        out = self.folder / "colour.j2k.dcm"
        tool("gdcmconv", "--j2k", path, out)
        self.same(read([(out, "first")])[0], expected, "JPEG 2000", 0.01)
        for name, out, program, _ in self.converted(path, LOSSY[:1]):
            self.same(read([(out, "first")])[0], shown_by(program, out, (), self.folder), name, 0.01)

    def test_colours_in_planes(self):
        import pydicom
        path = self.folder / "colour.dcm"
        self.test_colours()
        data = pydicom.dcmread(path)
        data.PixelData = data.pixel_array.transpose(2, 0, 1).tobytes()
        data.PlanarConfiguration = 1
        planes = self.folder / "planes.dcm"
        data.save_as(planes)
        rle = self.folder / "planes.rle.dcm"
        tool("dcmcrle", planes, rle)
        whole, *split = read([(path, "first"), (planes, "first"), (rle, "first")])
        for ours in split:
            self.same(ours, whole, "planes", 0)

    def test_a_jpeg_put_into_dicom_is_the_jpeg(self):
        import cv2
        picture = textures(8, numpy.random.default_rng(1)).astype(numpy.uint8)
        for name, pixels in (("grey", picture), ("colour", numpy.dstack([picture, picture.T[:ROWS, :1] + 0 * picture, 255 - picture]))):
            jpeg, path = self.folder / f"{name}.jpg", self.folder / f"{name}.dcm"
            cv2.imwrite(str(jpeg), pixels)
            tool("img2dcm", jpeg, path)
            ours, plain = read([(path, "first"), (jpeg, "first")])
            # Two decoders of one JPEG may differ by the rounding of its cosine transform and of its colours.
            self.same(ours, plain, name, 257 * 6)
            self.assertLess(numpy.abs(ours - plain).mean() * 255, 1, name)


class Pictures(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def check(self, path, expected, limit=2e-7):
        ours = read([(path, "first")])[0]
        self.assertNotIsInstance(ours, str, f"{path.name}: {ours}")
        self.assertEqual(ours.shape, expected.shape, path.name)
        self.assertLessEqual(numpy.abs(ours - expected).max(), limit, path.name)

    def test_png_of_every_kind(self):
        from PIL import Image
        random = numpy.random.default_rng(3)
        grey = textures(8, random).astype(numpy.uint8)
        colour = Image.fromarray(numpy.dstack([grey, 255 - grey, grey // 2]))
        clear = Image.fromarray(random.integers(0, 256, grey.shape, dtype=numpy.uint8))
        kinds = {"1": Image.fromarray(grey > 100), "L": Image.fromarray(grey), "RGB": colour, "P": colour.quantize(200),
                 "P4": colour.quantize(16), "P1": colour.quantize(2)}
        kinds["LA"] = Image.merge("LA", (kinds["L"], clear))
        kinds["RGBA"] = colour.copy()
        kinds["RGBA"].putalpha(clear)
        for name, picture in kinds.items():
            path = self.folder / f"{name}.png"
            picture.save(path, **({"bits": 4} if name == "P4" else {"bits": 1} if name == "P1" else {}))
            is_grey = name in ("1", "L")
            expected = numpy.asarray(picture.convert("L" if is_grey else "RGB")) / 255
            if name == "LA":  # as colours of equal values, as PIL has them
                ours = read([(path, "first")])[0]
                expected = expected if ours.shape[0] == 3 else expected[:, :, 0]
            self.check(path, expected[None] if expected.ndim == 2 else expected.transpose(2, 0, 1))

    def test_png_of_16_bits_keeps_them(self):
        import cv2
        grey = textures(16, numpy.random.default_rng(4)).astype(numpy.uint16)
        colour = numpy.dstack([grey, 65535 - grey, grey // 3])
        for name, picture in (("grey", grey[:, :, None]), ("colour", colour)):
            path = self.folder / f"{name}.png"
            cv2.imwrite(str(path), picture)
            self.check(path, picture[:, :, ::-1].transpose(2, 0, 1) / 65535)
        self.assertGreater(len(numpy.unique(read([(self.folder / "grey.png", "first")])[0])), 1000)

    def test_jpeg_is_what_opencv_reads(self):
        import cv2
        from PIL import Image
        grey = textures(8, numpy.random.default_rng(5)).astype(numpy.uint8)
        colour = Image.fromarray(numpy.dstack([grey, 255 - grey, grey // 2]))
        for name, picture, options in (("grey", Image.fromarray(grey), {}), ("colour", colour, {}),
                                       ("progressive", colour, {"progressive": True}), ("cmyk", colour.convert("CMYK"), {})):
            path = self.folder / f"{name}.jpg"
            picture.save(path, quality=90, **options)
            theirs = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
            theirs = theirs[None] if theirs.ndim == 2 else theirs[:, :, ::-1].transpose(2, 0, 1)
            self.check(path, theirs / 255)

    def test_resizing_is_opencv_s_within_rounding(self):
        import cv2
        random = numpy.random.default_rng(6)
        for shape in ((1000, 1300), (448, 448), (300, 61), (64, 64)):
            grey = random.integers(0, 65536, shape, dtype=numpy.uint16)
            colour = random.integers(0, 256, (*shape, 3), dtype=numpy.uint8)
            for name, picture, scale in (("grey", grey, 65535), ("colour", colour, 255)):
                path = self.folder / f"{name}.png"
                cv2.imwrite(str(path), picture)
                for height, width in ((224, 224), (64, 64), (31, 500), (shape[0] // 2, shape[1] // 2)):
                    theirs = cv2.resize(picture.astype(numpy.float32) / scale, (width, height), interpolation=cv2.INTER_LINEAR)
                    theirs = theirs[None] if theirs.ndim == 2 else theirs[:, :, ::-1].transpose(2, 0, 1)
                    channels = theirs.shape[0]
                    ours = read([(path, "first", (channels, height, width))])[0]
                    self.assertLessEqual(numpy.abs(ours - theirs).max(), 4e-6, f"{name} {shape} {height}x{width}")


def missing():
    names = [name for name in TOOLS if shutil.which(name) is None]
    for module in ("cv2", "pydicom", "PIL"):
        try:
            __import__(module)
        except ImportError:
            names.append(f"python3 module {module}")
    return names


def main():
    global EXPORT
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--export", type=Path, required=True)
    args, rest = parser.parse_known_args()
    EXPORT = args.export.resolve()
    if lacking := missing():
        print(f"left out: not there: {', '.join(lacking)} (packages/debian-test.txt)")
        return LEFT_OUT
    return 0 if unittest.main(argv=[sys.argv[0], *rest], exit=False).result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
