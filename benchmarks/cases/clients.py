"""Clients whose libraries wait in the coroutine: their rate, their processor time, and many waits at the same time."""
import json

from harness.case import Case, Row
from harness.figure import Target
from harness.server import ServerFailed
from harness.services import SERVICES


def script(side, services, *args):
    """The JSON that clients.php prints."""
    done = side.run("clients.php", *args, SERVICES.where(*services))
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise ServerFailed(f"{side.name}: clients.php {' '.join(map(str, args))} ended with {done.returncode}: "
                           f"{(done.stdout + done.stderr)[-400:].strip()}") from None


# Key: what it is called, the service, operations in a batch, and how many times the peer's rate it has to reach.
RATES = {
    "redis": ("phpredis GET", "redis", 10_000, 1.0),
    "redis-client": ("GET, by `Highper\\Redis\\Client` or phpredis", "redis", 20_000, 1.5),
    "mysql": ("PDO MySQL, SELECT by primary key", "mysql", 5_000, 1.0),
    "http": ("the own HTTP client, GET by a kept connection from a server next door", "hello", 20_000, 1.5),
    "curl": ("cURL, GET from a server next door", "hello", 5_000, 1.1),
}


def rate(key, service, operations, coroutines):
    def sample(side, options):
        figures = script(side, [service], "rate", key, coroutines, int(operations * options.scale), 7)
        name = f"{key}-{coroutines}"
        return {name: figures["rate"], f"{name}-cpu": figures["processor"], "detail": figures}
    return sample


def rate_case(key, coroutines):
    title, service, operations, faster = RATES[key]
    if key == "redis-client" and coroutines == 1:
        faster = 1.0                                   # nobody to share a write with
    name = f"{key}-{coroutines}"
    many = "1 coroutine" if coroutines == 1 else f"{coroutines} coroutines"
    return Case(name, [
        Row(name, f"{title}, {many}: operations per second", "1/s", Target(f"≥ {faster} ×", ratio_at_least=faster)),
        Row(f"{name}-cpu", "the same: processor time per operation", "ns", Target("≤ 0.95 ×", ratio_at_most=0.95)),
    ], rate(key, service, operations, coroutines))


COROUTINES = 200
# What waits: its service, and whether the wait is the whole of it (else what it takes is measured by its processor time).
WAITS = {
    "sleep": ((), True),
    "tcp": (("slow",), True),
    "unix": (("slow",), True),
    "tls": (("slow",), True),
    "sockets": (("slow",), True),
    "curl": (("slow",), True),
    "redis": (("redis",), True),
    "pdo-mysql": (("mysql",), True),
    "mysqli": (("mysql",), True),
    "pdo-pgsql": (("postgres",), True),
    "pgsql": (("postgres",), True),
    "exec": ((), False),
    "proc-open": ((), False),
    "tls-connect": (("slow",), False),
}


def wait(key):
    services, is_plain = WAITS[key]

    def sample(side, options):
        figures = script(side, services, "wait", key, COROUTINES)
        beyond = (figures["seconds"] - 0.1) / figures["processor"]
        return {f"wait-{key}": figures["seconds"] if is_plain else beyond, "detail": figures}
    return sample


def wait_case(key):
    is_plain = WAITS[key][1]
    title = f"{COROUTINES} coroutines, each waits 0.1 s: `{key}`"
    row = (Row(f"wait-{key}", title, "s", Target("≤ 0.15 s", at_most=0.15), digits=3) if is_plain else
           Row(f"wait-{key}", f"{title}; time beyond the wait, by its processor time", "×", Target("≤ 2", at_most=2), digits=2))
    return Case(row.key, [row], wait(key))


CASES = [rate_case(key, coroutines) for key in RATES for coroutines in (1, 50)] + [wait_case(key) for key in WAITS]
