"""The fenced blocks of a Markdown file."""

import re
import shlex

FENCE = re.compile(r"^(?P<indent> {0,3})(?P<fence>`{3,}|~{3,})(?P<info>.*)$")


class Block:
    """One fenced block: `language`, `flags` (words), `options` (key="value"), `text`, and where it stands."""

    def __init__(self, path, line, info, text):
        self.path, self.line, self.text = path, line, text
        words = shlex.split(info)
        self.language = words[0] if words and "=" not in words[0] else ""
        self.flags, self.options = set(), {}
        for word in words[1:] if self.language else words:
            key, equals, value = word.partition("=")
            if equals:
                self.options[key] = value
            else:
                self.flags.add(key)

    @property
    def place(self):
        return "%s:%d" % (self.path, self.line)


def blocks(path, text):
    """Every fenced block of `text`, in order. ValueError where a fence is not closed."""
    found, lines, index = [], text.splitlines(), 0
    while index < len(lines):
        opening = FENCE.match(lines[index])
        index += 1
        if not opening:
            continue
        start, body = index, []
        closing = re.compile(r"^ {0,3}%s{%d,}\s*$" % (re.escape(opening["fence"][0]), len(opening["fence"])))
        while index < len(lines) and not closing.match(lines[index]):
            body.append(lines[index][len(opening["indent"]):])
            index += 1
        if index == len(lines):
            raise ValueError("%s:%d: a fence is not closed" % (path, start))
        index += 1
        found.append(Block(path, start, opening["info"].strip(), "\n".join(body) + "\n"))
    return found
