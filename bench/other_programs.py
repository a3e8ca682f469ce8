"""Whether other programs run beside the ones that are measured."""

import os
import pathlib
import time

QUIET = 0.15  # processors that other programs may be busy with
PATIENCE = 60  # seconds to wait before a round for the others to end


def busy_seconds():
    """Of all processors, in all programs, since the machine began."""
    ticks = [int(field) for field in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    user, nice, system, _idle, _waiting, interrupts, soft_interrupts, stolen = ticks[:8]
    return (user + nice + system + interrupts + soft_interrupts + stolen) / os.sysconf("SC_CLK_TCK")


def children_seconds():
    times = os.times()
    return times.children_user + times.children_system


def wait_until_quiet():
    end = time.perf_counter() + PATIENCE
    while time.perf_counter() < end:
        busy = busy_seconds()
        time.sleep(2)
        if (busy_seconds() - busy) / 2 <= QUIET:
            return
