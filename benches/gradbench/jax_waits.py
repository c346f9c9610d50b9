"""GradBench's tool `jax` in double precision, and timed until its results are there: it returns before, and its `ode` is in single."""

import sys
from pathlib import Path

import jax
from gradbench import wrap
from gradbench.tools.jax import run

multiple_runs = wrap.multiple_runs


def waits(*, pre, post):
    return lambda function: multiple_runs(pre=pre, post=post)(lambda input: jax.block_until_ready(function(input)))


jax.config.update("jax_enable_x64", True)
wrap.multiple_runs = waits

# It finds its evals beside itself.
sys.path.insert(0, str(Path(run.__file__).parent))
run.main()
