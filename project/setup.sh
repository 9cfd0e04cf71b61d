#!/bin/sh
# Makes the virtual environment .venv and installs the book and its package into it: `make setup` calls this.
# Every failure ends in one line that says what is wrong and what to do about it.
set -u
say()  { printf '%s\n' "--> $*"; }
stop() { printf '%s\n' "STOP: $*" >&2; exit 1; }
fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; }

if ! fits .venv/bin/python; then
    found=
    for python in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
        if fits "$python"; then found=$python; break; fi
    done
    [ -n "$found" ] || stop "Python 3.11, 3.12 or 3.13 is needed and none was found" \
        "(looked for: ${PYTHON:-python3 python3.13 python3.12 python3.11 python})." \
        "Install one, or name it: make book PYTHON=/path/to/python3.12"
    [ "$(df -Pk . | awk 'NR == 2 { print $4 }')" -gt 4000000 ] ||
        stop "less than 4 GB are free on this disk, and the packages need 3 GB. Make room and run this again."
    say "Making the virtual environment .venv with $("$found" --version) (5 s)"
    "$found" -m venv --clear .venv >/dev/null 2>&1 ||
        stop "$found cannot make virtual environments. On Debian or Ubuntu: apt install python3-venv"
fi

pip=".venv/bin/python -m pip install --disable-pip-version-check --no-input"
log=.venv/install.log
say "Installing the packages into .venv: 2 GB, usually 1 to 5 minutes (details: $log)"
if ! { $pip --prefer-binary -r requirements.txt -c constraints.txt &&
       $pip --no-deps -e .; } >"$log" 2>&1; then
    why=$(grep -E '^ *(ERROR|error):' "$log" | head -n 1)
    if grep -q -i 'no space left' "$log"; then
        stop "the disk is full. Make room (3 GB), then run this again."
    elif grep -q -i -E "name resolution|failed to establish|connection (error|ref|res)|timed out" "$log"; then
        stop "the package index cannot be reached. Check the network or proxy, then run this again."
    elif grep -q -i -E "cc' failed|clang' failed|microsoft visual c|directory: '(gcc|cc|clang)" "$log"; then
        stop "a package has no ready-made wheel for this machine and there is no compiler to build it." \
            "Use 64-bit Python 3.11 to 3.13 on Linux, macOS or Windows; the package is named in $log"
    fi
    stop "pip failed: ${why:-see the end of $log} (details: $log)"
fi
# the kernel would warn at each start that it talks to JupyterLab over this machine's own loopback
mkdir -p .venv/etc/ipython
echo 'c.IPKernelApp.log_level = 40' >.venv/etc/ipython/ipython_kernel_config.py
touch .venv/.installed
