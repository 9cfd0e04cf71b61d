"""From the words of a command line to an exit status."""

import argparse
import os
import signal
import sys
import threading

from ..errors import DRCNError, one_line
from . import compare, data, evaluate, export, inspect, train, upscale, weights

COMMANDS = (data, train, evaluate, compare, weights, inspect, export, upscale)


def parser() -> argparse.ArgumentParser:
    """The parser of all commands; each sets `run_command` to what it does."""
    drcn = argparse.ArgumentParser(prog="drcn", description="Deeply-recursive super-resolution.")
    commands = drcn.add_subparsers(dest="command", required=True, metavar="command")
    for command in COMMANDS:
        command.add(commands.add_parser(command.__name__.rpartition(".")[2], help=command.HELP))
    return drcn


def main(argv=None) -> int:
    """Run the command line; returns the exit status.

    0; 2 after one line about what is wrong; 1 where only some of the pictures could be enlarged;
    130 interrupted, by Ctrl-C or SIGTERM; 141 where nobody reads any more.
    """
    _open_standard_streams()
    args = parser().parse_args(argv)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace", line_buffering=True)
    before = _end_like_ctrl_c()
    try:
        return args.run_command(args) or 0
    except BrokenPipeError:  # as in `drcn ... | head -1`; nothing is left to write when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        print("drcn: interrupted.", file=sys.stderr)
        return 130
    except (DRCNError, OSError, MemoryError) as error:
        print(one_line(f"drcn: {_told(error)}"), file=sys.stderr)
        return 2
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)


def _open_standard_streams():
    """Where a caller closed standard output or error, the null device.

    Else the next file would get its number, and with it whatever is said.
    """
    for number, name in ((1, "stdout"), (2, "stderr")):
        try:
            os.fstat(number)
        except OSError:
            while os.open(os.devnull, os.O_RDWR) < number:
                pass
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115


def _end_like_ctrl_c():
    """SIGTERM as a KeyboardInterrupt, so that files which are half written are swept away.

    Returns what it did before; None where Python has no say in it.
    """

    def interrupt(number, frame):
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        return None
    return signal.signal(signal.SIGTERM, interrupt)


def _told(error):
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}."
    if isinstance(error, MemoryError):
        return f"this does not fit in the memory ({error}); ask for less at once."
    return str(error)
