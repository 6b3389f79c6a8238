"""Values and gradients of the objectives from PyTorch's automatic differentiation, in double precision.

    python3 tests/golden/objective/torch_objectives.py > tests/golden/objective/torch.json

Made with torch 1.13 (Debian python3-torch). Every loss is written from its publication, or from the
code of its authors, with torch's own functions; nothing is shared with this crate.
"""

import json
import math
import sys

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def off_diagonal_squares(c):
    return c.pow(2).sum() - c.diagonal().pow(2).sum()


def vicreg(x, y, weights=(25, 25, 1), gamma=1.0, summed=False):
    """facebookresearch/vicreg main_vicreg.py; `summed` as solo-learn's losses/vicreg.py."""
    invariance = F.mse_loss(x, y)
    d = x.shape[1]
    hinges = [F.relu(gamma - torch.sqrt(z.var(dim=0) + 1e-4)).mean() for z in (x, y)]
    variance = sum(hinges) if summed else sum(hinges) / 2
    covariance = sum(off_diagonal_squares(torch.cov(z.T)) / d for z in (x, y))
    return weights[0] * invariance + weights[1] * variance + weights[2] * covariance


def nt_xent(x, y, temperature=0.5):
    z = F.normalize(torch.cat([x, y]), dim=1)
    n = len(x)
    similarity = z @ z.T / temperature
    similarity = similarity.masked_fill(torch.eye(2 * n, dtype=torch.bool), -math.inf)
    targets = torch.cat([torch.arange(n, 2 * n), torch.arange(n)])
    return F.cross_entropy(similarity, targets)


def barlow_twins(x, y, lambd=0.005):
    normalise = torch.nn.BatchNorm1d(x.shape[1], affine=False)
    c = normalise(x).T @ normalise(y) / len(x)
    on = (c.diagonal() - 1).pow(2).sum()
    return on + lambd * off_diagonal_squares(c)


def byol(x, y):
    return (F.normalize(x, dim=1) - F.normalize(y.detach(), dim=1)).pow(2).sum(dim=1).mean()


def simsiam(x, y):
    return -F.cosine_similarity(x, y.detach(), dim=1).mean()


def sigreg(directions, lambd=0.02, knots=17, reach=3.0):
    """Balestriero & LeCun 2025, the authors' minimal example."""

    def statistic(z):
        t = torch.linspace(0, reach, knots)
        dt = reach / (knots - 1)
        weights = torch.full((knots,), 2 * dt)
        weights[0] = weights[-1] = dt
        phi = torch.exp(-t.square() / 2)
        a = directions / directions.norm(p=2, dim=0)
        angles = (z @ a).unsqueeze(-1) * t
        error = (angles.cos().mean(0) - phi).square() + angles.sin().mean(0).square()
        return ((error @ (weights * phi)) * len(z)).mean()

    def loss(x, y):
        both = torch.stack([x, y])
        invariance = (both.mean(0) - both).square().mean()
        return lambd * (statistic(x) + statistic(y)) / 2 + (1 - lambd) * invariance

    return loss


def mean_of(entropy):
    return lambda x, y: -(entropy(x) + entropy(y)) / 2


def log_det(z, epsilon=0.01):
    d = z.shape[1]
    return torch.logdet(epsilon * torch.eye(d) + torch.cov(z.T).reshape(d, d)) / 2


def pair_dist(divisor, std):
    def entropy(z):
        n, d = z.shape
        squares = (z[:, None] - z[None]).pow(2).sum(-1)
        h = d / 2 * math.log(2 * math.pi * math.e * std**2)
        if divisor == 4:
            h = d / 2 * math.log(4 * math.pi * std**2)
        return h - (torch.logsumexp(-squares / (divisor * std**2), dim=1) - math.log(n)).mean()

    return entropy


def coding_rate(z, epsilon=0.5):
    u = F.normalize(z, dim=1)
    n, d = u.shape
    return torch.logdet(torch.eye(d) + d / (n * epsilon**2) * u.T @ u) / 2


def mec(distortion, order):
    def loss(x, y):
        n = len(x)
        inverse = n * distortion
        c = F.normalize(x, dim=1) @ F.normalize(y, dim=1).T / inverse
        power, total = c, torch.zeros_like(c)
        for k in range(1, order + 1):
            if k > 1:
                power = power @ c
            total = total + power / k if k % 2 else total - power / k
        return -torch.trace(total) * inverse / n

    return loss


def matrix_entropy(alpha):
    def entropy(z):
        centred = z - z.mean(0)
        n, d = z.shape
        if alpha == 2:
            c = centred.T @ centred / (n - 1)
            return 2 * torch.log(torch.trace(c)) - torch.log((c * c).sum())
        # Squared singular values of the points: differentiable where the covariance is singular.
        values = torch.linalg.svdvals(centred)
        if d >= n:
            values = values[: n - 1]
        p = values.pow(2) / values.pow(2).sum()
        if alpha == 1:
            return -(p * p.log()).sum()
        return p.pow(alpha).sum().log() / (1 - alpha)

    return entropy


def alignment(x, y, alpha=2):
    return (F.normalize(x, dim=1) - F.normalize(y, dim=1)).norm(dim=1).pow(alpha).mean()


def normalised(loss):
    return lambda x, y: loss(*(F.normalize(z, dim=1) * math.sqrt(z.shape[1]) for z in (x, y)))


def uniformity(t):
    def one(z):
        return torch.pdist(F.normalize(z, dim=1)).pow(2).mul(-t).exp().mean().log()

    return lambda x, y: (one(x) + one(y)) / 2


def cases(directions):
    return {
        "vicreg(invariance=25,variance=25,covariance=1,gamma=1,hinge=mean)": vicreg,
        "vicreg(invariance=25,variance=25,covariance=1,gamma=1,hinge=sum)": lambda x, y: vicreg(x, y, summed=True),
        "vicreg(invariance=1,variance=3,covariance=0,gamma=1.5,hinge=mean)": lambda x, y: vicreg(x, y, (1, 3, 0), 1.5),
        "invariance()": F.mse_loss,
        "nt_xent(temperature=0.5)": nt_xent,
        "nt_xent(temperature=0.07)": lambda x, y: nt_xent(x, y, 0.07),
        "barlow_twins(lambda=0.005,epsilon=0.00001)": barlow_twins,
        "byol()": byol,
        "simsiam()": simsiam,
        "sigreg": sigreg(directions),
        "log_det(epsilon=0.01)": mean_of(log_det),
        "log_det(epsilon=1)": mean_of(lambda z: log_det(z, 1.0)),
        "pair_dist(bound=kl,std=1)": mean_of(pair_dist(2, 1.0)),
        "pair_dist(bound=kl,std=0.3)": mean_of(pair_dist(2, 0.3)),
        "pair_dist(bound=bhattacharyya,std=0.5)": mean_of(pair_dist(8, 0.5)),
        "pair_dist(bound=expected_likelihood,std=0.7)": mean_of(pair_dist(4, 0.7)),
        "mec(distortion=1,order=4)": mec(1.0, 4),
        "mec(distortion=0.5,order=5)": mec(0.5, 5),
        "mec(distortion=2,order=1)": mec(2.0, 1),
        "coding_rate(epsilon=0.5)": mean_of(coding_rate),
        "matrix_entropy(alpha=1)": mean_of(matrix_entropy(1)),
        "matrix_entropy(alpha=1.25)": mean_of(matrix_entropy(1.25)),
        "matrix_entropy(alpha=2)": mean_of(matrix_entropy(2)),
        "matrix_entropy(alpha=3)": mean_of(matrix_entropy(3)),
        "alignment(alpha=2)": alignment,
        "alignment(alpha=1)": lambda x, y: alignment(x, y, 1),
        "uniformity(t=2)": uniformity(2.0),
        "normalised(objective=log_det(epsilon=0.01))": normalised(mean_of(log_det)),
        "normalised(objective=vicreg(invariance=25,variance=25,covariance=1,gamma=1,hinge=mean))": normalised(vicreg),
        "25*invariance() + 0.5*log_det(epsilon=0.01)": lambda x, y: 25 * F.mse_loss(x, y) + 0.5 * mean_of(log_det)(x, y),
    }


generator = torch.Generator().manual_seed(20)
sets = []
for n, d in [(7, 3), (5, 8)]:
    mix = torch.randn(d, d, generator=generator) / math.sqrt(d)
    shared = torch.randn(n, d, generator=generator) @ mix + 0.3
    # Rounded, so that the file holds the points exactly.
    x = ((shared + 0.3 * torch.randn(n, d, generator=generator)) * 4096).round() / 4096
    y = ((shared + 0.3 * torch.randn(n, d, generator=generator)) * 4096).round() / 4096
    directions = (torch.randn(d, 6, generator=generator) * 4096).round() / 4096
    values = []
    for name, loss in cases(directions).items():
        a, b = x.clone().requires_grad_(), y.clone().requires_grad_()
        value = loss(a, b)
        value.backward()
        zero = torch.zeros_like(x)
        gradients = [(zero if z.grad is None else z.grad).flatten().tolist() for z in (a, b)]
        values.append({"name": name, "value": value.item(), "gradient": gradients})
    sets.append({
        "n": n, "dim": d, "first": x.flatten().tolist(), "second": y.flatten().tolist(),
        # One direction after the other.
        "directions": directions.T.flatten().tolist(), "values": values,
    })
json.dump(sets, sys.stdout, indent=None, separators=(",", ":"))
print()
