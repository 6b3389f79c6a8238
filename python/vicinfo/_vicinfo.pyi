from typing import Any

import numpy as np
from numpy.typing import NDArray

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

def entropy(x: Any, estimator: str = ...) -> float: ...
def information(x: Any, y: Any, estimator: str = ...) -> float: ...
def measure(x: Any, diagnostic: str = ...) -> float: ...
def evaluate(
    z1: Any, z2: Any, objective: str = ...
) -> tuple[float, dict[str, tuple[float, float]], tuple[NDArray[np.float64], NDArray[np.float64]]]: ...
def audit(
    z1: Any,
    z2: Any,
    labels: Any = ...,
    images: tuple[Any, Any] | None = ...,
    name: str = ...,
    seed: int = ...,
) -> tuple[dict[str, Any], str]: ...
def bound(
    features: Any,
    labels: Any,
    positives: tuple[Any, Any, Any] | None = ...,
    held_out: tuple[Any, Any] | None = ...,
    norm: float | None = ...,
    delta: float = ...,
) -> dict[str, Any]: ...
def law_names() -> list[str]: ...
def law_truth(name: str) -> tuple[str, list[int], str, list[float]]: ...
def law_sample(name: str, n: int, seed: int) -> list[NDArray[np.float64]]: ...
