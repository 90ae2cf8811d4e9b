"""Requests that ask a database: Highper\\Db beside PDO in a PDOPool with all hooks; one worker, 64 connections to it."""
import copy
import json

from harness import process
from harness.case import Case, Row
from harness.figure import Target
from harness.load import h2load
from harness.server import Server
from harness.services import PEOPLE, SCHEMA, SERVICES, program

CONNECTIONS = 64
# What is asked for: its title, requests, and how many times the peer's rate it has to reach.
WHAT = {
    "row": ("a single row", 60_000, 1.5),
    "rows": ("20 rows", 40_000, 1.5),
    "fortunes": ("12 rows to HTML, sorted and escaped", 40_000, 1.3),
    "update": ("an update of a row", 20_000, 1.2),
}


def address(kind):
    """The settings of Highper\\Db, from those of PDO."""
    if kind == "mysql":
        SERVICES.where("mysql")
        dsn = dict(pair.split("=") for pair in SERVICES.known["mysql"]["pdo"][0].split(":", 1)[1].split(";"))
        return {"driver": "mysql", "host": dsn["host"], "port": int(dsn["port"]), "user": "bench", "database": dsn["dbname"]}
    first = "postgres" not in SERVICES.known
    SERVICES.where("postgres")
    dsn = dict(pair.split("=") for pair in SERVICES.known["postgres"].split())
    if first:
        SERVICES.once([program("psql", "postgresql-client"), "-q", SERVICES.known["postgres"]], SCHEMA)
    return {"driver": "postgres", "host": dsn["host"], "port": int(dsn["port"]), "user": dsn["user"], "database": dsn["dbname"]}


def sample(kind, what):
    def measure(side, options):
        side = copy.copy(side)
        side.env = dict(side.env, BENCH_DATABASE=json.dumps(address(kind)))
        requests = int(WHAT[what][1] * options.scale)
        paths = [f"/{what}/{i * 7919 % (PEOPLE - 20) + 1}" for i in range(977)]
        name = f"{kind}-{what}"
        with Server(side, name, application="database") as server:
            h2load(server.url, 3000, CONNECTIONS, paths)
            before = process.cpu_ns(server.pid)
            rate = h2load(server.url, requests, CONNECTIONS, paths)
            return {name: rate, f"{name}-cpu": (process.cpu_ns(server.pid) - before) / requests}
    return measure


def case(kind, what):
    title, _, faster = WHAT[what]
    name = f"{kind}-{what}"
    database = {"mysql": "MariaDB", "postgres": "PostgreSQL"}[kind]
    return Case(name, [
        Row(name, f"{database}, {title}, 64 connections: requests per second", "1/s", Target(f"≥ {faster} ×", ratio_at_least=faster)),
        Row(f"{name}-cpu", "the same: processor time of the worker per request", "ns", Target("≤ 0.5 ×", ratio_at_most=0.5) if what == "row" else Target("≤ 0.8 ×", ratio_at_most=0.8)),
    ], sample(kind, what))


CASES = [case(kind, what) for kind in ("mysql", "postgres") for what in WHAT]
