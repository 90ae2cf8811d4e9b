"""What coroutines cost in time and memory, and how deep PHP may recurse in one."""
import json
import resource

from harness.case import Case, Row
from harness.figure import Target
from harness.server import ServerFailed

SMALL_STACK = 16 * 1024


def script(side, *args):
    """The JSON that coroutine.php prints."""
    done = side.run("coroutine.php", *args)
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise ServerFailed(f"{side.name}: coroutine.php {' '.join(map(str, args))} ended with {done.returncode}: "
                           f"{(done.stdout + done.stderr)[-400:].strip()}") from None


def create(side, options):
    return {"create": script(side, "create")}


def switch(side, options):
    return {"switch": script(side, "switch")}


def channel(side, options):
    return {"channel": script(side, "channel")}


def wait_group(side, options):
    return {"wait-group": [ns / 1000 for ns in script(side, "wait-group")]}


def sleepers(key, count, *stack):
    def sample(side, options):
        figures = script(side, "memory", int(count * options.scale), *stack)
        return {key: figures["resident"] + figures["tables"], "detail": figures}
    return sample


def waiters(side, options):
    count = int(10_000 * options.scale)
    waits, sleeps = script(side, "waiters", count), script(side, "memory", count)
    beyond = sum(waits[key] - sleeps[key] for key in ("resident", "tables"))
    return {"pool-waiter": max(0.0, beyond), "detail": {"waits": waits, "sleeps": sleeps}}


def timers(side, options):
    done = side.run("timers.php", int(1_000_000 * options.scale))
    try:
        figures = json.loads(done.stdout)
    except ValueError:
        raise ServerFailed(f"{side.name}: timers.php ended with {done.returncode}: "
                           f"{(done.stdout + done.stderr)[-400:].strip()}") from None
    return {"timers": figures["nanoseconds"], "timers-memory": figures["bytes"], "detail": figures}


def preemption(side, options):
    done = side.run("preemption.php", 2.0 * options.scale)
    try:
        figures = json.loads(done.stdout)
    except ValueError:
        raise ServerFailed(f"{side.name}: preemption.php ended with {done.returncode}: "
                           f"{(done.stdout + done.stderr)[-400:].strip()}") from None
    return {"preemption": figures["p99"], "detail": figures}


def no_core():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def deepest(key, what, limit):
    """The largest N that the script survives, to 2 %."""
    def holds(side, n):
        done = side.run("coroutine.php", what, n, preexec_fn=no_core)
        return done.returncode == 0 and done.stdout.endswith("ok")

    def sample(side, options):
        low, high = 0, 500
        while high <= limit and holds(side, high):
            low, high = high, high * 2
        if high > limit:
            return {key: low}
        while high - low > max(10, low // 50):
            middle = (low + high) // 2
            low, high = (middle, high) if holds(side, middle) else (low, middle)
        if low == 0:
            raise ServerFailed(f"{side.name}: coroutine.php {what} fails at any depth")
        return {key: low}
    return sample


CASES = [
    Case("create", [Row("create", "`go(function(){})`, create to end", "ns",
                        Target("≤ 110 ns and ≤ 0.5 ×", at_most=110, ratio_at_most=0.5))], create),
    Case("switch", [Row("switch", "resume/yield round trip", "ns",
                        Target("≤ 60 ns and ≤ 0.5 ×", at_most=60, ratio_at_most=0.5), digits=1)], switch),
    Case("channel", [Row("channel", "channel of one place between two coroutines, push to pop", "ns",
                         Target("≥ 1.5 × as fast", ratio_at_most=1 / 1.5))], channel),
    Case("wait-group", [Row("wait-group", "`WaitGroup` over 1,000 coroutines that wait 1 ms each", "µs",
                            Target("≥ 1.5 × as fast", ratio_at_most=1 / 1.5))], wait_group),
    Case("memory-default", [Row("memory-default", "memory per sleeping coroutine, resident and page tables, default stacks, 100 k",
                                "B", Target("≤ 9 KB", at_most=9 * 1024))],
         sleepers("memory-default", 100_000), rounds=1),
    Case("memory-small", [Row("memory-small", "the same with small stacks, 1 M in one process", "B", Target("≤ 5.4 KB", at_most=5.4 * 1024))],
         sleepers("memory-small", 1_000_000, SMALL_STACK), rounds=1),
    Case("pool-waiter", [Row("pool-waiter", "memory of each of 10 k coroutines that wait for a database of 10 connections, beyond one that sleeps",
                             "B", Target("≤ 1 KB", at_most=1024))], waiters, rounds=3, only_ours=True),
    Case("timers", [Row("timers", "timers with one callable, armed and cleared, 1 M", "ns",
                        Target("≤ 300 ns each", at_most=300)),
                    Row("timers-memory", "memory per timer, 1 M", "B", Target("≤ 200 B", at_most=200))], timers),
    Case("preemption", [Row("preemption", "p99 delay beside a coroutine that burns, preemption on", "ms",
                            Target("≤ 30 ms, 3 slices", at_most=30), digits=1)], preemption),
    Case("depth-array-map", [Row("depth-array-map", "deepest nested `array_map` in a coroutine", "levels",
                                 Target("≥ the peer's", ratio_at_least=1))],
         deepest("depth-array-map", "array_map", 1_000_000), rounds=1),
    Case("depth-list", [Row("depth-list", "longest linked list freed in a coroutine", "nodes", Target("≥ the peer's", ratio_at_least=1))],
         deepest("depth-list", "list", 5_000_000), rounds=1),
]
