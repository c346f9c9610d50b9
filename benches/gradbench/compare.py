#!/usr/bin/env python3
"""Runs GradBench's evals on this tool and on GradBench's hand-written C++ (`manual`), in turn and on the same inputs.

For each workload: GradBench's own verdict, the distance of this tool's output from the one of `manual` in the
2-norm, relative to its norm (for `ode`, whose hand-written gradient is a closed form of the exact solution: the
distance of the derivative along a direction from differences), and the medians of the times. See README.md.
"""

import argparse
import json
import math
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from workloads import PRIMALS, WORKLOADS, Tool, conversation, distance


def manual(checkout, message):
    """The output and the times of the hand-written C++, or nothing where there is none."""
    program = checkout / "tools/manual/bin" / message["module"]
    if not program.exists() or message["module"] == "hello":
        return None, []
    with tempfile.NamedTemporaryFile("w") as file:
        json.dump(message["input"], file)
        file.flush()
        run = subprocess.run([program, file.name, message["function"]], text=True, capture_output=True, check=True)
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    return lines[0], [line["nanoseconds"] for line in lines[1:] if line["name"] == "evaluate"]


def distance_from_differences(tool, message):
    """For `ode`: the derivative of the last element along a direction, against differences of sixth order.

    A step of the method reaches four elements on, so the last of thousands does not depend on the first: its
    gradient is zero. The check is made on the first elements alone, in the same number of steps.
    """
    rng, steps = random.Random(1), message["input"]["s"]
    x = [1 + xi for xi in message["input"]["x"][: max(2, min(2 * steps, 40))]]
    direction = [rng.gauss(0, 1) for _ in x]
    value = lambda function, x: tool.ask(message | {"function": function}, x=x, min_runs=1, min_seconds=0)["output"]
    gradient = value("gradient", x)
    last = lambda h: value("primal", [a + h * b for a, b in zip(x, direction)])[-1]
    h = 1e-3
    slope = sum(w * (last(k * h) - last(-k * h)) for k, w in [(1, 45), (2, -9), (3, 1)]) / (60 * h)
    return abs(math.fsum(a * b for a, b in zip(gradient, direction)) - slope) / abs(slope)


def run(tool, checkout, module, arguments):
    """Stands between the eval and the tools; gives a record for each evaluation."""
    if module not in ("hello",):
        arguments = [*arguments, "--min-runs", str(options.runs), "--min-seconds", str(options.seconds)]
    records = []
    for message, response in conversation(checkout, tool, module, arguments):
        if message["kind"] == "evaluate":
            record = {"eval": module, "function": message["function"], "workload": message.get("description", "")}
            records.append(record)
            if response["success"]:
                record["ours"] = statistics.median(t["nanoseconds"] for t in response["timings"])
                expected, times = manual(checkout, message)
                if times:
                    record["c++"] = statistics.median(times)
                if module == "ode" and message["function"] == "gradient":
                    record["distance"] = distance_from_differences(tool, message)
                elif expected is not None:
                    record["distance"] = distance(response["output"], expected)
            else:
                record["error"] = response["error"]
        elif message["kind"] == "analysis":
            records[-1]["valid"] = message["valid"]
            if not message["valid"]:
                records[-1]["error"] = message.get("error")
    return records


def cell(value, form):
    return form.format(value) if value is not None else "–"


def table(records):
    print("| eval | workload | function | valid | distance | primal ms | C++ primal ms | derivative ms | hand-written ms "
          "| over primal | over C++ primal | over hand-written |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    primals, logs = {}, []
    for r in records:
        key = (r["eval"], r["workload"])
        if r["function"] in PRIMALS:
            primals[key] = r
            valid = "yes" if r.get("valid") else "**no**"
            if valid != "yes" or r.get("distance", 0) > 1e-9:
                print(f"| {r['eval']} | {r['workload']} | {r['function']} | {valid} | {cell(r.get('distance'), '{:.0e}')} |")
            continue
        p = primals.get(key, {})
        ours, theirs, p_ours, p_theirs = r.get("ours"), r.get("c++"), p.get("ours"), p.get("c++")
        ratio = lambda a, b: a / b if a is not None and b else None
        ms = lambda ns: ns / 1e6 if ns is not None else None
        if r["eval"] != "ode" and ratio(ours, theirs):
            logs.append(math.log(ours / theirs))
        print("| " + " | ".join([
            r["eval"], r["workload"], r["function"], "yes" if r.get("valid") else "**no**", cell(r.get("distance"), "{:.0e}"),
            *(cell(ms(t), "{:.3g}") for t in (p_ours, p_theirs, ours, theirs)),
            *(cell(ratio(ours, t), "{:.2f}") for t in (p_ours, p_theirs, theirs)),
        ]) + " |")
    if logs:
        print(f"\nGeometric mean over the hand-written derivatives, `ode` left out: {math.exp(statistics.fmean(logs)):.2f}")
    for r in records:
        if r.get("error"):
            print(f"\n{r['eval']} {r['workload']} {r['function']}: {r['error'][:500]}")


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("checkout", type=Path, help="a checkout of GradBench in which `make -C tools/manual` has run")
parser.add_argument("tool", help="the program `gradbench-tool`")
parser.add_argument("evals", nargs="*", help="the evals to run; all if none is given")
parser.add_argument("--runs", type=int, default=9, help="each function is timed at least so often")
parser.add_argument("--seconds", type=float, default=0.5, help="each function is timed at least so long")
parser.add_argument("--defaults", action="store_true", help="run the default workloads of the evals instead of two of each")
options = parser.parse_args()
options.checkout = options.checkout.resolve()
tool, records = Tool(options.tool), []
for module, arguments in [(m, []) for m in dict(WORKLOADS)] if options.defaults else WORKLOADS:
    if not options.evals or module in options.evals:
        records += run(tool, options.checkout, module, arguments)
table(records)
sys.exit(not all(r.get("valid") and r.get("distance", 0) < 1e-9 for r in records))
