"""What hooks cost where nothing waits: calls outside of coroutines, and files that lie in memory."""
import json
import os
import statistics
import subprocess
import tempfile

from harness.case import Case, Row
from harness.figure import Target
from harness.server import ServerFailed
from harness.side import ROOT


def script(side, *args, ini=()):
    done = side.run(*args, ini=ini)
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise ServerFailed(f"{side.name}: {args[0]} ended with {done.returncode}: {(done.stdout + done.stderr)[-400:].strip()}") from None


def intercepted(side, options):
    """The call that is made dearest."""
    with tempfile.TemporaryDirectory(prefix="bench-calls-") as folder:
        library = os.path.join(folder, "calls.so")
        source = os.path.join(ROOT, "benchmarks", "native", "calls.c")
        subprocess.run(["cc", "-w", "-O2", "-shared", "-fPIC", "-o", library, source], check=True)
        costs = script(side, "intercepted.php", library, ini=["ffi.enable=1"])
    more = {call: statistics.median(a - b for a, b in zip(costs["intercepted"][call], costs["plain"][call])) for call in costs["plain"]}
    return {"intercepted": max(more.values()), "detail": more}


def files(side, options):
    """The size at which hooks cost most, by the fastest batches: whatever else the machine does only adds to one."""
    with tempfile.TemporaryDirectory(prefix="bench-files-") as folder:
        plain = script(side, "files.php", folder, ini=["highper.hooks=off"])
        hooked = script(side, "files.php", folder)
    ratios = {size: min(hooked[size]) / min(plain[size]) for size in plain}
    return {"cached-files": max(ratios.values()), "detail": ratios}


CASES = [
    Case("intercepted", [Row("intercepted", "a call that is intercepted, outside of coroutines: more than the plain one, the dearest of five",
                             "ns", Target("< 5 ns", at_most=5), digits=1)], intercepted, only_ours=True),
    Case("cached-files", [Row("cached-files", "`file_get_contents()` of a file in memory, in a coroutine, by the same without hooks, "
                              "the worst of 4, 64 and 1,024 KB", "×", Target("≤ 1.05", at_most=1.05), digits=2)], files, only_ours=True),
]
