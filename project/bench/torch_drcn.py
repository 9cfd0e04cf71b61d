"""The same network in plain PyTorch, with this project's weights: the peer that the benchmarks
time.
"""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from torch import nn
from torch.nn import functional

from drcn_book.config import NetworkConfig


class DRCN(nn.Module):
    """Luma x (batch, 1, h, w), 0..1, in the wiring of the paper or of its authors' code.

    path: a weights file of this project, whose skip connection is "add".
    """

    def __init__(self, path: str | Path):
        super().__init__()
        with safe_open(path, "numpy") as file:
            self.config = config = NetworkConfig.from_dict(json.loads(file.metadata()["config"]))
            names = file.keys()
            tensors = {name: file.get_tensor(name).astype("float32") for name in names}
        if (
            config.skip != "add"
            or config.output_relu
            or config.residual
            or config.fold > 1
            or config.consistent
            or not (config.shared and config.ensemble)
        ):
            raise ValueError(
                f"{path}: this peer knows the wirings of the paper and of its authors only."
            )
        for name in (
            "embedding_1",
            "embedding_2",
            "recursion",
            "reconstruction_1",
            "reconstruction_2",
        ):
            kernel = np.ascontiguousarray(tensors[f"{name}/kernel"].transpose(3, 2, 0, 1))
            layer = nn.Conv2d(kernel.shape[1], kernel.shape[0], 3, padding=1)
            layer.weight.data, layer.bias.data = (
                torch.from_numpy(kernel),
                torch.from_numpy(tensors[f"{name}/bias"]),
            )
            setattr(self, name, layer)
        self.w = nn.Parameter(torch.from_numpy(tensors["ensemble/w"]))

    def embed(self, x):
        x = x.to(self.embedding_1.weight.dtype)
        return functional.relu(self.embedding_2(functional.relu(self.embedding_1(x))))

    def recur(self, H):
        """H_{d-1} -> what the next recursion takes, and H_{D+1} of this one."""
        H = functional.relu(self.recursion(H))
        hidden = self.reconstruction_1(H)
        if self.config.reconstruction_relu:
            hidden = functional.relu(hidden)
        return (hidden if self.config.feedback else H), hidden

    def forward(self, x):
        """Every recursion's output (batch, D, h, w) and the ensemble (batch, 1, h, w), float32, for
        training.
        """
        H, outputs = self.embed(x), []
        for _ in range(self.config.recursions):
            H, hidden = self.recur(H)
            outputs.append(self.reconstruction_2(hidden))
        recursions = x + torch.cat(outputs, 1).float()
        return recursions, (self.w[:, None, None] * recursions).sum(1, keepdim=True)

    @torch.inference_mode()
    def ensemble(self, x):
        """The ensemble alone, by this project's way to compute it: one last convolution instead of
        D.
        """
        H, w = self.embed(x), self.w.tolist()
        total = None
        for w_d in w:
            H, hidden = self.recur(H)
            total = w_d * hidden if total is None else total.add_(hidden, alpha=w_d)
        last = self.reconstruction_2
        return (
            sum(w) * x
            + functional.conv2d(total, last.weight, sum(w) * last.bias, padding=1).float()
        )
