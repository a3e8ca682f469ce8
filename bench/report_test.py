"""Tables of made-up figures, and where they are put."""

import pathlib
import tempfile
import unittest

import bootstrap
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

    def test_bootstrap(self):
        result = {
            "machine": MACHINE,
            "images": 1000000,
            "patients": 200,
            "classes": 5,
            "tables": 2,
            "grid": "synthetic",
            "resamples": 2000,
            "peer_resamples": {"resort": 20, "weigh": 100},
            "numpy": "1.24.2",
            "figures_compared": 2400,
            "largest_difference": 2.4e-16,
            "seconds": {"ours": [2, 1, 3], "one_thread": [4, 3, 5], "resort": [400, 500, 300], "weigh": [90, 100, 80]},
            "parts_one_thread": {"drawing": [0.5, 0.6, 0.4], "sorting": [1, 1, 1], "evaluating": [2.5, 2, 3]},
            "evaluating_by_instruction_set": {"baseline": [10, 9, 11], "avx2": [2.5, 2, 3]},
        }
        text = bootstrap.table(result)
        self.assertIn("| Niwaki, 2 threads | 2.00 (1.00 to 3.00) | 0.5 |", text)
        self.assertIn("| NumPy, sorting each resample (timed on 20, scaled) | 400.00 (300.00 to 500.00) | 100.0 |", text)
        self.assertIn("| `NIWAKI_ISA=baseline` | 10.00 (9.00 to 11.00) | 2.00 |", text)
        self.assertIn("0.50 s are drawing patients, 1.00 s sorting and 2.50 s the kernel", text)
        self.assertIn("on the same resamples: 2e-16 (2,400 figures)", text)

    def test_scaled_time_counts_the_sorts_once(self):
        self.assertEqual(bootstrap.for_all({"sorting": 0.5, "seconds": [0.01, 0.5, 0.02]}), 0.5 + 2000 * 0.02)

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
