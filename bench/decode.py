"""Reading pictures: 1,000 PNGs of 64 x 64 and 200 DICOM files of 2,000 x 2,500 samples of 16 bits, beside OpenCV and
pydicom from Python; and where the time goes when 1,000 DICOM files are read, by perf."""

import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

import other_programs
import report

PEER = pathlib.Path(__file__).parent / "peers" / "decode_peer.py"
PNGS, QUICK_PNGS, PNG_SIZE = 1000, 100, 64
# Each content under ten names: 200 of their own would not stay in memory everywhere, and the disk is not measured.
DICOMS, QUICK_DICOMS, NAMES, ROWS, COLUMNS = 200, 10, 10, 2500, 2000
RESIZED = 224
PASSES = {"png": 10, "dicom": 1}  # over all files in one call
LARGEST_DIFFERENCE = 1e-5  # of the mean of all values
PROFILED, QUICK_PROFILED, CONTENTS = 1000, 10, 10
CODINGS = {"uncompressed": ["cp"], "RLE": ["dcmcrle"], "JPEG lossless": ["dcmcjpeg", "+e1"]}
# Whose the shared objects are that perf finds samples in, by the beginnings of their names.
OWNERS = {"codec": ("libijg", "libdcmjpeg", "libdcmtkcharls", "libdcmjpls", "libopenjp2", "libdcmdata", "libz"),
          "kernel": ("[kernel", "[vdso"), "ours": ("niwaki",)}
CASES = [  # pictures, our way, the peer's way, what that is
    ("png", "whole", "stored", "cv2.imread, bytes"),
    ("png", "whole", "whole", "cv2.imread, floats"),
    ("dicom", "stored", "stored", "pydicom, pixel_array"),
    ("dicom", "whole", "whole", "pydicom, apply_voi_lut, floats"),
    ("dicom", "resized", "resized", "pydicom, apply_voi_lut, cv2.resize"),
]


def textures(rows, columns, bits, random):
    """Smooth with noise, as a radiograph is."""
    import numpy
    y, x = numpy.mgrid[0:rows, 0:columns]
    picture = numpy.sin(5 * x / columns) + numpy.cos(7 * y / rows) + 0.1 * random.standard_normal((rows, columns))
    picture = (picture - picture.min()) / (picture.max() - picture.min())
    return numpy.round(picture * (2**bits - 1)).astype(numpy.uint16 if bits > 8 else numpy.uint8)


def write_dicom(path, pixels, number):
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1"
    meta.MediaStorageSOPInstanceUID = f"1.2.3.{number + 1}"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    data.is_little_endian, data.is_implicit_VR = True, False
    data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    data.Modality, data.PhotometricInterpretation, data.SamplesPerPixel = "CR", "MONOCHROME2", 1
    data.Rows, data.Columns = pixels.shape
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
    data.WindowCenter, data.WindowWidth = 30000, 50000
    data.PixelData = pixels.tobytes()
    data.save_as(path, write_like_original=False)


def write_pictures(work, quick):
    import cv2
    import numpy
    random = numpy.random.default_rng(1)
    folders = {name: work / name for name in ("png", "dicom")}
    for folder in folders.values():
        folder.mkdir()
    for number in range(QUICK_PNGS if quick else PNGS):
        cv2.imwrite(str(folders["png"] / f"{number}.png"), textures(PNG_SIZE, PNG_SIZE, 8, random))
    for number in range((QUICK_DICOMS if quick else DICOMS) // NAMES):
        first = folders["dicom"] / f"{number}-0.dcm"
        write_dicom(first, textures(ROWS, COLUMNS, 16, random), number)
        for name in range(1, NAMES):
            os.link(first, folders["dicom"] / f"{number}-{name}.dcm")
    return folders


def call(command):
    environment = {**os.environ, "GOMP_SPINCOUNT": "2000"}  # what niwaki sets for itself (src/niwaki/cli/process.hpp)
    done = subprocess.run([str(part) for part in command], env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def check_values(kind, way, ours, peer):
    """What both made of the pictures is the same."""
    if ours["images"] != peer["images"]:
        raise SystemExit(f"decode: {ours['images']} {kind} of ours, {peer['images']} of the peer's")
    if way == "stored":
        return
    values = PNG_SIZE**2 if kind == "png" else RESIZED**2 if way == "resized" else ROWS * COLUMNS
    difference = abs(ours["sum"] - peer["sum"]) / (ours["images"] * values)
    if not difference <= LARGEST_DIFFERENCE:
        raise SystemExit(f"decode: the mean of {kind}, {way}, differs by {difference:g} from the peer's")


def one_round(options, folders, kind, our_way, peer_way):
    """Images a second of ours with one thread and with all, and of the peer."""
    common = ["--folder", folders[kind], "--size", RESIZED, "--rounds", PASSES[kind]]
    ours = [options.build / "niwaki_bench_decode", *common, "--way", our_way, "--threads"]
    answers = {"ours_1": call([*ours, 1]), "peer": call(["/usr/bin/python3", PEER, *common, "--way", peer_way]),
               "ours": call([*ours, options.threads])}
    check_values(kind, peer_way, answers["ours"], answers["peer"])
    rates = {name: answer["images"] / statistics.median(answer["seconds"]) for name, answer in answers.items()}
    versions = {name: answers["peer"][name] for name in ("cv2", "pydicom", "numpy")}
    return rates, versions, answers["peer"]["images"]


def shares_of(samples):
    """Of the samples, whose they are; `samples` by shared object."""
    shares = dict.fromkeys([*OWNERS, "others"], 0.0)
    for name, count in samples.items():
        owner = next((owner for owner, begins in OWNERS.items() if name.startswith(begins)), "others")
        shares[owner] += count / sum(samples.values())
    return shares


def profile_of(options, folder, work):
    """Where reading all of the folder's files spends the processors' time."""
    record = work / "perf.data"
    command = [options.build / "niwaki_bench_decode", "--folder", folder, "--way", "resized", "--rounds", 1, "--size",
               RESIZED, "--threads", options.threads]
    answer = call(["perf", "record", "--quiet", "--event", "cpu-clock", "--freq", "499", "--output", record, *command])
    told = subprocess.run(["perf", "report", "--input", record, "--sort", "dso", "--stdio", "--show-nr-samples", "--field-separator",
                           ";"], capture_output=True, text=True, check=True).stdout
    samples = {}
    for line in told.splitlines():
        if line and not line.startswith("#"):
            _, count, name = (cell.strip() for cell in line.split(";")[:3])
            samples[name] = int(count)
    return {"images": answer["images"], "images_a_second": round(answer["images"] / answer["seconds"][0], 1),
            "shares": {name: round(share, 4) for name, share in shares_of(samples).items()}}


def profiles(options, work):
    import numpy
    if shutil.which("perf") is None:
        return {}
    random = numpy.random.default_rng(2)
    found = {}
    for coding, words in CODINGS.items():
        folder = work / coding.replace(" ", "-")
        folder.mkdir()
        for number in range(CONTENTS):
            first = folder / f"{number}-0.dcm"
            write_dicom(work / "plain.dcm", textures(ROWS, COLUMNS, 16, random), number)
            subprocess.run([*words, work / "plain.dcm", first], check=True)
            for name in range(1, (QUICK_PROFILED if options.quick else PROFILED) // CONTENTS):
                os.link(first, folder / f"{number}-{name}.dcm")
        found[coding] = profile_of(options, folder, work)
        shutil.rmtree(folder)
        print(f"decode: profile, {coding}", file=sys.stderr)
    return found


def measure(options, work):
    folders = write_pictures(work, options.quick)
    rates = [[] for _ in CASES]
    images = {}
    for number in range(1 if options.quick else max(5, options.rounds)):
        if not options.quick:
            other_programs.wait_until_quiet()
        for (kind, our_way, peer_way, _), rounds in zip(CASES, rates):
            rate, versions, images[kind] = one_round(options, folders, kind, our_way, peer_way)
            rounds.append({name: round(value, 2) for name, value in rate.items()})
        print(f"decode: round {number + 1}", file=sys.stderr)
    return {"images": images, "sizes": {"png": [PNG_SIZE, PNG_SIZE], "dicom": [ROWS, COLUMNS]}, "resized": RESIZED,
            **versions, "cases": [{"pictures": kind, "way": way, "peer": peer, "images_a_second": rounds}
                                  for (kind, way, _, peer), rounds in zip(CASES, rates)],
            "profiles": profiles(options, work)}


WAYS = {"stored": "samples as stored", "whole": "floats, every pixel", "resized": f"floats, {RESIZED} x {RESIZED}"}


def row_of(case):
    rounds = case["images_a_second"]
    median = {name: statistics.median(one[name] for one in rounds) for name in ("ours_1", "ours", "peer")}
    ratios = sorted(one["ours_1"] / one["peer"] for one in rounds)
    gains = [one["ours"] / one["ours_1"] for one in rounds]
    return [f"{case['pictures'].upper()}: {WAYS[case['way']]}", case["peer"], f"{median['peer']:.0f}",
            f"{median['ours_1']:.0f}", f"{median['ours']:.0f}",
            f"**{statistics.median(ratios):.2f}** ({ratios[0]:.2f} to {ratios[-1]:.2f})",
            f"{statistics.median(gains):.2f} ({min(gains):.2f} to {max(gains):.2f})"]


def profile_table(result):
    header = ["DICOM files", "images a second", "codec", "kernel: reading, memory", "Niwaki", "C and OpenMP libraries, loader"]
    rows = [[f"{one['images']:,}, {coding}", f"{one['images_a_second']:.0f}",
             *(f"{100 * one['shares'][owner]:.0f} %" for owner in ("codec", "kernel", "ours", "others"))]
            for coding, one in result["profiles"].items()]
    return report.markdown(header, rows)


def table(result):
    threads = result["machine"]["threads"]
    header = ["pictures, and what is made of them", "the peer", "peer, images a second", "ours, 1 thread",
              f"ours, {threads} threads", "1 thread / peer (by round)", f"{threads} threads / 1"]
    rounds = len(result["cases"][0]["images_a_second"])
    return (f"{result['images']['png']:,} PNGs of {PNG_SIZE} x {PNG_SIZE} (grey, 8 bits) and {result['images']['dicom']} DICOM "
            f"files of {COLUMNS:,} x {ROWS:,} (16 bits, uncompressed, one window), from the page cache; medians of {rounds} "
            f"round{'' if rounds == 1 else 's'}. OpenCV {result['cv2']}, pydicom {result['pydicom']}, NumPy "
            f"{result['numpy']}, 1 thread.\n{report.machine_line(result['machine'])}\n\n"
            f"{report.markdown(header, [row_of(case) for case in result['cases']])}\n\n"
            f"Where the processors' time goes, {threads} threads, floats of {RESIZED} x {RESIZED} (perf, by shared object):\n\n"
            f"{profile_table(result)}")
