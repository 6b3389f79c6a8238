from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "VicinfoError",
    "__version__",
    "audit",
    "bound",
    "entropy",
    "evaluate",
    "information",
    "law_names",
    "law_sample",
    "law_truth",
    "measure",
]
__version__: str

class VicinfoError(ValueError):
    kind: str

def entropy(x: ArrayLike, estimator: str = ...) -> float: ...
def information(x: ArrayLike, y: ArrayLike, estimator: str = ...) -> float: ...
def measure(x: ArrayLike, diagnostic: str = ...) -> float: ...
def evaluate(
    z1: ArrayLike, z2: ArrayLike, objective: str = ...
) -> tuple[float, dict[str, tuple[float, float]], tuple[NDArray[np.float64], NDArray[np.float64]]]: ...
def audit(
    z1: ArrayLike,
    z2: ArrayLike,
    labels: ArrayLike | None = ...,
    images: tuple[ArrayLike, ArrayLike] | None = ...,
    name: str = ...,
    seed: int = ...,
) -> tuple[dict[str, Any], str]: ...
def bound(
    features: ArrayLike,
    labels: ArrayLike,
    positives: tuple[ArrayLike, ArrayLike, ArrayLike] | None = ...,
    held_out: tuple[ArrayLike, ArrayLike] | None = ...,
    norm: float | None = ...,
    delta: float = ...,
) -> dict[str, Any]: ...
def law_names() -> list[str]: ...
def law_truth(name: str) -> tuple[str, list[int], str, list[float]]: ...
def law_sample(name: str, n: int, seed: int) -> list[NDArray[np.float64]]: ...
