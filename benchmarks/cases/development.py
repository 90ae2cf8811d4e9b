"""How soon a change is served."""
import os
import socket
import subprocess
import tempfile
import time

from harness.case import Case, Row
from harness.figure import Target
from harness.server import ServerFailed, free_port
from harness.side import SERVER_CORE

CONTROLLER = """<?php
namespace App;
use Highper\\Attribute\\{Controller, Get};
#[Controller('/%s')] final class %s { #[Get] public function show(): string { return 'version %d'; } }
"""


def ask(port):
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(b"GET /Home HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b""
        while part := connection.recv(4096):
            answer += part
        return answer.rpartition(b"\r\n")[2].decode()


def save(folder, name, version):
    """As editors do: a second file that takes the first one's place."""
    path = os.path.join(folder, "src", name + ".php")
    with open(path + ".tmp", "w") as file:
        file.write(CONTROLLER % (name, name, version))
    os.rename(path + ".tmp", path)


def hot_reload(side, options):
    """Milliseconds from a change to the first answer by it, in an application of 100 controllers."""
    with tempfile.TemporaryDirectory(prefix="bench-reload-") as folder:
        os.mkdir(os.path.join(folder, "src"))
        for number in range(99):
            save(folder, "Other%d" % number, 0)
        save(folder, "Home", 0)
        script = os.path.join(folder, "server.php")
        with open(script, "w") as file:
            file.write("<?php exit(Highper\\Application::create(__DIR__)->scan('App', 'src')->run($argv));")
        port = free_port()
        server = subprocess.Popen(["taskset", "-c", SERVER_CORE] + side.command(script, "--listen", "127.0.0.1:%d" % port),
                                  env=dict(side.env, APP_ENV="dev"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
        try:
            wait(port, 0)
            taken = []
            for version in range(1, int(50 * options.scale) + 2):
                time.sleep(0.1)
                begun = time.perf_counter_ns()
                save(folder, "Home", version)
                wait(port, version)
                taken.append((time.perf_counter_ns() - begun) / 1e6)
            return {"hot-reload": taken}
        finally:
            server.terminate()
            server.wait(10)


def wait(port, version):
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            if ask(port) == "version %d" % version:
                return
        except OSError:
            pass
        time.sleep(0.001)
    raise ServerFailed("version %d is not served after 10 s" % version)


CASES = [
    Case("hot-reload", [Row("hot-reload", "development: from a changed file to the first answer by it, 100 controllers", "ms",
                            Target("≤ 200 ms", at_most=200), digits=1)], hot_reload, rounds=1, only_ours=True),
]
