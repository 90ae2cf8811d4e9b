"""What clients talk to: databases and servers of the benchmark's own, on the load generator's core, until it ends."""
import atexit
import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from .load import LoadFailed
from .server import free_port, many_files
from .side import LOAD_CORE, PHP_DIR, ROOT, Side

HERE = os.path.dirname(os.path.abspath(__file__))
PEOPLE = 1000
SCHEMA = ("CREATE TABLE people (id INT PRIMARY KEY, name VARCHAR(64) NOT NULL); INSERT INTO people "
          + "VALUES " + ", ".join(f"({i}, 'the name of {i}')" for i in range(1, PEOPLE + 1)))
FOLDERS = ["/usr/sbin", "/usr/local/sbin", *sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)]


def program(name, package):
    """Where a program is; it has to be there."""
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(FOLDERS))
    if not found:
        raise LoadFailed(f"{name} is missing: install {package}")
    return found


class Services:
    """Starts what is asked for at its first use, and tells clients.php where it is."""

    def __init__(self):
        self.folder = None
        self.running = []
        self.known = {}

    def where(self, *names):
        """JSON for clients.php: the addresses of these services."""
        for name in names:
            if name not in self.known:
                self.known[name] = getattr(self, name)()
        return json.dumps({name: self.known[name] for name in names})

    def temporary(self, name):
        if self.folder is None:
            self.folder = tempfile.mkdtemp(prefix="bench-services-")
            os.chmod(self.folder, 0o755)
            atexit.register(self.end)
        return os.path.join(self.folder, name)

    def start(self, name, command, port=None, **options):
        """Runs it until the end of the benchmarks; it is there when its port takes a connection."""
        log = self.temporary(f"{name}.log")
        with open(log, "w") as out:
            process = subprocess.Popen(["taskset", "-c", LOAD_CORE, *command], stdin=subprocess.DEVNULL, stdout=out,
                                       stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=many_files, **options)
        self.running.append(process)
        end = time.monotonic() + 30
        while port is not None:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if process.poll() is None and time.monotonic() < end:
                    time.sleep(0.05)
                    continue
            with open(log) as said:
                raise LoadFailed(f"{name} did not start: {said.read()[-1000:].strip()}") from None

    def once(self, command, text=None, **options):
        """Runs it to its end."""
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=120, **options)
        if done.returncode:
            raise LoadFailed(f"{os.path.basename(command[0])} failed: {(done.stdout + done.stderr)[-1000:].strip()}")

    def redis(self):
        port = free_port()
        # It looks for blocked clients whose time is over as often as it says: ten times a second by itself.
        self.start("redis", [program("redis-server", "redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "",
                             "--hz", "100", "--dir", self.temporary("")], port)
        return ["127.0.0.1", port]

    def mysql(self):
        data, port, local = self.temporary("mysql"), free_port(), self.temporary("mysql.sock")
        user = [f"--user={'root' if os.geteuid() == 0 else os.environ.get('USER', 'nobody')}"]
        self.once([program("mariadb-install-db", "mariadb-server"), "--no-defaults", f"--datadir={data}", *user,
                   "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"])
        self.start("mysql", [program("mariadbd", "mariadb-server"), "--no-defaults", f"--datadir={data}", f"--socket={local}",
                             "--bind-address=127.0.0.1", f"--port={port}", f"--pid-file={data}/pid", "--max-connections=1000",
                             "--skip-name-resolve", *user], port)
        client = [program("mariadb", "mariadb-client"), "--no-defaults", "-uroot", f"--socket={local}"]
        self.once(client, "CREATE DATABASE bench; USE bench; " + SCHEMA
                  + "; CREATE USER bench@'127.0.0.1'; GRANT ALL ON bench.* TO bench@'127.0.0.1'")
        return {"pdo": [f"mysql:host=127.0.0.1;port={port};dbname=bench", "bench", ""],
                "mysqli": ["127.0.0.1", "bench", "", "bench", port]}

    def postgres(self):
        data, port = self.temporary("postgres"), free_port()
        # It refuses to run as root.
        user = {"user": "postgres", "cwd": "/"} if os.geteuid() == 0 else {}
        if user:
            os.mkdir(data)
            shutil.chown(data, "postgres")
        self.once([program("initdb", "postgresql"), "-D", data, "-U", "bench", "-A", "trust", "--no-sync"], **user)
        self.start("postgres", [program("postgres", "postgresql"), "-D", data, "-p", str(port), "-k", "", "-F",
                                "-c", "max_connections=400", "-c", "listen_addresses=127.0.0.1"], port, **user)
        return f"host=127.0.0.1 port={port} dbname=postgres user=bench"

    def hello(self):
        """A server that answers at once: Highper's own, for both sides."""
        side = Side("ours", os.environ.get("BENCH_EXT") or os.path.join(ROOT, "modules", "highper.so"))
        port = free_port()
        self.start("hello", side.command(os.path.join(PHP_DIR, "server.php"), "hello", str(port), self.temporary("hello.pid")), port,
                   env=side.env)
        return f"http://127.0.0.1:{port}/"

    def slow(self):
        """Answers each line after 0.1 s, by TCP, TLS and a local socket; and each HTTP request but that for /."""
        tcp, local, key, certificate = free_port(), *map(self.temporary, ("slow.sock", "slow.key", "slow.pem"))
        self.once([program("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                   "-keyout", key, "-out", certificate])
        ready = self.temporary("slow.ready")
        self.start("slow", [sys.executable, os.path.join(HERE, "slow.py"), str(tcp), local, key, certificate, ready], tcp)
        with open(ready) as f:
            return {"tcp": tcp, "unix": local, "tls": int(f.read())}

    def end(self):
        for process in reversed(self.running):
            try:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            except ProcessLookupError:
                pass
        shutil.rmtree(self.folder, ignore_errors=True)


SERVICES = Services()
