"""How long `niwaki cohort phantom` draws, PNG files and truth included."""

import subprocess
import time

import report

IMAGES, QUICK_IMAGES, SIZE = 10000, 1000, 64


def measure(options, work):
    images = QUICK_IMAGES if options.quick else IMAGES
    command = [options.build / "niwaki", "cohort", "phantom", "--images", images, "--size", SIZE]
    command += ["--threads", options.threads, "--quiet", "--out", work / "phantom"]
    begin = time.perf_counter()
    subprocess.run([str(part) for part in command], stdout=subprocess.DEVNULL, check=True)
    return {"images": images, "size": SIZE, "seconds": round(time.perf_counter() - begin, 2)}


def table(result):
    row = [
        f"{result['images']} images of {result['size']} x {result['size']}",
        f"{result['seconds']:.1f}",
        f"{result['images'] / result['seconds']:.0f}",
    ]
    return (
        f"{report.machine_line(result['machine'])}\n\n"
        f"{report.markdown(['`niwaki cohort phantom`', 'seconds', 'images a second'], [row])}"
    )
