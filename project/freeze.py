"""Write constraints.txt from what is installed: the exact set that was tested, for every system."""

import re
import subprocess
import sys

from drcn_book.files import write_atomically

HEAD = """\
# The exact set of packages the book was tested with: pip install -r requirements.txt -c
# constraints.txt
# Written by `make constraints`; it resolves on Python 3.11, 3.12 and 3.13 on Linux, macOS and
# Windows. A line
# for a package that a system does not need has no effect there.
"""


def main() -> None:
    freeze = [sys.executable, "-m", "pip", "freeze", "--exclude-editable"]
    lines = subprocess.run(freeze, check=True, capture_output=True, text=True).stdout.splitlines()
    exact = [line.split("==") for line in lines if "==" in line]
    pins = {re.sub("[-_.]+", "-", name).lower(): version for name, version in exact}
    version = pins.get("tensorflow-cpu") or pins["tensorflow"]
    pins |= {"tensorflow": version, "tensorflow-cpu": version}
    backends = re.compile(
        r"jax|torch|nvidia|triton|cuda|opencv|drcn"
    )  # the reader's choice, another file's, or this project
    kept = [f"{name}=={pins[name]}\n" for name in sorted(pins) if not backends.match(name)]
    write_atomically("constraints.txt", (HEAD + "".join(kept)).encode())


if __name__ == "__main__":
    main()
