"""User instructions per request, by callgrind: the difference of two runs, so that start and end cancel."""
import glob
import os
import re
import tempfile

from harness.case import Case, Row
from harness.figure import Target
from harness.load import h2load, targets
from harness.server import Server, ServerFailed

FEW, MANY = 1000, 6000


def framework(url, requests, application):
    paths = [f"/notes/{i}?q=note{i}" for i in range(1, 998)] if application else targets()
    h2load(url, requests, 1, paths)


def executed(side, case, requests, application, load=None):
    """Instructions that the worker executed in all of its life."""
    with tempfile.TemporaryDirectory(prefix="bench-callgrind-") as out:
        wrapper = ["valgrind", "--tool=callgrind", "--trace-children=yes", "-q",
                   f"--callgrind-out-file={out}/%p", f"--log-file={out}/log.%p"]
        with Server(side, case, wrapper, application, patience=180) as server:
            if load:
                load(server.url, requests)
            else:
                framework(server.url, requests, application)
            pid = server.pid
            server.stop(120)
        path = os.path.join(out, str(pid))
        if not os.path.exists(path):
            there = [os.path.basename(p) for p in glob.glob(out + "/*")]
            raise ServerFailed(f"callgrind wrote nothing for worker {pid}, only {there}")
        with open(path) as f:
            counts = re.findall(r"^(?:totals|summary): (\d+)", f.read(), re.M)
        return int(counts[-1])


def per_request(case, key, ours_is_application=False):
    def sample(side, options):
        application = ours_is_application and side.role == "ours"
        few = executed(side, case, FEW, application)
        return {key: (executed(side, case, MANY, application) - few) / (MANY - FEW)}
    return sample


CASES = [
    Case("hello-instructions",
         [Row("hello-instructions", "user instructions per hello-world request", "instructions", Target("≤ 5,000", at_most=5000))],
         per_request("hello", "hello-instructions"), rounds=1),
    Case("read-instructions",
         [Row("read-instructions", "the same, reading one value of `header`, `server` and `get`", "instructions",
              Target("≤ 8,000", at_most=8000))],
         per_request("read", "read-instructions"), rounds=1),
    Case("framework-instructions",
         [Row("framework-instructions",
              "routed controller, typed parameter, one middleware, array to JSON (peer: a bare JSON handler)", "instructions",
              Target("≤ 10,000 and below the peer's bare handler", at_most=10000, ratio_at_most=1.0))],
         per_request("json", "framework-instructions", ours_is_application=True), rounds=1),
]
