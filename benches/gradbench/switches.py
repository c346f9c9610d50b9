#!/usr/bin/env python3
"""What each analysis brings on each of GradBench's evals.

Builds the tool with each analysis switched off in turn (`DIFFERENTIABLE_WITHOUT`), gives all of these tools the same inputs
and prints, for each derivative, its time without the analysis over its time with all of them. Values must agree.

    python3 benches/gradbench/switches.py <checkout> [evals…]
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from workloads import PRIMALS, Tool, conversation, distance

ROOT = Path(__file__).resolve().parent.parent.parent
SWITCHES = ["surroundings", "recompute", "adjoints", "callees", "outputs", "reciprocals", "fuse", "flat", "room", "merges", "counters", "sums", "buffers", "operands",
            "slices", "order", "rows", "lent", "cuts", "parts", "winners", "scratch"]
WORKLOADS = [
    ("llsq", ["-n", "4096"]), ("lse", ["-n", "160000"]), ("det", ["-l", "8"]), ("ode", ["-n", "10000", "-s", "10"]),
    ("kmeans", ["-k", "100", "-n", "1000", "-d", "8"]), ("gmm", ["-d", "10", "-k", "25"]), ("ba", ["--min", "2", "--max", "2"]),
    ("ht", ["--min", "2", "--max", "2"]), ("lstm", ["-l", "2", "-c", "1024"]), ("particle", []), ("saddle", []),
]


def build(without, folder):
    """The tool without an analysis, unless it is there."""
    tool = folder / f"tool-{without or 'all'}"
    if tool.exists():
        return tool
    (ROOT / "benches/gradbench/src/main.rs").touch()
    environment = os.environ | {"DIFFERENTIABLE_WITHOUT": without, "RUSTFLAGS": "-C target-cpu=native"}
    command = ["cargo", "build", "--release", "--quiet", "-p", "gradbench-tool"]
    # That a function needs no tape is a promise, which it cannot keep without the analyses that keep it, and which makes it
    # faster: no tool has it here.
    promises = {path: path.read_text() for path in (ROOT / "benches/gradbench/src/evals").glob("*.rs")}
    try:
        for path, text in promises.items():
            path.write_text(text.replace("(tape = none)", ""))
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
    finally:
        for path, text in promises.items():
            path.write_text(text)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release/gradbench-tool"
    shutil.copy(target, tool)
    return tool


def messages(checkout, tool, module, arguments):
    """What an eval asks: the definition, and one evaluation of each derivative."""
    asked = {}
    for message, _ in conversation(checkout, tool, module, arguments):
        if message["kind"] == "define":
            asked["define"] = message
        if message["kind"] == "evaluate" and message["function"] not in PRIMALS:
            asked.setdefault(message["function"], message)
    return asked.pop("define"), asked


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("checkout", type=Path, help="a checkout of GradBench")
parser.add_argument("evals", nargs="*", help="the evals to run; all if none is given")
parser.add_argument("--tools", type=Path, help="a folder in which the tools are kept, and those that are there are used")
parser.add_argument("--switches", type=lambda names: names.split(","), default=SWITCHES, metavar="NAME,…", help="the analyses; all if none is given")
parser.add_argument("--runs", type=int, default=5)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--seconds", type=float, default=0.2)
options = parser.parse_args()
with tempfile.TemporaryDirectory() as folder:
    folder = options.tools or Path(folder)
    tools = {without: build(without, folder) for without in ["", *options.switches]}
    print("| eval | derivative | ms | " + " | ".join(options.switches) + " |")
    print("| --- | --- |" + " --- |" * (len(options.switches) + 1))
    for module, arguments in WORKLOADS:
        if options.evals and module not in options.evals:
            continue
        running = {without: Tool(tool) for without, tool in tools.items()}
        define, asked = messages(options.checkout.resolve(), running[""], module, arguments)
        for tool in running.values():
            tool.ask(define)
        for function, message in asked.items():
            times, expected, wrong = {}, None, set()
            # In rounds, so that what happens to the machine meanwhile falls on all of them.
            for _ in range(options.rounds):
                for without, tool in running.items():
                    response = tool.ask(message, min_runs=options.runs, min_seconds=options.seconds)
                    if not response.get("success"):
                        wrong.add(without)
                        continue
                    times.setdefault(without, []).extend(t["nanoseconds"] for t in response["timings"])
                    expected = expected if expected is not None else response["output"]
                    if not distance(response["output"], expected) <= 1e-9:
                        wrong.add(without)
            # The least of many times is what the machine needs; what else runs on it only adds.
            best = {without: min(list) for without, list in times.items()}
            cell = lambda w: "**wrong**" if w in wrong else f"{best[w] / best['']:.2f}"
            print(f"| {module} | {function} | {best[''] / 1e6:.3g} | " + " | ".join(cell(w) for w in options.switches) + " |", flush=True)
        for tool in running.values():
            tool.end()
