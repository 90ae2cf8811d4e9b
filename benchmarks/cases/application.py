"""What an application costs: instructions of its requests, nanoseconds of its container."""
import json
import tempfile

from harness.case import Case, Row
from harness.figure import Target
from harness.load import h2load
from harness.server import Server, ServerFailed

from .instructions import executed

FEW, MANY = 500, 2500
ORDER = json.dumps({"id": "f81d4fae-7dec-41d0-a765-00a0c91e6bf6", "customer": "Ann Example", "email": "ann@example.org",
                    "street": "1 Long Street", "city": "Springfield", "zip": "12345", "count": 3, "price": 9.5, "delivery": "courier"})


def show(url, requests):
    h2load(url, requests, 1, [f"/orders/{i}" for i in range(1, 998)])


def create(url, requests):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as body:
        body.write(ORDER)
        body.flush()
        h2load(url, requests, 1, ["/orders"], data=body.name, headers=["Content-Type: application/json"])


def miss(url, requests):
    h2load(url, requests, 1, [f"/area{i}/nothing" for i in range(997)], expect_errors=True)


def refused(url, requests):
    h2load(url, requests, 1, [f"/limited?id={i}" for i in range(997)], expect_errors=True)


def preflight(url, requests):
    h2load(url, requests, 1, [f"/crossing?id={i}" for i in range(997)],
           headers=[":method: OPTIONS", "Origin: https://app.example", "Access-Control-Request-Method: PUT"])


def kept(url, requests):
    h2load(url, requests, 1, ["/kept"])


def health(url, requests):
    h2load(url, requests, 1, ["/health"])


def per_request(key, load):
    def sample(side, options):
        few = executed(side, key, FEW, "framework", load)
        return {key: (executed(side, key, MANY, "framework", load) - few) / (MANY - FEW)}
    return sample


def controller_rate(side, options):
    paths = [f"/orders/{i}" for i in range(1, 998)]
    with Server(side, "controller-rate", [], "framework") as server:
        h2load(server.url, 5000, 64, paths)
        return {"controller-rate": [h2load(server.url, int(400_000 * options.scale), 64, paths) for _ in range(3)]}


def container(side, options):
    done = side.run("container.php", int(1_000_000 * options.scale))
    try:
        figures = json.loads(done.stdout)
    except ValueError:
        raise ServerFailed(f"{side.name}: container.php ended with {done.returncode}: "
                           f"{(done.stdout + done.stderr)[-400:].strip()}") from None
    return {"container-get": figures["get"], "container-build": figures["build"]}


def aspect(side, options):
    done = side.run("aspects.php", int(1_000_000 * options.scale))
    try:
        return {"aspect-around": json.loads(done.stdout)["around"]}
    except ValueError:
        raise ServerFailed(f"{side.name}: aspects.php ended with {done.returncode}: "
                           f"{(done.stdout + done.stderr)[-400:].strip()}") from None


def view(side, options):
    done = side.run("view.php", int(20_000 * options.scale))
    try:
        figures = json.loads(done.stdout)
    except ValueError:
        raise ServerFailed(f"{side.name}: view.php ended with {done.returncode}: "
                           f"{(done.stdout + done.stderr)[-400:].strip()}") from None
    found = {"view": figures["view"]}
    if "twig" in figures:
        found["view-to-twig"] = figures["view"] / figures["twig"]
    return found


def row(key, title, unit, most):
    return Row(key, title, unit, Target(f"≤ {most:,}", at_most=most))


CASES = [
    Case("controller-instructions",
         [row("controller-instructions", "controller with two services, typed parameter, three middleware, array to JSON; of 1,000 routes",
              "instructions", 14000)],
         per_request("controller-instructions", show), rounds=1, only_ours=True),
    Case("controller-rate",
         [Row("controller-rate", "the same controller, 64 connections, one worker: requests per second", "1/s",
              Target("≥ 3.5 × Hyperf's hello, 51,500", at_least=180_250))], controller_rate, only_ours=True),
    Case("object-instructions",
         [row("object-instructions", "an object of ten fields from JSON, validated, answered", "instructions", 30000)],
         per_request("object-instructions", create), rounds=1, only_ours=True),
    Case("miss-instructions",
         [row("miss-instructions", "404 of 1,000 routes", "instructions", 2500)],
         per_request("miss-instructions", miss), rounds=1, only_ours=True),
    *[Case(f"{key}-instructions", [row(f"{key}-instructions", f"{title}, without PHP; of 1,000 routes", "instructions", 3500)],
           per_request(f"{key}-instructions", load), rounds=1, only_ours=True)
      for key, title, load in [("refused", "an answer with 429 by a limit", refused), ("preflight", "a CORS preflight", preflight),
                               ("kept", "an answer that was kept", kept), ("health", "the health of a worker", health)]],
    Case("container",
         [row("container-get", "an object of the container that is there", "ns", 40),
          row("container-build", "the container builds an object with three dependencies", "ns", 1000)],
         container, only_ours=True),
    Case("aspect", [row("aspect-around", "an aspect around a method", "ns", 150)], aspect, only_ours=True),
    Case("view",
         [Row("view", "a page of 20 rows, escaped", "µs", Target("–"), 1),
          Row("view-to-twig", "the same, to Twig's compiled", "×", Target("≤ 1.0", at_most=1.0), 2)],
         view, only_ours=True),
]
