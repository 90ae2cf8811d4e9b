"""slow.py LISTEN TARGET SECONDS: passes TCP connections on to TARGET (a path, or host:port). From SIGUSR1 on, what TARGET says
is held back for SECONDS."""

import collections
import select
import signal
import socket
import sys
import time


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    target, seconds = sys.argv[2], float(sys.argv[3])
    slow = []
    signal.signal(signal.SIGUSR1, lambda *_: slow.append(True))
    listener = socket.create_server((host, int(port)), backlog=1000)
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    peer, held = {}, collections.deque()

    def close(one):
        for half in (one, peer.pop(one, None)):
            if half is not None:
                peer.pop(half, None)
                sockets.pop(half.fileno(), None)
                half.close()

    def deliver(to, data):
        try:
            if data:
                to.sendall(data)
            else:
                close(to)
        except OSError:
            close(to)

    sockets = {}
    while True:
        wait = max(0.0, held[0][0] - time.monotonic()) if held else -1
        try:
            events = poll.poll(wait)
        except InterruptedError:
            continue
        while held and held[0][0] <= time.monotonic():
            _, to, data = held.popleft()
            if to.fileno() >= 0:
                deliver(to, data)
        for number, _ in events:
            if number == listener.fileno():
                client = listener.accept()[0]
                if target.startswith("/"):
                    server = socket.socket(socket.AF_UNIX)
                    server.connect(target)
                else:
                    server = socket.create_connection(target.rsplit(":", 1))
                for one in (client, server):
                    if one.family != socket.AF_UNIX:
                        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    sockets[one.fileno()] = one
                    poll.register(one, select.EPOLLIN)
                peer[client], peer[server] = server, client
                from_server.add(server)
                continue
            one = sockets.get(number)
            if one is None:
                continue
            try:
                # An event may be of a socket that was closed since, whose number is another's now.
                data = one.recv(65536, socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if one in from_server and slow:
                held.append((time.monotonic() + seconds, peer[one], data))
                if not data:
                    poll.unregister(one)
            else:
                deliver(peer[one], data)
        from_server.intersection_update(peer)


from_server = set()
main()
