"""What shared memory costs when two processes work on it at the same time."""
import json
import statistics

from harness.case import Case, Row
from harness.figure import Target
from harness.server import ServerFailed


def script(side, what):
    """Nanoseconds per turn, as shared.php prints them."""
    done = side.run("shared.php", what)
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise ServerFailed(f"{side.name}: shared.php {what} ended with {done.returncode}: "
                           f"{(done.stdout + done.stderr)[-400:].strip()}") from None


def cost(key):
    return lambda side, options: {key: script(side, key)}


def beside_table(key, table):
    """Each batch of the cache by the table's median of the same minute."""
    def sample(side, options):
        reference = statistics.median(script(side, table))
        return {key: [ns / reference for ns in script(side, key)]}
    return sample


FASTER = dict(ratio_at_most=1 / 1.5)

CASES = [
    Case("table-get", [Row("table-get", "`Table::get` of a row, two processes at a time", "ns",
                           Target("≥ 1.5 × as fast", **FASTER))], cost("table-get")),
    Case("table-set", [Row("table-set", "`Table::set` of a row, two processes at a time", "ns",
                           Target("≥ 1.5 × as fast", **FASTER))], cost("table-set")),
    Case("atomic-add", [Row("atomic-add", "`Atomic::add`, two processes at a time", "ns",
                            Target("≥ 1.5 × as fast", **FASTER))], cost("atomic-add")),
    Case("cache-get", [Row("cache-get", "`Highper\\Cache::get`, by `Table::get`", "×", Target("≤ 1.3", at_most=1.3), digits=2)],
         beside_table("cache-get", "table-get"), only_ours=True),
    Case("cache-set", [Row("cache-set", "`Highper\\Cache::set`, by `Table::set`", "×", Target("≤ 1.3", at_most=1.3), digits=2)],
         beside_table("cache-set", "table-set"), only_ours=True),
]
