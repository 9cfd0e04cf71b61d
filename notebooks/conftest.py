"""How long each chapter takes when nbval runs it, against what the book promises."""

import os

PROMISED = 120  # seconds on two cores
seconds: dict[str, float] = {}


def pytest_runtest_logreport(report):
    path, _, cell = report.nodeid.partition("::")
    if cell and path.endswith(".ipynb"):
        seconds[path] = seconds.get(path, 0) + report.duration


def pytest_sessionfinish(session):
    """A chapter slower than promised fails the run where the machine has nothing else to do."""
    if os.environ.get("DRCN_BUDGETS") and any(total > PROMISED for total in seconds.values()):
        session.exitstatus = session.exitstatus or 1


def pytest_terminal_summary(terminalreporter):
    if seconds:
        terminalreporter.section(f"seconds of each chapter on {os.cpu_count()} cores")
    for path, total in sorted(seconds.items()):
        note = "" if total <= PROMISED else f"   more than the promised {PROMISED}"
        terminalreporter.write_line(f"{total:7.0f}  {path}{note}")
