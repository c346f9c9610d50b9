"""Times training steps of PyTorch, JAX and TensorFlow, for `docs/training_speed.md`. The networks are those of `networks.rs`.

    python3 -m venv venv && venv/bin/pip install torch jax tensorflow-cpu
    venv/bin/python benches/peers.py torch 1      # also jax and tf, on this many threads

Microseconds for a step of forward pass, gradient and Adam in single precision: the fastest and the median of 300 after 30.
"""

import os
import sys
import time

LIBRARY, THREADS = sys.argv[1], int(sys.argv[2])
os.environ["OMP_NUM_THREADS"] = str(THREADS)
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.sched_setaffinity(0, range(THREADS))

import numpy as np

rng = np.random.default_rng(0)
SIMPLE = rng.normal(size=(32, 2)).astype("f"), rng.normal(size=(32, 1)).astype("f")
DENSE = rng.normal(size=(128, 784)).astype("f"), rng.integers(0, 10, 128).astype("i4")
IMAGES = rng.normal(size=(32, 28, 28, 1)).astype("f"), rng.integers(0, 10, 32).astype("i4")


def report(network, kind, step, count=300, warm=30):
    for _ in range(warm):
        step()
    times = []
    for _ in range(count):
        begun = time.perf_counter()
        step()
        times.append(time.perf_counter() - begun)
    fastest, median = min(times) * 1e6, sorted(times)[count // 2] * 1e6
    print(f"{network:12} {kind:18} {THREADS} threads {fastest:9.1f} us fastest {median:9.1f} us median", flush=True)


def torch_steps():
    import torch

    torch.set_num_threads(THREADS)
    nn = torch.nn
    networks = {
        "SimpleNet": (nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1)), nn.MSELoss(), SIMPLE),
        "perceptron": (
            nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)),
            nn.CrossEntropyLoss(),
            DENSE,
        ),
        "convolution": (
            nn.Sequential(
                nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                nn.Flatten(), nn.Linear(784, 10),
            ),
            nn.CrossEntropyLoss(),
            (IMAGES[0].transpose(0, 3, 1, 2).copy(), IMAGES[1]),
        ),
    }  # fmt: skip
    for name, (model, loss, (x, y)) in networks.items():
        x = torch.from_numpy(x)
        y = torch.from_numpy(y if y.dtype == np.float32 else y.astype("i8"))
        optimizer = torch.optim.Adam(model.parameters())

        def step():
            optimizer.zero_grad()
            value = loss(model(x), y)
            value.backward()
            optimizer.step()
            return value.item()

        report(name, "PyTorch eager", step)


def jax_steps():
    import jax
    import jax.numpy as jnp

    def glorot(key, *shape):
        return jax.random.normal(key, shape) * (2 / (np.prod(shape[:-1]) + shape[-1])) ** 0.5

    def layers(*shapes):
        keys = jax.random.split(jax.random.PRNGKey(0), len(shapes))
        return [[glorot(key, *shape), jnp.zeros(shape[-1])] for key, shape in zip(keys, shapes)]

    def dense(layer, x):
        return x @ layer[0] + layer[1]

    def conv(layer, x):
        y = jax.lax.conv_general_dilated(x, layer[0], (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        y = jax.nn.relu(y + layer[1])
        return jax.lax.reduce_window(y, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

    def cross_entropy(logits, y):
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1).mean()

    def simple(p, x, y):
        return ((dense(p[1], dense(p[0], x)) - y) ** 2).mean()

    def perceptron(p, x, y):
        h = jax.nn.relu(dense(p[1], jax.nn.relu(dense(p[0], x))))
        return cross_entropy(dense(p[2], h), y)

    def convolution(p, x, y):
        h = conv(p[1], conv(p[0], x))
        return cross_entropy(dense(p[2], h.reshape(len(x), -1)), y)

    networks = {
        "SimpleNet": (simple, layers((2, 3), (3, 1)), SIMPLE),
        "perceptron": (perceptron, layers((784, 256), (256, 128), (128, 10)), DENSE),
        "convolution": (convolution, layers((3, 3, 1, 8), (3, 3, 8, 16), (784, 10)), IMAGES),
    }
    tree = jax.tree_util.tree_map
    for name, (loss, p, (x, y)) in networks.items():
        x, y = jnp.array(x), jnp.array(y)

        @jax.jit
        def update(p, m, v, t):
            value, g = jax.value_and_grad(loss)(p, x, y)
            m = tree(lambda m, g: m + 0.1 * (g - m), m, g)
            v = tree(lambda v, g: v + 0.001 * (g * g - v), v, g)
            rate = 0.001 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
            p = tree(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-7), p, m, v)
            return p, m, v, value

        zeros = tree(jnp.zeros_like, p)
        state = [p, zeros, zeros, 1.0]

        def step():
            state[0], state[1], state[2], value = update(*state)
            state[3] += 1.0
            value.block_until_ready()

        report(name, "JAX jit", step)


def tf_steps():
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keras, layers = tf.keras, tf.keras.layers
    sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    networks = {
        "SimpleNet": ([layers.Dense(3), layers.Dense(1)], keras.losses.MeanSquaredError(), SIMPLE),
        "perceptron": ([layers.Dense(256, "relu"), layers.Dense(128, "relu"), layers.Dense(10)], sparse, DENSE),
        "convolution": (
            [
                layers.Conv2D(8, 3, padding="same", activation="relu"), layers.MaxPool2D(2),
                layers.Conv2D(16, 3, padding="same", activation="relu"), layers.MaxPool2D(2),
                layers.Flatten(), layers.Dense(10),
            ],
            sparse,
            IMAGES,
        ),
    }  # fmt: skip
    for name, (stack, loss, (x, y)) in networks.items():
        model, optimizer = keras.Sequential(stack), keras.optimizers.Adam()
        x, y = tf.constant(x), tf.constant(y)

        def update():
            with tf.GradientTape() as tape:
                value = loss(y, model(x, training=True))
            optimizer.apply_gradients(zip(tape.gradient(value, model.trainable_variables), model.trainable_variables))
            return value

        update()
        compiled = tf.function(update)
        report(name, "TensorFlow tape", lambda: update().numpy(), 60, 5)
        report(name, "tf.function", lambda: compiled().numpy())


{"torch": torch_steps, "jax": jax_steps, "tf": tf_steps}[LIBRARY]()
