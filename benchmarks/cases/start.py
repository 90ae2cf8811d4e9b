"""What it costs to be loaded, and to be built."""
import os
import subprocess
import tempfile
import time

from harness.case import Case, Row
from harness.figure import Target
from harness.server import ServerFailed
from harness.side import ROOT, SERVER_CORE, Side


def once(command, env):
    start = time.perf_counter_ns()
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter_ns() - start) / 1e6


def added_time(side, options):
    """php -r '' with and without the extension in turn: the differences of neighbours."""
    bare = Side("bare", None, side.php)
    pin = ["taskset", "-c", SERVER_CORE]
    samples = []
    for _ in range(int(200 * options.scale)):
        without = once(pin + bare.command("-r", ""), bare.env)
        samples.append(once(pin + side.command("-r", ""), side.env) - without)
    return {"load-time": samples}


def cold_build(side, options):
    with tempfile.TemporaryDirectory(prefix="bench-build-") as target:
        start = time.monotonic()
        done = subprocess.run(["cargo", "build", "--release"], cwd=ROOT, env=dict(os.environ, CARGO_TARGET_DIR=target),
                              capture_output=True, text=True)
        if done.returncode:
            raise ServerFailed(f"cargo build --release: {done.stderr[-400:]}")
        return {"cold-build": (time.monotonic() - start) / 60}


CASES = [
    Case("load-time", [Row("load-time", "`php -r ''` with the extension loaded, added time", "ms", Target("≤ 3 ms", at_most=3), digits=2)],
         added_time, rounds=1),
    Case("cold-build", [Row("cold-build", "cold release build", "min", Target("≤ 8 min", at_most=8), digits=1)],
         cold_build, rounds=1, only_ours=True, on_demand=True),
]
