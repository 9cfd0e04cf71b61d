"""Ctrl-C and SIGTERM, put off until a training step is whole."""

import contextlib
import signal
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def put_off(wanted: bool = True) -> Iterator[list[int]]:
    """The signals that came inside the block, in a list that fills while it runs.

    A training reads the list between two steps, saves and ends, so that nothing is lost. Who cannot
    wait sends a second signal: that one does what it does without this block. Signals that are
    ignored stay so, and in another thread than the first one Python gives no say in them.
    """
    came, before = [], {}

    def restore():
        for number, handler in before.items():
            signal.signal(number, handler)

    def note(number, frame):
        came.append(number)
        restore()

    if wanted and threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.signal(number, note)
    try:
        yield came
    finally:
        restore()
