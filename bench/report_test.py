"""Tables of made-up figures, and where they are put."""

import pathlib
import tempfile
import unittest

import phantom
import report
import train

MACHINE = {"cpu": "A CPU", "vectors": "AVX2", "processors": 2, "threads": 2, "load_before": 0.5}


class ReportTest(unittest.TestCase):
    def test_ratio_is_to_the_fastest_peer(self):
        names = ["ours", *train.VARIANTS]
        case = {
            "network": "resnet-small",
            "quiet": True,
            "images_a_second": dict(zip(names, [[90, 120, 100], [100, 80, 70], [75, 74, 76], [50, 60, 55]])),
            "processor_ms_an_image": dict(zip(names, [[16, 17, 15], [20, 22, 21], [20, 20, 20], [30, 31, 29]])),
            "libtorch": "1.13.0",
            "torch": "1.13.0a0",
        }
        text = train.table({"machine": MACHINE, "size": 64, "batch": 64, "cases": [case]})
        self.assertIn("| resnet-small | 100 | 80 | 75 | 55 | **1.25** | 0.90 to 1.50 | 16.0 / 21.0 |", text)
        self.assertIn("medians of 3 rounds", text)
        self.assertIn("A CPU, 2 processors (AVX2), 2 threads; load average 0.5", text)

    def test_phantom(self):
        text = phantom.table({"machine": MACHINE, "images": 10000, "size": 64, "seconds": 16.0})
        self.assertIn("| 10000 images of 64 x 64 | 16.0 | 625 |", text)

    def test_markers(self):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder) / "page.md"
            page.write_text("before\n<!-- bench:train -->\nold\n<!-- /bench:train -->\nafter\n")
            report.put_between_markers(page, "train", "new")
            report.put_between_markers(page, "train", "newer")
            self.assertEqual(page.read_text(), "before\n<!-- bench:train -->\nnewer\n<!-- /bench:train -->\nafter\n")
            with self.assertRaisesRegex(SystemExit, "no lines <!-- bench:other -->"):
                report.put_between_markers(page, "other", "new")


if __name__ == "__main__":
    unittest.main()
