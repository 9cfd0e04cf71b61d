"""Training by cycles: each goes on from the best so far; a finished one is not trained again."""

import os
import tomllib

import pytest

from drcn_book.config import Recipe, preset
from drcn_book.files import write_csv
from project import cycles


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """Cycles whose runs only note how they were begun; `gains` is what each one reaches."""
    noted, gains = [], iter((30.0, 30.5, 30.6, 30.61))

    class Run:
        def __init__(self, network, recipe, folder, start):
            noted.append((folder.name, recipe.steps, start, recipe.learning_rate))
            self.folder, self.recipe, self.step = folder, recipe, 0

        def train(self, max_minutes):
            self.best, self.step = next(gains), self.recipe.steps
            self.folder.mkdir(parents=True)
            write_csv(self.folder / "log.csv", [{"step": self.step, "psnr": self.best}])

    (tmp_path / "plan.toml").write_text(
        "[recipe]\nlearning_rate = 0.004\n[later]\nlearning_rate = 0.002\n"
        '[one]\npreset = "small"\nscale = 2\nsteps = 100\nstart = "other"\n'
    )
    monkeypatch.setattr(cycles, "RUNS", tmp_path)
    monkeypatch.setattr(cycles, "Run", Run)
    return noted


def test_cycles_double_go_on_from_the_best_and_end(trained, tmp_path, capsys):
    cycles.main("one")
    best = [
        os.path.relpath(tmp_path / "one" / str(cycle) / "best.safetensors") for cycle in (1, 2, 3)
    ]
    assert trained == [
        ("1", 100, "other", 0.004),
        ("2", 100, best[0], 0.002),
        ("3", 200, best[1], 0.002),
        ("4", 400, best[2], 0.002),
    ]
    assert "it gained 0.010 dB, less than 0.02: done." in capsys.readouterr().out


def test_a_finished_cycle_is_read_from_its_log(trained, tmp_path, capsys):
    cycles.main("one", cycles=2)
    cycles.main("one", cycles=3)
    assert [name for name, *_ in trained] == ["1", "2", "3"]
    assert trained[2][2] == os.path.relpath(tmp_path / "one" / "2" / "best.safetensors")
    assert "cycle 2 of 100 steps reached 30.500 dB" in capsys.readouterr().out


def test_the_plan_is_one_of_presets_and_recipes():
    plan = tomllib.loads((cycles.RUNS / "plan.toml").read_text())
    shared = {name: plan.pop(name) for name in ("recipe", "later")}
    assert len(plan) == 12
    for name, entry in plan.items():
        network = preset(entry["preset"], "authors", scale=entry["scale"])
        damaged = entry.get("recipe", {}).get("damage") == "real"
        assert name == f"{'real' if damaged else entry['preset']}-x{network.scale}"
        if damaged:  # from the same network's weights for undamaged pictures
            assert entry["start"] == f"{entry['preset']}-x{network.scale}"
        for later in ({}, shared["later"] | entry.get("later", {})):
            Recipe.from_dict({**shared["recipe"], **entry.get("recipe", {}), **later})
