"""What every subject of bench/ and science/ reports with: the machine, JSON files, tables in docs/."""

import json
import os
import pathlib
import re


def cpu_model():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown"


def vector_instructions():
    flags = re.search(r"^flags\s*:(.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    known = flags.group(1).split() if flags else []
    return "AVX-512" if "avx512f" in known else "AVX2" if "avx2" in known else "older than AVX2"


def machine(threads):
    """Names no host and no path."""
    return {
        "cpu": cpu_model(),
        "vectors": vector_instructions(),
        "processors": os.cpu_count(),
        "threads": threads,
        "load_before": round(os.getloadavg()[0], 1),
    }


def machine_line(described):
    return (
        f"{described['cpu']}, {described['processors']} processors ({described['vectors']}), "
        f"{described['threads']} threads; load average {described['load_before']} before the run."
    )


def markdown(header, rows):
    """The first column to the left, figures to the right."""
    lines = [header, ["---"] + ["---:"] * (len(header) - 1)] + rows
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def write_json(result, path):
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n")


def put_between_markers(path, name, text, kind="bench"):
    """Replaces what stands between <!-- KIND:NAME --> and <!-- /KIND:NAME -->."""
    begin, end = f"<!-- {kind}:{name} -->\n", f"<!-- /{kind}:{name} -->"
    before, found, rest = path.read_text().partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"{path.name}: no lines {begin.strip()} and {end}: put them where the table shall stand")
    path.write_text(f"{before}{begin}{text}\n{end}{after}")
