"""Tables of made-up figures."""

import pathlib
import sys
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "bench"))

import bootstrap_coverage  # noqa: E402
import certificate_worlds  # noqa: E402


def coverage(share, given=500):
    found = {"given": given, "covered": share if given else None, "truth_below": 0, "mean_width": 0.1}
    return {measure: dict(found) for measure in bootstrap_coverage.COLUMNS}


def result(broken=()):
    kinds = {"audit": coverage(0.95), "percentile": coverage(0.9)}
    scenario = {
        "name": "60-rare",
        "claimed": True,
        "prevalence": 0.02,
        "test_list": False,
        "cohorts": 500,
        "first": {"cohorts": 50, **coverage(0.92, given=50)},
        "patients": 1700,
        "images": 5100.2,
        "positive_patients": 60.3,
        "effective_patients": 31.4,
        "truth": {"ap": 0.2, "auroc": 0.87, "ap_change": -0.05, "auroc_change": -0.12},
        "coverage": {"patients": kinds, "images": {"audit": coverage(0.85), "percentile": coverage(0, given=0)}},
        "false_alarms": {
            units: {name: {"given": 400, "alarms": share} for name in ("ap_change", "auroc_change")}
            for units, share in (("patients", 0.05), ("images", 0.2))
        },
    }
    claim = {"least": 0.93, "most": 0.97}
    return {"cohorts": 500, "resamples": 1000, "population": 300000, "seed": 1, "claim": claim, "broken": list(broken),
            "scenarios": [scenario]}


class TablesTest(unittest.TestCase):
    def test_what_leaves_the_claim_is_bold(self):
        tables = bootstrap_coverage.tables(result())
        self.assertIn("| 60-rare | 95.0 ± 1.0 |", tables["audit"])
        self.assertIn("| 60-rare, its first 50 | **92.0 ± 4.2** |", tables["audit"])
        self.assertNotIn("first", tables["percentile"])
        self.assertIn("| 60-rare | **90.0 ± 1.4** |", tables["percentile"])
        self.assertIn("| 60-rare | **85.0 ± 1.6** |", tables["images"])
        self.assertIn("| 60-rare | - |", tables["images-percentile"])
        self.assertIn("| 60-rare | 5.0 ± 1.1 | 5.0 ± 1.1 | **20.0 ± 2.0** |", tables["alarms"])

    def test_cohorts(self):
        text = bootstrap_coverage.tables(result())["cohorts"]
        self.assertIn("1,000 resamples of each cohort; truth from 300,000 patients", text)
        self.assertIn("| 60-rare (main claim) | 500 | 1,700 | 3.0 | 2 | 60 | 31 | 0.200 | 0.870 | -0.050 | -0.120 | 0 |", text)

    def test_what_is_no_chance_is_said(self):
        self.assertIn("hardly by chance: nothing.", bootstrap_coverage.tables(result())["audit"])
        low = result()
        low["scenarios"][0]["coverage"]["patients"]["audit"]["ap"]["covered"] = 0.88
        self.assertIn("hardly by chance: AP in `60-rare` (88.0%).", bootstrap_coverage.tables(low)["audit"])

    def test_verdict(self):
        self.assertIn("The main claim holds.", bootstrap_coverage.tables(result())["audit"])
        self.assertIn("does not hold:** it leaks.", bootstrap_coverage.tables(result(["it leaks"]))["audit"])

    def test_no_error_is_none(self):
        self.assertGreater(bootstrap_coverage.error(1.0, 500), 0.001)

    def certificates(self, broken=()):
        wrong = {"name": "one-59", "what": "one class", "worlds": 1000, "should_grant": False, "granted": 0.05,
                 "wrong": 0.05, "attained": 0.0486, "naive_wrong": None, "true_claims": None}
        right = {**wrong, "name": "no-loss", "should_grant": True, "granted": 1.0, "wrong": 0.0, "attained": None}
        return {"worlds": 1000, "seed": 1, "tolerance": 0.05, "level": 0.05, "scenarios": [wrong, right],
                "broken": list(broken)}

    def test_certificates(self):
        tables = certificate_worlds.tables(self.certificates())
        self.assertIn("| `one-59`: one class | 5.0 ± 0.7 | 4.9 | - | - |", tables["certificate-wrong"])
        self.assertIn("confidence 95%. Every claim holds.", tables["certificate-wrong"])
        self.assertNotIn("no-loss", tables["certificate-wrong"])
        self.assertIn("| `no-loss`: one class | 100.0 ± 0.1 |", tables["certificate-right"])
        leaky = certificate_worlds.tables(self.certificates(["it leaks"]))
        self.assertIn("**What does not hold:** it leaks.", leaky["certificate-wrong"])


if __name__ == "__main__":
    unittest.main()
