"""Figures: samples, their percentiles, and the verdict against a target."""
import math
import statistics


def percentile(samples, share):
    """The value below which `share` of the samples lie, by linear interpolation."""
    ordered = sorted(samples)
    at = (len(ordered) - 1) * share
    low, high = math.floor(at), math.ceil(at)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def summary(samples):
    """Median, spread and count of a list of samples."""
    return {"median": statistics.median(samples), "p10": percentile(samples, 0.1), "p90": percentile(samples, 0.9),
            "p99": percentile(samples, 0.99), "min": min(samples), "max": max(samples), "samples": len(samples)}


def slope(ys):
    """Least squares slope of ys over 0, 1, 2 …, and its standard error."""
    n = len(ys)
    xs = range(n)
    mx, my = (n - 1) / 2, statistics.fmean(ys)
    sxx = sum((x - mx) ** 2 for x in xs)
    b = sum((x - mx) * (y - my) for x, y in zip(xs, ys)) / sxx
    residual = sum((y - my - b * (x - mx)) ** 2 for x, y in zip(xs, ys))
    return b, math.sqrt(residual / (n - 2) / sxx) if n > 2 else 0.0


class Target:
    """What must be reached: an absolute bound, a ratio to the peer, or both.

    at_most / at_least compare our median with a number; ratio_at_most /
    ratio_at_least compare ours / peer's.
    """

    def __init__(self, text, at_most=None, at_least=None, ratio_at_most=None, ratio_at_least=None):
        self.text = text
        self.at_most, self.at_least = at_most, at_least
        self.ratio_at_most, self.ratio_at_least = ratio_at_most, ratio_at_least

    def verdict(self, ours, peer):
        """`met`, `missed`, or what is lacking to tell."""
        if ours is None:
            return "not measured"
        checks, lacking = [], False
        if self.at_most is not None:
            checks.append(ours <= self.at_most)
        if self.at_least is not None:
            checks.append(ours >= self.at_least)
        for bound, fits in ((self.ratio_at_most, lambda r, b: r <= b), (self.ratio_at_least, lambda r, b: r >= b)):
            if bound is not None:
                if peer:
                    checks.append(fits(ours / peer, bound))
                else:
                    lacking = True
        if not all(checks):
            return "missed"
        if lacking:
            return "needs the peer"
        return "met" if checks else "–"
