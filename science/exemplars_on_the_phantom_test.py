"""Comparisons of made-up images, and which sparsities are shown."""

import pathlib
import sys
import unittest

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import exemplars_on_the_phantom as phantom  # noqa: E402


def image(number, exemplar, findings=1, flipped=0.0, quality=0.5, visibility=0.5):
    return {"patient": (1 + number % 2, str(number // 4)), "exemplar": {0.9} if exemplar else set(), "findings": findings,
            "flipped": flipped, "quality": quality, "visibility": visibility}


class Compared(unittest.TestCase):
    def test_truth_leaves_no_finding_out(self):
        row = {"id": "a", "quality": "0.25", "visibility:Edema": "0.5", "visibility:Mass": "0", "visibility:No Finding": "0",
               "flipped:Edema": "0", "flipped:Mass": "0", "flipped:No Finding": "1"}
        self.assertEqual(phantom.truth_of(row), {"flipped": 0.0, "quality": 0.25, "visibility": 0.5, "findings": 1})

    def test_images_without_findings_have_no_visibility(self):
        images = [image(0, True, visibility=0.2), image(1, True, findings=0, visibility=float("nan")), image(2, False)]
        comparison = phantom.Comparison(images, 0.9)
        self.assertEqual(comparison.means("visibility", numpy.ones(3))[:2], [0.2, 0.5])

    def test_others_are_weighted_to_the_exemplars_numbers_of_findings(self):
        # Quality follows the number of findings alone; exemplars have more.
        images = [image(number, number < 20, findings=1 + (number % 4 == 0 or number < 10), quality=0.0)
                  for number in range(80)]
        for entry in images:
            entry["quality"] = 0.8 - 0.2 * entry["findings"]
        exemplars, others, matched = phantom.Comparison(images, 0.9).means("quality", numpy.ones(80))
        self.assertLess(exemplars, others - 0.01)
        self.assertAlmostEqual(exemplars, matched, places=12)

    def test_answers(self):
        images = [image(number, number % 5 == 0, flipped=float(number % 3 == 0), quality=0.3 if number % 5 == 0 else 0.6,
                        visibility=0.9 if number % 5 == 0 else 0.5) for number in range(200)]
        answers = phantom.Comparison(images, 0.9).answers(200, numpy.random.default_rng(1))
        self.assertEqual([answers[name]["answer"] for name in ("flipped", "quality", "visibility")],
                         ["not shown", "yes", "the reverse"])
        self.assertAlmostEqual(answers["quality"]["difference"], -0.3)
        few = [dict(entry, flipped=0.0) for entry in images]
        self.assertEqual(phantom.Comparison(few, 0.9).answers(50, numpy.random.default_rng(1))["flipped"]["answer"],
                         "too few flipped")

    def test_sparsities_that_are_shown(self):
        result = {"sparsities": [
            {"sparsity": 0.5, "constant_order": [0.7, 0.8], "auroc": [0.9, 0.8], "dense": [0.9, 0.8]},
            {"sparsity": 0.8, "constant_order": [0.8, 0.94], "auroc": [0.89, 0.79], "dense": [0.9, 0.805]},
            {"sparsity": 0.9, "constant_order": [0.94, 0.95], "auroc": [0.7, 0.7], "dense": [0.9, 0.8]}]}
        self.assertEqual(phantom.highest_in_order(result), 0.8)
        self.assertEqual(phantom.highest_harmless(result), 0.5)
        self.assertEqual(phantom.why_shown(result, 0.9), "the published one")


if __name__ == "__main__":
    unittest.main()
