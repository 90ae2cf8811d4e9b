"""What a WebSocket message costs a server that sends it back."""
import json

from harness.case import Case, Row
from harness.figure import Target
from harness.server import ServerFailed


def cost(what, key):
    """Nanoseconds of the worker per message, as websocket.php prints them."""
    def sample(side, options):
        done = side.run("websocket.php", what, *(["3"] if options.quick else []))
        try:
            return {key: json.loads(done.stdout)}
        except ValueError:
            raise ServerFailed(f"{side.name}: websocket.php {what} ended with {done.returncode}: "
                               f"{(done.stdout + done.stderr)[-400:].strip()}") from None
    return sample


FASTER = dict(ratio_at_most=1 / 1.2)

CASES = [
    Case("websocket-echo",
         [Row("websocket-echo", "a WebSocket message of 64 bytes sent back, processor of the worker", "ns",
              Target("≥ 1.2 × as fast", **FASTER))], cost("echo", "websocket-echo")),
    Case("websocket-burst",
         [Row("websocket-burst", "the same, sixteen sent together", "ns",
              Target("≥ 1.2 × as fast", **FASTER))], cost("burst", "websocket-burst")),
]
