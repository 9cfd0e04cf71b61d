"""Weights on disk: safetensors files (no pickle) whose header says which network they belong to.

The repository's own weights lie in `drcn_book/shipped/`, each with a JSON record: how it was made,
what it reaches, and the sha256 that is checked before it is used.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from ._keras import keras
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
    """Save named arrays and a JSON-able header as one safetensors file, atomically, with a checksum
    of both.
    """
    tensors = {name: np.asarray(value, order="C") for name, value in tensors.items()}
    header = {**header, "sha256": _digest(tensors, header)}
    write_atomically(path, save(tensors, {key: json.dumps(value) for key, value in header.items()}))


def read_tensors(path: str | Path) -> tuple[dict[str, np.ndarray], dict]:
    """Arrays and header of a file written by `write_tensors`.

    WeightsError if missing, damaged, or another format.
    """
    path = Path(path)
    if not path.is_file():
        raise WeightsError(
            f"{path}: no such weights file. Shipped weights: {', '.join(shipped()) or 'none'}."
        )
    try:
        with safe_open(path, "numpy") as file:
            names, text = file.keys(), file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in names}
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
    """The arrays of the Keras variables by their names (paths); WeightsError names a missing or
    misshapen one.
    """
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
    """Give each Keras variable the array of its name; all, or none where `fitting` raises."""
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
    """The record of shipped weights, as `ship` wrote it.

    WeightsError if there are none of that name.
    """
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


def trained_on_damage(name: str) -> bool:
    """Whether weights are shipped ones for real pictures, which were damaged in training."""
    return name in shipped() and record(name).get("recipe", {}).get("damage") == "real"


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
