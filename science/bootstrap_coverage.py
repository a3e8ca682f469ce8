"""How often the audit's intervals hold the truth in simulated cohorts: what niwaki_science_bootstrap finds, as tables."""

import json
import math
import subprocess

import report

PAGE = "science.md"
COLUMNS = {
    "ap": "AP",
    "auroc": "AUROC",
    "ap_change": "AP change",
    "auroc_change": "AUROC change",
    "relative_ap_change": "relative AP change",
    "ap_change_band": "band, AP change",
    "auroc_change_band": "band, AUROC change",
    "relative_ap_change_band": "band, relative AP change",
}
QUICK = ["--cohorts", "40", "--population", "30000", "--scenario", "15-common", "60-rare"]


def measure(options, work):
    command = [options.build / "niwaki_science_bootstrap", "--threads", str(options.threads)]
    done = subprocess.run(command + (QUICK if options.quick else []), stdout=subprocess.PIPE, check=False)
    if done.returncode not in (0, 1):  # 1: the main claim does not hold, which broken() says
        raise SystemExit("bootstrap_coverage: the program failed; what it said stands above")
    return json.loads(done.stdout)


def broken(result):
    return result["broken"]


def error(share, count):
    """Monte Carlo's, of a share; of 0 or 1 too, as if one more cohort of either kind had been seen."""
    smoothed = (share * count + 1) / (count + 2)
    return math.sqrt(smoothed * (1 - smoothed) / count)


def cell(found, share, mark):
    if not found["given"]:
        return "-"
    text = f"{100 * found[share]:.1f} ± {100 * error(found[share], found['given']):.1f}"
    return f"**{text}**" if mark(found[share]) else text


def coverage_table(result, units, kind):
    """Bold where coverage leaves what the main claim allows."""
    least, most = result["claim"]["least"], result["claim"]["most"]

    def leaves_claim(share):
        return not least <= share <= most

    def row(name, coverage):
        return [name, *(cell(coverage[measure], "covered", leaves_claim) for measure in COLUMNS)]

    rows = []
    for scenario in result["scenarios"]:
        rows.append(row(scenario["name"], scenario["coverage"][units][kind]))
        if "first" in scenario and (units, kind) == ("patients", "audit"):
            rows.append(row(f"{scenario['name']}, its first {scenario['first']['cohorts']}", scenario["first"]))
    return report.markdown(["% of cohorts", *COLUMNS.values()], rows)


def scenario_table(result):
    header = ["kind", "cohorts", "patients", "images a patient", "prevalence, %", "positive patients", "effective"]
    header += ["AP", "AUROC", "AP change", "AUROC change", "without interval"]
    rows = []
    for scenario in result["scenarios"]:
        truth = scenario["truth"]
        given = scenario["coverage"]["patients"]["audit"]["ap"]["given"]
        row = [scenario["name"] + (" (main claim)" if scenario["claimed"] else "")]
        row += [f"{scenario['cohorts']:,}", f"{scenario['patients']:,}"]
        row += [f"{scenario['images'] / scenario['patients']:.1f}", f"{100 * scenario['prevalence']:g}"]
        row += [f"{scenario[name]:.0f}" for name in ("positive_patients", "effective_patients")]
        row += [f"{truth[name]:.3f}" for name in ("ap", "auroc", "ap_change", "auroc_change")]
        rows.append([*row, scenario["cohorts"] - given])
    return report.markdown(header, rows)


def alarm_table(result):
    measures = {"ap_change": "AP change", "auroc_change": "AUROC change"}
    header = ["% of cohorts"] + [f"{text}, {units}" for units in ("patients", "images") for text in measures.values()]
    most = 1 - result["claim"]["least"]
    rows = []
    for scenario in result["scenarios"]:
        alarms = [scenario["false_alarms"][units][name] for units in ("patients", "images") for name in measures]
        rows.append([scenario["name"], *(cell(found, "alarms", lambda share: share > most) for found in alarms)])
    return report.markdown(header, rows)


def verdict(result):
    if result["broken"]:
        return "**The main claim does not hold:** " + "; ".join(result["broken"]) + "."
    if not any(scenario["claimed"] for scenario in result["scenarios"]):
        return "The main claim was not looked into."
    return "The main claim holds."


def surely_outside(result):
    """What leaves the claim's bounds by more than two Monte Carlo errors, in words."""
    claim, found = result["claim"], []
    for scenario in result["scenarios"]:
        for measure, text in COLUMNS.items():
            coverage = scenario["coverage"]["patients"]["audit"][measure]
            share, given = coverage["covered"], coverage["given"]
            margin = 2 * error(share, given) if given else 0
            if given and (share + margin < claim["least"] or share - margin > claim["most"]):
                found.append(f"{text} in `{scenario['name']}` ({100 * share:.1f}%)")
    surely = ", ".join(found) or "nothing"
    return f"Outside by more than two of its errors, so hardly by chance: {surely}."


def tables(result):
    setting = (
        f"{result['resamples']:,} resamples of each cohort; truth from {result['population']:,} patients; "
        f"seed {result['seed']}."
    )
    return {
        "cohorts": f"{setting}\n\n{scenario_table(result)}",
        "audit": f"{verdict(result)} {surely_outside(result)}\n\n{coverage_table(result, 'patients', 'audit')}",
        "percentile": coverage_table(result, "patients", "percentile"),
        "images": coverage_table(result, "images", "audit"),
        "images-percentile": coverage_table(result, "images", "percentile"),
        "alarms": alarm_table(result),
    }
