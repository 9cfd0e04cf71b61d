"""Silence below Python's reach: C libraries write to file descriptor 2 themselves."""

import contextlib
import os
import threading

_LOCK = threading.RLock()  # the descriptor belongs to the whole process


@contextlib.contextmanager
def quiet_stderr():
    """File descriptor 2 points at the null device inside; one thread at a time.

    A closed one stays closed.
    """
    with _LOCK:
        try:
            saved = os.dup(2)
        except OSError:
            yield
            return
        null = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(null, 2)
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            os.close(null)
