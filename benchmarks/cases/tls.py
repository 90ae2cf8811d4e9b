"""TLS and HTTP/2: requests per second, what a handshake costs, what a connection at rest holds."""
import re
import socket
import ssl
import subprocess
import tempfile
import time

from harness import process
from harness.case import Case, Row
from harness.figure import Target
from harness.load import LoadFailed, h2load
from harness.server import Server, ServerFailed
from harness.side import LOAD_CORE

from .rooms import HANDSHAKE

KEYS = {"ecdsa": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["-newkey", "rsa:2048"]}


class Certificate:
    """`with Certificate("rsa") as folder:` gives a folder with server.crt and server.key."""

    def __init__(self, kind):
        self.kind = kind

    def __enter__(self):
        self.dir = tempfile.TemporaryDirectory(prefix="bench-tls-")
        done = subprocess.run(["openssl", "req", "-x509", *KEYS[self.kind], "-nodes", "-subj", "/CN=localhost", "-days", "2",
                               "-keyout", "server.key", "-out", "server.crt"], cwd=self.dir.name, capture_output=True, text=True)
        if done.returncode:
            raise ServerFailed(f"openssl made no certificate: {done.stderr[-300:]}")
        return self.dir.name

    def __exit__(self, *_):
        self.dir.cleanup()


def http2(side, options):
    with Certificate("ecdsa") as folder, Server(side, "hello", tls=folder) as server:
        h2load(server.url, 5000, 64, streams=32)
        return {"http2-tls": [h2load(server.url, int(300_000 * options.scale), 64, streams=32) for _ in range(3)]}


def keep_alive(side, options):
    with Certificate("ecdsa") as folder, Server(side, "hello", tls=folder) as server:
        h2load(server.url, 5000, 64)
        return {"tls-keepalive": [h2load(server.url, int(150_000 * options.scale), 64) for _ in range(3)]}


def handshakes(kind):
    def sample(side, options):
        seconds = max(1, int(4 * options.scale))
        with Certificate(kind) as folder, Server(side, "hello", tls=folder) as server:
            samples = []
            for _ in range(2):
                before = process.cpu_ns(server.pid)
                done = subprocess.run(["taskset", "-c", LOAD_CORE, "openssl", "s_time", "-connect", f"127.0.0.1:{server.port}",
                                       "-new", "-time", str(seconds)], capture_output=True, text=True, timeout=120)
                found = re.search(r"(\d+) connections in [\d.]+ real seconds", done.stdout)
                if not found or int(found[1]) == 0:
                    raise LoadFailed(f"openssl s_time made no connection: {(done.stdout + done.stderr)[-300:]}")
                samples.append(int(found[1]) * 1e9 / (process.cpu_ns(server.pid) - before))
        return {f"handshakes-{kind}": samples}
    return sample


def idle(case, question, key):
    """What a connection holds that has asked once (or shaken hands for WebSocket) and says nothing."""
    return lambda side, options: idle_connections(side, options, case, question, key)


def idle_connections(side, options, case, question, key):
    count = int(2000 * options.scale)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with Certificate("ecdsa") as folder, Server(side, case, tls=folder) as server:
        def connect():
            plain = socket.create_connection(("127.0.0.1", server.port), 10)
            secure = context.wrap_socket(plain)
            secure.sendall(question)
            secure.recv(4096)
            return secure
        warm = [connect() for _ in range(100)]
        before = process.memory(server.pid)
        held = [connect() for _ in range(count)]
        time.sleep(0.5)
        after = process.memory(server.pid)
        grown = after["RssAnon"] - before["RssAnon"]
        for connection in warm + held:
            connection.close()
        return {key: grown / count}


CASES = [
    Case("http2-tls", [Row("http2-tls", "requests per second, HTTP/2 over TLS, 64 × 32 streams", "1/s",
                           Target("≥ 2.5 ×", ratio_at_least=2.5))], http2),
    Case("tls-keepalive", [Row("tls-keepalive", "requests per second, HTTP/1.1 over TLS, 64 connections", "1/s",
                               Target("≥ 1.2 ×", ratio_at_least=1.2))], keep_alive),
    Case("handshakes-ecdsa", [Row("handshakes-ecdsa", "handshakes per second of CPU, ECDSA P-256", "1/s",
                                  Target("≥ 1.2 ×", ratio_at_least=1.2))], handshakes("ecdsa")),
    Case("handshakes-rsa", [Row("handshakes-rsa", "handshakes per second of CPU, RSA-2048", "1/s",
                                Target("≥ 1.0 ×", ratio_at_least=1.0))], handshakes("rsa")),
    Case("tls-idle", [Row("tls-idle", "an idle connection over TLS, in user space", "bytes", Target("≤ 8,192 B", at_most=8192))],
         idle("hello", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "tls-idle"), rounds=1),
    Case("tls-websocket-idle", [Row("tls-websocket-idle", "an idle WebSocket connection over TLS, in user space", "bytes",
                                    Target("≤ 8,192 B", at_most=8192))], idle("websocket", HANDSHAKE, "tls-websocket-idle"), rounds=1),
]
