"""Running one command so that it cannot hang the run, flood it, or leave anything behind."""

import os
import selectors
import signal
import subprocess
import time
import uuid

MARK = "HIGHPER_TEST_MARK"
OUTPUT_LIMIT = 16 << 20
GRACE = 0.7


class Result:
    """How a command ended: `output`, `code` (negative: the signal), `seconds`, `trouble` (None or why it counts as failed)."""

    def __init__(self, output, code, seconds, trouble):
        self.output, self.code, self.seconds, self.trouble = output, code, seconds, trouble


def signal_name(code):
    """The name of the signal that a negative return code stands for."""
    try:
        return signal.Signals(-code).name
    except ValueError:
        return "signal %d" % -code


def _stat(pid):
    """State, session and start (in clock ticks since boot) of a process."""
    with open("/proc/%s/stat" % pid, "rb") as file:
        fields = file.read().rpartition(b")")[2].split()
    return fields[0], int(fields[3]), int(fields[19])


def _command_line(pid):
    try:
        with open("/proc/%s/cmdline" % pid, "rb") as file:
            return file.read().replace(b"\0", b" ").decode("utf-8", "replace").strip()[:160]
    except OSError:
        return ""


def survivors(session, mark, since=0):
    """Processes of the session, or that carry the mark in their environment, started at `since` or later: {pid: command line}."""
    found = {}
    wanted = ("%s=%s" % (MARK, mark)).encode()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if int(pid) == os.getpid():
            continue
        try:
            state, its_session, start = _stat(pid)
            if start < since or state in (b"Z", b"X"):
                continue
            if its_session != session:
                with open("/proc/%s/environ" % pid, "rb") as file:
                    if wanted not in file.read():
                        continue
            found[int(pid)] = _command_line(pid)
        except (OSError, IndexError, ValueError):
            continue
    return found


def end(session, mark, since=0):
    """Kill what `survivors` finds until it finds nothing."""
    for _ in range(20):
        rest = survivors(session, mark, since)
        if not rest:
            return
        for pid in rest:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        time.sleep(0.01)


def run(command, cwd, env, stdin=b"", timeout=20.0, merge=True):
    """Run `command` in a session of its own; afterwards nothing of it is alive. Output is stdout, with stderr if `merge`."""
    mark = uuid.uuid4().hex
    env = dict(env)
    env[MARK] = mark
    start = time.monotonic()
    child = subprocess.Popen(
        command, cwd=cwd, env=env, start_new_session=True,
        stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT if merge else None,
    )
    since = _stat(child.pid)[2]
    trouble = None
    chunks, size, open_ = [], 0, True
    selector = selectors.DefaultSelector()
    selector.register(child.stdout, selectors.EVENT_READ)
    os.set_blocking(child.stdout.fileno(), False)
    pending = memoryview(stdin)
    if stdin:
        os.set_blocking(child.stdin.fileno(), False)
        selector.register(child.stdin, selectors.EVENT_WRITE)
    ended = None
    try:
        while open_ or child.poll() is None:
            now = time.monotonic()
            if now - start > timeout:
                trouble = "timed out after %g s" % timeout
                break
            if child.poll() is not None:
                # Something else may hold the pipe: a process that was left behind.
                ended = ended or now
                if now - ended > GRACE:
                    break
            for key, _ in selector.select(0.05):
                if key.fileobj is child.stdin:
                    try:
                        pending = pending[os.write(child.stdin.fileno(), pending[:65536]):]
                    except BrokenPipeError:
                        pending = pending[len(pending):]
                    if not len(pending):
                        selector.unregister(child.stdin)
                        child.stdin.close()
                    continue
                data = os.read(child.stdout.fileno(), 1 << 16)
                if not data:
                    selector.unregister(child.stdout)
                    open_ = False
                chunks.append(data)
                size += len(data)
                if size > OUTPUT_LIMIT:
                    trouble = "printed more than %d MiB" % (OUTPUT_LIMIT >> 20)
                    break
            if trouble:
                break
            if not open_ and child.poll() is None:
                time.sleep(0.002)
        if trouble is None:
            rest = survivors(child.pid, mark, since)
            deadline = time.monotonic() + GRACE
            while rest and time.monotonic() < deadline:
                time.sleep(0.03)
                rest = survivors(child.pid, mark, since)
            if rest:
                listed = ", ".join("%d (%s)" % item for item in sorted(rest.items()))
                trouble = "left processes behind: " + listed
    finally:
        end(child.pid, mark, since)
        child.wait()
        child.stdout.close()
        if child.stdin and not child.stdin.closed:
            try:
                child.stdin.close()
            except BrokenPipeError:
                pass
        selector.close()
    seconds = time.monotonic() - start
    if trouble is None and child.returncode < 0:
        trouble = "crashed with " + signal_name(child.returncode)
    return Result(b"".join(chunks).decode("utf-8", "surrogateescape"), child.returncode, seconds, trouble)
