"""The formulas of the return on investment and of the roll-out plan, held to calculations that share nothing with them.

The page's formulas are TypeScript: web/src/economics.ts is bundled as it is and run by Node.js on made-up cases. Here they are
written anew, in exact fractions. The roll-out plan is the program's: McNemar's power is summed here over every outcome.
"""
import json
import math
import random
import subprocess
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from . import workplace
from .workplace import EndToEnd, copy_of_small_study, settings

ROOT = Path(__file__).resolve().parent.parent.parent

RUN = """
import { readFileSync } from 'node:fs';
import * as economics from './economics.mjs';
const answer = (inputs) => Object.fromEntries(['dense', 'pruned', 'guarded'].map((system) => [system, {
  cost: economics.costOf(inputs, system), saving: economics.saving(inputs, system), breakEven: economics.breakEven(inputs, system),
  tornado: economics.tornado(inputs, system) }]));
console.log(JSON.stringify(JSON.parse(readFileSync(process.argv[2], 'utf8')).map(answer)));
"""


def exact(value):
    return Fraction(value)  # of the float that Node.js gets, without a rounding


class Case:
    """One set of inputs, by exact fractions."""

    def __init__(self, inputs):
        self.of = {key: value if key == "classes" else exact(value) for key, value in inputs.items()}

    def sensitivity(self, finding, system):
        if system != "guarded":
            return exact(finding[system])
        rate = self.of["deferralRate"]
        knots = [(Fraction(0), exact(finding["pruned"])), *((exact(at), exact(value)) for at, value in finding["guarded"]),
                 (Fraction(1), exact(finding["dense"]))]
        for (x0, y0), (x1, y1) in zip(knots, knots[1:]):
            if x0 <= rate <= x1:
                return (y0 * (x1 - rate) + y1 * (rate - x0)) / (x1 - x0)
        raise AssertionError(rate)

    def costs(self, system):
        of = self.of
        hours = 1000 * (of["denseMilliseconds"] if system == "dense" else of["prunedMilliseconds"]) / 1000 / 3600
        if system == "guarded":
            hours += of["deferralRate"] * of["denseMilliseconds"] / 3600
        readers = 1000 * of["deferralRate"] * of["reviewMinutes"] / 60 if system == "guarded" else 0
        missed = sum(1000 * exact(finding["prevalence"]) * (1 - self.sensitivity(finding, system)) * exact(finding["cost"])
                     for finding in of["classes"])
        return {"machine": hours * of["machineHour"], "review": readers * of["readerHour"], "missed": missed}

    def saving(self, system):
        return sum(self.costs("dense").values()) - sum(self.costs(system).values())


def made_up(rng):
    def finding():
        dense, pruned = rng.uniform(0.6, 1), rng.uniform(0.3, 1)
        rates = sorted(rng.uniform(0.01, 0.9) for _ in range(rng.choice((0, 1, 3))))
        return {"name": "x", "prevalence": rng.uniform(0, 0.4), "dense": dense, "pruned": pruned,
                "guarded": [[rate, rng.uniform(0.3, 1)] for rate in rates], "cost": rng.choice((0, rng.uniform(0, 5000)))}
    return {"imagesADay": rng.uniform(1, 5000), "machineHour": rng.uniform(0, 50), "denseMilliseconds": rng.uniform(0.1, 500),
            "prunedMilliseconds": rng.uniform(0.1, 500), "reviewMinutes": rng.uniform(0, 20), "readerHour": rng.uniform(0, 300),
            "deferralRate": rng.choice((0, 1, rng.random())), "switching": rng.uniform(0, 1e5),
            "classes": [finding() for _ in range(rng.randrange(1, 6))]}


class Economics(EndToEnd):
    def answers(self, cases):
        packages = workplace.place().program.parent / "src/niwaki/report/web/node_modules"
        if not packages.is_dir():
            self.skipTest("the page's packages are not in the build folder")
        subprocess.run([packages / ".bin/esbuild", ROOT / "web/src/economics.ts", "--bundle", "--format=esm", "--log-level=error",
                        f"--outfile={self.folder / 'economics.mjs'}"], check=True)
        run = self.write("run.mjs", RUN)
        done = subprocess.run(["node", run, self.write("cases.json", json.dumps(cases))], check=True, capture_output=True)
        return json.loads(done.stdout)

    def near(self, found, wanted, what):
        self.assertTrue(math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-7), f"{what}: {found}, not {float(wanted)}")

    def test_costs_savings_and_break_even(self):
        rng = random.Random(5)
        cases = [made_up(rng) for _ in range(300)]
        earned = 0
        for inputs, answer in zip(cases, self.answers(cases)):
            case = Case(inputs)
            for system in ("dense", "pruned", "guarded"):
                wanted = case.costs(system)
                for part, value in wanted.items():
                    self.near(answer[system]["cost"][part], value, f"{system} {part}")
                self.near(answer[system]["cost"]["total"], sum(wanted.values()), system)
                self.near(answer[system]["saving"], case.saving(system), system)
            for system in ("pruned", "guarded"):
                found, saving = answer[system]["breakEven"], case.saving(system)
                if saving <= 0:
                    self.assertIsNone(found["images"])
                    continue
                earned += 1
                # After so many images what was saved is the price of the switch.
                self.near(exact(found["images"]) * saving / 1000, exact(inputs["switching"]), "break-even")
                self.near(exact(found["days"]) * exact(inputs["imagesADay"]), exact(found["images"]), "days")
        self.assertGreater(earned, 50)

    def test_at_the_factor_both_cost_the_same(self):
        rng = random.Random(6)
        cases = [made_up(rng) for _ in range(300)]
        found = 0
        for inputs, answer in zip(cases, self.answers(cases)):
            for system in ("pruned", "guarded"):
                factor = answer[system]["breakEven"]["costFactor"]
                if factor is None:
                    continue
                found += 1
                even = Case({**inputs, "classes": [{**of, "cost": of["cost"] * factor} for of in inputs["classes"]]})
                total = sum(even.costs("dense").values())
                self.assertLess(abs(even.saving(system)), 1e-9 * total + Fraction(1, 10**7))
        self.assertGreater(found, 50)

    def test_a_tornado_is_the_saving_computed_anew(self):
        rng = random.Random(7)
        cases = [made_up(rng) for _ in range(100)]
        for inputs, answer in zip(cases, self.answers(cases)):
            for system in ("pruned", "guarded"):
                swings = {swing["input"]: swing for swing in answer[system]["tornado"]}
                for key in ("machineHour", "denseMilliseconds", "prunedMilliseconds", "reviewMinutes", "readerHour", "deferralRate"):
                    ends = [Case({**inputs, key: min(1, inputs[key] * by) if key == "deferralRate" else inputs[key] * by}).saving(system)
                            for by in (0.5, 2)]
                    swing = swings.get(key)
                    if swing is None:
                        self.near(float(ends[0]), float(ends[1]), key)
                        continue
                    self.near(swing["low"], ends[0], key)
                    self.near(swing["high"], ends[1], key)
                if "missedCosts" in swings:
                    doubled = Case({**inputs, "classes": [{**of, "cost": 2 * of["cost"]} for of in inputs["classes"]]})
                    self.near(swings["missedCosts"]["high"], doubled.saving(system), "missed costs")
                if "moreMissed" in swings and system == "pruned":
                    def further(of, by):
                        return min(1, max(0, of["dense"] + by * (of["pruned"] - of["dense"])))
                    for end, by in (("low", 0.5), ("high", 2)):
                        changed = Case({**inputs, "classes": [{**of, "pruned": further(of, by)} for of in inputs["classes"]]})
                        self.near(swings["moreMissed"][end], changed.saving(system), "sensitivity")
                widths = [abs(swing["high"] - swing["low"]) for swing in answer[system]["tornado"]]
                self.assertEqual(widths, sorted(widths, reverse=True))


# --- the roll-out plan ---

@lru_cache(None)
def tail(events, trials):
    """P(X >= events), X binomial of these trials at 1/2: a fraction."""
    return Fraction(sum(math.comb(trials, k) for k in range(events, trials + 1)), 2**trials)


@lru_cache(None)
def critical(differing, significance):
    return next((lost for lost in range(differing + 1) if tail(lost, differing) <= significance), None)


def binomial(k, n, share):
    if share == 1:
        return float(k == n)
    return math.exp(math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) + (k * math.log(share) if k else 0) +
                    ((n - k) * math.log1p(-share) if n > k else 0))


def power(patients, loss, found, significance):
    """Over every number of patients who differ, and of them who are lost. lost: loss + found; gained: found."""
    total = 0.0
    for differing in range(1, patients + 1):
        at = critical(differing, significance)
        if at is not None:
            share = (loss + found) / (loss + 2 * found)
            total += binomial(differing, patients, loss + 2 * found) * sum(binomial(k, differing, share) for k in range(at, differing + 1))
    return total


def clopper_pearson(events, trials):
    """Ends of the two-sided 95% interval, by halving."""
    def end(holds):
        low, high = 0.0, 1.0
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (middle, high) if holds(middle) else (low, middle)
        return low
    at_least = lambda share: math.fsum(binomial(k, trials, share) for k in range(events, trials + 1))  # noqa: E731
    at_most = lambda share: math.fsum(binomial(k, trials, share) for k in range(events + 1))  # noqa: E731
    return end(lambda share: at_least(share) < 0.025), end(lambda share: at_most(share) > 0.025)


class Rollout(EndToEnd):
    def plan(self, name, **changed):
        study = copy_of_small_study(self.folder / name)
        self.niwaki("study", "--preset", "demo", "--out", study, *settings(**changed))
        return json.loads((study / "decision.json").read_text())["rollout"], json.loads((study / "audit/audit.json").read_text())

    def check(self, plan, audit, loss, found, significance, wanted_power):
        patients = plan["patients_with_the_finding"]
        self.assertAlmostEqual(plan["reached_power"], power(patients, loss, found, significance), places=9)
        self.assertGreaterEqual(plan["reached_power"], wanted_power)
        self.assertLess(power(patients - 1, loss, found, significance), wanted_power)
        for more in (1, 2, 3, 5, 8, 13):  # the power rises in a saw's teeth
            self.assertGreaterEqual(power(patients + more, loss, found, significance), wanted_power)
        for rule in plan["stop"]:
            for key, level in (("missed_at_any_look", Fraction(1, 1000)), ("missed_at_the_end", significance)):
                lost = rule[key]
                self.assertLessEqual(tail(lost, lost + rule["found"]), level)
                self.assertGreater(tail(lost - 1, lost - 1 + rule["found"]), level)
        cohort = audit["cohort"]
        for of, counted in zip(plan["classes"], cohort["classes"]):
            positive = counted["positive_patients"]
            self.assertEqual((of["class"], of["positive_patients"]), (counted["name"], positive))
            if positive == 0:
                self.assertIsNone(of["images"])
                continue
            images = Fraction(patients * cohort["images"], positive)  # patients / (positive / all) * images / all
            self.assertLessEqual(abs(of["images"] - math.ceil(images)), 1 if images == int(images) else 0)
            for end, wanted in zip(of["prevalence_interval"], clopper_pearson(positive, cohort["patients"])):
                self.assertAlmostEqual(end, wanted, places=9)
            for day, share in zip(of["days"], plan["shares"]):
                self.assertEqual(day, math.ceil(of["images"] / (plan["images_a_day"] * share)))

    def test_with_the_default_options(self):
        plan, audit = self.plan("default", economics__images_a_day=120)
        self.check(plan, audit, 0.05, 0.02, 0.05, 0.8)

    def test_with_others(self):
        plan, audit = self.plan("others", economics__images_a_day=33, rollout__loss=0.1, rollout__found=0.0, rollout__power=0.9,
                                rollout__significance=0.025, rollout__limited_share=0.3)
        self.assertEqual(plan["shares"], [1.0, 0.3, 0.05])
        self.check(plan, audit, 0.1, 0.0, 0.025, 0.9)
