"""A process that is to be prompt: ahead of others, on a core of its own, without long pauses."""

import gc
import os


def prefer(core: int) -> tuple[str, tuple[str, ...]]:
    """Make this process prompt, as far as that is allowed.

    core  of the machine, for this process alone; -1 for any. Who has no priority is not bound to
          one: others may be at work there, and it could not get out of their way.

    Returns how it is scheduled now, and what was refused, in words.
    """
    gc.collect()
    gc.freeze()
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except OSError as error:  # allowed with CAP_SYS_NICE only
        return "normal", (f"no real-time priority: {error.strerror}",)
    if core < 0:
        return "real time", ()
    try:
        os.sched_setaffinity(0, {core})
    except OSError as error:
        return "real time", (f"not bound to core {core}: {error.strerror}",)
    return f"real time, core {core}", ()
