"""Checks the information theory of self-supervised learning by computing it.

Arrays hold points as rows. Entropies and informations are in nats. What cannot be computed raises
:class:`VicinfoError`, whose text has the numbers; nothing is clipped, floored or jittered.
"""

from __future__ import annotations

import json as _json
from pathlib import Path as _Path
from typing import Any, NamedTuple

import numpy as _np
from numpy.typing import ArrayLike, NDArray

from . import laws
from ._vicinfo import VicinfoError, __version__
from ._vicinfo import audit as _audit
from ._vicinfo import bound as _bound
from ._vicinfo import entropy as _entropy
from ._vicinfo import evaluate as _evaluate
from ._vicinfo import information as _information
from ._vicinfo import measure as _measure

__all__ = [
    "Audit",
    "Bound",
    "Evaluation",
    "VicinfoError",
    "__version__",
    "audit",
    "bound",
    "diagnostic",
    "entropy",
    "information",
    "laws",
    "objective",
]


class Evaluation(NamedTuple):
    """Value of an objective, its terms and its gradient."""

    value: float
    """The weighted sum of the terms."""
    terms: dict[str, tuple[float, float]]
    """Weight and value of each term by name."""
    gradient: tuple[NDArray[_np.float64], NDArray[_np.float64]]
    """Derivatives with respect to both views, each of shape (n, d)."""


class Audit:
    """What the theory has to say about the embeddings of two views."""

    def __init__(self, content: dict[str, Any], page: str) -> None:
        self._content = content
        self._page = page

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain objects: ``name``, ``n``, ``dim``, ``labelled``, ``images``, ``collapsed``, ``collapsed_view``,
        ``version``, ``seed``, ``sections``."""
        return self._content

    def to_html(self) -> str:
        """The report as one page that needs no other file."""
        return self._page

    @property
    def collapsed(self) -> bool:
        """Whether a view has collapsed to a point."""
        return bool(self._content["collapsed"])

    def reading(self, section: str, name: str) -> dict[str, Any]:
        """One number with ``value``, ``std_error``, ``unit``, ``side``, ``points``, ``about``, ``missing``.

        Raises :class:`KeyError` where there is none of that name.
        """
        for part in self._content["sections"]:
            if part["id"] == section:
                reading: dict[str, Any]
                for reading in part["readings"]:
                    if reading["name"] == name:
                        return reading
        raise KeyError(f"no {name} in the section {section}")

    def save(self, folder: str | _Path) -> None:
        """Writes ``audit.html`` and ``audit.json``, which ``vicinfo audit --compare`` reads."""
        folder = _Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in (("audit.json", _json.dumps(self._content, indent=2) + "\n"), ("audit.html", self._page)):
            draft = folder / f"{name}.partial"
            draft.write_text(text, encoding="utf-8")
            draft.replace(folder / name)

    def __repr__(self) -> str:
        return f"<vicinfo.Audit {self._content['name']!r}: {self._content['n']} pairs in {self._content['dim']} dimensions>"


class Bound(NamedTuple):
    """The bound on the downstream risk and certificates; ``None`` for what was not given.

    Risks are mean Euclidean distances from the one-hot classes, between 0 and, for predictions in the simplex, the square root of 2.
    """

    norm: float
    """The norm that no feature exceeds, in the units of the features."""
    residual: float
    """Root mean square distance of the fit from the one-hot classes, as a risk."""
    rank: int
    """Rank of the features."""
    weight_norm: float
    """Frobenius norm of the fitted weights, per unit of the features."""
    terms: dict[str, float | None] | None = None
    """The terms of the bound, each in the units of the risk."""
    total: float | None = None
    """Their sum."""
    failure: float | None = None
    """Probability with which the bound may fail."""
    held_out_risk: float | None = None
    """Mean distance from the one-hot classes on the held-out points."""
    held_out_errors: int | None = None
    """Held-out points that the fit gets wrong."""
    risk_certificate: float | None = None
    """Empirical Bernstein bound on the expected distance."""
    error_certificate: float | None = None
    """Clopper-Pearson bound on the probability of an error."""


def entropy(x: ArrayLike, estimator: str = "kozachenko_leonenko(k=3)") -> float:
    """Differential entropy in nats of the law of the rows of ``x``, shape (n, d).

    ``estimator`` is a name as ``vicinfo list`` prints it, with parameters: ``"gaussian"``, ``"kozachenko_leonenko(k=5,norm=max)"``.
    Its reasons to read the value with care, such as repeated values or many dimensions, are a ``UserWarning`` each.
    """
    return _entropy(x, estimator)


def information(x: ArrayLike, y: ArrayLike, estimator: str = "ksg1(k=3)") -> float:
    """Mutual information in nats of the rows of ``x``, shape (n, p), and ``y``, shape (n, q).

    Warns as :func:`entropy`.
    """
    return _information(x, y, estimator)


def diagnostic(x: ArrayLike, diagnostic: str = "rankme()") -> float:
    """A number about the rows of ``x``, shape (n, d), that is no entropy: a rank, a spectrum, a distance from the Gaussian.

    In dimensions for ranks, in nats for entropies, log-determinants, their slack and total correlation, a pure number elsewhere.
    """
    return _measure(x, diagnostic)


def objective(z1: ArrayLike, z2: ArrayLike, objective: str = "vicreg()") -> Evaluation:
    """A self-supervised objective of two views, shape (n, d) each, that is minimised: value, terms and gradient.

    Weighted sums are objectives, too: ``"vicreg(covariance=0) + 0.5*log_det(epsilon=0.01)"``.
    """
    return Evaluation(*_evaluate(z1, z2, objective))


def audit(
    z1: ArrayLike,
    z2: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    images: tuple[ArrayLike, ArrayLike] | None = None,
    name: str = "embedding",
    seed: int = 1,
) -> Audit:
    """What the theory has to say about embeddings ``z1`` and ``z2`` of two views, shape (n, d) each.

    ``labels``: a class for each row, shape (n,) or (n, 1), whole numbers or texts. ``images``: both views of what was embedded,
    shape (n, p) each, for a baseline of random projections. ``seed`` decides which pairs slow methods get, Gaussian twins and projections.
    """
    return Audit(*_audit(z1, z2, labels, images, name, seed))


def bound(
    features: ArrayLike,
    labels: ArrayLike,
    *,
    positives: tuple[ArrayLike, ArrayLike, ArrayLike] | None = None,
    held_out: tuple[ArrayLike, ArrayLike] | None = None,
    norm: float | None = None,
    delta: float = 0.05,
) -> Bound:
    """The downstream bound of ``features``, shape (n, d), with ``labels``, shape (n,) or (n, 1), and certificates.

    ``positives``: two arrays of pairs, shape (m, d) each, independent points of one class, and their classes, shape (m,). ``held_out``:
    points that the fit has not seen, shape (k, d), and their classes, shape (k,). ``norm``: what no feature that can be drawn exceeds, in
    the units of the features; the largest seen where it is not given, which is an assumption. ``delta``: probability, between 0 and 1, with which each
    bound may fail. There must be two classes at least, among the points and among the pairs.
    """
    return Bound(**_bound(features, labels, positives, held_out, norm, delta))
