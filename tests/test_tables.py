"""Tables come from CSV files, and the README and the chapters show what the files say."""

import csv
import json
import tomllib
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image

from drcn_book import benchmark, datasets, weights
from drcn_book.baselines import BASELINES
from drcn_book.config import NetworkConfig, Recipe, preset
from drcn_book.errors import ConfigError
from project import ablate, speed_tables, tables
from project.bench import results as bench_results
from project.bench import turns

ROOT = Path(__file__).resolve().parent.parent


def row(method, scale, dataset, psnr, ssim="", source="measured", **more):
    return {
        "method": method,
        "scale": scale,
        "dataset": dataset,
        "psnr": psnr,
        "ssim": ssim,
        "source": source,
        **more,
    }


def test_table():
    rows = [
        row("net", 2, "Set5", 37.126, 0.95811, parameters="28358"),
        row("bicubic", 2, "Set5", 33.66, 0.9299),
        row("bicubic", 2, "Photos", 30.0, 0.9),
        row("DRCN", 2, "Set5", 37.63, 0.9588, source="a paper"),
        row("DRCN", 2, "Set14", 33.04, source="a paper"),
        row("net", 3, "Set5", 33.2, 0.92),
    ]
    assert benchmark.table(rows, 2, ["Set5", "Set14"]).splitlines() == [
        "| x2      | parameters | Set5           | Set14 |",
        "|---------|------------|----------------|-------|",
        "| bicubic |            | 33.66 / 0.9299 |       |",
        "| net     | 28,358     | 37.13 / 0.9581 |       |",
        "| DRCN †  |            | 37.63 / 0.9588 | 33.04 |",
    ]


def test_table_with_facts_and_remarks():
    rows = [
        row("net", 2, "Set5", 37.126, 0.95811, gmacs="1460.4", train_set="T91"),
        row("M4", 2, "Set5", 37.2, 0.96, source="a paper", remark="*", gmacs="", train_set=""),
    ]
    found = benchmark.table(rows, 2, ["Set5"], facts=("gmacs", "train_set"), with_ssim=False)
    header, _, *lines = found.splitlines()
    assert [[cell.strip() for cell in line.split("|")[1:-1]] for line in (header, *lines)] == [
        ["x2", "GMAC at 1280x720", "Set5", "trained on"],
        ["net", "1,460.4", "37.13", "T91"],
        ["M4 †*", "", "37.20", ""],
    ]


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_table_of_chapter_7_is_short_and_that_of_numbers_is_whole(scale, monkeypatch):
    """Ten rows at most, also with a row of every size; the page that has all loses none."""
    rows = benchmark.read(ROOT / "data" / "results" / "benchmark.csv")
    sizes = ("small", "medium", "large")
    rows += [row(f"{size}-x{scale}", scale, "Set5", 37.0, train_set="T91") for size in sizes]
    quoted = benchmark.read(ROOT / "data" / "quoted.csv")
    monkeypatch.setattr(
        benchmark, "read", lambda path: quoted if Path(path).stem == "quoted" else rows
    )

    def names(name):
        lines = tables.render(name).partition("\n\n")[0].splitlines()[2:]
        return [line.split("|")[1].strip(" †*") for line in lines]

    short, whole = names(f"benchmark-x{scale}"), names(f"benchmark-all-x{scale}")
    assert 6 <= len(short) <= 10 and set(short) < set(whole) and len(whole) == len(set(whole))
    assert {f"{size}-x{scale}" for size in sizes} | {"bicubic", "DRCN"} <= set(short)
    here = {r["method"] for r in [*rows, *quoted] if r["scale"] == scale}
    assert set(whole) == here


def test_recursion_table():
    rows = [
        {**row("net", 2, "Set5", psnr), "output": output}
        for output, psnr in (("final", 37.0), ("1", 36.0), ("2", 36.5))
    ]
    assert benchmark.recursion_table(rows).splitlines()[2].split("|")[4:7] == [
        " 36.00 ",
        " 36.50 ",
        " 37.00    ",
    ]


def test_ablation_table_compares_equal_seeds():
    """An arm with one seed is compared with the reference's run of that seed, not with its mean."""
    rows = [
        {
            "question": "q",
            "arm": arm,
            "seed": seed,
            "psnr": psnr,
            "validation_psnr": f"{2 * psnr:.3f}",
        }
        for arm, seed, psnr in (
            ("a", "0", 36.0),
            ("a", "1", 36.4),
            ("b", "0", 36.1),
            ("c", "0", 36.0),
            ("c", "1", 36.6),
        )
    ]
    lines = [line.split("|") for line in benchmark.ablation_table(rows).splitlines()[2:]]
    assert [[cell.strip() for cell in line[2:10]] for line in lines] == [
        ["a", "2", "36.20", "0.40", "", "72.40", "0.80", ""],
        ["b", "1", "36.10", "", "+0.10", "72.20", "", "+0.20"],
        ["c", "2", "36.30", "0.60", "+0.10", "72.60", "1.20", "+0.20"],
    ]


def test_marked_tables_are_replaced_and_the_rest_stays(monkeypatch, tmp_path):
    monkeypatch.setattr(tables, "RESULTS", tmp_path)
    (tmp_path / "trials.csv").write_text("change,psnr\nL1,36.62\n")
    text = "before\n<!-- table:trials -->\nold\n<!-- /table -->\nafter\n"
    new = tables.rewrite(text)
    assert new.startswith("before\n<!-- table:trials -->\n| change | psnr  |\n")
    assert new.endswith("| L1     | 36.62 |\n<!-- /table -->\nafter\n")
    assert "old" not in new and tables.rewrite(new) == new
    assert tables.rewrite(text.replace("trials -->", "trials: What helps -->")).splitlines()[
        1:4
    ] == ["<!-- table:trials: What helps -->", ":::{table} What helps", ":name: tab-trials"]
    cells = [nbformat.v4.new_markdown_cell(text), nbformat.v4.new_code_cell(text)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbformat.write(notebook, tmp_path / "chapter.ipynb")
    cells = nbformat.reads(tables.updated(tmp_path / "chapter.ipynb"), as_version=4).cells
    assert cells[0].source == new and cells[1].source == text


def test_the_readme_and_the_chapters_show_what_the_files_say():
    stale = [
        path.name
        for path in tables.documents()
        if tables.updated(path) != path.read_text(encoding="utf-8")
    ]
    assert not stale, f"python -m project.tables brings {', '.join(stale)} up to date"
    assert "<!-- table:summary -->" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_figures_show_what_the_files_say():
    for name, draw in tables.FIGURES.items():
        drawing, path = draw(), tables.figure(name)
        assert (path.read_bytes() if path.exists() else None) == drawing, "python -m project.tables"
        assert drawing == draw(), "the same bytes on every run"


def test_beside_peers_our_networks_have_the_numbers_of_the_benchmark():
    ours = {
        (row["method"], row["scale"], row["dataset"]): row["psnr"]
        for row in benchmark.results("benchmark")
    }
    rows = [row for row in benchmark.results("peers") if row["change"] == "the protocol"]
    both = [row for row in rows if (row["method"], row["scale"], row["dataset"]) in ours]
    assert {"bicubic", "small-x2", "medium-x2"} <= {row["method"] for row in both}
    for row in both:
        key = row["method"], row["scale"], row["dataset"]
        assert row["psnr"] == pytest.approx(ours[key], abs=2e-3), key


@pytest.fixture
def peers(tmp_path, monkeypatch):
    """Results of three methods at x2, with the seconds of two of them on two machines."""
    changes = {"the protocol": 37.0, "OpenCV's bicubic": 32.0}
    psnr = [
        {**row(method, 2, "Set5", value - 2 * number), "change": change, "images": 5}
        for number, method in enumerate(("small-x2", "OpenCV ESPCN", "large-x2"))
        for change, value in changes.items()
    ]
    benchmark.save({"peers": psnr, "benchmark": [row("small-x2", 2, "Set5", 37.0)]}, tmp_path)
    for machine, rate in (("first", 4.0), ("second", 8.0)):
        rows = [
            turns.row("x2, 1024x1024", name, [1.0], rate, hardware=machine, load="0.1")
            for name in ("small-x2", "OpenCV ESPCN")
        ]
        bench_results.merge(tmp_path / "speed.csv", "peers-seconds", rows)
    for module in (tables, speed_tables, bench_results):
        monkeypatch.setattr(module, "RESULTS", tmp_path)
    return tmp_path


def test_peers_are_told_with_both_shrinkings_and_the_seconds_of_one_machine(peers):
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in _lines("peers")]
    assert lines[0] == ["Set5", "x2, the protocol", "x2, OpenCV's bicubic"]
    assert lines[2:4] == [["small", "37.00", "32.00"], ["OpenCV ESPCN", "35.00", "30.00"]]
    seconds, conditions = speed_tables.peer_seconds(2)
    assert seconds == {"small-x2": 0.25, "OpenCV ESPCN": 0.25}
    assert conditions == "One run of each; first; load average before 0.1."
    small = next(line for line in _lines("summary") if line.startswith("| small"))
    assert [cell.strip() for cell in small.split("|")[4:6]] == ["0.25", "37.00"]
    assert f"Seconds: float32; {conditions}" in tables.render("summary")
    assert "| small               | 0.25 " in tables.render("speed-peers")
    drawing = bench_results.draw_peers()
    assert drawing.startswith(b"<?xml")
    (peers / "speed.csv").unlink()
    assert bench_results.draw_peers() is None and speed_tables.peer_seconds(2) == ({}, "")
    small = next(line for line in _lines("summary") if line.startswith("| small"))
    assert [cell.strip() for cell in small.split("|")[4:6]] == ["–", "37.00"]


def _lines(name):
    return tables.render(name).partition("\n\n")[0].splitlines()


def test_consistency_is_told_for_networks_that_have_it(tmp_path, monkeypatch):
    values = {
        ("a", "final"): 37.104,
        ("a", "uncorrected"): 37.08,
        ("a", "1"): 36,
        ("b", "final"): 1,
    }
    rows = [row(m, 2, "Set5", psnr, output=output) for (m, output), psnr in values.items()]
    benchmark.save({"recursions": rows}, tmp_path)
    monkeypatch.setattr(tables, "RESULTS", tmp_path)
    _, _, *lines = _lines("consistency")
    assert [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines] == [
        ["a", "2", "Set5", "37.08", "37.10", "+0.024"]
    ]


def test_an_unknown_table_is_refused():
    with pytest.raises(ConfigError, match="no table 'nothing': choose from .*quoted, .*benchmark"):
        benchmark.results("nothing")


def test_quoted_numbers():
    """The file against the table to reach: each method has all its cells once, and no cell is out
    of order.
    """
    rows = benchmark.read(ROOT / "data" / "quoted.csv")
    keys = [(row["method"], row["scale"], row["dataset"]) for row in rows]
    assert len(set(keys)) == len(keys) and all(row["source"] for row in rows)
    cells = dict(zip(keys, rows, strict=True))
    for method in ("bicubic", "A+", "SRCNN (9-5-5)", "RFL", "SelfExSR", "DRCN"):
        for dataset in tables.SETS:
            psnrs = [cells[method, scale, dataset]["psnr"] for scale in (2, 3, 4)]
            ssims = [cells[method, scale, dataset]["ssim"] for scale in (2, 3, 4)]
            assert psnrs == sorted(psnrs, reverse=True) and ssims == sorted(ssims, reverse=True)
    assert (cells["DRCN", 2, "Set5"]["psnr"], cells["DRCN", 2, "Set5"]["ssim"]) == (37.63, 0.9588)
    assert cells["DRCN", 4, "Urban100"]["psnr"] == 25.14


def test_quoted_costs():
    """Each cost has its source, one for all sets of a scale; SRCNN's and DRCN's can be counted."""
    rows = benchmark.read(ROOT / "data" / "quoted.csv")
    found = {}
    for quoted in rows:
        assert bool(quoted["cost_source"]) == bool(quoted["parameters"]), quoted["method"]
        assert quoted["parameters"] or not quoted["gmacs"], quoted["method"]
        facts = quoted["parameters"], quoted["gmacs"], quoted["train_set"], quoted["remark"]
        found.setdefault((quoted["method"], quoted["scale"]), set()).add(facts)
    assert all(len(facts) == 1 for facts in found.values())
    costs = {key: next(iter(facts)) for key, facts in found.items()}
    for key, config in (
        (("SRCNN (9-5-5)", 2), BASELINES["srcnn"]),
        (("DRCN", 2), preset("paper")),
    ):
        counted = config.macs_per_pixel * benchmark.PIXELS / 1e9
        assert float(costs[key][1]) == pytest.approx(counted, rel=0.002), key
        assert int(costs[key][0]) == pytest.approx(config.parameters, rel=0.006), key
    assert {key[0] for key, facts in costs.items() if facts[3]} == {
        "ECBSR-M4C16",
        "ECBSR-M4C32",
        "ECBSR-M6C40",
        "ETDS-L",
    }
    assert (costs["SwinIR-light", 2][0], costs["SwinIR-light", 4][0]) == ("878000", "897000")
    for method in ("VDSR", "DRRN", "MemNet", "CARN", "EDSR", "DRCN"):
        mine = [quoted for quoted in rows if quoted["method"] == method]
        assert len(mine) == 12 and all(quoted["ssim"] for quoted in mine), method


def test_quoted_numbers_are_near_their_neighbours():
    """A slip of a digit would show: PSNR and SSIM of a set rise together, nearly on a line."""
    rows = [r for r in benchmark.read(ROOT / "data" / "quoted.csv") if r["ssim"]]
    for scale in (2, 3, 4):
        for dataset in tables.SETS:
            mine = [r for r in rows if (r["scale"], r["dataset"]) == (scale, dataset)]
            psnr, ssim = (np.array([r[key] for r in mine]) for key in ("psnr", "ssim"))
            errors = 10 * np.log10(1 - ssim)  # of SSIM's distance from 1, as PSNR is of the error
            left = errors - np.polyval(np.polyfit(psnr, errors, 2), psnr)
            worst = mine[int(np.abs(left).argmax())]["method"]
            assert np.abs(left).max() < 0.25, (worst, scale, dataset, left)


def test_the_best_networks_pass_the_marks_that_the_benchmark_chapter_names():
    """dB on Set5, of single answers: without the self-ensemble."""
    rows = [
        row
        for row in benchmark.results("benchmark")
        if row["dataset"] == "Set5" and "+" not in row["method"]
    ]
    for scale, mark in ((2, 37.1), (3, 33.2), (4, 30.9)):
        assert max(row["psnr"] for row in rows if row["scale"] == scale) >= mark


def test_the_minutes_that_the_benchmark_chapter_names_are_in_the_records():
    with open(weights.SHIPPED / "standard-x3-first.csv", newline="") as file:
        first = next(
            float(line["seconds"]) / 60 for line in csv.DictReader(file) if line["step"] == "1000"
        )
    assert first == pytest.approx(14, abs=0.5)
    assert first + weights.record("standard-x3")["minutes"] == pytest.approx(40, abs=0.5)
    assert weights.record("standard-x4")["minutes"] == pytest.approx(16, abs=0.5)


@pytest.mark.parametrize(
    ("question", "arm", "reference"),
    [
        ("skip", "added", "concatenated"),
        ("skip", "added", "none"),
        ("authors", "complete", "without-feedback"),
        ("authors", "complete", "with-relu"),
        ("start", "recursion-identity", "he"),
    ],
)
def test_what_the_benchmark_chapter_says_of_each_seed_holds_for_each(question, arm, reference):
    runs = seeds_of(question, "validation_psnr")
    assert len(runs[arm]) >= 3 and set(runs[arm]) == set(runs[reference])
    assert all(runs[arm][seed] > runs[reference][seed] for seed in runs[arm])


def test_nine_recursions_are_ahead_or_behind_as_the_seed_wants_it():
    runs = seeds_of("recursions", "validation_psnr")
    assert {runs["d9"][seed] > runs["d5"][seed] for seed in runs["d5"]} == {True, False}


def test_skip_and_wiring_alone_do_not_explain_the_distance_to_the_paper():
    """Evidence against the hypothesis of the benchmark chapter: if it goes, so must the text."""
    (theirs,) = (
        row["psnr"]
        for row in benchmark.results("quoted")
        if (row["method"], row["dataset"]) == ("deeply-recursive-cnn-tf", "Set5")
    )
    rows = benchmark.results("benchmark")
    ours = next(
        row["psnr"] for row in rows if (row["method"], row["dataset"]) == ("standard-x2", "Set5")
    )
    assert ours - (theirs - 0.02) < 0.05


def test_what_a_decibel_costs_as_the_benchmark_chapter_says():
    ours, theirs = (benchmark.costs(benchmark.results(name)) for name in ("benchmark", "quoted"))

    def step(points, cheap, dear):
        (less, low), (more, high) = points[cheap], points[dear]
        return more / less, high - low

    for cheap, dear in (("c-dcscn-x2", "compact-x2"), ("compact-x2", "standard-x2")):
        times, gain = step(ours, cheap, dear)
        assert 14.5 < times < 15.5 and 0.1 < gain < 0.2
    times, gain = step(theirs, "SMFANet", "DRCN")
    assert 400 < times < 500 and gain < -0.3
    assert "DRCN" not in benchmark.frontier(theirs)


def test_going_on_gained_nothing_as_the_benchmark_chapter_says():
    with open(weights.SHIPPED / "standard-x2-more.csv", newline="") as file:
        log = list(csv.DictReader(file))
    best, before = (
        max(float(row["psnr"]) for row in log),
        weights.record("standard-x2")["validation_psnr"]["psnr"],
    )
    assert (f"{best:.2f}", f"{before:.2f}") == ("31.12", "31.13")
    assert (log[-1]["step"], round(float(log[-1]["seconds"]) / 60)) == ("4200", 79)


def test_what_chapter_1_says_of_the_rule_for_reading_tables():
    rows = {
        (row["method"], row["change"]): row["psnr"]
        for row in benchmark.results("ladder")
        if row["dataset"] == "Set5"
    }

    def moved(method, change):
        return round(rows[method, change] - rows[method, "the protocol"], 2)

    assert [moved(method, "border not cut") for method in ("bicubic", "compact-x2")] == [0, -0.08]
    assert [moved(method, "bicubic in 8-bit RGB") for method in ("bicubic", "compact-x2")] == [
        -0.02,
        -0.13,
    ]


def test_the_share_of_a_patch_near_its_border_that_chapter_5_names():
    reach = preset("compact", "authors").receptive_field // 2
    assert [round(100 * (1 - ((side - 2 * reach) / side) ** 2)) for side in (41, 64)] == [87, 65]


def test_what_chapter_9_says_of_a_conversion_with_correct_rounding():
    colours = np.random.default_rng(0).integers(0, 256, (100, 100, 3), "uint8").astype(float)
    matrix = np.array(
        [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]]
    )  # JFIF
    there = np.clip(np.round(colours @ matrix.T + [0, 128, 128]), 0, 255)
    back = np.clip(np.round((there - [0, 128, 128]) @ np.linalg.inv(matrix).T), 0, 255)
    apart = np.abs(back - colours).max(axis=-1)
    assert apart.max() == 1 and (apart > 0).mean() == pytest.approx(0.75, abs=0.01)


# Ablations


def test_every_arm_is_a_network_and_a_recipe_and_differs_from_its_neighbours():
    questions = ablate.questions()
    assert {
        "supervision",
        "skip",
        "start",
        "wiring",
        "sharing",
        "recursions",
        "output",
        "floor",
    } <= set(questions)
    past = {"mean-of-weights"}  # of an option that is gone: only its row and its log are left
    for name, arms in questions.items():
        present = [made for arm, made in arms.items() if arm not in past]
        made = [(network, Recipe.from_dict(recipe)) for network, recipe in present]
        assert len(set(made)) == len(made) > 1, name
    assert all(
        "question" in section
        for name, section in tomllib.loads(
            (ROOT / "data/ablations/ablations.toml").read_text()
        ).items()
        if name != "base"
    )


def test_ablate_resumes_shares_runs_and_repeats_close_arms(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "pictures"
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (16, 16), dtype="uint8")
    Image.fromarray(noise).resize((48, 48)).save(folder / "noise.png")
    monkeypatch.setattr(
        datasets, "validation_split", lambda split: {"one/coffee": datasets.photographs()["coffee"]}
    )
    monkeypatch.setattr(ablate, "ROOT", tmp_path)
    monkeypatch.setattr(ablate, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(ablate, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(ablate, "DATASET", folder)
    monkeypatch.setattr(ablate, "CLOSE", 100.0)
    monkeypatch.setattr(ablate, "SEEDS", 2)
    recipe = {
        "train_set": str(folder),
        "patch": 16,
        "batch": 2,
        "steps": 2,
        "interval": 2,
        "precision": "float32",
    }
    net = NetworkConfig(filters=4, recursions=1)
    monkeypatch.setattr(
        ablate, "questions", lambda: {"one": {"a": (net, recipe), "same": (net, recipe)}}
    )
    ablate.main([])
    rows = benchmark.read(tmp_path / "results" / "ablations.csv")
    assert [(row["arm"], row["seed"]) for row in rows] == [
        ("a", "0"),
        ("same", "0"),
        ("a", "1"),
        ("same", "1"),
    ]
    assert rows[0]["psnr"] == rows[1]["psnr"] != rows[2]["psnr"] == rows[3]["psnr"]
    runs = list((tmp_path / "runs" / "ablations").iterdir())
    assert len(runs) == 2 and all(json.loads((run / "run.json").read_text()) for run in runs)
    assert len(list((tmp_path / "logs").iterdir())) == 4
    capsys.readouterr()
    ablate.main([])
    assert (
        capsys.readouterr().out == ""
        and benchmark.read(tmp_path / "results" / "ablations.csv") == rows
    )


def test_shipped_ablations_are_those_of_the_configuration():
    rows = benchmark.read(tables.RESULTS / "ablations.csv")
    assert rows, "data/results/ablations.csv is missing: python -m project.ablate"
    questions = ablate.questions()
    for arm in rows:
        network, recipe = questions[arm["question"]][arm["arm"]]
        assert int(arm["parameters"]) == network.parameters
        with open(
            ablate.LOGS / f"{arm['question']}-{arm['arm']}-{arm['seed']}.csv", newline=""
        ) as file:
            log = list(csv.DictReader(file))
        assert int(log[-1]["step"]) == recipe["steps"]
        assert max(float(line["psnr"]) for line in log) == pytest.approx(
            float(arm["validation_psnr"]), abs=6e-4
        )
    for question in {row["question"] for row in rows}:
        assert {row["arm"] for row in rows if row["question"] == question} == set(
            questions[question]
        )


def seeds_of(question, column="psnr"):
    """{arm: {seed: value}} of a shipped question."""
    found = {}
    for row in benchmark.read(tables.RESULTS / "ablations.csv"):
        if row["question"] == question:
            found.setdefault(row["arm"], {})[row["seed"]] = float(row[column])
    return found


def test_arms_close_to_the_reference_have_all_their_seeds():
    wanted = {str(seed) for seed in range(ablate.SEEDS)}
    shipped = {row["question"] for row in benchmark.read(tables.RESULTS / "ablations.csv")}
    for question in sorted(shipped - ablate.ONCE - set(ablate.HEADLINES)):
        runs, reference = seeds_of(question), next(iter(ablate.questions()[question]))
        close = [arm for arm in runs if abs(runs[arm]["0"] - runs[reference]["0"]) < ablate.CLOSE]
        for arm in close if len(close) > 1 else []:
            assert set(runs[arm]) == wanted, (question, arm)


@pytest.mark.parametrize("question", ablate.HEADLINES)
def test_headlines_have_all_their_seeds(question):
    wanted = {str(seed) for seed in range(ablate.HEADLINES[question])}
    assert {arm: set(runs) for arm, runs in seeds_of(question).items()} == dict.fromkeys(
        ablate.questions()[question], wanted
    )


def test_depth_gains_up_to_five_recursions():
    """What the ledger says, on the validation pictures, over the seeds that both depths have."""
    runs = seeds_of("recursions", "validation_psnr")

    def gain(shallow, deep):
        return np.mean(
            [
                runs[deep][seed] - runs[shallow][seed]
                for seed in set(runs[shallow]) & set(runs[deep])
            ]
        )

    assert gain("d1", "d3") > 0 and gain("d3", "d5") > 0 and abs(gain("d5", "d9")) < 0.05


def test_what_the_training_chapter_says_of_the_trials():
    runs = {arm: seeds["0"] for arm, seeds in seeds_of("trials", "validation_psnr").items()}
    cost = {arm: runs["chosen"] - psnr for arm, psnr in runs.items()}
    assert all(abs(cost[arm]) <= 0.1 for arm in ("rate-2e-3", "rate-8e-3"))
    assert all(
        abs(cost[arm]) < 0.05
        for arm in ("alpha-to-0", "alpha-falls-throughout", "mean-of-weights", "charbonnier")
    )
    assert cost["no-warm-up"] == pytest.approx(0.85, abs=0.005) and cost["sgd-01"] > 1
    assert cost["4-patches-4800-steps"] == pytest.approx(0.06, abs=0.005)
    assert (
        cost["64-patches-300-steps"] == pytest.approx(0.22, abs=0.005) and cost["rate-1e-3"] > 0.2
    )
    same = seeds_of("authors", "validation_psnr")["complete"].values()
    assert max(same) - min(same) == pytest.approx(0.04, abs=0.005)
    rows = {
        row["arm"]: row for row in benchmark.results("ablations") if row["question"] == "trials"
    }
    fifth = {arm: float(row["outputs"].split()[4]) for arm, row in rows.items()}
    assert (fifth["alpha-to-0"], fifth["chosen"]) == pytest.approx((35.2, 36.1), abs=0.05)
    assert cost["rate-8e-3"] <= 0
    held_out = {}
    for row in benchmark.results("ablations"):
        if row["question"] != "batch":  # whose trainings are a quarter as long and less
            arm = held_out.setdefault((row["question"], row["arm"]), [])
            arm.append(float(row["validation_psnr"]))
    spreads = [max(runs) - min(runs) for runs in held_out.values() if len(runs) == 3]
    assert max(spreads) == pytest.approx(0.4, abs=0.02)
