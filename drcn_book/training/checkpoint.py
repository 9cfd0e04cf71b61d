"""The file from which a run goes on, and whether it is of the very training that is asked for."""

import json
import zlib
from pathlib import Path

from ..config import Config, Recipe
from ..distribution import Team
from ..errors import ConfigError, WeightsError
from ..weights import write_tensors


def sets(names) -> str:
    """Which sets pictures called "set/stem" are from: "BSDS200+T91"."""
    return "+".join(sorted({name.split("/")[0] for name in names}))


def _refuse(path, name, was, now):
    raise WeightsError(
        f"{path} was made with {name} = {was!r}, not {now!r}: use the same options, or another "
        "--run folder."
    )


def _same(path, mine: dict, stored: dict, kind):
    for name in {**mine, **stored}:
        default = getattr(type(kind), name, None)  # of an option younger than the checkpoint
        was, now = stored.get(name, default), mine.get(name)
        gone = (
            name not in mine and not was
        )  # an option of former days, at the value that does nothing
        if not gone and (list(was) if isinstance(was, tuple) else was) != now:
            _refuse(path, name, was, now)


def refuse_another(
    path: Path, header: dict, config: Config, recipe: Recipe, held_out: list[str]
) -> None:
    """WeightsError unless the header is of a training of this network, recipe and validation set.

    Where the training pictures lie may differ: `refuse_other_pictures` looks at themselves.
    """
    if "recipe" not in header:
        raise WeightsError(
            f"{path} holds weights but no state of a training: choose another --run folder, and "
            "--start to begin from these weights."
        )
    architecture = header.get("architecture", "drcn")
    _same(
        path,
        {"architecture": config.architecture, **config.to_dict()},
        {"architecture": architecture, **header["config"]},
        config,
    )
    elsewhere = {"train_set": recipe.train_set} if "pictures" in header else {}
    _same(path, recipe.to_dict(), {**header["recipe"], **elsewhere}, recipe)
    there = header.get("held_out", held_out)  # the entry is younger than some checkpoints
    if there != held_out:
        raise WeightsError(
            f"{path} was validated on other pictures ({len(there)} of {sets(there)}) than are "
            f"here ({len(held_out)} of {sets(held_out)}), so its best PSNR would not compare: "
            "`drcn data fetch` them, or use another --run folder."
        )


def refuse_other_pictures(path: Path, header: dict, digest: str, train_set: str) -> None:
    """WeightsError if the training pictures are not those of the checkpoint, to the last pixel."""
    if header.get("pictures", digest) != digest:
        raise WeightsError(
            f"{path} was trained on other pictures than {train_set} has now: bring the same ones "
            "back, or use another --run folder."
        )


def refuse_other_workers(team: Team, config: Config, recipe: Recipe, digest: str) -> None:
    """ConfigError if another worker has other options or pictures; where they lie may differ."""
    told = {**recipe.to_dict(), "train_set": digest}
    options = json.dumps([config.architecture, config.to_dict(), told])
    if not team.alike(zlib.crc32(options.encode())):
        raise ConfigError(
            "The workers differ in their options or training pictures: start the same command "
            "with the same pictures on every worker."
        )


def write(run, tensors) -> None:
    """Write the checkpoint of a run whose variables have these values."""
    header = {
        "architecture": run.config.architecture,
        "config": run.config.to_dict(),
        "recipe": run.recipe.to_dict(),
        "precision": run.precision,
        "held_out": run.held_out,
        "pictures": run.digest,
        "best": run.best,
        "seconds": run.seconds,
        "log": run.log,
    }
    write_tensors(run.checkpoint, tensors, header)
