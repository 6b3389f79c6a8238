"""The downstream bound on small populations, every number from its definition, with NumPy, SciPy and mpmath.

    python3 tests/golden/bound/reference.py > tests/golden/bound/reference.json

Made with numpy 2.4, scipy 1.17 and mpmath 1.3. The least-squares fits of full rank are solved by the normal
equations in 60 digits; the one of deficient rank is numpy.linalg.pinv's. Nothing is shared with this crate.
"""

import itertools
import json
import math

import mpmath
import numpy as np
import scipy.stats

mpmath.mp.dps = 60


def exact_fit(z, y):
    """W and |Y P_Z|_F for z: d x n of full rank, y: K x n."""
    a, b = mpmath.matrix(z.tolist()), mpmath.matrix(y.tolist())
    if z.shape[0] <= z.shape[1]:
        w = b * a.T * mpmath.inverse(a * a.T)
    else:
        w = b * mpmath.inverse(a.T * a) * a.T
    residual = w * a - b
    squares = mpmath.fsum(v * v for v in residual)
    return np.array(w.tolist(), dtype=float), float(mpmath.sqrt(abs(squares)))


def fit(z, y, deficient):
    if not deficient:
        return exact_fit(z, y)
    w = y @ np.linalg.pinv(z, rcond=1e-10)
    return w, float(np.linalg.norm(w @ z - y))


def instance(name, dim, classes, per_class, n, m, seed, scales=None, deficient=False, miss=None):
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), per_class)
    means = rng.normal(size=(classes, dim))
    f = means[labels] + 0.6 * rng.normal(size=(len(labels), dim))
    if deficient:
        f[:, -1] = f[:, 0] - 2 * f[:, 1]
    if scales is not None:
        f = f @ np.linalg.qr(rng.normal(size=(dim, dim)))[0] * scales
    priors = rng.dirichlet(3 * np.ones(classes))
    weight = priors[labels] / per_class

    def draw(count, allowed=None):
        p = priors.copy()
        if allowed is not None:
            p[allowed] = 0
            p /= p.sum()
        while True:
            drawn = [int(c * per_class + rng.integers(per_class)) for c in rng.choice(classes, size=count, p=p)]
            # Below the dimension the normal equations need distinct points.
            if count > dim or len(set(drawn)) == count:
                return drawn

    s = draw(n, miss)
    first = draw(m)
    pairs = [[i, int(labels[i] * per_class + rng.integers(per_class))] for i in first]

    eye = np.eye(classes)
    one_hot = eye[labels]
    w, residual = fit(f[s].T, one_hot[s].T, deficient)
    wbar, residual_bar = fit(f[first].T, one_hot[first].T, deficient)
    c = np.linalg.norm(w - wbar, 2)
    loss = np.linalg.norm(f @ w.T - one_hot, axis=1)
    loss_bar = np.linalg.norm(f @ wbar.T - one_hot, axis=1)
    distances = np.linalg.norm(f[:, None] - f[None], axis=2)
    same = labels[:, None] == labels[None]
    phi = (distances * same).sum(1) / per_class
    invariance = float(weight @ phi)
    i_bar = float(np.mean([distances[i, j] for i, j in pairs]))
    a = np.array([loss[labels == k].mean() for k in range(classes)])
    a_bar = np.array([loss_bar[labels == k].mean() for k in range(classes)])
    q = np.bincount(labels[s], minlength=classes) / n

    delta = 0.1
    radius = 1.5 * np.linalg.norm(wbar)
    tau = (distances * same).max()
    tau_bar = phi.max()
    kappa = radius * np.linalg.norm(f, axis=1).max() + 1
    kappa_bar = loss_bar.max()
    kappa_s = a.max()
    rms = math.sqrt(weight @ np.linalg.norm(f, axis=1) ** 2)
    r_tilde, r = 0.37, math.sqrt(2) * radius * math.sqrt(classes) * rms

    def terms(d, shape):
        if shape == "total_variation":
            count = 0.5 * np.sqrt(priors * (1 - priors) / n).sum() + math.sqrt(math.log(1 / d[0]) / (2 * n))
        else:
            count = math.sqrt(math.log(2 * classes / d[0]) / n) * (np.sqrt(priors) + np.sqrt(q)).sum()
        return {
            "c_invariance": c * i_bar,
            "c_concentration": c * (2 * r_tilde / math.sqrt(m) + tau * math.sqrt(math.log(1 / d[2]) / (2 * m))
                                    + tau_bar * math.sqrt(math.log(1 / d[1]) / (2 * n))),
            "residual_labelled": residual / math.sqrt(n),
            "residual_unlabelled": 2 * residual_bar / math.sqrt(m),
            "count": kappa_s * count,
            "complexity": 4 * r / math.sqrt(m),
            "kappa_m": 2 * kappa * math.sqrt(math.log(1 / d[4]) / (2 * m)),
            "kappa_n": 2 * kappa_bar * math.sqrt(math.log(1 / d[3]) / (2 * n)),
        }

    even = terms([delta / 5] * 5, "total_variation")
    printed = terms([delta / 3] * 3 + [delta / 4] * 2, "chernoff")
    bracket = float(np.mean([a_bar[labels[i]] + loss_bar[i] for i in s]))
    events = {
        "chain": [float(q @ a), np.mean(loss[s]) + c * np.mean(phi[s]) + bracket],
        "residual": [float(np.mean(loss[s])), even["residual_labelled"]],
        "count": [float((priors - q) @ a), even["count"]],
        "invariance_labelled": [float(np.mean(phi[s])), invariance + tau_bar * math.sqrt(math.log(50) / (2 * n))],
        "invariance_unlabelled": [
            invariance, i_bar + 2 * r_tilde / math.sqrt(m) + tau * math.sqrt(math.log(50) / (2 * m))],
        "loss_labelled": [
            bracket, 2 * float(weight @ loss_bar) + 2 * kappa_bar * math.sqrt(math.log(50) / (2 * n))],
        "loss_unlabelled": [
            float(weight @ loss_bar),
            residual_bar / math.sqrt(m) + 2 * r / math.sqrt(m) + kappa * math.sqrt(math.log(50) / (2 * m))],
        "bound": [float(weight @ loss), sum(even.values())],
    }
    alternative = (residual_bar / math.sqrt(m) + 2 * r / math.sqrt(m)
                   + kappa * math.sqrt(math.log(1 / delta) / (2 * m)) + c * rms)

    def contrastive(l):
        value = {"hinge": lambda v: np.maximum(0, 1 - v), "logistic": lambda v: np.logaddexp(0, -v) / math.log(2),
                 "natural": lambda v: np.logaddexp(0, -v)}[l]
        g = f @ f.T
        groups = [np.flatnonzero(labels == k) for k in range(classes)]
        p_same = float(priors @ priors)
        un = same_sum = sup = 0.0
        for k, l2 in itertools.product(range(classes), repeat=2):
            near, far = g[np.ix_(groups[k], groups[k])], g[np.ix_(groups[k], groups[l2])]
            mean = value(near[:, :, None] - far[:, None, :]).mean()
            un += priors[k] * priors[l2] * mean
            if k == l2:
                same_sum += priors[k] ** 2 * mean
            else:
                sup += priors[k] * priors[l2] * value(near.mean(1) - far.mean(1)).mean()
        return {"tau": p_same, "unsupervised": un, "same": same_sum / p_same,
                "different": (un - same_sum) / (1 - p_same), "supervised": sup / (1 - p_same)}

    return {
        "name": name, "dim": dim, "classes": classes, "features": f.ravel().tolist(), "labels": labels.tolist(),
        "priors": priors.tolist(), "labelled": s, "pairs": pairs, "radius": radius, "r_tilde": r_tilde, "delta": delta,
        "weights": w.ravel().tolist(), "c": c, "i_bar": i_bar, "even": even, "printed": printed,
"alternative": alternative, "events": events,
        "constants": [tau, tau_bar, kappa, kappa_bar, kappa_s],
        "curl": {l: contrastive(l) for l in ("hinge", "logistic", "natural")},
        "condition": float(np.linalg.cond(f[s])),
    }


def certificates():
    rng = np.random.default_rng(11)
    losses = rng.beta(2, 6, size=57) * 1.7
    mean, n, delta, reach = losses.mean(), len(losses), 0.03, 1.7
    log = math.log(2 / delta)
    upper = [[k, t, d, float(scipy.stats.beta.ppf(1 - d, k + 1, t - k))]
             for k, t, d in [(0, 100, 0.05), (1, 7, 0.2), (116, 1000, 0.05), (12, 60000, 1e-6), (59999, 60000, 0.05), (3, 5, 0.7)]]
    return {
        "losses": losses.tolist(), "range": reach, "delta": delta,
        "hoeffding": mean + reach * math.sqrt(math.log(1 / delta) / (2 * n)),
        "empirical_bernstein": mean + math.sqrt(2 * losses.var(ddof=1) * log / n) + 7 * reach * log / (3 * (n - 1)),
        "clopper_pearson": upper,
    }


def complexities():
    rng = np.random.default_rng(5)
    z = rng.normal(size=(6, 3))
    signs = np.array(list(itertools.product([-1, 1], repeat=6)))
    vectors = np.array(list(itertools.product([-1, 1], repeat=12))).reshape(-1, 6, 2)
    g = rng.normal(size=(9, 6))
    return {
        "points": z.ravel().tolist(), "radius": 1.3,
        "scalar": 1.3 * float(np.mean(np.linalg.norm(signs @ z, axis=1))) / math.sqrt(6),
        "vector": 1.3 * float(np.mean([np.linalg.norm(v.T @ z) for v in vectors])) / math.sqrt(6),
        "maurer": 1.3 * math.sqrt(4 * (z ** 2).sum() / 6),
        "values": g.ravel(order="F").tolist(), "functions": 9,
        "finite": float(np.mean((signs @ g.T).max(1))) / math.sqrt(6),
        "massart": float(np.linalg.norm(g, axis=1).max()) / math.sqrt(6) * math.sqrt(2 * math.log(9)),
    }


def pac_bayes():
    """The best of a grid of posteriors and lambdas, by plain loops; the Gibbs average by its moment bound."""
    rng = np.random.default_rng(3)
    n, d, k, prior, b, delta = 400, 4, 3, 0.5, 1.0, 0.05
    z = rng.normal(size=(n, d))
    z /= np.maximum(1, np.linalg.norm(z, axis=1))[:, None]
    y = np.eye(k)[np.argmax(z[:, :k] + 0.2 * rng.normal(size=(n, k)), axis=1)]
    w = np.linalg.lstsq(z, y, rcond=None)[0].T
    lambdas = [1.0]
    while lambdas[-1] <= 4 * n:
        lambdas.append(2 ** (len(lambdas) / 2))
    best = None
    for j in range(81):
        s = prior * 2 ** (-j / 4)
        gibbs = np.mean(np.sqrt(((z @ w.T - y) ** 2).sum(1) + s * s * k * (z ** 2).sum(1)))
        kappa = b * (np.linalg.norm(w, 2) + s * math.sqrt((math.sqrt(k) + math.sqrt(d)) ** 2 + 1)) + 1
        # KL of Gaussians coordinate by coordinate.
        kl = sum(math.log(prior / s) + (s * s + v * v) / (2 * prior * prior) - 0.5 for v in w.ravel())
        for lam in lambdas:
            total = gibbs + lam * kappa ** 2 / (8 * n) + (kl + math.log(len(lambdas) / delta)) / lam
            if best is None or total < best[0]:
                best = (total, gibbs, lam * kappa ** 2 / (8 * n), (kl + math.log(len(lambdas) / delta)) / lam, s, lam, kl)
    s = best[4]
    draws = rng.normal(size=(20000, k, d)) * s + w
    means = np.array([np.linalg.norm(z @ v.T - y, axis=1).mean() for v in draws])
    return {"n": n, "dim": d, "classes": k, "features": z.ravel().tolist(), "labels": np.argmax(y, axis=1).tolist(),
            "weights": w.ravel().tolist(), "prior": prior, "norm": b, "delta": delta, "best": best,
            "gibbs": [float(means.mean()), float(means.std(ddof=1) / math.sqrt(len(means)))]}


print(json.dumps({
    "instances": [
        instance("plain", 3, 3, 6, 20, 30, 1),
        instance("fewer points than dimensions", 9, 2, 8, 5, 7, 2),
        instance("a class is missing", 2, 4, 5, 12, 25, 3, miss=2),
        instance("condition 1e8", 4, 3, 7, 25, 40, 4, scales=np.array([1e4, 1.0, 1e-2, 1e-4])),
        instance("deficient rank", 5, 3, 6, 22, 31, 6, deficient=True),
    ],
    "certificates": certificates(),
    "complexities": complexities(),
    "pac_bayes": pac_bayes(),
}))
