"""The objectives of vicinfo in PyTorch, by the same names, and methods written as sums of them.

`Method("vicreg(covariance=0) + 0.5*log_det(epsilon=0.01)")` is a function of the embeddings of two views, to be
minimised: entropies enter with a minus sign. `x` and `y` are `n x d` tensors, rows are points. What a name means
is in the documentation of `vicinfo::objective`; `tests/suite/pytorch_example.rs` holds every value and gradient
of this file against it.

Nothing is clipped or padded: an embedding that has no value, such as a point of length zero, gives a loss that is
not finite, which `train.py` refuses.
"""

import inspect
import math
from functools import partial
from typing import Callable, Literal, get_args, get_origin

import numpy
import torch
import torch.nn.functional as F

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


# Names with parameters -----------------------------------------------------------------------------------------


def split(text, separator):
    """Splits at separators that stand outside of all parentheses."""
    parts, depth = [""], 0
    for c in text:
        depth += (c == "(") - (c == ")")
        if depth < 0:
            break
        if c == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += c
    if depth != 0:
        raise ValueError(f"'{text}': the parentheses do not match")
    return [part.strip() for part in parts]


def build(kind, known, text):
    """What `name(parameter=value,...)` stands for: the function of this name in `known` with its parameters.

    Parameters, their defaults and their types are those of the function's keywords; a trailing underscore does not
    belong to a name (`lambda` is a word of Python).
    """
    name, bracket, inside = text.strip().partition("(")
    if bracket and not inside.endswith(")"):
        raise ValueError(f"'{text}': write it as name or name(parameter=value,parameter=value)")
    if name not in known:
        raise ValueError(f"no {kind} '{name}': there are {', '.join(known)}")
    keywords = {
        key.rstrip("_"): keyword
        for key, keyword in inspect.signature(known[name]).parameters.items()
        if keyword.kind is keyword.KEYWORD_ONLY
    }
    values = {}
    for argument in filter(None, split(inside[:-1], ",")):
        key, equals, value = (part.strip() for part in argument.partition("="))
        if not equals or key not in keywords or keywords[key].name in values:
            raise ValueError(f"{name}: '{argument}' is not one value of {', '.join(keywords) or 'no parameters'}")
        values[keywords[key].name] = converted(f"{key} of {name}", value, keywords[key].annotation)
    for keyword in keywords.values():
        if keyword.annotation is Loss:
            values[keyword.name] = parse(values.get(keyword.name, keyword.default))
    return partial(known[name], **values)


def converted(what, text, kind):
    """A value of the type that a keyword is annotated with."""
    if get_origin(kind) is Literal:
        if text not in get_args(kind):
            raise ValueError(f"{what}: '{text}' is none of {', '.join(get_args(kind))}")
        return text
    if kind in (int, float):
        value = kind(text)
        if not (value >= 0 and math.isfinite(value)):
            raise ValueError(f"{what}: {text} is not a finite number, at least 0")
        return value
    # An objective, which `build` reads, or a text that the function reads itself.
    return text


def addends(text):
    """Weights and names of a sum: `2*byol() + log_det()`."""
    found = []
    for part in split(text, "+"):
        weight, star, name = part.partition("*")
        if star and "(" not in weight:
            found.append((float(weight), name.strip()))
        else:
            found.append((1.0, part))
        if not math.isfinite(found[-1][0]):
            raise ValueError(f"'{part}': the weight is not finite")
    return found


def parse(text) -> Loss:
    """An objective or a weighted sum of objectives."""
    parts = [(weight, build("objective", OBJECTIVES, name)) for weight, name in addends(text)]
    return lambda x, y: sum(weight * loss(x, y) for weight, loss in parts)


# Parts of objectives -------------------------------------------------------------------------------------------


def units(z):
    """The points scaled to length 1."""
    return z / z.norm(dim=1, keepdim=True)


def covariance_of(z):
    """Divisor `n - 1`."""
    centred = z - z.mean(0)
    return centred.T @ centred / (len(z) - 1)


def off_diagonal_squares(matrix):
    return matrix.pow(2).sum() - matrix.diagonal().pow(2).sum()


def log_det_plus(points, scale):
    """`ln det(I + scale P^T P)`, rows are points; for `d > n` by `P P^T`, whose determinant is the same."""
    n, d = points.shape
    products = points.T @ points if d <= n else points @ points.T
    matrix = torch.eye(len(products), dtype=points.dtype, device=points.device) + scale * products
    return 2 * torch.linalg.cholesky(matrix).diagonal().log().sum()


def squared_distances(points):
    """`|z_i - z_j|^2` for all pairs; centred first, as large coordinates would cancel digits."""
    points = points - points.mean(0).detach()
    lengths = points.pow(2).sum(1)
    squares = lengths[:, None] + lengths - 2 * points @ points.T
    own = torch.eye(len(points), dtype=torch.bool, device=points.device)
    return squares.masked_fill(own, 0.0)


def mean_entropy(entropy, x, y):
    """Minus the mean of an entropy over both views."""
    return -(entropy(x) + entropy(y)) / 2


# Objectives ----------------------------------------------------------------------------------------------------


def vicreg(
    x, y, *, invariance: float = 25.0, variance: float = 25.0, covariance: float = 1.0, gamma: float = 1.0,
    hinge: Literal["mean", "sum"] = "mean",
):
    """Bardes, Ponce & LeCun 2022. The covariance terms of the views are summed, the variance terms as `hinge` says."""
    loss = invariance * F.mse_loss(x, y)
    if variance > 0:
        share = {"mean": 0.5, "sum": 1.0}[hinge]
        hinges = (F.relu(gamma - torch.sqrt(z.var(0) + 1e-4)).mean() for z in (x, y))
        loss = loss + variance * share * sum(hinges)
    if covariance > 0:
        squares = (off_diagonal_squares(covariance_of(z)) / z.shape[1] for z in (x, y))
        loss = loss + covariance * sum(squares)
    return loss


def invariance(x, y):
    return F.mse_loss(x, y)


def nt_xent(x, y, *, temperature: float = 0.5):
    """SimCLR, Chen, Kornblith, Norouzi & Hinton 2020."""
    both, n = units(torch.cat([x, y])), len(x)
    own = torch.eye(2 * n, dtype=torch.bool, device=x.device)
    similarities = (both @ both.T / temperature).masked_fill(own, -math.inf)
    return F.cross_entropy(similarities, torch.arange(2 * n, device=x.device).roll(n))


def barlow_twins(x, y, *, lambda_: float = 0.005, epsilon: float = 1e-5):
    """Zbontar, Jing, Misra, LeCun & Deny 2021."""
    a, b = ((z - z.mean(0)) / torch.sqrt(z.var(0, correction=0) + epsilon) for z in (x, y))
    correlation = a.T @ b / len(x)
    return (1 - correlation.diagonal()).pow(2).sum() + lambda_ * off_diagonal_squares(correlation)


def byol(prediction, target):
    """Grill et al. 2020: one direction, the target constant."""
    return (units(prediction) - units(target.detach())).pow(2).sum(1).mean()


def simsiam(prediction, target):
    """Chen & He 2021: one direction, the target constant."""
    return -(units(prediction) * units(target.detach())).sum(1).mean()


def directions_of(dim, slices):
    """vicinfo's fixed directions, `d x s`: normal quantiles of SplitMix64 hashes, scaled to length 1."""
    if dim == 1:
        return numpy.ones((1, 1))
    with numpy.errstate(over="ignore"):
        z = (numpy.arange(dim * slices, dtype=numpy.uint64) + numpy.uint64(1)) * numpy.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        z = z ^ (z >> numpy.uint64(31))
    parts = ((z >> numpy.uint64(11)).astype(numpy.float64) + 0.5) / 2.0**53
    normal = torch.special.ndtri(torch.from_numpy(parts)).numpy().reshape(slices, dim).T
    return normal / numpy.linalg.norm(normal, axis=0)


def sigreg(x, y, *, lambda_: float = 0.02, slices: int = 64, knots: int = 17, reach: float = 3.0):
    """LeJEPA, Balestriero & LeCun 2025, but with directions that stay the same in all steps."""
    options = {"dtype": x.dtype, "device": x.device}
    directions = torch.as_tensor(directions_of(x.shape[1], slices), **options)
    t = torch.linspace(0, reach, knots, **options)
    gaussian = torch.exp(-t.square() / 2)
    weights = torch.full((knots,), 2 * reach / (knots - 1), **options)
    weights[[0, -1]] = reach / (knots - 1)

    def statistic(z):
        angles = (z @ directions).unsqueeze(-1) * t
        error = (angles.cos().mean(0) - gaussian).square() + angles.sin().mean(0).square()
        return len(z) * (error @ (weights * gaussian)).mean()

    return (1 - lambda_) * F.mse_loss(x, y) / 4 + lambda_ * (statistic(x) + statistic(y)) / 2


def log_det(x, y, *, epsilon: float = 0.01):
    """Shwartz-Ziv et al. 2023: the entropy is `(1/2) ln det(epsilon I + C)`, `C` the covariance."""

    def entropy(z):
        n, d = z.shape
        return (d * math.log(epsilon) + log_det_plus(z - z.mean(0), 1 / (epsilon * (n - 1)))) / 2

    return mean_entropy(entropy, x, y)


def pair_dist(
    x, y, *, bound: Literal["kl", "bhattacharyya", "expected_likelihood"] = "kl", std: float = 1.0
):
    """Kolchinsky & Tracey 2017, as an objective Shwartz-Ziv et al. 2023: pairwise bounds on the entropy of the mixture
    of `N(z_i, std^2 I)`."""
    divisor = {"kl": 2, "bhattacharyya": 8, "expected_likelihood": 4}[bound]
    volume = 4 * math.pi if bound == "expected_likelihood" else 2 * math.pi * math.e

    def entropy(z):
        n, d = z.shape
        exponents = -squared_distances(z) / (divisor * std**2)
        return d / 2 * math.log(volume * std**2) - (torch.logsumexp(exponents, 1) - math.log(n)).mean()

    return mean_entropy(entropy, x, y)


def mec(x, y, *, distortion: float = 1.0, order: int = 4):
    """Liu, Wang, Li & Wang 2022: the coding length by its Taylor series."""
    n, d = x.shape
    u, v = units(x), units(y)
    cross = (v.T @ u if d < n else u @ v.T) / (n * distortion)
    power, length = cross, cross.trace()
    for k in range(2, order + 1):
        power = power @ cross
        length = length + (-1) ** (k + 1) * power.trace() / k
    return -distortion * length


def coding_rate(x, y, *, epsilon: float = 0.5):
    """Yu, Chan, You, Song & Ma 2020."""
    n, d = x.shape
    return mean_entropy(lambda z: log_det_plus(units(z), d / (n * epsilon**2)) / 2, x, y)


def matrix_entropy(x, y, *, alpha: float = 1.0):
    """Giraldo, Rao & Principe 2015: von Neumann (`alpha=1`) or Rényi entropy of the spectrum of the covariance."""

    def entropy(z):
        # Singular values of the points: differentiable where the covariance is singular. Centring takes one of n.
        p = torch.linalg.svdvals(z - z.mean(0))[: len(z) - 1].square()
        p = p / p.sum()
        return -(p * p.log()).sum() if alpha == 1 else p.pow(alpha).sum().log() / (1 - alpha)

    return mean_entropy(entropy, x, y)


def alignment(x, y, *, alpha: float = 2.0):
    """Wang & Isola 2020."""
    return (units(x) - units(y)).norm(dim=1).pow(alpha).mean()


def uniformity(x, y, *, t: float = 2.0):
    """Wang & Isola 2020."""

    def of_view(z):
        n = len(z)
        own = torch.eye(n, dtype=torch.bool, device=z.device)
        exponents = (-t * squared_distances(units(z))).masked_fill(own, -math.inf)
        return torch.logsumexp(exponents.flatten(), 0) - math.log(n * (n - 1))

    return (of_view(x) + of_view(y)) / 2


def normalised(x, y, *, objective: Loss = "log_det()"):
    """Another objective, of embeddings scaled to length `sqrt(d)`."""
    return objective(*(units(z) * math.sqrt(z.shape[1]) for z in (x, y)))


OBJECTIVES = {
    function.__name__: function
    for function in [
        vicreg, invariance, nt_xent, barlow_twins, byol, simsiam, sigreg, log_det, pair_dist, mec, coding_rate,
        matrix_entropy, alignment, uniformity, normalised,
    ]
}


# Methods -------------------------------------------------------------------------------------------------------


class Method:
    """A weighted sum of objectives of the embeddings of two views, of predictions of targets, or of both.

    `byol` and `simsiam` take the prediction of one view and the target of the other, both ways round: BYOL the sum
    of both and SimSiam their mean, as published. All other objectives take the embeddings.
    """

    TARGETS = {"byol": ("average", 1.0), "simsiam": ("constant", 0.5)}

    def __init__(self, text):
        self.text, self.of_embeddings, self.of_predictions = text, [], []
        targets = set()
        for weight, name in addends(text):
            loss = build("objective", OBJECTIVES, name)
            target, factor = self.TARGETS.get(name.partition("(")[0], (None, 1.0))
            if target is None:
                self.of_embeddings.append((weight, loss))
            else:
                targets.add(target)
                self.of_predictions.append((weight * factor, loss))
        if len(targets) > 1:
            raise ValueError(f"'{text}': byol and simsiam have different targets, one of them")
        # Whose embeddings predictions are compared with: an averaged network, the network itself, or nobody's.
        self.target = targets.pop() if targets else None

    def __call__(self, embeddings, predictions=None, targets=None):
        """The loss of two views; `targets` holds those of the first and of the second view."""
        loss = sum(weight * of(*embeddings) for weight, of in self.of_embeddings)
        for weight, of in self.of_predictions:
            loss = loss + weight * (of(predictions[0], targets[1]) + of(predictions[1], targets[0]))
        return loss
