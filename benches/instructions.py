#!/usr/bin/env python3
"""How many instructions the gradients of `benches/kernels` take, compared with the recorded ones.

    python3 benches/instructions.py              # fails where a gradient takes 3 % more than recorded
    python3 benches/instructions.py --record     # writes benches/instructions.json

Counts by `valgrind --tool=callgrind`, of one run: two runs less one, so that what the program does before does not count.
They are the same on every run, and change with the compiler: record them again after an update of Rust.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECORDED = ROOT / "benches/instructions.json"
NAMES = ["rosenbrock", "product", "cholesky", "convolution", "bodies", "orbits", "springs", "heat", "options", "kalman", "softmax", "planets", "rotation", "network"]


def executable():
    command = ["cargo", "bench", "--bench", "kernels", "--no-run", "--message-format=json", "--quiet"]
    lines = subprocess.run(command, cwd=ROOT, check=True, text=True, capture_output=True).stdout.splitlines()
    found = [json.loads(line).get("executable") for line in lines]
    return [path for path in found if path][-1]


def instructions(program, name, kind, runs):
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, "--once", name, kind, str(runs)]
    text = subprocess.run(command, check=True, text=True, capture_output=True).stderr
    return int(re.search(r"Collected : (\d+)", text)[1])


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--record", action="store_true", help="write what is found")
parser.add_argument("--tolerance", type=float, default=0.03)
parser.add_argument("--program", help="the executable of the benchmark, if it is built already")
options = parser.parse_args()
program = options.program or executable()
recorded = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
found, worse = {}, []
print("| program | primal | by hand / primal | ours / primal | ours / recorded |")
print("| --- | --- | --- | --- | --- |")
for name in NAMES:
    primal, hand, ours = (instructions(program, name, k, 2) - instructions(program, name, k, 1) for k in ("primal", "hand", "ours"))
    found[name] = ours
    change = ours / recorded[name] if name in recorded else 1.0
    if change > 1 + options.tolerance:
        worse.append(name)
    print(f"| {name} | {primal} | {hand / primal:.2f} | {ours / primal:.2f} | {change:.3f} |", flush=True)
if options.record:
    RECORDED.write_text(json.dumps(found, indent=4) + "\n")
elif worse:
    sys.exit(f"more instructions than recorded: {', '.join(worse)}")
