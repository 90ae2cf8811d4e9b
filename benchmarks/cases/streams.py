"""What a packet costs on a TCP server that cuts by lengths: one at a time on 16 connections, and 16 at a time."""
import os
import select
import socket
import struct

from harness import process
from harness.case import Case, Row
from harness.figure import Target
from harness.server import Server
from harness.side import LOAD_CORE

CONNECTIONS = 16
PACKET = struct.pack(">I", 60) + b"x" * 60


class Echo:
    """Connections that send packets and wait until they are back."""

    def __init__(self, port):
        self.sockets = {}
        self.ready = select.epoll()
        for _ in range(CONNECTIONS):
            s = socket.create_connection(("127.0.0.1", port), 10)
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sockets[s.fileno()] = s
            self.ready.register(s.fileno(), select.EPOLLIN)

    def exchange(self, packets, together):
        """Each connection has `together` packets under way at a time."""
        burst = PACKET * together
        left = packets // (CONNECTIONS * together)
        turns = dict.fromkeys(self.sockets, left)
        missing = dict.fromkeys(self.sockets, len(burst))
        for s in self.sockets.values():
            s.sendall(burst)
        open_turns = len(turns)
        while open_turns:
            for fd, _ in self.ready.poll():
                missing[fd] -= len(self.sockets[fd].recv(65536))
                if missing[fd]:
                    continue
                turns[fd] -= 1
                if turns[fd]:
                    missing[fd] = len(burst)
                    self.sockets[fd].sendall(burst)
                else:
                    open_turns -= 1
        return left * CONNECTIONS * together

    def close(self):
        for s in self.sockets.values():
            s.close()
        self.ready.close()


def cost(key, together):
    def sample(side, options):
        own = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {int(LOAD_CORE)})
        try:
            with Server(side, "echo") as server:
                echo = Echo(server.port)
                echo.exchange(3200, together)
                samples = []
                for _ in range(3):
                    before = process.cpu_ns(server.pid)
                    packets = echo.exchange(int(64_000 * options.scale), together)
                    samples.append((process.cpu_ns(server.pid) - before) / packets)
                echo.close()
        finally:
            os.sched_setaffinity(0, own)
        return {key: samples}
    return sample


CASES = [
    Case("tcp-echo", [Row("tcp-echo", "CPU time per packet of a TCP server that cuts by lengths", "ns",
                          Target("≥ 1.2 × as fast", ratio_at_most=1 / 1.2))], cost("tcp-echo", 1)),
    Case("tcp-echo-bursts", [Row("tcp-echo-bursts", "the same, 16 packets at a time", "ns",
                                 Target("≥ 1.2 × as fast", ratio_at_most=1 / 1.2))], cost("tcp-echo-bursts", 16)),
]
