"""A server under measurement: started, found ready, ended, through its own process ids only."""
import os
import resource
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

from .side import PHP_DIR, SERVER_CORE

PORTS = range(int(os.environ.get("BENCH_PORT", "21700")), int(os.environ.get("BENCH_PORT", "21700")) + 100)


class ServerFailed(Exception):
    """The server did not start or ended early; the text holds what it said."""


def free_port():
    """The first port of PORTS that nobody listens on."""
    for port in PORTS:
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise ServerFailed(f"no free port in {PORTS.start}-{PORTS.stop - 1}; set BENCH_PORT")


def many_files():
    """Let the server have as many descriptors as the system gives."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Server:
    """`with Server(side, "hello") as s:` gives a server whose worker is s.pid at s.url."""

    def __init__(self, side, case, wrapper=(), application=False, patience=30, ini=(), tls=None, files=None):
        self.side, self.case, self.wrapper, self.application = side, case, list(wrapper), application
        self.patience, self.ini, self.tls, self.files = patience, ini, tls, files
        if application is True:
            self.application = "application"
        self.pid = None

    def __enter__(self):
        self.port = free_port()
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"
        self.dir = tempfile.TemporaryDirectory(prefix="bench-server-")
        pid_file = os.path.join(self.dir.name, "pid")
        folders = {"BENCH_TLS": self.tls, "BENCH_FILES": self.files}
        env = dict(self.side.env, APP_ENV="production", **{name: folder for name, folder in folders.items() if folder})
        if self.application:
            args = [os.path.join(PHP_DIR, self.application, "server.php"), "--listen", f"127.0.0.1:{self.port}",
                    "--workers", "1"]
        else:
            args = [os.path.join(PHP_DIR, "server.php"), self.case, str(self.port), pid_file]
        self.log = open(os.path.join(self.dir.name, "log"), "w+")
        self.process = subprocess.Popen(
            ["taskset", "-c", SERVER_CORE] + self.wrapper + self.side.command(*args, ini=self.ini),
            env=env, stdout=self.log, stderr=subprocess.STDOUT, cwd=self.dir.name,
            start_new_session=True, preexec_fn=many_files)
        end = time.monotonic() + self.patience
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise self.failed(f"ended with {self.process.returncode}")
            try:
                if self.application:
                    self.pid = int("".join(c for c in self.get("/notes/pid") if c.isdigit()))
                else:
                    with open(pid_file) as f:
                        self.pid = int(f.read())
                    socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except (OSError, ValueError):
                time.sleep(0.02)
        raise self.failed(f"not ready after {self.patience} s")

    def failed(self, why):
        self.log.seek(0)
        text = self.log.read()[-2000:].strip()
        self.__exit__()
        return ServerFailed(f"{self.side.name} server {self.case!r} {why}: {text or 'it said nothing'}")

    def get(self, path, timeout=30):
        """The body of a GET."""
        with urllib.request.urlopen(self.url + path, timeout=timeout) as r:
            return r.read().decode()

    def stop(self, patience=30):
        """End it in order, so that tools around it write their figures."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def __exit__(self, *_):
        self.stop()
        try:
            os.killpg(self.process.pid, signal.SIGKILL)     # workers that outlived their master
        except ProcessLookupError:
            pass
        self.log.close()
        self.dir.cleanup()
