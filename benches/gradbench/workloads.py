"""What the scripts beside this file share: the workloads of GradBench's evals that are timed, how the tool is asked, and how
outputs are compared."""

import json
import math
import os
import subprocess
import sys

# The smallest and the largest of the workloads that are timed, as arguments of the evals.
WORKLOADS = [
    ("hello", []),
    ("llsq", ["-n", "1024"]), ("llsq", ["-n", "8196"]),
    ("lse", ["-n", "160000"]), ("lse", ["-n", "1280000"]),
    ("det", ["-l", "8"]), ("det", ["-l", "10"]),
    ("ode", ["-n", "10000", "-s", "10"]), ("ode", ["-n", "10000", "-s", "100"]),
    ("kmeans", ["-k", "100", "-n", "1000", "-d", "8"]), ("kmeans", ["-k", "100", "-n", "10000", "-d", "16"]),
    ("gmm", ["-d", "10", "-k", "25"]), ("gmm", ["-d", "20", "-k", "50"]),
    ("ba", ["--min", "2", "--max", "2"]), ("ba", ["--min", "5", "--max", "5"]),
    ("ht", ["--min", "1", "--max", "1"]), ("ht", ["--min", "5", "--max", "5"]),
    ("lstm", ["-l", "2", "-c", "1024"]), ("lstm", ["-l", "4", "-c", "4096"]),
    ("particle", []), ("saddle", []),
]  # fmt: skip
PRIMALS = {"primal", "objective", "cost", "square"}


class Tool:
    """This tool, which answers messages line by line."""

    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, message, **changes):
        """The response to a message whose input is changed."""
        if changes:
            message = message | {"input": message["input"] | changes}
        print(json.dumps(message), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.kill()


def environment(checkout):
    """What Python needs to find GradBench."""
    return {"PYTHONPATH": str(checkout / "python/gradbench")}


def conversation(checkout, tool, module, arguments):
    """What an eval says while it is answered by the tool: messages, each with the response."""
    command = [sys.executable, "-m", f"gradbench.evals.{module}.run", *arguments]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen(command, cwd=checkout, env=os.environ | environment(checkout), text=True, **pipes)
    for line in process.stdout:
        message = json.loads(line)
        response = tool.ask(message)
        yield message, response
        if message["kind"] == "end":
            break
        print(json.dumps(response), file=process.stdin, flush=True)
    process.kill()
    process.wait()


def numbers(output):
    if isinstance(output, dict):
        return [x for key in sorted(output) for x in numbers(output[key])]
    if isinstance(output, list):
        return [x for part in output for x in numbers(part)]
    return [float(output)]


def distance(found, expected):
    """The distance in the 2-norm, relative to the norm of what is expected; the largest of the parts' if there are parts."""
    if isinstance(expected, dict):
        return max(distance(found.get(key, []), expected[key]) for key in expected)
    found, expected = numbers(found), numbers(expected)
    if len(found) != len(expected):
        return math.inf
    return math.dist(found, expected) / max(math.hypot(*expected), sys.float_info.min)
