"""Reading a .phpt file."""

import re

EXPECTATIONS = ("EXPECT", "EXPECTF", "EXPECTREGEX")
KNOWN = {
    "TEST", "DESCRIPTION", "EXTENSIONS", "SKIPIF", "INI", "ENV", "ARGS", "STDIN", "FILE", "FILEEOF", "CLEAN",
    "CONFLICTS", "TIMEOUT", *EXPECTATIONS,
}
MARKER = re.compile(r"^--([A-Z_]+)--\s*$")


class BadTest(Exception):
    """The file is not a test that this runner takes."""


class Phpt:
    """One test: `path`, `title`, and `sections` by name."""

    def __init__(self, path):
        self.path = path
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            self.sections = self._split(file.read().replace("\r\n", "\n"))
        self._check()
        self.title = self.sections["TEST"].strip()
        self.kind = next(name for name in EXPECTATIONS if name in self.sections)
        self.wanted = self.sections[self.kind]
        self.code = self.sections.get("FILE")
        if self.code is None:
            self.code = self.sections["FILEEOF"].rstrip("\n")

    @staticmethod
    def _split(text):
        sections, name, lines = {}, None, []
        for line in text.splitlines(keepends=True):
            marker = MARKER.match(line)
            if marker is None:
                if name is None:
                    raise BadTest("it does not begin with --TEST--")
                lines.append(line)
                continue
            if name is not None:
                sections[name] = "".join(lines)
            name, lines = marker.group(1), []
            if name == "XFAIL":
                raise BadTest("XFAIL is forbidden: mend the cause, or state the behaviour as it is")
            if name not in KNOWN:
                raise BadTest("the section --%s-- is not known" % name)
            if name in sections:
                raise BadTest("the section --%s-- stands twice" % name)
        if name is not None:
            sections[name] = "".join(lines)
        return sections

    def _check(self):
        if not self.sections.get("TEST", "").strip():
            raise BadTest("it has no title in --TEST--")
        if ("FILE" in self.sections) == ("FILEEOF" in self.sections):
            raise BadTest("it needs one of --FILE-- and --FILEEOF--")
        if sum(name in self.sections for name in EXPECTATIONS) != 1:
            raise BadTest("it needs exactly one of --EXPECT--, --EXPECTF-- and --EXPECTREGEX--")
        if not re.fullmatch(r"\s*(\d+(\.\d+)?)?\s*", self.sections.get("TIMEOUT", "")):
            raise BadTest("--TIMEOUT-- must be a number of seconds")
        if self.sections.get("CONFLICTS", "all").strip() != "all":
            raise BadTest("--CONFLICTS-- can only be: all")

    def lines(self, name):
        """The lines of a section that say something."""
        found = (line.strip() for line in self.sections.get(name, "").splitlines())
        return [line for line in found if line and not line.startswith("#")]

    @property
    def alone(self):
        """Whether nothing else may run beside it."""
        return "CONFLICTS" in self.sections
