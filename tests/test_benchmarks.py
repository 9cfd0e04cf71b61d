"""The harness of `make bench`, on networks and pictures so small that only its correctness shows,
never a speed.
"""

import json
import os
import re
import subprocess
import sys

import nbformat
import numpy as np
import pytest
from book import ROOT
from processes import write_pack

from drcn_book import benchmark, datasets, onnx_export
from drcn_book.config import NetworkConfig, preset
from drcn_book.metrics import psnr
from project import speed_tables, tables
from project.bench import __main__ as bench
from project.bench import enlarging, peers, results, team, timing, training, turns, waiting
from project.bench.enlargers import opencv_network
from project.bench.workers import KINDS

PRECISIONS = turns.PRECISIONS
TORCH = (
    turns.APART.exists()
    and not subprocess.run([turns.APART, "-c", "import torch"], capture_output=True).returncode
)
SPEED = ROOT / "data" / "results" / "speed.csv"


@pytest.fixture
def float32_only(monkeypatch):
    monkeypatch.setattr(turns, "PRECISIONS", {"float32": "float32"})
    monkeypatch.setenv(
        "OMP_NUM_THREADS", "1"
    )  # PyTorch's threads wait for each other on a busy machine
    if not TORCH:
        monkeypatch.setattr(turns, "APART", turns.APART.with_name("no-such-python"))


class Here:
    """A worker's answers without its process, whose start takes longer than all it is asked."""

    def __init__(self, kind, **options):
        self.repeat, result, facts = KINDS[kind](**options)
        self.facts, self.peak_gb = {"result": result, **facts}, timing.peak_gb()

    def ready(self):
        return self

    def __call__(self):
        return self.repeat()

    def close(self):
        pass


@pytest.fixture
def in_this_process(monkeypatch):
    """All workers but PyTorch's, which has an environment of its own."""
    worker = turns.Worker
    monkeypatch.setattr(
        turns,
        "Worker",
        lambda kind, **options: (worker if kind.startswith("torch") else Here)(kind, **options),
    )


def test_candidates_take_turns():
    taken = []
    found = turns.alternate(
        {name: lambda name=name: taken.append(name) or len(taken) for name in "abc"}, budget=60
    )
    assert len(found["a"]) == turns.MOST and taken == list("abc") * (1 + turns.MOST)
    assert found["b"] == [2 + 3 * n for n in range(1, 1 + turns.MOST)]  # the first does not count
    assert turns.alternate({"slow": lambda: 5.0}, budget=-1) == {
        "slow": [5.0]
    }  # unless there is no time


def test_one_that_dies_while_timed_is_left_out(monkeypatch, capsys):
    """A real process each: one ends before the third turn, one in it."""
    answers = 'print(\'{"result": []}\', flush=True); answer = \'{"seconds": 1, "peak_gb": 1}\'; '
    twice = "[(input(), print(answer, flush=True)) for _ in '12']; "
    rest = {
        "lives": "all(print(answer, flush=True) or 1 for _ in sys.stdin)",
        "dies": f"{twice}input(); sys.exit('no memory')",
        "is gone": f"{twice}sys.exit('gone')",
    }
    popen = subprocess.Popen
    monkeypatch.setattr(
        subprocess,
        "Popen",
        lambda command, **options: popen(
            [
                sys.executable,
                "-c",
                "import sys; " + answers + rest[json.loads(command[-1])["name"]],
            ],
            **options,
        ),
    )
    rows = turns.compete(
        "case", {name: {"kind": "any", "name": name, "precision": "float32"} for name in rest}
    )
    assert [(row["candidate"], row["rounds"]) for row in rows] == [("lives", turns.MOST)]
    printed = capsys.readouterr().out
    assert (
        "dies left out, it failed while timed: no memory" in printed
        and "is gone left out" in printed
    )


@pytest.mark.slow
@pytest.mark.parametrize("precision", turns.PRECISIONS)
def test_step(precision, tmp_path, float32_only, in_this_process, monkeypatch):
    """The paper's wiring; that PyTorch's losses are the same is a condition of `step` itself."""
    monkeypatch.setattr(turns, "PRECISIONS", {precision: PRECISIONS[precision]})
    config = NetworkConfig(filters=4, recursions=2)
    rows = list(bench.step(tmp_path, {"tiny, 2": (config, 2)}, patch=12, budget=-1, compiled=False))
    torch = ["PyTorch", "PyTorch channels-last"] if TORCH else []
    assert [row["candidate"] for row in rows] == [
        f"{name}, {precision}"
        for name in ("this project", *torch, "plain convolution", "matrix product")
    ]
    for row in rows:
        assert (
            row["unit"] == "s"
            and row["case"] == "tiny, 2"
            and float(row["median"]) > 0
            and row["software"]
        )
    gflop = 6 * config.macs_per_pixel * 2 * 12**2 / 1e9
    assert float(rows[0]["gflops"]) == pytest.approx(gflop / float(rows[0]["median"]), rel=0.01)
    gflop = 2 * 9 * 4**2 * 2 * 12**2 / 1e9
    assert float(rows[-1]["gflops"]) == pytest.approx(gflop / float(rows[-1]["median"]), rel=0.01)


@pytest.mark.slow
def test_flags(tmp_path, float32_only, monkeypatch):
    """Each reaches a worker's environment.

    That the losses stay the same is a condition of `flags` itself.
    """
    seen = []
    popen = subprocess.Popen
    monkeypatch.setattr(
        subprocess,
        "Popen",
        lambda command, env, **options: (
            seen.append(env.get("A_FLAG")) or popen(command, env=env, **options)
        ),
    )
    cases = {"tiny, 2": (NetworkConfig(filters=4, recursions=2), 2)}
    rows = list(
        bench.flags(
            tmp_path, cases, patch=12, budget=-1, flags={"none": {}, "A_FLAG=1": {"A_FLAG": "1"}}
        )
    )
    assert [row["candidate"] for row in rows] == [
        "none, float32",
        "A_FLAG=1, float32",
    ] and seen == [None, "1"]


@pytest.mark.slow
def test_upscale(tmp_path, float32_only, in_this_process):
    """The authors' wiring.

    That PyTorch and ONNX Runtime give the same picture is a condition of `upscale` itself.
    """
    network = training.write_network(
        tmp_path / "net.safetensors", preset("tiny", "authors", filters=4, recursions=2)
    )
    rows = list(bench.upscale(tmp_path, [96], str(network), budget=-1))
    torch = ["PyTorch channels-last, float32", "PyTorch, float32"] if TORCH else []
    assert [row["candidate"] for row in rows if row["case"] == "96x96"] == [
        "this project, float32",
        *torch,
        "ONNX Runtime, float32",
        "the original's graph, float32",
    ]
    assert [row["candidate"] for row in rows if row["case"].startswith("recursions")] == [
        "1",
        "2",
        "ensemble",
    ]
    for row in rows:
        assert row["unit"] == "MP/s" and row["rounds"] == 1
        assert (
            0 < float(row["low"]) <= float(row["median"]) <= float(row["high"])
            and 0.01 < float(row["peak_gb"]) < 9
        )


@pytest.mark.skipif(not TORCH, reason="needs PyTorch: make test-backends")
def test_the_peer_in_pytorch_refuses_a_folded_network(tmp_path):
    path = training.write_network(tmp_path / "net.safetensors", preset("tiny", fold=2))
    layout = {"layout": "channels_last", "precision": "float32"}
    worker = turns.Worker("torch_upscaler", weights=str(path), picture="none", **layout)
    with pytest.raises(turns.WorkerError, match="^ValueError: .*: this peer knows the wirings"):
        worker.ready()
    worker.close()


@pytest.fixture
def without_opencv(monkeypatch):
    """No networks of others, and no other shrinking."""
    monkeypatch.setattr(peers, "models", lambda scale: {})
    monkeypatch.setattr(peers, "SHRINKINGS", {"the protocol": peers.resize})


def test_psnr_beside_peers_is_that_of_the_tables(tmp_path, pictures, without_opencv):
    arguments = {"scales": (2,), "sets": (str(pictures),), "sizes": ("small",)}
    assert list(bench.peers_psnr(tmp_path, **arguments, results=tmp_path)) == []
    found = benchmark.read(tmp_path / "peers.csv")
    methods = [benchmark.BICUBIC, benchmark.network_method("small-x2")]
    expected = benchmark.evaluate(methods, [str(pictures)], [2])["benchmark"]
    assert [row["method"] for row in found] == ["bicubic", "small-x2"]
    for row, other in zip(found, expected, strict=True):
        assert row["psnr"] == pytest.approx(other["psnr"], abs=1e-3) and row["images"] == "3"


def test_seconds_beside_peers(tmp_path, without_opencv):
    arguments = {"scales": (2, 3), "side": 97, "sizes": ("small",), "budget": -1}
    rows = list(bench.peers_seconds(tmp_path, **arguments))
    assert [(row["case"], row["candidate"]) for row in rows][:3] == [
        ("x2, 96x96", "bicubic"),
        ("x2, 96x96", "small-x2"),
        ("x3, 96x96", "bicubic"),
    ]
    assert all(row["unit"] == "MP/s" and float(row["median"]) > 0 for row in rows)


def test_peers_that_are_missing_end_in_a_line_that_says_how_to_get_them(monkeypatch, tmp_path):
    monkeypatch.setenv("DRCN_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(peers, "find_spec", lambda name: True)
    with pytest.raises(SystemExit, match="^STOP: .*`drcn data fetch peers` gets them"):
        peers.models(2)
    monkeypatch.setattr(peers, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="^STOP: OpenCV is missing: `make bench SECTION=peers`"):
        peers.models(2)


def test_opencv_s_networks_reach_what_was_measured(tmp_path):
    """FSRCNN on Set5, shrunk in both ways, and a turn of each model's worker."""
    pytest.importorskip("cv2", reason="make bench SECTION=peers installs it")
    if not {"Set5"} <= set(datasets.present()) or datasets.faults("peers"):
        pytest.skip("needs Set5 and peers: drcn data fetch Set5 peers")
    network = opencv_network(peers.models(2)["OpenCV FSRCNN"])
    for change, expected in (("the protocol", 34.86), ("OpenCV's bicubic", 35.72)):
        found = []
        for y in datasets.pictures("Set5").values():
            low = peers.SHRINKINGS[change](y, *(side // 2 for side in y.shape))
            found.append(psnr(y, 16 + 219 * network((low - 16) / 219), 2))
        assert np.mean(found) == pytest.approx(expected, abs=0.01), change
    rows = list(bench.peers_seconds(tmp_path, (3, 4), side=96, sizes=(), budget=-1))
    named = [row["candidate"].removeprefix("OpenCV ") for row in rows]
    assert named == ["bicubic", *peers.MODELS[:3], "bicubic", *peers.MODELS]


def test_another_network_or_a_failure_ends_the_case(tmp_path, capsys):
    config = NetworkConfig(filters=4, recursions=1)
    specs = {}
    np.save(
        tmp_path / "picture.npy",
        np.random.default_rng(0).integers(0, 256, (32, 32)).astype("uint8"),
    )
    for name in "ab":
        path = training.write_network(tmp_path / f"{name}.safetensors", config)
        model = onnx_export.export(path, tmp_path / f"{name}.onnx")
        specs[name] = {
            "kind": "onnx_upscaler",
            "model": str(model),
            "precision": "float32",
            "picture": str(tmp_path / "picture.npy"),
        }
        config = NetworkConfig(filters=4, recursions=2)
    with pytest.raises(
        SystemExit, match="STOP: case: b does not compute what a does: the results differ by"
    ):
        turns.compete("case", specs)
    missing = {**specs["a"], "model": "no-such.onnx"}
    with pytest.raises(SystemExit, match="STOP: case: c: .*no-such.onnx"):
        turns.compete("case", {"a": specs["a"], "c": missing})
    more = {"a": specs["a"], "c": {**missing, "optional": True}, "b": {**specs["b"], "other": True}}
    rows = turns.compete("case", more, per=0.1, budget=-1)
    assert [row["candidate"] for row in rows] == [
        "a",
        "b",
    ] and "c left out" in capsys.readouterr().out


@pytest.mark.parametrize("gain", [-50, 50])
def test_quality(gain, tmp_path, pictures, no_public_sets, monkeypatch):
    monkeypatch.setattr(training, "GAINS", (gain,))
    recipe = {
        "train_set": str(pictures),
        "patch": 16,
        "batch": 2,
        "steps": 4,
        "interval": 2,
        "precision": "float32",
    }
    rows = list(bench.quality(tmp_path, {"filters": 4, "recursions": 1}, recipe))
    assert [row["candidate"] for row in rows] == ["this project's recipe", "the original's recipe"]
    for row in rows:
        assert row["unit"] == "s" and row["case"] == f"validation, bicubic + {gain} dB"
        assert ("median" in row) == (gain < 0) and row["rounds"] == (gain < 0)
        assert re.match(
            rf"best of {2 if gain < 0 else 4} steps: \d+\.\d\d dB of -?\d+\.\d\d; float32",
            row["note"],
        )


@pytest.mark.slow
@pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="takes two cores",
)
def test_workers(tmp_path, monkeypatch):
    """On small pictures instead of the photographs."""
    pack, train_on = str(write_pack(tmp_path / "pack.zip")), team.train_on

    def on_pack(cores, batch, options, folder):
        options = [pack if option == "Photos" else option for option in options]
        return train_on(cores, batch, options, folder)

    monkeypatch.setattr(team, "train_on", on_pack)
    rows = list(bench.workers(tmp_path, "tiny", 4, steps=4, budget=-1))
    assert [row["candidate"] for row in rows] == [
        "1 worker, 4 patches",
        "2 workers, 2 each",
        "2 workers, 4 each",
    ]
    assert all(row["unit"] == "patches/s" and float(row["median"]) > 0 for row in rows)
    with pytest.raises(turns.WorkerError, match="batch = 0"):
        train_on([0], 0, ["--preset", "tiny"], tmp_path)


def test_reader_and_chapters(tmp_path, monkeypatch):
    """Chapter 1 is run up to its first picture only."""
    cells = [
        nbformat.v4.new_code_cell(source)
        for source in ("x = 1", "assert x == 1", "raise SystemError")
    ]
    cells[1].outputs = [nbformat.v4.new_output("display_data", {"image/png": ""})]
    path = tmp_path / "01_short.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    monkeypatch.setattr(waiting.execute, "chapters", lambda starts: [path])
    rows = list(bench.reader(tmp_path, budget=-1, pages=False))
    assert len(rows) == 5 and all(row["unit"] == "s" and float(row["median"]) > 0 for row in rows)
    assert (tmp_path / "large.png").exists()
    nbformat.write(nbformat.v4.new_notebook(cells=cells[:2]), path)
    assert [(row["case"], row["candidate"]) for row in bench.chapters(tmp_path)] == [
        ("chapters", "01_short")
    ]
    assert [row["candidate"] for row in bench.project(tmp_path, ["make help"])] == ["make help"]


def test_a_section_measured_again_replaces_its_rows_of_that_machine(tmp_path):
    path = tmp_path / "speed.csv"
    for section, names, machine in (
        ("upscale", "ab", "x"),
        ("upscale", "f", "y"),
        ("step", "cd", "x"),
        ("upscale", "e", "x"),
    ):
        results.merge(
            path,
            section,
            [turns.row("case", name, [0.5, 0.25, 1.0], 2.0, hardware=machine) for name in names],
        )
    rows = benchmark.read(path)
    assert [(row["section"], row["candidate"]) for row in rows] == [
        ("step", "c"),
        ("step", "d"),
        ("upscale", "f"),
        ("upscale", "e"),
    ]
    assert [rows[3][key] for key in ("unit", "low", "median", "high", "rounds")] == [
        "MP/s",
        "2",
        "4",
        "8",
        "3",
    ]


def test_a_section_that_ends_early_keeps_its_cases_and_each_has_its_load(tmp_path, monkeypatch):
    def ends(folder):
        yield turns.row("first", "a", [1.0])
        raise turns.WorkerError

    def whole(folder):
        return [turns.row("case", "b", [1.0])]

    loads = iter([(0.5, 0, 0), (1.5, 0, 0)])
    monkeypatch.setattr(bench, "RESULTS", tmp_path)
    monkeypatch.setattr(bench, "draw", lambda path: None)
    monkeypatch.setattr(bench, "SECTIONS", {"step": whole, "upscale": ends})
    monkeypatch.setattr(bench.os, "getloadavg", lambda: next(loads))
    results.merge(
        tmp_path / "speed.csv", "upscale", [turns.row("old", "c", [1.0], hardware=bench.hardware())]
    )
    with pytest.raises(turns.WorkerError):
        bench.main(["step", "upscale"])
    assert [
        (row["section"], row["case"], row["load"]) for row in benchmark.read(tmp_path / "speed.csv")
    ] == [("step", "case", "0.5"), ("upscale", "first", "1.5")]


def test_a_command_that_fails_says_why():
    with pytest.raises(SystemExit, match="no such thing\nSTOP: `.* -c .*` failed"):
        waiting.command(sys.executable, "-c", "import sys; sys.exit('no such thing')")()


def test_an_unknown_section_is_named(capsys):
    with pytest.raises(
        SystemExit, match="^STOP: no section is called steps: choose from step, flags, quality"
    ):
        bench.main(["steps"])
    assert capsys.readouterr().out == ""


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """A folder of results with two cases of each kind."""
    facts = {"hardware": "a machine", "load": "0.1", "software": "one 1.0"}
    other = {**facts, "hardware": "another"}
    steps = [
        turns.row(case, f"{name}, float32", [seconds], gflops=rate, **facts)
        for case in ("small", "large")
        for name, seconds, rate in (
            ("this project", 0.5, "100"),
            ("PyTorch", 1.0, "50"),
            ("PyTorch channels-last", 0.6, "80"),
            ("plain convolution", 0.1, "200"),
        )
    ]
    steps += [
        turns.row(case, f"{name}, bfloat16", [seconds], gflops=rate, **facts)
        for case in ("small", "large")
        for name, seconds, rate in (
            ("this project", 0.25, "200"),
            ("PyTorch", 0.2, "250"),
            ("plain convolution", 0.1, "400"),
        )
    ]
    sizes = [
        turns.row(f"{side}x{side}", f"{name}, {precision}", [2.0], per, peak_gb="1.50", **facts)
        for side in (256, 512)
        for precision, name, per in (
            ("float32", "this project", 6.0),
            ("float32", "ONNX Runtime", 4.0),
            ("bfloat16", "this project", 12.0),
        )
    ]
    deep = [
        turns.row("recursions of compact-x2 at 512x512", d, [0.5], 1.0, **facts)
        for d in ("1", "2", "ensemble")
    ]
    team = [
        turns.row("tiny", name, [1.0], per, "patches/s", **facts)
        for name, per in (("1 worker, 4 patches", 4), ("2 workers, 2 each", 6))
    ]
    runs = [
        turns.row("Set5, 36.66 dB", "ours", [60.0], note="", **facts),
        turns.row("Set5, 36.66 dB", "theirs", [], note="best 36.00", **facts),
    ]
    commands = [
        turns.row("the whole project", "make book", [seconds], **machine)
        for seconds, machine in ((60.0, facts), (90.0, other))
    ]
    for section, rows in (
        ("step", steps),
        ("upscale", sizes + deep),
        ("workers", team),
        ("quality", runs),
        ("project", commands[:1]),
        ("project", commands[1:]),
    ):
        results.merge(tmp_path / "speed.csv", section, rows)
    (tmp_path / "recursions.csv").write_text(
        "method,dataset,output,psnr\n"
        + "".join(
            f"compact-x2,Set5,{output},{psnr}\n"
            for output, psnr in (("final", 37.1), ("1", 36.4), ("2", 36.8))
        )
    )
    for module in (tables, speed_tables, results):
        monkeypatch.setattr(module, "RESULTS", tmp_path)
    return tmp_path


def cells(name):
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in tables.render(name).splitlines()
    ]


def test_tables(measured):
    found = cells("speed-step")
    assert found[0] == ["seconds a step", "small", "large"] and len(found) == 9
    assert found[2] == ["this project, float32", "0.5", "0.5"]
    assert found[-1] == ["One run of each; a machine; load average before 0.1; one 1.0."]
    assert cells("speed-step-summary")[3] == [
        "large",
        "0.5",
        "0.6 (PyTorch channels-last)",
        "1.20x",
        "0.25",
        "0.2 (PyTorch)",
        "0.80x",
    ]
    assert ["this project, float32", "100 (50%)", "100 (50%)"] in cells("speed-rate")
    assert cells("speed-upscale-summary")[2] == [
        "256x256",
        "3",
        "2 (ONNX Runtime)",
        "1.50x",
        "6",
        "",
        "",
    ]
    assert ["ONNX Runtime, float32", "1.50", "1.50"] in cells("speed-memory")
    assert cells("speed-recursions")[2:5] == [
        ["1", "0.50", "36.40"],
        ["2", "0.50", "36.80"],
        ["ensemble", "0.50", "37.10"],
    ]
    assert ["Set5, 36.66 dB", "theirs", "not passed", "best 36.00"] in cells("speed-quality")
    assert cells("speed-workers")[3] == ["tiny", "2 workers, 2 each", "6", "1.50x"]
    two = cells("speed-project")  # a table a machine
    assert [line for line in two if line[0].startswith(("make", "One"))] == [
        ["make book", "60"],
        ["One run of each; a machine; load average before 0.1; one 1.0."],
        ["make book", "90"],
        ["One run of each; another; load average before 0.1; one 1.0."],
    ]
    assert two.count(["command", "seconds"]) == 2
    assert cells("speed-reader") == [["(Not measured yet: `make bench` does.)"]]


def test_tables_without_what_failed_while_timed(measured):
    rows = [row for row in benchmark.read(measured / "speed.csv") if row["section"] == "step"]
    results.merge(
        measured / "speed.csv",
        "step",
        [
            row
            for row in rows
            if row["case"] == "large" or not row["candidate"].startswith(("this project", "plain"))
        ],
    )
    assert ["small", "", "", "", "", "", ""] in cells("speed-step-summary")
    assert ["PyTorch, float32", "50", "50 (25%)"] in cells("speed-rate")


def test_figure(measured):
    drawing = results.draw(measured / "speed.csv")
    assert drawing == results.draw(measured / "speed.csv") and drawing.startswith(b"<?xml")
    assert results.draw(measured / "no-such.csv") is None


def test_the_readme_has_every_table_and_they_are_what_was_measured():
    shown = tables.BLOCK.findall(
        (ROOT / "project" / "bench" / "README.md").read_text(encoding="utf-8")
    )
    assert {name for _, name, _, _ in shown} == {
        name for name in tables.TABLES if name.startswith("speed-")
    } | {"memory", "peers"}
    assert ROOT / "project" / "bench" / "README.md" in tables.documents()
    if not SPEED.exists():
        pytest.skip("data/results/speed.csv is not there yet: `make bench`")
    rows = benchmark.read(SPEED)
    assert set(bench.STANDARD) <= {row["section"] for row in rows}
    assert all(row["median"] or row["section"] == "quality" for row in rows)
    assert bench.FIGURE.read_bytes() == results.draw(SPEED), "python -m project.bench draws it anew"


def test_the_readme_says_of_its_marks_what_was_measured():
    """What was aimed at, and what XLA costs, number by number, from the rows of both machines."""
    readme = (ROOT / "project" / "bench" / "README.md").read_text(encoding="utf-8")
    text = " ".join(readme.split("## What was aimed at, and missed")[1].split())
    rows = {
        (row["hardware"][:3], row["case"], row["candidate"]): row
        for row in benchmark.read(SPEED)
        if row["section"] in ("step", "upscale", "quality") and row["median"]
    }
    rate = {
        key: float(row["median"]) ** (-1 if row["unit"] == "s" else 1) for key, row in rows.items()
    }
    xeon, epyc, ours = "Int", "AMD", "this project"
    cases, sides = list(training.CASES), [f"{side}x{side}" for side in enlarging.SIDES]

    def against(machine, precision, *chosen):
        """How many times as fast as the best peer, case by case."""
        return [
            rate[machine, case, f"{ours}, {precision}"]
            / max(
                rate[key]
                for key in rate
                if key[:2] == (machine, case)
                and key[2].endswith(precision)
                and key[2].startswith(("PyTorch", "ONNX"))
            )
            for case in chosen
        ]

    def default(machine, *chosen):
        return [
            rate[machine, case, f"{ours}, bfloat16"] / rate[machine, case, "PyTorch, float32"]
            for case in chosen
        ]

    def share(machine, precision):
        """Per cent of the plain convolution's rate, from 96 filters on."""
        found = [
            [float(rows[machine, case, f"{name}, {precision}"]["gflops"]) for case in cases[2:]]
            for name in (ours, "plain convolution")
        ]
        return [100 * mine / plain for mine, plain in zip(*found, strict=True)]

    def tiles(machine, name):
        return [
            100
            * rate[machine, side, f"{name}, bfloat16"]
            / rate[machine, side, f"{ours} untiled, bfloat16"]
            for side in sides[-2:]
        ]

    def span(form, values):
        return f"{min(values):{form}} to {max(values):{form}}"

    def times(form, values):
        return f"{min(values):{form}}x to {max(values):{form}}x"

    def xla(machine, precision):
        return [
            rate[machine, case, f"{ours}, {precision}"]
            / rate[machine, case, f"{ours} XLA, {precision}"]
            for case in cases
        ]

    seconds = {
        machine: 1 / rate[machine, "Set5, 36.66 dB", f"{ours}'s recipe"] for machine in (xeon, epyc)
    }
    small = [tiles(machine, f"{ours} in tiles of 512") for machine in (xeon, epyc)]
    for said in (
        f"{span('.0f', share(epyc, 'bfloat16'))} % on the EPYC; "
        f"{span('.0f', share(xeon, 'bfloat16'))} % on the Xeon",
        f"In float32 {span('.0f', share(xeon, 'float32') + share(epyc, 'float32'))} % on both",
        "in float32 "
        f"{times('.2f', against(xeon, 'float32', *cases) + against(epyc, 'float32', *cases))} on "
        "both",
        f"In bfloat16 {times('.2f', against(xeon, 'bfloat16', *cases))} on the Xeon and "
        f"{times('.2f', against(epyc, 'bfloat16', *cases))} on the EPYC",
        f"on the Xeon {default(xeon, cases[0])[0]:.1f}x for the compact network at batch 16 and "
        f"{times('.1f', default(xeon, *cases[1:]))} in the other cases",
        f"{times('.1f', default(epyc, *cases))}.",
        f"{seconds[xeon]:.0f} s on the Xeon and {seconds[epyc]:.0f} s on the EPYC",
        f"on the Xeon {against(xeon, 'float32', '2048x2048')[0]:.2f}x in float32 at 2048x2048",
        f"on the EPYC {against(epyc, 'bfloat16', '256x256')[0]:.2f}x in bfloat16 at 256x256",
        f"{times('.1f', against(xeon, 'bfloat16', *sides))} in bfloat16 on the Xeon",
        "{:.0f} % at 2048x2048 and {:.0f} % at 4096x4096 on the Xeon, and to {:.0f} % and {:.0f} % "
        "on "
        "the EPYC".format(*small[0], *small[1]),
        f"{span('.1f', xla(xeon, 'float32'))} times the time in float32 and "
        f"{span('.1f', xla(xeon, 'bfloat16'))} times in bfloat16 on the Xeon, "
        f"{span('.1f', xla(epyc, 'float32'))} and {span('.1f', xla(epyc, 'bfloat16'))} times on "
        "the EPYC",
        f"to {span('.0f', tiles(xeon, ours) + tiles(epyc, ours))} %.",
    ):
        assert said in text, said
    worst, second, third = sorted(
        value
        for machine in (xeon, epyc)
        for precision in turns.PRECISIONS
        for value in against(machine, precision, *sides)
    )[:3]
    assert [f"{value:.2f}" for value in (worst, second)] == ["0.95", "0.96"] and third >= 1.005


@pytest.mark.skipif(os.name == "nt", reason="no make")
def test_make_knows_it():
    done = subprocess.run(
        ["make", "-n", "bench", "SECTION=step upscale"], cwd=ROOT, capture_output=True, text=True
    )
    assert "-m project.bench step upscale" in done.stdout
