"""How often certificates are granted in simulated worlds: what niwaki_science_certificate finds, as tables."""

import json
import math
import subprocess

import report

PAGE = "certificate.md"
QUICK = ["--worlds", "50"]


def measure(options, work):
    command = [options.build / "niwaki_science_certificate", "--threads", str(options.threads)]
    done = subprocess.run(command + (QUICK if options.quick else []), stdout=subprocess.PIPE, check=False)
    if done.returncode not in (0, 1):  # 1: a claim does not hold, which broken() says
        raise SystemExit("certificate_worlds: the program failed; what it said stands above")
    return json.loads(done.stdout)


def broken(result):
    return result["broken"]


def error(share, count):
    """Monte Carlo's; of 0 and 1 too, as if one more world of either kind had been seen."""
    smoothed = (share * count + 1) / (count + 2)
    return math.sqrt(smoothed * (1 - smoothed) / count)


def percent(scenario, name):
    share = scenario[name]
    if share is None:
        return "-"
    return f"{100 * share:.1f} ± {100 * error(share, scenario['worlds']):.1f}"


def wrong_table(result):
    rows = []
    for scenario in result["scenarios"]:
        if not scenario["should_grant"]:
            exact = "-" if scenario["attained"] is None else f"{100 * scenario['attained']:.1f}"
            row = [f"`{scenario['name']}`: {scenario['what']}", percent(scenario, "wrong"), exact]
            rows.append([*row, percent(scenario, "naive_wrong"), percent(scenario, "true_claims")])
    header = ["world", "something untrue is granted, %", "exactly, %", "images counted as patients, %"]
    return report.markdown([*header, "true single claims made, %"], rows)


def right_table(result):
    rows = [
        [f"`{scenario['name']}`: {scenario['what']}", percent(scenario, "granted")]
        for scenario in result["scenarios"]
        if scenario["should_grant"]
    ]
    return report.markdown(["world", "granted, %"], rows)


def verdict(result):
    if result["broken"]:
        return "**What does not hold:** " + "; ".join(result["broken"]) + "."
    return "Every claim holds."


def tables(result):
    setting = (
        f"{result['worlds']:,} worlds of each kind, seed {result['seed']}; tolerance {100 * result['tolerance']:g}%, "
        f"confidence {100 * (1 - result['level']):g}%. {verdict(result)}"
    )
    return {"certificate-wrong": f"{setting}\n\n{wrong_table(result)}", "certificate-right": right_table(result)}
