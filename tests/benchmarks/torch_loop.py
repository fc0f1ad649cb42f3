"""The same training in PyTorch, eager, as its tutorial writes it, to measure against."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class TorchLoop:
    """Weights [targets, sources] and biases of each layer, trained by PyTorch on one thread."""

    def __init__(
        self,
        torch: Any,
        weights: list[NDArray[np.float64]],
        biases: list[NDArray[np.float64]],
        x: NDArray[np.float64],
        t: NDArray[np.float64],
        rate: float,
    ) -> None:
        torch.set_num_threads(1)
        layers: list[Any] = []
        for w, b in zip(weights, biases, strict=True):
            layer = torch.nn.Linear(w.shape[1], w.shape[0], dtype=torch.float64)
            with torch.no_grad():
                layer.weight.copy_(torch.from_numpy(w.copy()))
                layer.bias.copy_(torch.from_numpy(b.copy()))
            layers += [layer, torch.nn.Tanh()]
        self.model = torch.nn.Sequential(*layers[:-1])
        self._optimizer = torch.optim.SGD(self.model.parameters(), lr=rate)
        self._x, self._t = torch.from_numpy(x.copy()), torch.from_numpy(t.copy())

    def train(self, steps: int) -> None:
        """Do `steps` iterations."""
        for _ in range(steps):
            self._optimizer.zero_grad()
            loss = (0.5 * (self.model(self._x) - self._t) ** 2).sum() / len(self._x)
            loss.backward()
            self._optimizer.step()

    @property
    def first_weights(self) -> NDArray[np.float64]:
        """The weights of the first layer."""
        return np.asarray(self.model[0].weight.detach().numpy())
