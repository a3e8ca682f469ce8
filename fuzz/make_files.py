#!/usr/bin/env python3
"""Makes the seeds of the fuzz corpora of label files, score tables, DICOM files and recipes.

    make_files.py [--out fuzz/corpus]

The same seeds each time; each is smaller than 4 KB. Needs python3-numpy, python3-pydicom, and DCMTK's and GDCM's tools.
"""
import argparse
import io
import subprocess
import tempfile
from pathlib import Path

import numpy

LIMIT = 4096
COMPUTED_RADIOGRAPH = "1.2.840.10008.5.1.4.1.1.1"
CHEXPERT = ("No Finding", "Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity", "Lung Lesion", "Edema",
            "Consolidation", "Pneumonia", "Atelectasis", "Pneumothorax", "Pleural Effusion", "Pleural Other", "Fracture",
            "Support Devices")


def labels():
    """Two bytes of options (fuzz/labels.cpp), then the file."""
    names = ",".join(CHEXPERT)
    blank = "," * len(CHEXPERT)
    return {
        "own": b"\0\0id,patient_id,image,site,Edema,Mass\na,1,a.png,x,0,1\nb,1,b.png,y,,0\n\"c,\",2,c.png,,1,1\n",
        "nih": b"\0\0Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
               b"OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],\n"
               b"00000001_000.png,Cardiomegaly|Emphysema,0,1,57,M,PA,2682,2749,0.143,0.143,\n"
               b"00000002_000.png,No Finding,0,2,80,F,AP,2500,2048,0.171,0.171,\n",
        "nih-cxr-lt": b"\0\0id,Atelectasis,Hernia,No Finding,subj_id\n1_000.png,1,0,0,1\n2_001.png,0,0,1,2\n",
        "mimic-cxr-lt": b"\0\0dicom_id,Atelectasis,Hernia,subject_id\nab-cd,1,0,10000032\nef-01,0,1,10000764\n",
        "chexpert": (f"\0\x09Path,Sex,Age,Frontal/Lateral,AP/PA,{names}\n"
                     f"CheXpert-v1.0/train/patient00001/study1/view1_frontal.jpg,Female,68,Frontal,AP,1.0,,-1.0{blank[3:]}\n"
                     f"CheXpert-v1.0/train/patient00002/study1/view2_lateral.jpg,Male,87,Lateral,{blank}\n").encode(),
        "mimic-cxr": (f"\0\x4ddicom_id,subject_id,study_id,ViewPosition,{names}\n"
                      f"ab-cd,10000032,50414267,PA,1.0,-1.0,0.0{blank[3:]}\n").encode(),
        "class-map": b"\0\x80targets = [\"Effusion\", \"Lung Lesion\"]\n[names]\n\"Pleural Effusion\" = \"Effusion\"\nX = \"\"\n",
    }


def npy(array, **options):
    file = io.BytesIO()
    numpy.lib.format.write_array(file, array, allow_pickle=False, **options)
    return file.getvalue()


def scores():
    table = numpy.linspace(0, 1, 6).reshape(3, 2)
    archives = {}
    for name, save in (("stored", numpy.savez), ("deflated", numpy.savez_compressed)):
        file = io.BytesIO()
        save(file, a=table.astype("<f4"), b=numpy.zeros((50, 2), "<f4"))
        archives[f"{name}.npz"] = file.getvalue()
    return {
        "float32.npy": npy(table.astype("<f4")),
        "float64.npy": npy(table, version=(2, 0)),
        "logits.npy": npy(20 * table.astype("<f4") - 10) + b" ",
        "version3.npy": npy(table.astype("<f4"), version=(3, 0)),
        "fortran.npy": npy(numpy.asfortranarray(table)),
        "scores.csv": b"id,Edema,Mass\na,0.5,1\nb,0,1e-3\n",
        **archives,
    }


def dataset(bits, photometric="MONOCHROME2", size=(8, 9), **more):
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = COMPUTED_RADIOGRAPH, "1.2.3"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset("seed", {}, file_meta=meta, preamble=b"\0" * 128)
    data.is_little_endian, data.is_implicit_VR = True, False
    data.SOPClassUID, data.SOPInstanceUID, data.Modality = COMPUTED_RADIOGRAPH, "1.2.3", "CR"
    data.PatientName, data.PatientID, data.PatientAge, data.PatientSex = "Seed^Fuzz", "1", "042Y", "O"
    data.Manufacturer, data.ViewPosition, data.StudyDate, data.PatientBirthDate = "M", "PA", "20240101", "19800101"
    colours = photometric == "RGB"
    (data.Rows, data.Columns), data.SamplesPerPixel, data.PhotometricInterpretation = size, 3 if colours else 1, photometric
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16 if bits > 8 else 8, bits, bits - 1, 0
    if colours:
        data.PlanarConfiguration = 0
    random = numpy.random.default_rng(1)
    shape = (*size, 3) if colours else size
    samples = random.integers(0, 2**bits, shape)
    data.PixelData = samples.astype("<u2" if bits > 8 else "u1").tobytes()
    for name, value in more.items():
        setattr(data, name, value)
    return data


def look_up_table(entries, bits):
    from pydicom.dataset import Dataset
    table = Dataset()
    table.LUTDescriptor, table.LUTExplanation = [entries, 0, bits], "HARD"
    table.LUTData = numpy.linspace(0, 2**bits - 1, entries).astype("<u2").tobytes()
    return [table]


def dicom(folder):
    plain = {
        "window": dataset(12, WindowCenter=[2000, 500], WindowWidth=[3000, 200], WindowCenterWidthExplanation=["A", "BONE"],
                          RescaleSlope=2.5, RescaleIntercept=-1024),
        "sigmoid": dataset(10, "MONOCHROME1", WindowCenter=500, WindowWidth=600, VOILUTFunction="SIGMOID",
                           PixelPaddingValue=0, PixelPaddingRangeLimit=5),
        "interest": dataset(10, VOILUTSequence=look_up_table(100, 12)),
        "modality": dataset(12, ModalityLUTSequence=look_up_table(64, 16)),
        "bytes": dataset(8),
        "words": dataset(16),
        "large": dataset(8, size=(37, 50)),  # smaller ones make gdcmconv crash
        "large-colours": dataset(8, "RGB", size=(20, 40), SOPClassUID="1.2.840.10008.5.1.4.1.1.7", Modality="OT"),
        "colours": dataset(8, "RGB", SOPClassUID="1.2.840.10008.5.1.4.1.1.7", Modality="OT"),
    }
    tools = {
        "implicit": ("window", ["dcmconv", "+ti"]), "big-endian": ("window", ["dcmconv", "+tb"]),
        "deflated": ("window", ["dcmconv", "+td"]), "open-lengths": ("interest", ["dcmconv", "+te", "-e"]),
        "rle": ("words", ["dcmcrle"]), "rle-colours": ("colours", ["dcmcrle"]), "jpeg": ("bytes", ["dcmcjpeg", "+eb"]),
        "jpeg-colours": ("colours", ["dcmcjpeg", "+eb"]), "jpeg-12": ("window", ["dcmcjpeg", "+ee"]),
        "jpeg-lossless": ("words", ["dcmcjpeg", "+e1"]), "jpeg-ls": ("words", ["dcmcjpls", "+el"]),
        "jpeg-ls-near": ("bytes", ["dcmcjpls", "+en"]), "jpeg-2000": ("large", ["gdcmconv", "--j2k"]),
        "jpeg-2000-colours": ("large-colours", ["gdcmconv", "--j2k"]),
    }
    paths = {}
    for name, data in plain.items():
        paths[name] = folder / f"{name}.dcm"
        data.save_as(paths[name], write_like_original=False)
    for name, (source, words) in tools.items():
        paths[name] = folder / f"{name}.dcm"
        subprocess.run([*words, str(paths[source]), str(paths[name])], check=True, capture_output=True)
    return {path.name: path.read_bytes() for path in paths.values()}


def recipes():
    presets = sorted((Path(__file__).resolve().parent.parent / "src/niwaki/study/presets").glob("*.toml"))
    seeds = {path.name: path.read_bytes() for path in presets}
    seeds["lists.toml"] = (b'[study]\nseeds = 2\nseed = 18446744073709551615\n[prune]\nsparsities = [0.1, 0.95]\nmethods = ["l1", "random"]\n'
                           b'[cohort]\nkind = "files"\nimages = "pictures"\nlabels = "a \\"b\\".csv"\nwindow = ["first", "min-max"]\n'
                           b'bad_images = "leave-out"\n[model]\nheight = 32\nwidth = 32\n[audit]\noperating_point = "f1"\n')
    return seeds


def write(folder, seeds):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in seeds.items():
        assert len(content) < LIMIT, f"{name} has {len(content)} bytes"
        (folder / name).write_bytes(content)
    print(f"{len(seeds)} seeds in {folder}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent / "corpus")
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory() as work:
        write(out / "dicom", dicom(Path(work)))
    for name, make in (("labels", labels), ("scores", scores), ("recipe", recipes)):
        write(out / name, make())


if __name__ == "__main__":
    main()
