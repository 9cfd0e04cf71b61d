"""Weights on disk: safetensors files (no pickle) whose header says which network they belong to.

The repository's own weights lie in `drcn_book/shipped/`, each with a JSON record: how it was made, what it reaches,
and the sha256 that is checked before it is used.
"""

import csv
import hashlib
import json
import re
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from ._keras import hardware, keras
from .baselines import DCSCNConfig, SRCNNConfig
from .config import Config, NetworkConfig
from .errors import ConfigError, WeightsError
from .files import write_atomically

ARCHITECTURES = {
    config.architecture: config for config in (NetworkConfig, SRCNNConfig, DCSCNConfig)
}
SHIPPED = Path(__file__).parent / "shipped"


def _digest(tensors, header):
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name in sorted(tensors):
        digest.update(name.encode() + tensors[name].tobytes())
    return digest.hexdigest()


def write_tensors(path: Path, tensors: dict[str, np.ndarray], header: dict) -> None:
    """Save named arrays and a JSON-able header as one safetensors file, atomically, with a checksum of both."""
    tensors = {name: np.asarray(value, order="C") for name, value in tensors.items()}
    header = {**header, "sha256": _digest(tensors, header)}
    write_atomically(path, save(tensors, {key: json.dumps(value) for key, value in header.items()}))


def read_tensors(path: str | Path) -> tuple[dict[str, np.ndarray], dict]:
    """Arrays and header of a file written by `write_tensors`. WeightsError if missing, damaged, or another format."""
    path = Path(path)
    if not path.is_file():
        raise WeightsError(
            f"{path}: no such weights file. Shipped weights: {', '.join(shipped()) or 'none'}."
        )
    try:
        with safe_open(path, "numpy") as file:
            tensors, text = (
                {name: file.get_tensor(name) for name in file.keys()},
                file.metadata() or {},
            )
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise WeightsError(
            f"{path}: not a readable weights file ({error}); it may be truncated."
        ) from None
    try:
        header = {key: json.loads(value) for key, value in text.items()}
    except (ValueError, RecursionError):
        raise WeightsError(f"{path}: a safetensors file, but not one of this package.") from None
    if "sha256" in header and header.pop("sha256") != _digest(tensors, header):
        raise WeightsError(f"{path}: its content does not match its checksum; the file is damaged.")
    return tensors, header


def fitting(variables, tensors: dict[str, np.ndarray], source) -> dict[str, np.ndarray]:
    """The arrays of the Keras variables by their names (paths); WeightsError names a missing or misshapen one."""
    for variable in variables:
        value = tensors.get(variable.path)
        if value is None or tuple(value.shape) != tuple(variable.shape):
            found = (
                "is missing"
                if value is None
                else f"has shape {value.shape}, not {tuple(variable.shape)}"
            )
            raise WeightsError(
                f"{source}: {variable.path} {found}: the file does not fit this network."
            )
    return {variable.path: tensors[variable.path].astype(variable.dtype) for variable in variables}


def assign(variables, tensors: dict[str, np.ndarray], source) -> None:
    """Give each Keras variable the array of its name, all or, with an error as in `fitting`, none."""
    values = fitting(variables, tensors, source)
    for variable in variables:
        variable.assign(values[variable.path])


def save_weights(
    path: str | Path, network: keras.Model, config: Config, half: bool = False
) -> None:
    """Write a network's weights with its configuration; `half` stores float16."""
    tensors = {
        v.path: np.asarray(keras.ops.convert_to_numpy(v), "float16" if half else "float32")
        for v in network.weights
    }
    write_tensors(
        Path(path), tensors, {"architecture": config.architecture, "config": config.to_dict()}
    )


def shipped() -> list[str]:
    """Names of the weights that came with the package, such as "compact-x2"."""
    return sorted(path.stem for path in SHIPPED.glob("*.safetensors"))


def record(name: str) -> dict:
    """The record of shipped weights, as `ship` wrote it. WeightsError if there are none of that name."""
    path = SHIPPED / f"{name}.json"
    if name not in shipped():
        raise WeightsError(
            f"No shipped weights are called {name!r}: there is {', '.join(shipped()) or 'none'}."
        )
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"{path}: not a readable record ({error}); install the package again."
        ) from None


def ship(run: str | Path, name: str, half: bool = False) -> dict:
    """Make the best weights of a training run part of the package, under `name`; returns their record.

    Writes `shipped/NAME.safetensors`, its record `NAME.json` (network, recipe, command, steps, minutes, hardware,
    validation PSNR, sha256) and the run's log `NAME.csv`. half stores float16.
    WeightsError if the folder is no run with validated weights.
    """
    if not re.fullmatch(r"[\w.-]+", name) or name.startswith("."):
        raise WeightsError(f"{name!r} cannot be a name: use letters, digits, dots and dashes.")
    run = Path(run)
    try:
        made = json.loads((run / "run.json").read_text("utf-8"))
        log = (run / "log.csv").read_text("utf-8")
        rows = list(csv.DictReader(log.splitlines()))
        best = max(rows, key=lambda row: float(row["psnr"]))
    except (OSError, ValueError, KeyError) as error:
        raise WeightsError(
            f"{run}: not the folder of a training run with validated weights ({error})."
        ) from None
    network, config = load(run / "best.safetensors")
    path = SHIPPED / f"{name}.safetensors"
    save_weights(path, network, config, half)
    entry = {
        "name": name,
        "parameters": config.parameters,
        "network": config.to_dict(),
        "steps": int(best["step"]),
        "minutes": round(float(rows[-1]["seconds"]) / 60, 1),
        "validation_psnr": {
            key: round(float(value), 3) for key, value in best.items() if key.startswith("psnr")
        },
        "hardware": hardware(),
        **{key: value for key, value in made.items() if key != "network"},
        "command": re.sub(r"\S*/", "", made["command"]),
        "stored": "float16" if half else "float32",
        "bytes": path.stat().st_size,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "results": {},
    }
    write_atomically(SHIPPED / f"{name}.csv", log.encode())
    _write_record(entry)
    return entry


def add_results(name: str, results: dict) -> None:
    """Put test-set results, such as {"Set5": {"psnr": 36.9, "ssim": 0.95}}, into the record of shipped weights."""
    entry = record(name)
    entry["results"].update(results)
    _write_record(entry)


def _write_record(entry):
    write_atomically(
        SHIPPED / f"{entry['name']}.json", (json.dumps(entry, indent=1) + "\n").encode()
    )


def locate(name: str | Path) -> Path:
    """The file of shipped weights, its sha256 checked against the record, or the path as given."""
    if str(name) not in shipped():
        return Path(name)
    path = SHIPPED / f"{name}.safetensors"
    if hashlib.sha256(path.read_bytes()).hexdigest() != record(str(name)).get("sha256"):
        raise WeightsError(
            f"{path}: does not match the sha256 of its record; install the package again."
        )
    return path


def load(name: str | Path, dtype: str = "float32") -> tuple[keras.Model, Config]:
    """The network and configuration of shipped weights (by name) or of a weights file (by path).

    Raises WeightsError if there is none, it is damaged, or it fits no network of this package.
    """
    path = locate(name)
    tensors, header = read_tensors(path)
    try:
        config = ARCHITECTURES[header.get("architecture", "drcn")].from_dict(header["config"])
    except (KeyError, TypeError, AttributeError, ConfigError) as error:
        raise WeightsError(
            f"{path}: its header describes no network of this package ({error})."
        ) from None
    held = sum(value.size for value in tensors.values())
    if held != config.parameters:
        raise WeightsError(
            f"{path}: holds {held:,} weights, but its header describes a network of "
            f"{config.parameters:,}."
        )
    network = config.build(dtype)
    assign(network.weights, tensors, path)
    return network, config
