"""The peer of bench/decode_speed.cpp: the same pictures by python3-opencv (PNG) and python3-pydicom (DICOM). bench/run
calls it.

Ways, as there: "stored" is what the package decodes, and nothing more (cv2.imread, or pydicom's pixel_array). "whole" are
floats from 0 to 1 of every pixel: divided by white, or by pydicom's own apply_voi_lut. "resized" are these after
cv2.resize. One thread.
"""

import argparse
import json
import pathlib
import time

import cv2
import numpy


def stored(path):
    if path.suffix == ".png":
        return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    import pydicom
    return pydicom.dcmread(path).pixel_array


def whole(path):
    if path.suffix == ".png":
        pixels = stored(path)
        return pixels.astype(numpy.float32) / numpy.float32(numpy.iinfo(pixels.dtype).max)
    import pydicom
    from pydicom.pixel_data_handlers.util import apply_voi_lut
    dataset = pydicom.dcmread(path)
    return (apply_voi_lut(dataset.pixel_array, dataset) / 65535).astype(numpy.float32)


def resized(path, size):
    return cv2.resize(whole(path), (size, size), interpolation=cv2.INTER_LINEAR)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--way", choices=["stored", "whole", "resized"], required=True)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    files = sorted(options.folder.iterdir())
    read = {"stored": stored, "whole": whole, "resized": lambda path: resized(path, options.size)}[options.way]
    total = float(sum(read(path).sum(dtype=numpy.float64) for path in files))  # warms up, too
    seconds = []
    for _ in range(options.rounds):
        begin = time.perf_counter()
        for path in files:
            read(path)
        seconds.append(time.perf_counter() - begin)
    import pydicom
    print(json.dumps({"seconds": seconds, "sum": total, "images": len(files), "cv2": cv2.__version__,
                      "pydicom": pydicom.__version__, "numpy": numpy.__version__}))


if __name__ == "__main__":
    main()
