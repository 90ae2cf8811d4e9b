"""Load generators, pinned to the other core; every request differs from the one before."""
import os
import re
import subprocess
import tempfile

from .side import LOAD_CORE


def targets(count=997, path="/"):
    """Different request targets; a prime count, so that connections don't fall into step."""
    return [f"{path}?id={i * 7919 % 100003}" for i in range(count)]


class LoadFailed(Exception):
    """A load generator failed, or the server answered something else than 2xx."""


def h2load(url, requests, connections=1, paths=None, data=None, headers=(), expect_errors=False, streams=0):
    """HTTP/1.1 keep-alive load by h2load, or HTTP/2 with so many streams; returns requests per second."""
    with tempfile.NamedTemporaryFile("w", suffix=".uris") as uris:
        uris.write("\n".join(url + p for p in (paths or targets())) + "\n")
        uris.flush()
        command = ["taskset", "-c", LOAD_CORE, "h2load", *(["-m", str(streams)] if streams else ["--h1"]), "-n", str(requests), "-c", str(connections), "-i", uris.name]
        for header in headers:
            command += ["-H", header]
        if data:
            command += ["-d", data]
        done = subprocess.run(command, capture_output=True, text=True, timeout=3600)
    m = re.search(r"finished in ([\d.]+)(us|ms|s|m|h)?, ([\d.]+) req/s", done.stdout)
    good = re.search(r"requests: (\d+) total, \d+ started, \d+ done, (\d+) succeeded, (\d+) failed", done.stdout)
    if done.returncode or not m or not good:
        raise LoadFailed(f"h2load ended with {done.returncode}: {(done.stdout + done.stderr).strip()[-500:]}")
    if not expect_errors and int(good[2]) != requests:
        raise LoadFailed(f"h2load: {good[2]} of {requests} requests were answered with 2xx or 3xx")
    return float(m[3])


LUA = """
wrk.headers["Host"] = "127.0.0.1"
local batch, parts = {}, {}
for i = 0, 255 do
  parts[i % 16 + 1] = wrk.format("GET", "/?id=" .. (i * 7919 %% 100003) .. "&q=note" .. i)
  if i %% 16 == 15 then batch[#batch + 1] = table.concat(parts) end
end
local turn = 0
request = function()
  turn = turn %% #batch + 1
  return batch[turn]
end
done = function(summary, latency, requests)
  print("bad " .. (summary.errors.status + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
""".replace("%%", "%")


def pipelined(url, seconds=4, connections=16):
    """16 requests in each burst, by wrk; returns requests per second."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(LUA)
        script.flush()
        done = subprocess.run(["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script.name, url],
                              capture_output=True, text=True, timeout=seconds + 60, env=dict(os.environ))
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    bad = re.search(r"^bad (\d+)", done.stdout, re.M)
    if done.returncode or not rate or not bad:
        raise LoadFailed(f"wrk ended with {done.returncode}: {(done.stdout + done.stderr).strip()[-500:]}")
    if int(bad[1]) > 0:
        raise LoadFailed(f"wrk counted {bad[1]} failed requests")
    return float(rate[1])
