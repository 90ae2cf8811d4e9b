"""What it costs to be loaded, and to be built."""
import os
import subprocess
import tempfile
import time

from harness.case import Case, Row
from harness.figure import Target, summary
from harness.server import ServerFailed
from harness.side import ROOT, SERVER_CORE, Side


def once(command, env):
    """Milliseconds on the clock, and of CPU."""
    start = time.perf_counter_ns()
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    spent = (time.perf_counter_ns() - start) / 1e6
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise ServerFailed(f"{' '.join(command)} ended with {process.returncode}")
    return spent, (usage.ru_utime + usage.ru_stime) * 1e3


def added_time(side, options):
    """php -r '' with and without the extension in turn: the differences of neighbours."""
    bare = Side("bare", None, side.php)
    pin = ["taskset", "-c", SERVER_CORE]
    clock, cpu = [], []
    for _ in range(int(200 * options.scale)):
        without = once(pin + bare.command("-r", ""), bare.env)
        loaded = once(pin + side.command("-r", ""), side.env)
        clock.append(loaded[0] - without[0])
        cpu.append(loaded[1] - without[1])
    return {"load-time": clock, "detail": {"CPU, ms": summary(cpu)}}


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
