"""The table and the chart of bench/engine.py."""

import math
import statistics

import chart as charts
import other_programs
import report

NAMES = {"resnet50": "ResNet-50", "densenet121": "DenseNet-121", "resnet18": "ResNet-18"}
PEERS = {"onnxruntime": "ONNX Runtime", "torch": "PyTorch"}
MASKS = {"uniform": "uniform masks", "l1": "global L1 masks"}
COLOURS = {"uniform": "#1b7f5c", "l1": "#c2571a"}
CHART = "Times as fast as the fastest dense peer, by sparsity, with all threads; the dark line is that peer"
LINES = {1: "dotted", 8: "solid", 32: "dashed"}
FAR = 0.8  # from this sparsity on no case should be slower than a dense peer


def peer_median(case):
    return min(case["milliseconds_an_image"][name]["median"] for name in PEERS)


def ratio(case, name):
    """How many times as fast as the fastest dense peer."""
    return peer_median(case) / case["milliseconds_an_image"][name]["median"]


def ratio_at(case, mask, sparsity):
    """Without zeros, of what a user gets by default."""
    return ratio(case, "auto" if sparsity == 0 else f"{mask} {sparsity}")


def disturbed(measured):
    return " (other programs ran)" if measured["processors_busy_with_others"] > other_programs.QUIET else ""


def said(case):
    return f"{NAMES[case['network']]}, {case['size']}{disturbed(case)}"


def in_words(case, mask, sparsity):
    threads = "1 thread" if case["threads"] == 1 else f"{case['threads']} threads"
    return f"{NAMES[case['network']]}, batch {case['batch']}, {threads}, {MASKS[mask]}, {sparsity:g}"


def time_of(case, name):
    one = case["milliseconds_an_image"][name]
    return f"{one['median']:.2f} ({one['min']:.2f})"


def dense_rows(case):
    best = min(PEERS, key=lambda name: case["milliseconds_an_image"][name]["median"])
    peers = [f"{'**' if name == best else ''}{time_of(case, name)}{'**' if name == best else ''}" for name in PEERS]
    return [said(case), case["batch"], case["threads"], *peers, time_of(case, "dense"), time_of(case, "auto"),
            f"{ratio(case, 'dense'):.2f}", f"{ratio(case, 'auto'):.2f}"]


def pruned_rows(case, mask, sparsities):
    ratios = [ratio_at(case, mask, sparsity) for sparsity in sparsities]
    return [said(case), case["batch"], case["threads"], *(f"{one:.2f}" for one in ratios),
            f"{case['milliseconds_an_image'][f'{mask} 0.9']['median']:.2f}"]


def slower(result):
    """Every case at 0.8 and above that does not reach the fastest dense peer."""
    cases = [(case, mask, sparsity) for case in result["cases"] for mask in result["masks"]
             for sparsity in result["sparsities"] if sparsity >= FAR]
    below = [f"{in_words(case, mask, sparsity)}: {ratio_at(case, mask, sparsity):.2f}" for case, mask, sparsity in cases
             if ratio_at(case, mask, sparsity) < 1]
    if not below:
        return f"At sparsities of {FAR} and above none of the {len(cases)} cases is slower than the fastest dense peer."
    return (f"At sparsities of {FAR} and above, of {len(cases)} cases these are slower than the fastest dense peer "
            f"({len(below)}): {'; '.join(below)}.")


def behind_itself(result):
    """What a planner must not do: be slower than our own dense run. Beyond a twentieth, which noise may make."""
    below = [f"{in_words(case, mask, sparsity)}: {own:.2f}" for case in result["cases"] for mask in result["masks"]
             for sparsity in result["sparsities"]
             if (own := case["milliseconds_an_image"]["dense"]["median"]
                 / case["milliseconds_an_image"][f"{mask} {sparsity}"]["median"]) < 0.95]
    return (f"Slower than our own dense run by more than a twentieth: {'; '.join(below)}." if below
            else "No pruned network is slower than our own dense run by more than a twentieth.")


def memory_table(memory):
    rows = [[one["batch"], f"{one['onnxruntime']:.0f}", *(f"{one[mask]:.0f}" for mask in MASKS),
             *(f"{one[mask] / one['onnxruntime']:.2f}" for mask in MASKS)] for one in memory["batches"]]
    header = ["batch", "ONNX Runtime, MiB"] + [f"Niwaki, {words}, MiB" for words in MASKS.values()]
    header += [f"share, {words}" for words in MASKS.values()]
    return (f"Peak memory of the whole process, {NAMES[memory['network']]} at sparsity {memory['sparsity']}, "
            f"{memory['threads']} threads (Node alone, which ONNX Runtime runs in here: {memory['node_alone']:.0f} MiB):\n\n"
            f"{report.markdown(header, rows)}")


def files_line(result):
    parts = [f"{NAMES[one['network']]} {one['pruned'] / 1e6:.1f} of {one['dense'] / 1e6:.1f} MB "
             f"({100 * one['pruned'] / one['dense']:.1f} %)" for one in result["files"]]
    return f"`.onnx.zst` at sparsity 0.9 (global L1) beside the dense `.onnx`: {'; '.join(parts)}."


def sweep_table(sweep):
    seconds = {name: [sum(one[name]) for one in sweep["rounds"]] for name in sweep["rounds"][0]}
    peer = statistics.median(seconds["torch"])
    rows = [[f"PyTorch ({sweep['torch_variant']})", f"{peer:.1f}", "1.00"]]
    ours = {mask: statistics.median(seconds[mask]) for mask in MASKS}
    rows += [[f"Niwaki, {words}", f"{ours[mask]:.1f}", f"**{peer / ours[mask]:.2f}**"] for mask, words in MASKS.items()]
    return (f"A sweep: {sweep['images']} pictures through {NAMES[sweep['network']]} at each of {len(sweep['sparsities'])} "
            f"sparsities (0 to {sweep['sparsities'][-1]:g}), reading each network included, {sweep['threads']} threads, "
            f"medians of {len(sweep['rounds'])} rounds{disturbed(sweep)}; ours: {sweep['ours']}, a new process for each "
            f"network. Logits of the L1 networks differ by at most {sweep['largest_difference']:.0e} of the largest one.\n\n"
            f"{report.markdown(['', 'seconds', 'times as fast'], rows)}")


def layers_table(result):
    header = ["Zeros in a layer, least to most, %", *(f"{one:g}" for one in result["sparsities"])]
    cell = {(one["network"], one["mask"], one["sparsity"]): f"{100 * one['least']:.0f} to {100 * one['most']:.0f}"
            for one in result["layers"]}
    networks = dict.fromkeys(one["network"] for one in result["layers"])
    rows = [[f"{NAMES[name]}, global L1", *(cell[name, "l1", one] for one in result["sparsities"])] for name in networks]
    return report.markdown(header, rows)


def training_line(trained):
    reached = ", ".join(f"{NAMES[name]} {value:.2f}" for name, value in trained["validation_ap"].items())
    return (f"Networks trained for {trained['epochs']} epochs on the phantom ({trained['images']} images of "
            f"{trained['size']} x {trained['size']}); macro average precision on its validation images: {reached}.")


def table(result):
    cases, sparsities = result["cases"], [0, *result["sparsities"]]
    variants = sorted({case["torch_variant"] for case in cases})
    parts = [
        f"Milliseconds an image, medians of {min(case['rounds'] for case in cases)} or more rounds (fastest run). "
        f"ONNX Runtime {result['onnxruntime']}, PyTorch {cases[0]['torch']} (fastest as: {', '.join(variants)}). Programs' "
        f"logits differ by at most {max(case['largest_difference'] for case in cases):.0e} of the largest one.\n"
        f"{report.machine_line(result['machine'])}"]
    header = ["Network, pixels", "batch", "threads", "ONNX Runtime", "PyTorch", "Niwaki, dense", "Niwaki, auto",
              "dense / fastest peer", "auto / fastest peer"]
    parts.append("**Without zeros**\n\n" + report.markdown(header, [dense_rows(case) for case in cases]))
    header = ["Network, pixels", "batch", "threads", *(f"{one:g}" for one in sparsities), "ms at 0.9"]
    for mask in result["masks"]:
        rows = [pruned_rows(case, mask, sparsities) for case in cases]
        parts.append(f"**Times as fast as the fastest dense peer, {MASKS[mask]}**, by sparsity\n\n"
                     + report.markdown(header, rows))
    parts += [slower(result), behind_itself(result), training_line(result["trained"])]
    if "memory" in result:
        parts += [layers_table(result), memory_table(result["memory"]), files_line(result), sweep_table(result["sweep"])]
    return "\n\n".join(parts)


def halvings(sparsity):
    """How often the weights were halved: keeps 0.9 and 0.95 apart."""
    return -math.log2(1 - sparsity)


def chart(result):
    """Speed-up against sparsity with all threads, a panel a network."""
    threads = max(case["threads"] for case in result["cases"])
    sparsities = [0, *result["sparsities"]]
    panels = []
    for network in dict.fromkeys(case["network"] for case in result["cases"]):
        cases = [case for case in result["cases"] if (case["network"], case["threads"]) == (network, threads)]
        series = [{"name": f"{MASKS[mask].removesuffix(' masks')}, batch {case['batch']}", "colour": COLOURS[mask],
                   "line": LINES[case["batch"]], "points": [(halvings(one), ratio_at(case, mask, one)) for one in sparsities]}
                  for mask in result["masks"] for case in cases]
        panels.append((f"{NAMES[network]}, {cases[0]['size']} x {cases[0]['size']}", series))
    ticks = [(halvings(one), f"{one:g}") for one in sparsities]
    return charts.lines(panels, ticks, "sparsity", "times the fastest dense peer", mark=1)
