"""Measure speed side by side with peers, into data/results/speed.csv: python benchmarks/run.py [SECTION ...]

Each section's rows replace those it had from the same machine. What competes runs in processes of their own that take
turns (A B C A B C), after one turn that is not counted, and is first proved to compute the same. README.md tells the
conditions.
"""

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import nbformat
import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tools")]

import execute  # noqa: E402: scripts of tools/
import tables  # noqa: E402

from drcn_book import benchmark, datasets, figures, images, onnx_export, weights  # noqa: E402
from drcn_book._keras import hardware, keras  # noqa: E402
from drcn_book.config import NetworkConfig, Recipe, preset  # noqa: E402
from drcn_book.degradation import degrade  # noqa: E402
from drcn_book.files import write_atomically, write_csv  # noqa: E402
from drcn_book.metrics import psnr  # noqa: E402
from drcn_book.model import infer  # noqa: E402
from drcn_book.training import Run  # noqa: E402

RESULTS, FIGURE = ROOT / "data" / "results", ROOT / "figures" / "speed.svg"
APART = ROOT / ".venv-backends" / "bin" / "python"  # the Python that has PyTorch
COLUMNS = (
    "section",
    "case",
    "candidate",
    "unit",
    "median",
    "low",
    "high",
    "rounds",
    "gflops",
    "peak_gb",
    "note",
    "software",
    "hardware",
    "load",
)
PRECISIONS = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
TOLERANCES = {
    "float32": 1e-4,
    "mixed_bfloat16": 1e-2,
}  # of a result, relative to that of the reference
OURS = "this project"
BUDGET, MOST = 30, 7  # seconds of taking turns in one case, and rounds at most
CASES = {  # of the section step: the network and the batch of 41x41
    "compact, 16": (preset("compact", "authors"), 16),
    "compact, 64": (preset("compact", "authors"), 64),
    "standard, 16": (preset("standard", "authors"), 16),
    "standard, 64": (preset("standard", "authors"), 64),
    "256 filters, 3 recursions, 16": (preset("paper", "authors", recursions=3), 16),
}
FLAGS = {
    "as it comes": {},
    **{
        f"{name}={value}": {name: value}
        for name, value in (
            ("TF_ENABLE_ONEDNN_OPTS", "0"),
            ("TF_ONEDNN_USE_SYSTEM_ALLOCATOR", "1"),
            ("TF_MKL_OPTIMIZE_PRIMITIVE_MEMUSE", "0"),
            ("TF_ONEDNN_THREADPOOL_USE_CALLER_THREAD", "1"),
            ("TF_NUM_INTEROP_THREADS", "1"),
            ("TF_SET_ONEDNN_FPMATH_MODE", "BF16"),
        )
    },
}
FLOAT32_ONLY = (
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_SET_ONEDNN_FPMATH_MODE",
)  # without oneDNN bfloat16 takes half a minute
SIDES = (256, 512, 1024, 2048, 4096)  # of the output, in the section upscale
SRCNN, GAINS = (
    36.66,
    (1.5, 2.5),
)  # dB on Set5 x2 as published; dB above bicubic on the validation pictures


class Failed(Exception):
    """A worker ended before it answered; the text is the last thing it said."""


class Worker:
    """A process of `workers.py`; calling it gives the seconds of one timed run. `facts` is what it said first."""

    def __init__(self, kind: str, environment: dict[str, str] = {}, **options):
        self._said = tempfile.TemporaryFile("w+")
        python = str(APART) if kind.startswith("torch") else sys.executable
        paths = os.pathsep.join([str(ROOT), str(ROOT / "benchmarks")])
        self._process = subprocess.Popen(
            [
                python,
                str(ROOT / "benchmarks" / "workers.py"),
                json.dumps({"kind": kind, **options}),
            ],
            env={**os.environ, **environment, "PYTHONPATH": paths, "KERAS_BACKEND": "tensorflow"},
            text=True,
            bufsize=1,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
        )
        self.facts, self.peak_gb = {}, 0.0

    def _answer(self):
        line = self._process.stdout.readline()
        if not line:
            self._said.seek(0)
            raise Failed(
                (self._said.read().strip().splitlines() or ["it ended without a word"])[-1]
            )
        return json.loads(line)

    def ready(self) -> "Worker":
        self.facts = self._answer()
        return self

    def __call__(self) -> float:
        with suppress(BrokenPipeError):  # of one that has died; its answer tells
            self._process.stdin.write("\n")
        answer = self._answer()
        self.peak_gb = answer["peak_gb"]
        return answer["seconds"]

    def close(self) -> None:
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()


def alternate(
    candidates: dict[str, Callable[[], float]], budget: float = BUDGET
) -> dict[str, list[float]]:
    """Let the candidates take turns, about `budget` seconds in all: the seconds each one returned, by its name.

    The first turn of each is not counted, unless it took the budget already. One that fails is left out.
    """
    left = dict(candidates)

    def turn():
        seconds = {}
        for name, run in list(left.items()):
            try:
                seconds[name] = run()
            except Failed as error:
                print(f"  {name} left out, it failed while timed: {error}", flush=True)
                del left[name]
        return seconds

    start = time.perf_counter()
    turns = [turn()]
    took = time.perf_counter() - start
    if took <= budget:
        turns = [turn() for _ in range(min(MOST, max(2, int(budget / took))))]
    return {name: [seconds[name] for seconds in turns] for name in left}


def row(
    case: str,
    candidate: str,
    seconds: list[float],
    per: float | None = None,
    unit: str = "MP/s",
    **more,
) -> dict:
    """A line of the table. per: the megapixels (or other units) of one run, for a rate instead of seconds."""
    values = [per / value for value in seconds] if per else seconds
    numbers = (
        {"median": np.median(values), "low": min(values), "high": max(values)} if values else {}
    )
    unit = unit if per else "s"
    print(
        f"  {candidate}: " + (f"{numbers['median']:.4g} {unit}" if numbers else more["note"]),
        flush=True,
    )
    return {
        "case": case,
        "candidate": candidate,
        "unit": unit,
        "rounds": len(values),
        **{name: f"{value:.4g}" for name, value in numbers.items()},
        **more,
    }


def compete(
    case: str, specs: dict[str, dict], per: float | None = None, budget: float = BUDGET
) -> list[dict]:
    """The rows of one case. specs: what makes each candidate's worker; "optional" ones may fail.

    The first spec's result is the reference of all that have a result, unless "other" says it is another network:
    the mean absolute difference, relative to the reference's mean, must be within the precision's tolerance.
    """
    print(case, flush=True)
    workers, reference = {}, None
    specs = {name: dict(spec) for name, spec in specs.items()}
    rules = {
        name: (spec.pop("optional", False), spec.pop("other", False))
        for name, spec in specs.items()
    }
    started = {
        name: Worker(**spec)
        for name, spec in specs.items()
        if APART.exists() or not spec["kind"].startswith("torch")
    }
    if len(started) < len(specs):
        print("  PyTorch left out: `make bench` installs it into .venv-backends", flush=True)
    try:
        for name, worker in started.items():
            optional, other = rules[name]
            try:
                result = np.array(worker.ready().facts.pop("result"))
            except Failed as error:
                if not optional:
                    sys.exit(f"STOP: {case}: {name}: {error}")
                print(f"  {name} left out: {error}", flush=True)
                continue
            workers[name] = worker
            reference = result if reference is None else reference
            if result.size and not other:
                difference = np.abs(result - reference).mean() / np.abs(reference).mean()
                if not difference <= TOLERANCES[specs[name]["precision"]]:
                    sys.exit(
                        f"STOP: {case}: {name} does not compute what {next(iter(workers))} does: the results "
                        f"differ by {difference:.1e}."
                    )
        times = alternate(workers, budget)
    finally:
        for worker in started.values():
            worker.close()
    rows = []
    for name, seconds in times.items():
        facts = workers[name].facts
        gflop = facts.pop("gflop", None)
        facts |= {"gflops": f"{gflop / np.median(seconds):.4g}"} if gflop else {}
        rows.append(row(case, name, seconds, per, peak_gb=f"{workers[name].peak_gb:.2f}", **facts))
    return rows


# The sections. Each gives its rows, as soon as a case is done.


def write_network(path: Path, config: NetworkConfig) -> Path:
    """Weights that no output is small or large with, so that a difference between two networks shows."""
    network, draw = config.build(seed=0), np.random.default_rng(0)
    network.set_weights(
        [
            w + 0.3 / (9 * config.filters) ** 0.5 * draw.standard_normal(w.shape)
            for w in network.get_weights()
        ]
    )
    weights.save_weights(path, network, config)
    return path


def step_inputs(folder: Path, config: NetworkConfig, batch: int, patch: int) -> dict[str, str]:
    """What every worker that takes a training step needs: files with the weights and with a batch of noise."""
    network = str(write_network(folder / "network.safetensors", config))
    y = np.random.default_rng(1).random((batch, patch, patch, 1), "float32")
    np.save(folder / "batch.npy", np.stack([(y + np.roll(y, 1, 1) + np.roll(y, 1, 2)) / 3, y]))
    return {"weights": network, "batch": str(folder / "batch.npy")}


def step(
    folder: Path,
    cases: dict = CASES,
    patch: int = 41,
    budget: float = BUDGET,
    compiled: bool = True,
) -> Iterator[dict]:
    """Seconds of a whole training step, beside a plain convolution and a matrix product of its width."""
    for case, (config, batch) in cases.items():
        common = step_inputs(folder, config, batch, patch)
        plain = {"filters": config.filters, "batch": batch, "patch": patch}
        specs = {}
        for short, precision in PRECISIONS.items():
            ours = {"kind": "keras_step", "precision": precision, **common}
            peer = {"kind": "torch_step", "precision": precision, **common}
            specs |= {
                f"{OURS}, {short}": ours,
                f"PyTorch, {short}": {**peer, "layout": "contiguous_format"},
                f"PyTorch channels-last, {short}": {**peer, "layout": "channels_last"},
            }
            if compiled:
                specs |= {
                    f"{OURS} XLA, {short}": {**ours, "jit": True, "optional": True},
                    f"PyTorch compiled, {short}": {
                        **peer,
                        "layout": "channels_last",
                        "compiled": True,
                        "optional": True,
                    },
                }
            specs |= {
                f"plain convolution, {short}": {
                    "kind": "convolution",
                    "precision": precision,
                    **plain,
                },
                f"matrix product, {short}": {
                    "kind": "matrix_product",
                    "precision": precision,
                    **plain,
                },
            }
        yield from compete(case, specs, budget=budget)


def flags(
    folder: Path,
    cases: dict = {"compact, 64": CASES["compact, 64"]},
    patch: int = 41,
    budget: float = 2 * BUDGET,
    flags: dict[str, dict[str, str]] = FLAGS,
) -> Iterator[dict]:
    """Seconds of a training step with each of the environment variables that steer oneDNN in TensorFlow."""
    for case, (config, batch) in cases.items():
        common = step_inputs(folder, config, batch, patch)
        specs = {
            f"{flag}, {short}": {
                "kind": "keras_step",
                "precision": precision,
                "environment": environment,
                "other": "FPMATH" in flag,
                **common,
            }  # float32 that multiplies in bfloat16
            for flag, environment in flags.items()
            for short, precision in PRECISIONS.items()
            if not flag.startswith(FLOAT32_ONLY) or short == "float32"
        }
        yield from compete(case, specs, budget=budget)


ORIGINAL = Recipe(
    patch=41,
    batch=20,
    loss="l2",
    alpha_floor=0.0,
    alpha_share=1.0,
    beta=1e-4 / 255**2 / 2,
    learning_rate=1e-3,
    warmup=0,
)


def quality(
    folder: Path, sizes: dict = {}, recipe: dict = {"steps": 1500, "interval": 50}
) -> Iterator[dict]:
    """Seconds of training until a quality is passed, validation not counted: this project's recipe, the original's."""
    common = {"recursions": 5, "filters": 32, **sizes}
    arms = {
        f"{OURS}'s recipe": (preset("compact", "authors", **common), Recipe.from_dict(recipe)),
        "the original's recipe": (
            NetworkConfig(skip="concat", output_relu=True, **common),
            replace(ORIGINAL, **recipe),
        ),
    }
    for arm, (config, recipe) in arms.items():
        keras.utils.clear_session()
        run = Run(config, recipe, folder / arm.replace(" ", "-"))
        if arm.startswith("the original"):
            run.trainer.optimizer.beta_1 = run.trainer.optimizer.beta_2 = 0.1
        goals = {
            f"validation, bicubic + {gain} dB": (
                run.validation.bicubic + gain,
                lambda: run.log[-1]["psnr"],
            )
            for gain in GAINS
        }
        if "Set5" in datasets.present():
            pairs = [
                degrade(picture, config.scale) for picture in datasets.pictures("Set5").values()
            ]
            goals[f"Set5, {SRCNN} dB"] = (
                SRCNN,
                lambda: float(
                    np.mean(
                        [psnr(y, infer(run.trainer.network, x)[0], config.scale) for x, y in pairs]
                    )
                ),
            )
        for goal, (seconds, best) in until(run, goals).items():
            note = f"best of {run.step:,} steps: {best:.2f} dB of {goals[goal][0]:.2f}; {run.precision}"
            yield row(
                goal,
                arm,
                [] if seconds is None else [seconds],
                note=note,
                software=f"Keras {keras.__version__}",
            )


def until(
    run: Run, goals: dict[str, tuple[float, Callable[[], float]]]
) -> dict[str, tuple[float | None, float]]:
    """Train until every goal (dB, and how to measure it) is passed or the steps are done: (seconds, best dB) each."""
    found = dict.fromkeys(goals, (None, 0.0))

    class Passed(Exception):
        pass

    def look(line):
        print(f"  {line}", flush=True)
        if not line.startswith("step"):
            return
        for goal, (target, measure) in goals.items():
            (seconds, best), value = found[goal], measure()
            found[goal] = (
                run.seconds if seconds is None and value >= target else seconds,
                max(best, value),
            )
        if all(seconds is not None for seconds, _ in found.values()):
            raise Passed

    try:
        run.train(show=look)
    except Passed:
        pass
    return found


def upscale(
    folder: Path, sides=SIDES, name: str = "compact-x2", budget: float = BUDGET
) -> Iterator[dict]:
    """Megapixels of output a second and peak memory of enlarging a grey picture by 2, and what each recursion costs."""
    _, config = weights.load(name)
    model = str(onnx_export.export(name, folder / "network.onnx"))
    original = write_network(
        folder / "original.safetensors",
        NetworkConfig(
            filters=config.filters, recursions=config.recursions, skip="concat", output_relu=True
        ),
    )
    photograph = images.luma(datasets.colour_pictures("Photos")["astronaut"])
    noise = np.random.default_rng(0).normal(0, 2, photograph.shape)  # no region of one colour
    for side in sides:
        times = side // 2 // 512 + 1
        picture = np.tile(np.clip(photograph + noise, 0, 255).astype("uint8"), (times, times))[
            : side // 2, : side // 2
        ]
        np.save(folder / "picture.npy", picture)
        common = {"picture": str(folder / "picture.npy"), "weights": str(weights.locate(name))}
        specs = {}
        for short, precision in PRECISIONS.items():
            ours = {"kind": "upscaler", "precision": precision, **common}
            peer = {"kind": "torch_upscaler", "precision": precision, **common}
            specs[f"{OURS}, {short}"] = ours
            specs[f"PyTorch channels-last, {short}"] = {**peer, "layout": "channels_last"}
            if side <= 1024:
                specs[f"PyTorch, {short}"] = {**peer, "layout": "contiguous_format"}
        if side <= 2048:
            specs["ONNX Runtime, float32"] = {
                "kind": "onnx_upscaler",
                "precision": "float32",
                "model": model,
                "picture": common["picture"],
            }
        if side <= 1024:
            specs["the original's graph, float32"] = {
                "kind": "original_upscaler",
                "precision": "float32",
                **common,
                "weights": str(original),
                "other": True,
            }
        yield from compete(f"{side}x{side}", specs, side**2 / 1e6, budget)
        if side > 1344:  # else the default is one tile; apart, for the memory
            ours = {"kind": "upscaler", "precision": "mixed_bfloat16", **common}
            tiles = {
                f"{OURS} in tiles of 512, bfloat16": {**ours, "tile": 512},
                f"{OURS} untiled, bfloat16": {**ours, "tile": side},
            }
            yield from compete(f"{side}x{side}", tiles, side**2 / 1e6, budget)
        if side == min(1024, max(sides)):
            deep = {
                f"{d}": {
                    "kind": "upscaler",
                    "precision": "float32",
                    **common,
                    "recursions": d,
                    "other": True,
                }
                for d in range(1, config.recursions + 1)
            }
            deep["ensemble"] = {"kind": "upscaler", "precision": "float32", **common, "other": True}
            yield from compete(
                f"recursions of {name} at {side}x{side}", deep, side**2 / 1e6, budget
            )


def clock(run: Callable[[], object]) -> Callable[[], float]:
    def seconds():
        start = time.perf_counter()
        run()
        return time.perf_counter() - start

    return seconds


def command(*words: str) -> Callable[[], float]:
    def run():
        done = subprocess.run(
            words, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        if done.returncode:
            sys.exit(
                "\n".join(
                    [
                        *done.stdout.splitlines()[-30:],
                        f"STOP: `{' '.join(words)}` failed; see above.",
                    ]
                )
            )

    return clock(run)


def first_picture(path: Path) -> Callable[[], float]:
    """Executing a chapter, kernel included, up to the first cell that shows a picture."""
    notebook = nbformat.read(path, as_version=4)
    shows = ["image/png" in str(cell.get("outputs", "")) for cell in notebook.cells]
    notebook.cells = notebook.cells[: shows.index(True) + 1]
    return clock(lambda: execute.run(notebook, path.parent))


def reader(folder: Path, budget: float = BUDGET, pages: bool = True) -> Iterator[dict]:
    """Seconds that a reader waits: for the package, for the command, for the first picture, for the pages."""
    picture = folder / "picture.png"
    Image.fromarray(datasets.colour_pictures("Photos")["astronaut"]).resize((256, 256)).save(
        picture
    )
    drcn = (sys.executable, "-m", "drcn_book")
    found = alternate(
        {
            "an empty Python": command(sys.executable, "-c", ""),
            "import drcn_book": command(sys.executable, "-c", "import drcn_book"),
            "drcn --help": command(*drcn, "--help"),
            "drcn upscale, 256x256 pixels": command(
                *drcn, "upscale", str(picture), "-o", str(folder / "large.png")
            ),
            "first picture of chapter 1": first_picture(execute.chapters(["01"])[0]),
        },
        budget,
    )
    if pages:
        found["the pages of the book from saved outputs"] = [command("make", "pages")()]
    for name, seconds in found.items():
        yield row("waiting", name, seconds)


def project(folder: Path, commands=("make book", "make test")) -> Iterator[dict]:
    """Seconds of the project's own main commands, from what `make setup` leaves.

    Both run before a row is given, for the tests compare the tables with the file that the rows go to.
    """
    found = {name: [command(*name.split())()] for name in commands}
    for name, seconds in found.items():
        yield row("the whole project", name, seconds)


def chapters(folder: Path, starts=()) -> Iterator[dict]:
    """Seconds of executing each chapter, kernel included; nothing is saved."""
    for path in execute.chapters(list(starts)):
        yield row(
            "chapters",
            path.stem,
            [clock(lambda: execute.run(nbformat.read(path, as_version=4), path.parent))()],
        )


def train_on(cores: list[int], batch: int, options: list[str], folder: Path) -> float:
    """Seconds of a step of `drcn train` on JAX, one worker on each of these cores; they meet at a port of loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        meeting = f"127.0.0.1:{free.getsockname()[1]}" + ",127.0.0.1" * (len(cores) - 1)
    environment = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "PYTHONPATH": str(ROOT),
    }
    with tempfile.TemporaryDirectory(dir=folder) as runs:
        team = [
            subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "drcn_book",
                    "train",
                    *options,
                    "--batch",
                    str(batch),
                    "--run",
                    f"{runs}/{number}",
                    *(["--workers", meeting, "--worker", str(number)] if len(cores) > 1 else []),
                ],
                env=environment,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                preexec_fn=partial(os.sched_setaffinity, 0, {core}),
            )
            for number, core in enumerate(cores)
        ]
        said = [worker.communicate()[0] for worker in team]
    found = re.search(r"median step: (\d+) patches/s", said[0])
    if found is None:
        raise Failed(" ".join(said[0].split()[-20:]))
    return batch / int(found[1])


def workers(
    folder: Path, name: str = "compact", batch: int = 16, steps: int = 30, budget: float = 120
) -> Iterator:
    """Patches a second of one worker on one core and of two, each on a core of its own. name: the preset."""
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2:
        print("  left out: it takes two cores", flush=True)
        return
    options = [
        "--preset",
        name,
        "--train-set",
        "Photos",
        "--patch",
        "41",
        "--precision",
        "float32",
        "--steps",
        str(steps),
        "--interval",
        str(steps),
        "--warmup",
        "2",
    ]
    sizes = {
        f"1 worker, {batch} patches": (cores[:1], batch),
        f"2 workers, {batch // 2} each": (cores, batch),
        f"2 workers, {batch} each": (cores, 2 * batch),
    }
    runs = {
        candidate: partial(train_on, *size, options, folder) for candidate, size in sizes.items()
    }
    for candidate, seconds in alternate(runs, budget).items():
        yield row(
            name, candidate, seconds, sizes[candidate][1], "patches/s", software="JAX on Keras"
        )


SECTIONS = {
    make.__name__: make
    for make in (step, flags, quality, upscale, workers, reader, chapters, project)
}
STANDARD = (
    "step",
    "quality",
    "upscale",
    "workers",
    "reader",
)  # the others take 5 to 30 minutes each


def merge(path: Path, section: str, rows: list[dict]) -> None:
    """Put a section's rows in the place of those it had from the same machine; the others stay."""
    machines = {new["hardware"] for new in rows}
    kept = [
        old
        for old in benchmark.read(path)
        if old["section"] != section or old["hardware"] not in machines
    ]
    merged = sorted(
        [*kept, *({"section": section, **new} for new in rows)],
        key=lambda line: list(SECTIONS).index(line["section"]),
    )
    write_csv(path, merged, COLUMNS)


def draw(path: Path = RESULTS / "speed.csv") -> bytes | None:
    """The figure of the book as an SVG file: rate against size, time against quality, of the machine that was measured
    first. None before one was.
    """
    rows = [line for line in benchmark.read(path) if line["section"] == "upscale"]
    sides, deep = {}, {}
    for line in [line for line in rows if line["hardware"] == rows[0]["hardware"]]:
        if line["case"].startswith("recursions"):
            deep[line["candidate"]] = 1 / float(line["median"])
        elif "tile" not in line["candidate"]:
            sides.setdefault(line["candidate"], {})[int(line["case"].split("x")[0])] = float(
                line["median"]
            )
    quality = tables.output_psnr(RESULTS)
    return (
        figures.to_svg(
            lambda: figures.speed(sides, {d: (seconds, quality[d]) for d, seconds in deep.items()})
        )
        if rows
        else None
    )


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description="Measure speed side by side with peers.")
    parser.add_argument(
        "sections",
        nargs="*",
        metavar="SECTION",
        help=f"{', '.join(SECTIONS)} (default: {', '.join(STANDARD)})",
    )
    chosen = parser.parse_args(words).sections or STANDARD
    for section in chosen:
        if section not in SECTIONS:
            sys.exit(f"STOP: no section is called {section}: choose from {', '.join(SECTIONS)}.")
    for section in chosen:
        conditions, rows = {"hardware": hardware(), "load": f"{os.getloadavg()[0]:.1f}"}, []
        print(f"{section}: {conditions['hardware']}, load average {conditions['load']}", flush=True)
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            for line in SECTIONS[section](Path(folder)):
                rows.append({**line, **conditions})
                merge(RESULTS / "speed.csv", section, rows)
        print(f"{section}: {time.perf_counter() - start:.0f} s", flush=True)
    if drawing := draw():
        write_atomically(FIGURE, drawing)


if __name__ == "__main__":
    main(sys.argv[1:])
