#!/usr/bin/env python3
"""Runs GradBench's own harness, `gradbench run`, on this tool beside others, and makes one table of all.

A cell is the derivative's time over the time of the C++ primal of the tool `manual`, in the same run of this script; where
there is no such primal, milliseconds. A time is the least of all runs in all rounds, and in a round the tools take turns.

    python3 benches/gradbench/harness.py <checkout> target/release/gradbench-tool [evals…] --harness <gradbench>

Which tools are run, and what they need, is in `TOOLS`; README.md says where to get it.
"""

import argparse
import json
import math
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from workloads import PRIMALS, WORKLOADS, environment

HERE = Path(__file__).resolve().parent
FLAGS = r"-O3\ -march=native\ -I../../cpp"


def cpp(*arguments, **variables):
    return [sys.executable, str(HERE / "kept.py"), *arguments], variables


# The commands, in the order of the columns, with what they need in the environment. All are compiled for this machine. Of a tool
# that is run in several ways, the fastest counts: what suits Enzyme differs from eval to eval.
TOOLS = {
    "manual": [cpp("manual")],
    "tapenade": [cpp("tapenade", MAKEFLAGS=rf"CFLAGS=-std=c11\ {FLAGS} CXXFLAGS=-std=c++17\ {FLAGS}")],
    "enzyme": [
        cpp("enzyme", folder, MAKEFLAGS=f"CXX={HERE}/enzyme.sh LDFLAGS=", ENZYME_BEFORE=before)
        for folder, before in {
            "scalar": "-fno-vectorize -fno-slp-vectorize -fno-unroll-loops",
            "vectors": "",
            "simple": "-O1 -fno-vectorize -fno-slp-vectorize",
        }.items()
    ],
    "codipack": [cpp("codipack")],
    "jax": [([sys.executable, str(HERE / "jax_waits.py")], {})],
}


def log(eval_command, tool_command, variables):
    """Runs the harness on an eval and a tool: the messages and responses that it writes."""
    with tempfile.NamedTemporaryFile() as file:
        command = [options.harness, "run", "--eval", shlex.join(eval_command), "--tool", shlex.join(tool_command)]
        command += ["--output", file.name, "--timeout", str(options.timeout)]
        variables = os.environ | environment(options.checkout) | variables
        run = subprocess.run(command, cwd=options.checkout, env=variables, text=True, capture_output=True)
        lines = [json.loads(line) for line in Path(file.name).read_text().splitlines()]
    outcome = "" if run.returncode == 0 else (run.stdout + run.stderr)[-500:]
    return lines, outcome


def measure(module, arguments, command, variables):
    """The least time of each function and workload in nanoseconds, and what went wrong."""
    eval_command = [sys.executable, "-m", f"gradbench.evals.{module}.run", *arguments]
    eval_command += ["--min-runs", str(options.runs), "--min-seconds", str(options.seconds)]
    lines, outcome = log(eval_command, command, variables)
    responses = {line["response"]["id"]: line["response"] for line in lines if "response" in line}
    messages = [line["message"] for line in lines if "message" in line]
    valid = {message["of"]: message["valid"] for message in messages if message["kind"] == "analysis"}
    times = {}
    for message in messages:
        if message["kind"] == "evaluate":
            key = (module, message.get("description", ""), message["function"])
            found = [t["nanoseconds"] for t in responses.get(message["id"], {}).get("timings", []) if t["name"] == "evaluate"]
            times[key] = min(found) if found and valid.get(message["id"]) else math.inf
    return times, outcome


def table(times):
    print("| eval | workload | function | C++ primal ms | " + " | ".join(COMMANDS) + " | least of the others over this tool |")
    print("| --- |" + " --- |" * (len(COMMANDS) + 4))
    logs = []
    primals = {key[:2]: t["manual"] for key, t in times.items() if key[2] in PRIMALS and "manual" in t}
    for key, row in times.items():
        if key[2] in PRIMALS:
            continue
        primal = primals.get(key[:2])
        cells = []
        best = min(t for tool, t in row.items() if (key[0], tool) != ("ode", "manual"))
        for tool in COMMANDS:
            t = row.get(tool)
            text = "–" if t is None else "failed" if t == math.inf else f"{t / primal:.2f}" if primal else f"{t / 1e6:.3g} ms"
            cells.append(f"**{text}**" if t == best else text)
        others = [t for tool, t in row.items() if tool != OURS and (key[0], tool) != ("ode", "manual")]
        over = min(others, default=math.inf) / row.get(OURS, math.inf)
        if 0 < over < math.inf:
            logs.append(math.log(over))
        ms = f"{primal / 1e6:.3g}" if primal else "–"
        print("| " + " | ".join([*key, ms, *cells, f"{over:.2f}"]) + " |")
    if logs:
        print(f"\nGeometric mean of the last column: {math.exp(math.fsum(logs) / len(logs)):.2f}")


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("checkout", type=Path, help="a checkout of GradBench in which `make -C tools/manual` has run")
parser.add_argument("tool", type=Path, help="the program `gradbench-tool`")
parser.add_argument("evals", nargs="*", help="the evals to run; all if none is given")
parser.add_argument("--harness", default="gradbench", help="GradBench's program, which `cargo build --release` makes in the checkout")
parser.add_argument("--tools", nargs="+", choices=TOOLS, default=list(TOOLS), help="the tools to run beside this one")
parser.add_argument("--rounds", type=int, default=2, help="how often the tools take turns")
parser.add_argument("--runs", type=int, default=5, help="each function is timed at least so often in a round")
parser.add_argument("--seconds", type=float, default=0.5, help="each function is timed at least so long in a round")
parser.add_argument("--timeout", type=int, default=300, help="the seconds in which a tool must answer")
options = parser.parse_args()
options.checkout = options.checkout.resolve()
OURS = "differentiable"
COMMANDS = {OURS: [([str(options.tool.resolve())], {})], **{tool: TOOLS[tool] for tool in options.tools}}
supported = {tool: (options.checkout / f"tools/{tool}/evals.txt").read_text().split() for tool in options.tools}
times, failures = {}, {}
for module, arguments in WORKLOADS:
    if module == "hello" or options.evals and module not in options.evals:
        continue
    for _ in range(options.rounds):
        for tool in COMMANDS:
            if tool != OURS and module not in supported[tool]:
                continue
            for command, variables in COMMANDS[tool]:
                found, outcome = measure(module, arguments, command, variables)
                for key, t in found.items():
                    row = times.setdefault(key, {})
                    row[tool] = min(t, row.get(tool, math.inf))
                if outcome:
                    failures[module, " ".join(arguments), tool] = outcome
                print(module, *arguments, tool, "failed" if outcome else "done", file=sys.stderr, flush=True)
table(times)
for failure, outcome in failures.items():
    print(f"\n{' '.join(failure)}:\n{outcome}")
sys.exit(any(failure[-1] == OURS for failure in failures))
