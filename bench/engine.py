"""Milliseconds an image of the engine, dense and pruned, against ONNX Runtime and PyTorch, the programs taking turns.

Each network is loaded by a process of its own for each program, mask and sparsity. All of them stay and are asked in turn
for a third of a second's runs (one run at least), so that a change on the machine meets them all.
"""

import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

import numpy

import engine_networks
import engine_report
import other_programs

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEERS = ROOT / "bench" / "peers"
PACKAGES = ROOT / "tests" / "onnxruntime"  # whose lock file pins ONNX Runtime, for the tests too
PYTHON = "/usr/bin/python3"
NETWORKS = list(engine_networks.RUN_SIZE.items())
BATCHES = [1, 8, 32]
SPARSITIES = [0.5, 0.8, 0.9, 0.95]
MASKS = ["uniform", "l1"]
SLICE = 300  # milliseconds of runs before the next program has its turn
MOST_RUNS = 50  # of a turn
ROUNDS_OF_SMALL_BATCHES = 5  # single rounds differ more there, and cost less
SMALL_BATCH = 8
PAUSE = 0.02  # seconds for threads that spin to fall asleep
TOLERANCE = 1e-3  # of the largest logit, between programs
SWEEP = [round(0.05 * step, 2) for step in range(20)]
SWEEP_NETWORK, SWEEP_IMAGES, SWEEP_ROUNDS = "resnet50", 32, 2
MEMORY_SPARSITY = 0.9


class Program:
    """One process that answers how long its runs took."""

    def __init__(self, command, usual_spin=False):
        own = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
        environment = {name: value for name, value in os.environ.items() if name not in own}
        if not usual_spin:
            environment["GOMP_SPINCOUNT"] = "2000"  # as niwaki sets it (src/niwaki/cli/process.hpp)
        self.name = pathlib.Path(command[-1] if len(command) < 2 else command[1]).name
        self.process = subprocess.Popen([str(part) for part in command], env=environment, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, line):
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"engine: {self.name} ended with {self.process.wait()}")
        return json.loads(answer)

    def processor_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Bench:
    """Where things are, and the command lines of the programs."""

    def __init__(self, options, work):
        self.options, self.work = options, work
        self.networks = engine_networks.Networks(options.build, ROOT / "out" / "bench")
        self.packages = options.build / "peers"
        os.environ["NIWAKI_COSTS"] = str(work / "engine-costs.csv")  # measured in this run, on this machine
        self.fetch_onnxruntime()

    def fetch_onnxruntime(self):
        lock = self.packages / "package-lock.json"
        wanted = PACKAGES / "package-lock.json"
        if (self.packages / "fetched").exists() and lock.read_bytes() == wanted.read_bytes():
            return
        self.packages.mkdir(exist_ok=True)
        for path in (PACKAGES / "package.json", wanted, ROOT / "web" / ".npmrc"):
            shutil.copy(path, self.packages)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
                       cwd=self.packages, check=True, stdout=sys.stderr)
        (self.packages / "fetched").touch()

    def onnxruntime_version(self):
        path = self.packages / "node_modules" / "onnxruntime-node" / "package.json"
        return json.loads(path.read_text())["version"]

    def pictures(self, size, images):
        path = self.work / f"pictures-{images}-{size}.f32"
        if not path.exists():
            shape = (images, engine_networks.CHANNELS, size, size)
            values = numpy.random.default_rng(1).standard_normal(shape, dtype=numpy.float32)
            values.tofile(path)
            numpy.save(path.with_suffix(".npy"), values)
        return path

    def state(self, path, name):
        import torch  # takes a second, and no other subject needs it

        out = self.work / name
        torch.save({key: torch.from_numpy(value) for key, value in engine_networks.as_state(path).items()}, out)
        return out

    def ours(self, model, size, images, threads, engine="auto", warming=2):
        return Program([self.options.build / "niwaki_bench_engine", "--model", model, "--engine", engine, "--threads",
                        threads, "--warming-runs", warming, "--input", self.pictures(size, images), "--shape", images,
                        engine_networks.CHANNELS, size, size])

    def onnxruntime_command(self, model, size, images, threads):
        return ["node", PEERS / "onnxruntime_peer.mjs", self.packages, model, threads, self.pictures(size, images), images,
                engine_networks.CHANNELS, size, size]

    def torch(self, architecture, size, images, threads):
        weights = self.state(self.networks.trained(architecture), f"{architecture}.pt")
        return Program([PYTHON, PEERS / "torch_peer.py", "--architecture", architecture, "--weights", weights, "--threads",
                        threads, "--input", self.pictures(size, images), "--shape", images, engine_networks.CHANNELS, size,
                        size], usual_spin=True)


def start(bench, architecture, size, threads, masks, images):
    """The programs by name. One loads after the other, so that none measures its kernels while another loads."""
    dense = bench.networks.trained(architecture)
    pruned = [(mask, sparsity, bench.networks.pruned(architecture, mask, sparsity)) for mask in masks
              for sparsity in SPARSITIES]
    programs, first = {}, {}

    def add(name, program):
        programs[name], first[name] = program, program.ask("1 1")

    add("onnxruntime", Program(bench.onnxruntime_command(dense, size, images, threads)))
    add("dense", bench.ours(dense, size, images, threads, "dense"))
    add("auto", bench.ours(dense, size, images, threads))
    for index, (mask, sparsity, model) in enumerate(pruned):
        if index == len(pruned) // 2:
            add("torch", bench.torch(architecture, size, images, threads))
        add(f"{mask} {sparsity}", bench.ours(model, size, images, threads))
    apart = check_agreement({name: first[name]["logits"] for name in ("onnxruntime", "torch", "dense", "auto")})
    return programs, {"largest_difference": apart, "torch": first["torch"]["version"]}


def check_agreement(logits):
    """Programs that answer differently are not compared. Of the largest logit."""
    values = {name: numpy.array(one) for name, one in logits.items()}
    wanted = next(iter(values.values()))
    largest = max(1e-6, float(abs(wanted).max()))
    apart = {name: float(abs(one - wanted).max()) / largest for name, one in values.items()}
    if not max(apart.values()) <= TOLERANCE:  # NaN is not
        raise SystemExit(f"engine: the programs differ: {apart}")
    return max(apart.values())


def take_turns(programs, batch, rounds):
    """For each program the milliseconds an image of each run, by round."""
    runs, variant = {}, None
    for name, program in programs.items():
        program.ask(f"{batch} 1")
        answer = program.ask(f"{batch} 1")
        runs[name] = min(MOST_RUNS, max(1, round(SLICE / answer["milliseconds"][0])))
        variant = answer.get("variant", variant)
    times = {name: [] for name in programs}
    names = list(programs)
    others = Others(programs.values())
    for index in range(rounds):
        first = index * len(names) // rounds
        for name in names[first:] + names[:first]:
            time.sleep(PAUSE)
            answer = programs[name].ask(f"{batch} {runs[name]}")
            times[name].append([one / batch for one in answer["milliseconds"]])
    return times, variant, others.busy()


class Others:
    """Processors that programs other than these kept busy."""

    def __init__(self, programs):
        self.programs, self.begin, self.before = list(programs), time.perf_counter(), 0.0
        self.before = self.seconds()

    def seconds(self):
        return other_programs.busy_seconds() - sum(one.processor_seconds() for one in self.programs) - time.process_time()

    def busy(self):
        return max(0.0, (self.seconds() - self.before) / (time.perf_counter() - self.begin))


def summary(times):
    """Milliseconds an image."""
    by_round = [statistics.median(one) for one in times]
    return {"median": round(statistics.median(by_round), 4), "min": round(min(min(one) for one in times), 4),
            "by_round": [round(one, 4) for one in by_round]}


def measure_cases(bench, architecture, size, threads, batches, masks):
    other_programs.wait_until_quiet()
    programs, agreement = start(bench, architecture, size, threads, masks, max(batches))
    cases = []
    for batch in batches:
        rounds = bench.options.rounds
        if batch <= SMALL_BATCH and not bench.options.quick:
            rounds = max(rounds, ROUNDS_OF_SMALL_BATCHES)
        times, variant, others = take_turns(programs, batch, rounds)
        cases.append({"network": architecture, "size": size, "batch": batch, "threads": threads, "rounds": rounds,
                      "torch_variant": variant, "processors_busy_with_others": round(others, 2),
                      "milliseconds_an_image": {name: summary(one) for name, one in times.items()}, **agreement})
        print(f"engine: {architecture}, batch {batch}, {threads} threads: " + ", ".join(
            f"{name} {one['median']:.1f}" for name, one in cases[-1]["milliseconds_an_image"].items()), file=sys.stderr)
    for program in programs.values():
        program.end()
    return cases


LAUNCHER = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(process.pid, 0)
print(used.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def peak_mib(command, line=""):
    """By way of a small process: what its parent holds counts as a process's own until it is another program."""
    done = subprocess.run([PYTHON, "-S", "-c", LAUNCHER, *(str(part) for part in command)], input=line, text=True,
                          stdout=subprocess.PIPE)
    if done.returncode != 0:
        raise SystemExit(f"engine: {command[0]} ended with {done.returncode}")
    return round(int(done.stdout) / 1024, 1)


def memory(bench, architecture, size):
    """Of whole processes, at their highest."""
    threads = bench.options.threads
    dense = bench.networks.trained(architecture)
    out = {"network": architecture, "sparsity": MEMORY_SPARSITY, "threads": threads,
           "node_alone": peak_mib(["node", "-e", "0"]), "batches": []}
    for batch in BATCHES:
        row = {"batch": batch,
               "onnxruntime": peak_mib(bench.onnxruntime_command(dense, size, batch, threads), f"{batch} 5\n")}
        for mask in MASKS:
            model = bench.networks.pruned(architecture, mask, MEMORY_SPARSITY)
            row[mask] = peak_mib([bench.options.build / "niwaki", "bench", "--model", model, "--batch", batch, "--threads",
                                  threads, "--seconds", 0, "--size", engine_networks.CHANNELS, size, size, "--json"])
        out["batches"].append(row)
    return out


def file_sizes(bench, architecture):
    sizes = {"network": architecture, "dense": engine_networks.bytes_of(bench.networks.trained(architecture))}
    packed = bench.networks.pruned(architecture, "l1", MEMORY_SPARSITY, ".onnx.zst")
    return {**sizes, "pruned": engine_networks.bytes_of(packed)}


class Sweep:
    """Seconds to load each of 20 networks and predict, whole processes of ours against one process of PyTorch's."""

    def __init__(self, bench, size):
        self.bench, self.size, self.threads = bench, size, bench.options.threads
        usage = subprocess.run([bench.options.build / "niwaki", "predict", "--help"], capture_output=True, text=True)
        self.predicts = "dense" in usage.stdout  # else this version's predict has libtorch alone
        self.what = "niwaki predict" if self.predicts else "the engine in a process of its own"

    def ours(self, mask, sparsity):
        model = self.bench.networks.pruned(SWEEP_NETWORK, mask, sparsity)
        begin = time.perf_counter()
        if not self.predicts:
            program = self.bench.ours(model, self.size, SWEEP_IMAGES, self.threads, warming=0)
            logits = program.ask(f"{SWEEP_IMAGES} 1")["logits"]
            program.end()
            return time.perf_counter() - begin, logits
        out = self.bench.work / "logits.npy"
        subprocess.run([str(part) for part in (
            self.bench.options.build / "niwaki", "predict", "--model", model, "--input",
            self.bench.pictures(self.size, SWEEP_IMAGES).with_suffix(".npy"), "--logits", "--threads", self.threads, "--out",
            out, "--quiet")], check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - begin, numpy.load(out)[0]

    @staticmethod
    def own_seconds(peer):
        return peer.processor_seconds() + other_programs.children_seconds() + time.process_time()

    def run(self):
        other_programs.wait_until_quiet()
        peer = self.bench.torch(SWEEP_NETWORK, self.size, SWEEP_IMAGES, self.threads)
        weights = {sparsity: self.bench.state(self.bench.networks.pruned(SWEEP_NETWORK, "l1", sparsity), f"{sparsity}.pt")
                   for sparsity in SWEEP}
        peer.ask(weights[0.0])  # its imports and its choice of an order are not counted
        for mask in MASKS:  # nor the costs of kernels, which are measured once a machine
            for sparsity in SWEEP:
                self.ours(mask, sparsity)
        rounds, apart, variant = [], 0.0, None
        begin, busy, own = time.perf_counter(), other_programs.busy_seconds(), self.own_seconds(peer)
        for _ in range(SWEEP_ROUNDS):
            seconds = {name: [] for name in ("torch", *MASKS)}
            for sparsity in SWEEP:
                time.sleep(PAUSE)
                answer = peer.ask(weights[sparsity])
                variant = answer["variant"]
                seconds["torch"].append(round(answer["milliseconds"][0] / 1000, 4))
                for mask in MASKS:
                    taken, logits = self.ours(mask, sparsity)
                    seconds[mask].append(round(taken, 4))
                    if mask == "l1":
                        apart = max(apart, check_agreement({"torch": answer["logits"], "niwaki": logits}))
            rounds.append(seconds)
        others = other_programs.busy_seconds() - busy - (self.own_seconds(peer) - own)
        others = max(0.0, others / (time.perf_counter() - begin))
        peer.end()
        return {"network": SWEEP_NETWORK, "size": self.size, "images": SWEEP_IMAGES, "threads": self.threads,
                "processors_busy_with_others": round(others, 2), "sparsities": SWEEP, "ours": self.what,
                "torch_variant": variant, "largest_difference": apart, "rounds": rounds}


def measure(options, work):
    bench = Bench(options, work)
    chosen = NETWORKS[:1] if options.quick else NETWORKS
    batches, masks = (BATCHES[:2], MASKS[:1]) if options.quick else (BATCHES, MASKS)
    threads = [options.threads] if options.quick else sorted({1, options.threads})
    for architecture, _ in chosen:  # made before anything is timed
        for mask in masks:
            for sparsity in SWEEP if architecture == SWEEP_NETWORK and not options.quick else SPARSITIES:
                bench.networks.pruned(architecture, mask, sparsity)
    result = {"sparsities": SPARSITIES, "masks": masks, "onnxruntime": bench.onnxruntime_version(),
              "trained": {"images": engine_networks.IMAGES, "size": engine_networks.SIZE, "epochs": engine_networks.EPOCHS,
                          "validation_ap": {name: bench.networks.validation_ap(name) for name, _ in chosen}},
              "cases": []}
    for architecture, size in chosen:
        for count in threads:
            result["cases"] += measure_cases(bench, architecture, size, count, batches, masks)
    if not options.quick:
        architecture, size = NETWORKS[0]
        result["layers"] = [{"network": name, "mask": mask, "sparsity": sparsity,
                             **engine_networks.layer_sparsities(bench.networks.pruned(name, mask, sparsity))}
                            for name, _ in NETWORKS for mask in MASKS for sparsity in SPARSITIES]
        result["memory"] = memory(bench, architecture, size)
        result["files"] = [file_sizes(bench, name) for name, _ in NETWORKS]
        result["sweep"] = Sweep(bench, size).run()
    return result


table = engine_report.table
chart = engine_report.chart
CHART = engine_report.CHART
