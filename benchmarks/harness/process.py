"""What the kernel says of a process: CPU time, memory, page tables."""
import glob
import os
import re


def cpu_ns(pid):
    """CPU time of all threads, user and system, in nanoseconds (utime + stime where the kernel counts no finer)."""
    total = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        with open(path) as f:
            total += int(f.read().split()[0])
    if total:
        return total
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def memory(pid):
    """VmRSS, VmHWM, RssAnon and VmPTE in bytes."""
    with open(f"/proc/{pid}/status") as f:
        return {k: int(v) * 1024 for k, v in re.findall(r"^(VmRSS|VmHWM|RssAnon|VmPTE):\s+(\d+) kB", f.read(), re.M)}


def reset_peak(pid):
    """Let VmHWM start again at what is resident now."""
    with open(f"/proc/{pid}/clear_refs", "w") as f:
        f.write("5")


def children(pid):
    """All processes below this one."""
    found = []
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        with open(path) as f:
            for child in f.read().split():
                found += [int(child)] + children(int(child))
    return found
