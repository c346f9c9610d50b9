#!/usr/bin/env python3
"""How the cost of a derivative, relative to its function, changes as the work grows: all default workloads of GradBench's evals.

Function and derivative take turns, and the least of their times counts, also over earlier runs if `--times` is given. Prints the table of `docs/costs.md`, and draws all
ratios (with matplotlib) into the picture beside it.

    python3 benches/gradbench/growth.py <checkout> target/release/gradbench-tool [evals…] --picture docs/growth.svg
"""

import argparse
import json
from pathlib import Path

from workloads import PRIMALS, Tool, conversation

EVALS = ["llsq", "lse", "det", "ode", "kmeans", "gmm", "ba", "ht", "lstm"]


def least(tool, messages):
    """The least time of each message, in milliseconds."""
    times = [[] for _ in messages]
    for _ in range(options.rounds):
        for message, found in zip(messages, times):
            response = tool.ask(message, min_runs=options.runs, min_seconds=options.seconds)
            found.extend(t["nanoseconds"] / 1e6 for t in response["timings"])
    return [min(found) for found in times]


def measure(tool, module):
    """The workloads of an eval in the order of their work: name, time of the function, and time of the derivative over it."""
    found, primal = [], None
    for message, _ in conversation(options.checkout, tool, module, ["--min-runs", "1", "--min-seconds", "0"]):
        if message["kind"] != "evaluate":
            continue
        if message["function"] in PRIMALS:
            primal = message
        else:
            times = least(tool, [primal, message])
            earlier = known.get(f"{module} {message['description']}", times)
            function, derivative = known[f"{module} {message['description']}"] = [*map(min, times, earlier)]
            found.append((message["description"], function, derivative / function))
    return sorted(found, key=lambda row: row[1])


def draw(rows, path):
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "growth", "font.size": 9, "font.family": "sans-serif"})
    figure, axes = pyplot.subplots(figsize=(7, 4.2), layout="constrained")
    for (module, found), marker in zip(rows.items(), "os^vD<>pX"):
        _, function, ratio = zip(*found)
        axes.plot(function, ratio, marker=marker, markersize=4, linewidth=0.5, label=module)
    axes.set(xscale="log", yscale="log", xlabel="time of the function, ms", ylabel="time of the derivative over it")
    axes.set_yticks([1, 2, 5, 10, 20, 50, 100], labels=["1", "2", "5", "10", "20", "50", "100"])
    axes.minorticks_off()
    axes.grid(color="#dddddd", linewidth=0.5)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.legend(loc="outside right center", frameon=False)
    figure.savefig(path, metadata={"Date": None, "Creator": None})


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("checkout", type=Path, help="a checkout of GradBench in which `make -C tools/manual` has run")
parser.add_argument("tool", help="the program `gradbench-tool`")
parser.add_argument("evals", nargs="*", help="the evals to run; all that have several sizes if none is given")
parser.add_argument("--picture", type=Path, help="an SVG file")
parser.add_argument("--times", type=Path, help="a JSON file in which the least times are kept from run to run")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--runs", type=int, default=2)
parser.add_argument("--seconds", type=float, default=0.05)
options = parser.parse_args()
options.checkout = options.checkout.resolve()
tool, rows = Tool(options.tool), {}
known = json.loads(options.times.read_text()) if options.times and options.times.exists() else {}
print("| eval | sizes | smallest | its ratio | largest | its ratio | least and greatest ratio |")
print("| --- | --- | --- | --- | --- | --- | --- |")
for module in options.evals or EVALS:
    found = rows[module] = measure(tool, module)
    (first, _, small), (last, _, large), ratios = found[0], found[-1], [ratio for _, _, ratio in found]
    print(f"| {module} | {len(found)} | {first} | {small:.2f} | {last} | {large:.2f} | {min(ratios):.2f} to {max(ratios):.2f} |", flush=True)
    if options.times:
        options.times.write_text(json.dumps(known, indent=1))
tool.end()
if options.picture:
    draw(rows, options.picture)
