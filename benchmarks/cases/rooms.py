"""Rooms: what a message costs that goes to many clients, and what a client costs that says nothing."""
import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time

from harness import process
from harness.case import Case, Row
from harness.figure import Target
from harness.load import LoadFailed
from harness.server import ServerFailed, free_port, many_files
from harness.side import PHP_DIR, SERVER_CORE

CLIENTS, SIZE = 10_000, 66
HANDSHAKE = (b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")


@contextlib.contextmanager
def server(side):
    """The worker's process id and the port."""
    port = free_port()
    script = "server.php" if side.role == "ours" else "push.php"
    with tempfile.TemporaryDirectory(prefix="bench-rooms-") as folder:
        pid_file = os.path.join(folder, "pid")
        command = ["taskset", "-c", SERVER_CORE] + side.command(os.path.join(PHP_DIR, "rooms", script), str(port), pid_file)
        with open(os.path.join(folder, "log"), "w+") as log:
            started = subprocess.Popen(command, env=dict(side.env, APP_ENV="production"), stdout=log, stderr=subprocess.STDOUT,
                                       cwd=folder, start_new_session=True, preexec_fn=many_files)
            try:
                end = time.monotonic() + 30
                while True:
                    try:
                        with open(pid_file) as f:
                            pid = int(f.read())
                        socket.create_connection(("127.0.0.1", port), 1).close()
                        break
                    except (OSError, ValueError):
                        if started.poll() is not None or time.monotonic() > end:
                            log.seek(0)
                            raise ServerFailed(f"{side.name}: {script} did not start: {log.read()[-1000:]}") from None
                        time.sleep(0.02)
                yield pid, port
            finally:
                if started.poll() is None:
                    os.killpg(started.pid, signal.SIGKILL)
                started.wait()


def connect(port):
    client = socket.create_connection(("127.0.0.1", port), 10)
    client.sendall(HANDSHAKE)
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        more = client.recv(4096)
        if not more:
            raise LoadFailed(f"the server closed a connection after {head[:200]!r}")
        head += more
    if not head.startswith(b"HTTP/1.1 101"):
        raise LoadFailed(f"no WebSocket: {head[:200]!r}")
    return client


def say(client, text):
    client.sendall(bytes([0x81, 0x80 | len(text)]) + b"\0\0\0\0" + text)


def take(client, wanted):
    while wanted > 0:
        more = client.recv(wanted)
        if not more:
            raise LoadFailed("the server closed a connection")
        wanted -= len(more)


def broadcast(at_once, key):
    """Nanoseconds of the worker for each message that a client gets; a client says how many are sent together."""
    def sample(side, options):
        many_files()
        count = int(CLIENTS * options.scale)
        with server(side) as (pid, port), contextlib.ExitStack() as stack:
            clients = [stack.enter_context(connect(port)) for _ in range(count)]
            costs = []
            for number in range(6 if at_once > 1 else 11):
                before = process.cpu_ns(pid)
                say(clients[number], str(at_once).encode())
                for client in clients:
                    take(client, SIZE * at_once)
                time.sleep(0.05)
                if number > 0:                                                  # the first one warms up
                    costs.append((process.cpu_ns(pid) - before) / (count * at_once))
            return {key: costs}
    return sample


def idle(side, options):
    many_files()
    count = int(CLIENTS * options.scale)
    with server(side) as (pid, port), contextlib.ExitStack() as stack:
        for _ in range(500):
            stack.enter_context(connect(port))
        time.sleep(4)
        before = process.memory(pid)
        for _ in range(count):
            stack.enter_context(connect(port))
        time.sleep(5)                                                           # what is at rest gives memory back after seconds
        after = process.memory(pid)
        return {"rooms-idle": (after["RssAnon"] - before["RssAnon"]) / count}


def stalled(side, options):
    """Bytes that the worker grows by while clients that stop reading are sent a megabyte a second each."""
    count = int(300 * options.scale)
    with server(side) as (pid, port), contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connect(port)) for _ in range(count)]
        time.sleep(1)
        before = most = process.memory(pid)["RssAnon"]
        for _ in range(8):
            end = time.monotonic() + 1
            say(clients[0], b"16 65536")
            while time.monotonic() < end:
                most = max(most, process.memory(pid)["RssAnon"])
                time.sleep(0.05)
        return {"rooms-stalled": most - before}


CASES = [
    Case("rooms-broadcast",
         [Row("rooms-broadcast", "a message to a room of 10,000 clients, processor of the worker for each client (peer: a loop of push)", "ns",
              Target("≥ 3 × as fast", ratio_at_most=1 / 3))], broadcast(1, "rooms-broadcast"), rounds=1),
    Case("rooms-burst",
         [Row("rooms-burst", "the same, ten messages sent in one handler, for each message", "ns",
              Target("≥ 3 × as fast", ratio_at_most=1 / 3))], broadcast(10, "rooms-burst"), rounds=1),
    Case("rooms-idle",
         [Row("rooms-idle", "an idle WebSocket connection in a room, in user space", "bytes", Target("≤ 1,200 B", at_most=1200))],
         idle, rounds=1),
    Case("rooms-stalled",
         [Row("rooms-stalled", "300 clients that stop reading while 1 MB/s is sent to each, for 8 s: what the worker grows by", "bytes",
              Target("≤ 120 MB", at_most=120e6))], stalled, rounds=1),
]
