"""Figures of rounds in which servers took turns."""

import statistics


def spread(values, digits=2):
    """Median and range of values."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def ratios(ours, theirs):
    """The ratio in each round: what disturbs a round disturbs both."""
    assert len(ours) == len(theirs) > 0
    return [a / b for a, b in zip(ours, theirs)]


def compared(ours, theirs, unit, digits=1):
    """The median ratio, and what a row of the table says: ratios, medians, and the figures of the least disturbed rounds."""
    each = ratios(ours, theirs)
    text = f"{spread(each)}; {statistics.median(ours):.{digits}f} to {statistics.median(theirs):.{digits}f} {unit}" \
        f" (least {min(ours):.{digits}f} to {min(theirs):.{digits}f})"
    return statistics.median(each), text
