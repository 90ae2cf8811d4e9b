"""Comparing output with what a test expects. The wildcards are those of php-src's run-tests.php."""

import difflib
import re

WILDCARDS = {
    "%e": r"/",
    "%s": r"[^\r\n]+",
    "%S": r"[^\r\n]*",
    "%a": r".+?",
    "%A": r".*?",
    "%w": r"\s*",
    "%i": r"[+-]?\d+",
    "%d": r"\d+",
    "%x": r"[0-9a-fA-F]+",
    "%f": r"[+-]?(?:\d+|(?=\.\d))(?:\.\d+)?(?:[Ee][+-]?\d+)?",
    "%c": r".",
    "%0": "\x00",
    "%%": "%",
}
TOKEN = re.compile(r"%[esSaAwidxfc0%]")


def normal(text):
    """Line ends as \\n, no white space around the whole."""
    return text.replace("\r\n", "\n").strip()


def format_regex(template):
    """The regular expression of an EXPECTF text; %r…%r holds a bare expression."""
    out = []
    for index, part in enumerate(template.split("%r")):
        if index % 2:
            out.append("(?:%s)" % part)
            continue
        last = 0
        for match in TOKEN.finditer(part):
            out.append(re.escape(part[last:match.start()]))
            out.append(WILDCARDS[match.group()])
            last = match.end()
        out.append(re.escape(part[last:]))
    return "".join(out)


def matches(kind, wanted, output):
    """Whether `output` is what a section `kind` (EXPECT, EXPECTF or EXPECTREGEX) holding `wanted` asks for."""
    wanted, output = normal(wanted), normal(output)
    if kind == "EXPECT":
        return wanted == output
    pattern = format_regex(wanted) if kind == "EXPECTF" else wanted
    return re.fullmatch(pattern, output, re.DOTALL) is not None


def _line_matches(kind, wanted, line):
    if wanted == line:
        return True
    if kind == "EXPECT":
        return False
    try:
        return re.fullmatch(format_regex(wanted) if kind == "EXPECTF" else wanted, line) is not None
    except re.error:
        return False


def difference(kind, wanted, output):
    """A readable difference: lines that match their pattern count as equal."""
    left, right = normal(wanted).split("\n"), normal(output).split("\n")
    if kind != "EXPECT":
        # Show a matching line as it was printed, so that only real differences stand out.
        left = [
            right[i] if i < len(right) and _line_matches(kind, line, right[i]) else line
            for i, line in enumerate(left)
        ]
    lines = difflib.unified_diff(left, right, "expected", "printed", lineterm="", n=2)
    text = "\n".join(lines)
    return text or "(every line matches its own pattern, the whole does not: see the full output)"
