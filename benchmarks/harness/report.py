"""Results as JSON, and as the table in docs/benchmarks.md."""
import datetime
import json
import os
import platform
import re
import subprocess

from .side import ROOT

START, END = "<!-- results: written by benchmarks/run -->", "<!-- end of results -->"


def machine():
    """What the figures were measured on."""
    cpu = "unknown processor"
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                cpu = line.split(":", 1)[1].strip()
                break
    with open("/proc/meminfo") as f:
        memory = int(f.readline().split()[1]) // (1 << 20)
    system = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux") if hasattr(platform, "freedesktop_os_release") else "Linux"
    return f"{cpu}, {os.cpu_count()} cores, {memory} GiB, {system}, kernel {platform.release()}"


def revision():
    done = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def load(path):
    """Earlier results, so that single cases add to them."""
    try:
        with open(path) as f:
            return json.load(f)
    except FileNotFoundError:
        return {"rows": {}}


def save(path, results):
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path + ".part", "w") as f:
        json.dump(results, f, indent=1, sort_keys=True)
        f.write("\n")
    os.replace(path + ".part", path)


def stamp(results, versions):
    """Say when, where and of what the figures are."""
    results.update(date=datetime.date.today().isoformat(), machine=machine(), revision=revision())
    results.setdefault("versions", {}).update(versions)


def number(value, digits):
    return f"{value:,.{digits}f}"


def cell(figures, digits):
    """The median, and the spread where there are samples enough."""
    if not figures:
        return "–"
    if "error" in figures:
        return "failed"
    text = number(figures["median"], digits)
    if figures["samples"] >= 3:
        text += f" ({number(figures['p10'], digits)} – {number(figures['p90'], digits)})"
    return text


def median(figures):
    return figures.get("median") if figures else None


def table(rows, results):
    """The Markdown table over all rows that have results."""
    lines = ["| what | unit | must reach | Highper | Swoole | ours / peer | verdict |", "| --- | --- | --- | ---: | ---: | ---: | --- |"]
    for row in rows:
        found = results["rows"].get(row.key, {})
        ours, peer = found.get("ours"), found.get("peer")
        a, b = median(ours), median(peer)
        ratio = f"{a / b:.2f}" if a is not None and b else "–"
        verdict = "failed" if ours and "error" in ours else row.target.verdict(a, b)
        lines.append(f"| {row.title} | {row.unit} | {row.target.text} | {cell(ours, row.digits)} | {cell(peer, row.digits)} | {ratio} | {verdict} |")
    return "\n".join(lines)


def write_document(path, rows, results):
    """Put the table between the markers of the document."""
    versions = results.get("versions", {})
    text = "\n\n".join([
        START,
        f"Measured on {results['date']}, revision {results['revision']}.\n"
        f"Machine: {results['machine']}.\n"
        f"Highper {versions.get('ours', 'not measured')}; Swoole {versions.get('peer', 'not measured')}.",
        table(rows, results), END])
    with open(path) as f:
        document = f.read()
    pattern = re.compile(re.escape(START) + ".*?" + re.escape(END), re.S)
    if not pattern.search(document):
        raise SystemExit(f"benchmarks: {path} lacks the lines {START} and {END}")
    with open(path, "w") as f:
        f.write(pattern.sub(lambda _: text, document))
