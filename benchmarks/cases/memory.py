"""Memory of a worker: idle connections, uploads, a long run, and the worker itself."""
import json
import os
import socket
import tempfile
import threading
import time

from harness import process
from harness.case import Case, Row
from harness.figure import Target, slope
from harness.load import LoadFailed, h2load, targets
from harness.server import Server, many_files

UPLOADS, UPLOAD_SIZE = 32, 20 << 20


def answer(sock):
    """Read one response with a Content-Length; its status and body."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(65536)
        if not more:
            raise LoadFailed(f"the server closed the connection after {data[:200]!r}")
        data += more
    head, body = data.split(b"\r\n\r\n", 1)
    length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        more = sock.recv(65536)
        if not more:
            raise LoadFailed("the server closed the connection within a body")
        body += more
    return int(head.split(b" ", 2)[1]), body


def held(pid):
    m = process.memory(pid)
    return m["VmRSS"] + m["VmPTE"]


def idle_connections(side, options):
    many_files()
    count = int(10_000 * options.scale)
    paths = targets()
    with Server(side, "hello") as server:
        h2load(server.url, 5000, 64)
        time.sleep(0.3)
        before, open_sockets = held(server.pid), []
        try:
            for i in range(count):
                s = socket.create_connection(("127.0.0.1", server.port), 10)
                open_sockets.append(s)
                s.sendall(f"GET {paths[i % len(paths)]} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: idle/{i}\r\n\r\n".encode())
                status, _ = answer(s)
                if status != 200:
                    raise LoadFailed(f"connection {i} got status {status}")
            time.sleep(0.5)
            return {"idle-connection": (held(server.pid) - before) / count}
        finally:
            for s in open_sockets:
                s.close()


def upload(port, index, size, failures):
    boundary = f"----bench{index}"
    head = (f"--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f{index}.bin\"\r\n"
            "Content-Type: application/octet-stream\r\n\r\n").encode()
    tail = f"\r\n--{boundary}--\r\n".encode()
    try:
        with socket.create_connection(("127.0.0.1", port), 120) as s:
            s.sendall((f"POST /?upload={index} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary={boundary}\r\n"
                       f"Content-Length: {len(head) + size + len(tail)}\r\n\r\n").encode() + head)
            s.sendall(BLOCK[:size])
            s.sendall(tail)
            status, body = answer(s)
            if (status, body) != (200, str(size).encode()):
                failures.append(f"upload {index}: status {status}, body {body[:100]!r}")
    except (OSError, LoadFailed, ValueError) as e:
        failures.append(f"upload {index}: {e}")


BLOCK = memoryview(b"")


def uploads(side, options):
    global BLOCK
    BLOCK = memoryview(os.urandom(1 << 20) * (UPLOAD_SIZE >> 20))
    failures, rates, growth = [], [], []
    with Server(side, "upload") as server:
        upload(server.port, 0, 1 << 20, failures)
        for _ in range(3):
            before = process.memory(server.pid)["VmRSS"]
            process.reset_peak(server.pid)
            threads = [threading.Thread(target=upload, args=(server.port, i, UPLOAD_SIZE, failures)) for i in range(UPLOADS)]
            start = time.monotonic()
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            rates.append(UPLOADS * UPLOAD_SIZE / (time.monotonic() - start) / 1e6)
            growth.append((process.memory(server.pid)["VmHWM"] - before) / (1 << 20))
    if failures:
        raise LoadFailed("; ".join(failures[:3]))
    return {"upload-throughput": rates, "upload-growth": max(growth), "detail": {"growth of each round, MB": growth}}


GETS = [f"{path}?id={i * 7919 % 100003}&q=n{i}" for i in range(211)
        for path in ("/", "/read", "/json", "/chunked", "/children", "/throws", "/missing", "/sleep")]
POSTS = [f"/post?id={i}" for i in range(499)]


def soak(side, options):
    """Mixed requests in equal chunks; the slope of the heaps over the chunks after a warm-up of a fifth."""
    total = options.requests or int(500_000 * options.scale)
    chunks = 40
    each = total // chunks
    with Server(side, "mixed") as server, tempfile.NamedTemporaryFile("w", suffix=".form") as form:
        form.write("&".join(f"field{i}=value+{i}" for i in range(20)))
        form.flush()
        php, malloc, resident = [], [], []
        for _ in range(chunks):
            h2load(server.url, each * 8 // 10, 32, GETS, expect_errors=True)
            h2load(server.url, each - each * 8 // 10, 8, POSTS, data=form.name,
                   headers=["Content-Type: application/x-www-form-urlencoded"])
            heaps = json.loads(server.get("/memory"))
            php.append(heaps["php"])
            malloc.append(heaps["malloc"])
            resident.append(process.memory(server.pid)["VmRSS"])
    warm = chunks // 5
    result, detail = {}, {"requests": each * chunks}
    for key, series in (("soak-php", php), ("soak-malloc", malloc)):
        b, error = slope(series[warm:])
        result[key] = max(0.0, b - 2 * error) / each
        detail[key] = {"bytes per request": b / each, "standard error": error / each, "first": series[warm], "last": series[-1]}
    detail["resident"] = {"first": resident[warm], "last": resident[-1]}
    result["detail"] = detail
    return result


def worker_resident(side, options):
    with Server(side, "hello") as server:
        h2load(server.url, 1000, 1)
        m = process.memory(server.pid)
        return {"worker-resident": m["VmRSS"] / (1 << 20), "detail": {k: v // 1024 for k, v in m.items()}}


CASES = [
    Case("idle-connection", [Row("idle-connection", "idle keep-alive connection after one request, user-space bytes", "B",
                                 Target("≤ 1,200", at_most=1200))], idle_connections, rounds=1),
    Case("uploads", [Row("upload-throughput", "32 parallel uploads of 20 MB: throughput", "MB/s", Target("≥ 3 ×", ratio_at_least=3)),
                     Row("upload-growth", "the same: growth of the worker's memory", "MB", Target("≤ 8 MB in all", at_most=8), digits=1)],
         uploads, rounds=1),
    Case("soak", [Row("soak-php", "mixed requests: slope of memory_get_usage beyond twice its error", "B/request",
                      Target("0 within noise", at_most=0.001), digits=4),
                  Row("soak-malloc", "mixed requests: slope of mallinfo2 beyond twice its error", "B/request",
                      Target("0 within noise", at_most=0.01), digits=4)], soak, rounds=1),
    Case("worker-resident", [Row("worker-resident", "a worker's own resident memory", "MB", Target("≤ the peer's", ratio_at_most=1), digits=1)],
         worker_resident),
]
