"""Tables of made-up figures, and where they are put."""

import pathlib
import tempfile
import unittest
import xml.etree.ElementTree

import bootstrap
import chart
import engine_report
import phantom
import report
import train

MACHINE = {"cpu": "A CPU", "vectors": "AVX2", "processors": 2, "threads": 2, "load_before": 0.5}


def engine_result():
    times = {"onnxruntime": 44, "torch": 80, "dense": 40, "auto": 41, "uniform 0.5": 50, "uniform 0.8": 20, "uniform 0.9": 10,
             "l1 0.5": 52, "l1 0.8": 45, "l1 0.9": 22}
    case = {"network": "resnet50", "size": 224, "batch": 8, "threads": 2, "rounds": 3, "torch_variant": "frozen",
            "torch": "1.13.0a0", "largest_difference": 3e-6, "processors_busy_with_others": 0.05,
            "milliseconds_an_image": {name: {"median": one, "min": one - 1} for name, one in times.items()}}
    sparsities = [0.5, 0.8, 0.9]
    layers = [{"network": "resnet50", "mask": mask, "sparsity": sparsity, "least": least, "most": most}
              for mask in ("uniform", "l1") for sparsity, least, most in zip(sparsities, [0.1, 0.2, 0.3], [0.6, 0.95, 0.99])]
    return {
        "machine": MACHINE, "sparsities": sparsities, "masks": ["uniform", "l1"], "onnxruntime": "1.30.0", "cases": [case],
        "trained": {"images": 2000, "size": 64, "epochs": 3, "validation_ap": {"resnet50": 0.27}}, "layers": layers,
        "memory": {"network": "resnet50", "sparsity": 0.9, "threads": 2, "node_alone": 40.0,
                   "batches": [{"batch": 8, "onnxruntime": 400.0, "uniform": 150.0, "l1": 160.0}]},
        "files": [{"network": "resnet50", "dense": 100_000_000, "pruned": 10_000_000}],
        "sweep": {"network": "resnet50", "images": 32, "threads": 2, "sparsities": [0.0, 0.5], "ours": "niwaki predict",
                  "torch_variant": "channels last", "largest_difference": 1e-6, "processors_busy_with_others": 0.0,
                  "rounds": [{"torch": [5.0, 5.0], "uniform": [1.0, 0.5], "l1": [1.5, 0.5]}]},
    }


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

    def test_engine_takes_the_fastest_peer_and_hides_no_slow_case(self):
        text = engine_report.table(engine_result())
        self.assertIn("| ResNet-50, 224 | 8 | 2 | **44.00 (43.00)** | 80.00 (79.00) | 40.00 (39.00) | 41.00 (40.00) | 1.10 |"
                      " 1.07 |", text)
        self.assertIn("| ResNet-50, 224 | 8 | 2 | 1.07 | 0.88 | 2.20 | 4.40 | 10.00 |", text)
        self.assertIn("| ResNet-50, 224 | 8 | 2 | 1.07 | 0.85 | 0.98 | 2.00 | 22.00 |", text)
        self.assertIn("of 4 cases these are slower than the fastest dense peer (1): "
                      "ResNet-50, batch 8, 2 threads, global L1 masks, 0.8: 0.98.", text)
        self.assertIn("uniform masks, 0.5: 0.80; ResNet-50, batch 8, 2 threads, global L1 masks, 0.5: 0.77", text)
        self.assertIn("| 8 | 400 | 150 | 160 | 0.38 | 0.40 |", text)
        self.assertIn("ResNet-50 10.0 of 100.0 MB (10.0 %)", text)
        self.assertIn("| ResNet-50, global L1 | 10 to 60 | 20 to 95 | 30 to 99 |", text)
        self.assertIn("| Niwaki, global L1 masks | 2.0 | **5.00** |", text)

    def test_engine_says_so_where_no_case_is_slow_or_others_ran(self):
        result = engine_result()
        case = result["cases"][0]
        case["milliseconds_an_image"]["l1 0.8"]["median"] = 44.0
        case["processors_busy_with_others"] = 0.4
        text = engine_report.table(result)
        self.assertIn("none of the 4 cases is slower than the fastest dense peer", text)
        self.assertIn("| ResNet-50, 224 (other programs ran) | 8 |", text)

    def test_engine_quick_has_cases_alone(self):
        result = engine_result()
        for name in ("memory", "files", "sweep", "layers"):
            del result[name]
        self.assertIn("Without zeros", engine_report.table(result))

    def test_chart(self):
        picture = xml.etree.ElementTree.fromstring(engine_report.chart(engine_result()))
        space = "{http://www.w3.org/2000/svg}"
        self.assertEqual(len(picture.findall(f"{space}polyline")), 2)
        words = [one.text for one in picture.findall(f"{space}text")]
        self.assertIn("ResNet-50, 224 x 224", words)
        self.assertIn("global L1, batch 8", words)

    def test_chart_places_points(self):
        series = [{"name": "<one> & two", "colour": "#000000", "line": "solid", "points": [(0, 0), (1, 10)]}]
        text = chart.lines([("A", series)], [(0, "none"), (1, "all")], "x", "y", mark=5)
        left, bottom = chart.LEFT, chart.TOP + chart.PANEL_HEIGHT
        self.assertIn(f'points="{left:.1f},{bottom:.1f} {left + chart.PANEL_WIDTH:.1f},{chart.TOP:.1f}"', text)
        self.assertIn(">none</text>", text)
        self.assertIn("&lt;one&gt; &amp; two", text)
        xml.etree.ElementTree.fromstring(text)

    def test_steps_of_a_grid(self):
        self.assertEqual([chart.step_of(highest) for highest in (0.9, 4, 7, 8, 30)], [0.2, 1, 1, 2, 5])

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
