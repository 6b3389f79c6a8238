"""Laws whose entropy or information is known."""

from __future__ import annotations

from typing import NamedTuple

import numpy as _np
from numpy.typing import NDArray

from ._vicinfo import law_names, law_sample, law_truth

__all__ = ["Law", "law", "names"]


class Law(NamedTuple):
    """A law with what is known of it."""

    name: str
    quantity: str
    """``"entropy"`` or ``"information"``."""
    dims: tuple[int, ...]
    """Dimension of the points, or of both halves of the pairs."""
    known: str
    """``"exact"``, ``"between"`` (two bounds) or ``"monte_carlo"`` (value and standard error)."""
    truth: tuple[float, ...]
    """The numbers, in nats."""

    def sample(self, n: int, seed: int = 1) -> NDArray[_np.float64] | tuple[NDArray[_np.float64], NDArray[_np.float64]]:
        """``n`` points, shape (n, d), or a tuple of both halves of ``n`` pairs, shapes (n, p) and (n, q). One seed gives one sample."""
        drawn = law_sample(self.name, n, seed)
        if self.quantity == "entropy":
            return drawn[0]
        first, second = drawn
        return first, second


def names() -> list[str]:
    """The laws of the catalogue; families take other numbers, too, as ``"gaussian-8"``."""
    return law_names()


def law(name: str) -> Law:
    """The law of a name."""
    quantity, dims, known, truth = law_truth(name)
    return Law(name, quantity, tuple(dims), known, tuple(truth))
