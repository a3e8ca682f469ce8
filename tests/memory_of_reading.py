#!/usr/bin/env python3
"""How much memory a study on many large radiographs takes at its most: it may not grow with how many there are, nor with
their size.

    memory_of_reading.py --program build/niwaki [--images 20000] [--rows 2500] [--columns 2000] [--limit 2000]

Writes DICOM files of 16 bits, each with its own header and with pixels that take no room on the disk (all 0; what a file
decodes to is as large as ever), runs a small study on them, and its dense network over all of them at the study's size
and over the first 64 at 1,024 x 1,024. Prints the peak of each in MB; ends with 1 where one is over the limit. 20,000
images take about 10 minutes. Ends with 77 (left out) without pydicom.
"""
import argparse
import csv
import io
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

LEFT_OUT = 77
FEW = 64  # images of the largest input: what memory they take shows after a few batches
CLASSES = ("Effusion", "Mass")


def header(rows, columns, number):
    """A file up to its pixel data, whose length is told."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1"
    meta.MediaStorageSOPInstanceUID = f"1.2.3.{number + 1}"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset("none", {}, file_meta=meta, preamble=b"\0" * 128)
    data.is_little_endian, data.is_implicit_VR = True, False
    data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    data.Modality, data.PhotometricInterpretation, data.SamplesPerPixel = "CR", "MONOCHROME2", 1
    data.Rows, data.Columns = rows, columns
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
    data.WindowCenter, data.WindowWidth = 30000, 50000
    file = io.BytesIO()
    data.save_as(file, write_like_original=False)
    return file.getvalue() + b"\xe0\x7f\x10\x00OW\0\0" + (2 * rows * columns).to_bytes(4, "little")


def write_cohort(folder, images, rows, columns):
    pictures = folder / "pictures"
    pictures.mkdir()
    with open(folder / "labels.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "patient_id", "image", *CLASSES])
        for number in range(images):
            path = pictures / f"{number}.dcm"
            beginning = header(rows, columns, number)
            path.write_bytes(beginning)
            os.truncate(path, len(beginning) + 2 * rows * columns)
            writer.writerow([number, number // 2, path.name, number // 2 % 2, number // 4 % 2])


def peak_of(command):
    """MB of resident memory at its most, and seconds. The kernel tells the peak of a running process alone."""
    begin = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = []
    reader = threading.Thread(target=lambda: said.append(process.stdout.read()))
    reader.start()
    _, status, used = os.wait4(process.pid, 0)
    reader.join()
    process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\n{said[0].decode(errors='replace')}")
    return used.ru_maxrss * 1024 / 1e6, time.perf_counter() - begin


def commands(program, folder, size):
    labels, pictures, study = folder / "labels.csv", folder / "pictures", folder / "study"
    settings = ["study.seeds=1", "train.epochs=1", "prune.sparsities=[0.9]", 'prune.methods=["l1"]', "report.gallery=2",
                "cohort.kind=files", f"cohort.labels={labels}", f"cohort.images={pictures}", f"model.height={size}", f"model.width={size}"]
    words = [word for setting in settings for word in ("--set", setting)]
    yield f"study, input {size} x {size}", [program, "study", "--preset", "demo", "--out", study, *words]
    dense = study / "models" / "l1" / "seed-0" / "sparsity-0.00.onnx.zst"
    few = folder / "few.csv"
    few.write_text("".join(labels.read_text().splitlines(keepends=True)[:FEW + 1]))
    for name, side, listed in (("predict", size, labels), (f"predict {FEW} of them", 1024, few)):
        yield (f"{name}, input {side} x {side}",
               [program, "predict", "--model", dense, "--labels", listed, "--images", pictures, "--size", side, "--out",
                folder / "scores.npy"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--images", type=int, default=20000)
    parser.add_argument("--rows", type=int, default=2500)
    parser.add_argument("--columns", type=int, default=2000)
    parser.add_argument("--size", type=int, default=64, help="of the network's input in the study")
    parser.add_argument("--limit", type=int, default=2000, help="MB")
    options = parser.parse_args()
    try:
        import pydicom  # noqa: F401
    except ImportError:
        return LEFT_OUT
    worst = 0
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        write_cohort(folder, options.images, options.rows, options.columns)
        for name, command in commands(options.program, folder, options.size):
            peak, seconds = peak_of(command)
            print(f"{options.images} images of {options.columns} x {options.rows}, {name}: {peak:.0f} MB at most, "
                  f"{seconds:.0f} s", flush=True)
            worst = max(worst, peak)
    return int(worst > options.limit)


if __name__ == "__main__":
    sys.exit(main())
