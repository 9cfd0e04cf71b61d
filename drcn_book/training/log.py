"""What a run writes about itself: run.json, log.csv, and the same for TensorBoard."""

import contextlib
import json
import logging
import shlex
import shutil
import sys
import time
from pathlib import Path

from .._keras import backend, hardware, keras, ops
from ..errors import StorageError
from ..files import write_atomically, write_csv
from .checkpoint import sets


def _header(run, machine):
    header = {
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "network": run.config.to_dict(),
        "recipe": run.recipe.to_dict(),
        "start": str(run.start) if run.start else None,
        **machine,
        "keras": keras.__version__,
        "training_pictures": run.pictures,
        "validation_pictures": len(run.validation.y),
        "validation_set": sets(run.held_out),
        "validation_bicubic": run.validation.bicubic,
    }
    if run.started:
        parts = ("taken", "widened", "fresh")
        header["start_tensors"] = {part: getattr(run.started, part) for part in parts}
    return header


def write_record(run, resumed: bool) -> None:
    """Write run.json: how the run was begun, and each machine that it ran on.

    Where a run is resumed, the header of its first command stays as it is, unless it was lost.
    """
    path = run.folder / "run.json"
    machine = {
        "hardware": hardware(),
        "backend": backend,
        "devices": run.team.devices,
        "precision": run.precision,
    }
    header = _header(run, machine)
    if resumed:
        with contextlib.suppress(OSError, ValueError):
            header = json.loads(path.read_text("utf-8"))
    # Records from before there was a list name the first machine only.
    first = {name: header[name] for name in machine if name in header}
    machines = header.get("machines", [first])
    if not any(known.items() <= machine.items() for known in machines):
        machines = [*machines, machine]
    content = json.dumps({**header, "machines": machines}, indent=1)
    write_atomically(path, content.encode())


def row(run, losses, patches_per_second, ensemble, recursions, undamaged=None) -> dict:
    """The line of log.csv that ends an interval: its mean losses and the PSNRs (dB) after it.

    recursions: of each; undamaged: the ensemble's on undamaged pictures, where damage is learnt.
    """
    return {
        "step": run.step,
        "seconds": round(run.seconds, 1),
        **losses,
        "alpha": float(run.trainer.alpha(run.step)),
        "learning_rate": float(ops.convert_to_numpy(run.trainer.optimizer.learning_rate)),
        "patches_per_second": round(patches_per_second, 1),
        "psnr": ensemble,
        **{f"psnr_{d}": value for d, value in enumerate(recursions, 1)},
        **({} if undamaged is None else {"undamaged_psnr": undamaged}),
    }


class LogFiles:
    """log.csv and TensorBoard's file of a run, brought into step with the rows so far."""

    def __init__(self, folder: Path, network: keras.Model, rows: list[dict]):
        self.path = folder / "log.csv"
        if rows:  # a run stopped right after its checkpoint has not written the last one
            write_csv(self.path, rows)
        self.tensorboard = TensorBoard(folder / "tensorboard", network, rows)

    def write(self, rows: list[dict]) -> None:
        """Write all rows, the last of which is new."""
        write_csv(self.path, rows)
        self.tensorboard.add(rows[-1])


class TensorBoard:
    """Rows and the network's graph, as TensorBoard reads them; nothing where it is missing."""

    def __init__(self, folder: Path, network: keras.Model, rows: list[dict]):
        try:
            from tensorboard.compat.proto.event_pb2 import Event
            from tensorboard.compat.proto.summary_pb2 import Summary
            from tensorboard.plugins.graph.keras_util import keras_model_to_graph_def
            from tensorboard.summary.writer.record_writer import RecordWriter
        except ImportError:
            self.add = lambda row: None
            return
        # The converter warns of each mixed number type.
        logging.getLogger("tensorboard").setLevel(logging.ERROR)
        self._Event, self._Summary, self._Writer = Event, Summary, RecordWriter
        # A killed run may have written rows after its checkpoint, and they cannot be taken back.
        shutil.rmtree(folder, ignore_errors=True)
        self._path = folder / f"events.out.tfevents.{int(time.time())}"
        # The converter reads no dictionaries, so it is given a list of the outputs.
        outputs = keras.Model(network.input, list(network.output.values()))
        graph = keras_model_to_graph_def(json.loads(outputs.to_json()))
        self._write(file_version="brain.Event:2")
        self._write(graph_def=graph.SerializeToString())
        for row in rows:
            self.add(row)

    def _write(self, **event):
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with open(self._path, "ab") as file:
                self._Writer(file).write(
                    self._Event(wall_time=time.time(), **event).SerializeToString()
                )
        except OSError as error:
            raise StorageError(f"{self._path}: cannot be written ({error.strerror}).") from None

    def add(self, row: dict) -> None:
        values = [
            self._Summary.Value(tag=name.replace("psnr_", "psnr/"), simple_value=value)
            for name, value in row.items()
            if name != "step"
        ]
        self._write(step=row["step"], summary=self._Summary(value=values))
