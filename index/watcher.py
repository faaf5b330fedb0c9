"""Another process that watches over work during which this one might never come back.

Chroma lets its threads go while it holds Python's interpreter lock (1.5.9: no other thread of Python runs meanwhile).
If one of them does not end, no thread or timer of ours runs again and no Ctrl-C is heard: only another process can help.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_WATCH = """
import os, select, signal, sys
process, seconds, told = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
if not select.select([sys.stdin], [], [], seconds)[0] and os.getppid() == process:
    os.write(2, (told + chr(10)).encode())
    os.kill(process, signal.SIGKILL)
"""


@contextmanager
def ended_if_stuck(seconds: float, told: str) -> Iterator[None]:
    """End this process when the block takes longer, with a line on standard error (Chinese) that says why."""
    command = [sys.executable, "-I", "-S", "-c", _WATCH, str(os.getpid()), str(seconds), told]
    try:
        # Out of reach of a Ctrl-C; it ends with this process, whose end of the pipe goes with it.
        watcher = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603
    except OSError:  # no room for another process: the work is done all the same
        yield
        return
    with watcher:
        try:
            yield
        finally:
            watcher.kill()
