"""What a request costs on the wire's other end: CPU time, throughput, waiting, system calls."""
import json
import os
import re
import signal
import subprocess
import tempfile
import time

from harness import process
from harness.case import Case, Row
from harness.figure import Target
from harness.load import h2load, pipelined
from harness.server import Server, ServerFailed

# Calls that wait for all connections at once, not for one request.
WAITS = {"epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "futex", "restart_syscall"}


def cpu(side, options):
    requests = int(200_000 * options.scale)
    with Server(side, "hello") as server:
        h2load(server.url, 5000, 16)
        samples = []
        for _ in range(3):
            before = process.cpu_ns(server.pid)
            h2load(server.url, requests, 16)
            samples.append((process.cpu_ns(server.pid) - before) / requests)
    return {"cpu": samples}


def process_mode(side, options):
    requests = int(200_000 * options.scale)
    with Server(side, "process-hello") as server:
        h2load(server.url, 5000, 64)
        return {"process-mode": [h2load(server.url, requests, 64) for _ in range(3)]}


def pipeline(side, options):
    with Server(side, "hello") as server:
        pipelined(server.url, 1)
        return {"pipelined": [pipelined(server.url, max(1, int(4 * options.scale))) for _ in range(3)]}


def static_files(key, size, requests, connections):
    """Files below `document_root`, 97 of the same size, by h2load."""
    def sample(side, options):
        with tempfile.TemporaryDirectory(prefix="bench-files-") as folder:
            os.chmod(folder, 0o755)
            for number in range(97):
                with open(os.path.join(folder, f"{number}.css"), "wb") as f:
                    f.write(b"a{}\n" * (size // 4))
            paths = [f"/{number * 31 % 97}.css" for number in range(97)]
            with Server(side, "hello", files=folder) as server:
                if len(server.get(paths[1])) != size:
                    raise ServerFailed(f"{side.name} does not serve {paths[1]}")
                h2load(server.url, requests // 20, connections, paths=paths)
                return {key: [h2load(server.url, int(requests * options.scale), connections, paths=paths) for _ in range(3)]}
    return sample


def sleeping_handler(side, options):
    with Server(side, "sleep") as server:
        h2load(server.url, 20_000, 128)
        return {"sleep-handler": [h2load(server.url, int(200_000 * options.scale), 128) for _ in range(2)]}


def idle_sleep(side, options):
    done = side.run("coroutine.php", "sleep")
    if done.returncode:
        raise ServerFailed(f"{side.name}: coroutine.php sleep: {done.stdout[-300:]}{done.stderr[-300:]}")
    return {"sleep-idle": [ns / 1e6 for ns in json.loads(done.stdout)]}


def system_calls(side, options):
    requests = 5000
    with Server(side, "hello") as server, tempfile.NamedTemporaryFile("r", suffix=".strace") as out:
        h2load(server.url, 1000, 1)
        tracer = subprocess.Popen(["strace", "-f", "-c", "-U", "calls,name", "-o", out.name, "-p", str(server.pid)],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            end = time.monotonic() + 10
            while True:
                with open(f"/proc/{server.pid}/status") as f:
                    if re.search(r"^TracerPid:\s+[1-9]", f.read(), re.M):
                        break
                if tracer.poll() is not None or time.monotonic() > end:
                    raise ServerFailed("strace could not attach to the worker")
                time.sleep(0.05)
            h2load(server.url, requests, 1)
        finally:
            if tracer.poll() is None:
                tracer.send_signal(signal.SIGINT)
            tracer.communicate(timeout=30)
        calls = {name: int(count) for count, name in re.findall(r"^\s*(\d+)\s+(\w+)\s*$", out.read(), re.M) if name != "total"}
    if not calls:
        raise ServerFailed("strace counted nothing")
    own = sum(count for name, count in calls.items() if name not in WAITS)
    return {"syscalls": own / requests,
            "detail": {name: round(count / requests, 3) for name, count in calls.items() if count > requests / 100}}


CASES = [
    Case("cpu", [Row("cpu", "CPU time per request, hello world, keep-alive", "ns", Target("≤ 0.85 ×", ratio_at_most=0.85))], cpu),
    Case("pipelined", [Row("pipelined", "requests per second, 16 pipelined", "1/s", Target("≥ 4 ×", ratio_at_least=4))], pipeline),
    Case("process-mode", [Row("process-mode", "process mode, hello world, 64 connections: requests per second", "1/s",
                              Target("≥ 1.3 ×", ratio_at_least=1.3))], process_mode),
    Case("static-small", [Row("static-small", "static files of 1 KB, 64 connections: requests per second", "1/s",
                              Target("≥ 1.5 ×", ratio_at_least=1.5))], static_files("static-small", 1024, 200_000, 64)),
    Case("static-large", [Row("static-large", "static files of 1 MB, 16 connections: requests per second", "1/s",
                              Target("≥ 1.0 ×", ratio_at_least=1.0))], static_files("static-large", 1 << 20, 10_000, 16)),
    Case("sleep-handler", [Row("sleep-handler", "handler that sleeps 1 ms, 128 connections: requests per second", "1/s",
                               Target("≥ 1.15 ×", ratio_at_least=1.15))], sleeping_handler),
    Case("sleep-idle", [Row("sleep-idle", "a sleep of 1 ms when idle", "ms", Target("median ≤ 1.2 ms", at_most=1.2), digits=3)],
         idle_sleep),
    Case("syscalls", [Row("syscalls", "system calls per keep-alive request, besides the shared wait", "calls",
                          Target("2 (one receive, one send)", at_most=2.05), digits=2)], system_calls, rounds=1),
]
