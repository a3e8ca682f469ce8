"""DICOM files made of pictures by DCMTK's own tools."""
import subprocess
from concurrent.futures import ThreadPoolExecutor

NAMES = ["Doe^Jane", "Doe", "MRN-4711", "19500311", "20240119"]  # of the patient: name, id, dates: nothing that is written or said may hold them


def tool(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}\n{done.stdout.decode()}{done.stderr.decode()}")


def as_dicom(picture, path, patient=""):
    """The PNG as a BMP, which img2dcm puts into a secondary capture."""
    import cv2
    bmp = path.with_suffix(".bmp")
    pixels = cv2.imread(str(picture), cv2.IMREAD_UNCHANGED)
    cv2.imwrite(str(bmp), pixels[:, :, :3] if pixels.ndim == 3 else pixels)
    tool("img2dcm", "-i", "BMP", "-k", f"PatientName={NAMES[0]}", "-k", f"PatientID={NAMES[2]}{patient}", "-k",
         f"PatientBirthDate={NAMES[3]}", "-k", f"StudyDate={NAMES[4]}", "-k", "PatientSex=F", "-k", "ViewPosition=PA", "-k",
         "Manufacturer=Maker", bmp, path)
    bmp.unlink()


def all_as_dicom(pairs):
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda pair: as_dicom(*pair), pairs))
