"""Value and gradient of the objectives of this crate against PyTorch on the CPU, double precision.

    python3 benches/compare_torch_objective.py [--rounds 5] [--threads 2] [--only vicreg] [--small]

Needs numpy and torch; Debian's torch takes whatever `libblas.so.3` there is, so see that it is OpenBLAS
and not the reference. Builds the example `objective`, draws two views, and runs both programs in
turn on the same files with two threads each, so that a busy machine slows both. One line an
objective and size: the least seconds of each over the rounds, their ratio (above 1: this crate is
faster), and the largest relative difference of value and gradient norms. A difference above 1e-9 ends
the script with status 1.

The losses are written as one would for speed in PyTorch: matrix products for distances, the smaller
of covariance and Gram matrix for determinants, the backward pass by automatic differentiation.
"""

import argparse
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--only", default="", help="objectives whose names contain this")
parser.add_argument("--small", action="store_true", help="leave out n = 4096")
ARGUMENTS = parser.parse_args()

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(ARGUMENTS.threads)

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(ARGUMENTS.threads)
ROOT = Path(__file__).resolve().parent.parent


def vicreg(x, y):
    n, d = x.shape
    loss = 25 * F.mse_loss(x, y)
    for z in (x, y):
        z = z - z.mean(0)
        c = z.T @ z / (n - 1)
        variances = c.diagonal()
        loss = loss + 12.5 * F.relu(1 - torch.sqrt(variances + 1e-4)).mean()
        loss = loss + (c.pow(2).sum() - variances.pow(2).sum()) / d
    return loss


def log_det(x, y):
    loss = 0
    for z in (x, y):
        n, d = z.shape
        z = z - z.mean(0)
        c = (z @ z.T if d > n else z.T @ z) / (n - 1)
        m = len(c)
        factor = torch.linalg.cholesky(c + 0.01 * torch.eye(m, dtype=c.dtype))
        # Half of half: the mean over the views of (1/2) ln det.
        loss = loss - (2 * factor.diagonal().log().sum() + (d - m) * math.log(0.01)) / 4
    return loss


def pair_dist(std):
    def loss(x, y):
        total = 0
        for z in (x, y):
            n, d = z.shape
            z = z - z.mean(0)
            squares = z.pow(2).sum(1)
            distances = squares[:, None] + squares[None] - 2 * z @ z.T
            logs = torch.logsumexp(distances / (-2 * std**2), dim=1) - math.log(n)
            h = d / 2 * math.log(2 * math.pi * math.e * std**2)
            total = total - (h - logs.mean()) / 2
        return total

    return loss


def nt_xent(x, y):
    z = F.normalize(torch.cat([x, y]), dim=1)
    n = len(x)
    similarity = z @ z.T / 0.5
    similarity.fill_diagonal_(-math.inf)
    return F.cross_entropy(similarity, torch.cat([torch.arange(n, 2 * n), torch.arange(n)]))


def rows(d):
    std = float(f"{math.sqrt(0.06 * d):.3f}")
    return [
        ("vicreg()", vicreg),
        ("log_det(epsilon=0.01)", log_det),
        (f"pair_dist(bound=kl,std={std})", pair_dist(std)),
        ("nt_xent(temperature=0.5)", nt_xent),
    ]


def theirs(loss, views):
    a, b = (torch.from_numpy(z).clone().requires_grad_() for z in views)
    start = time.perf_counter()
    value = loss(a, b)
    value.backward()
    seconds = time.perf_counter() - start
    return [value.item(), a.grad.norm().item(), b.grad.norm().item()], seconds


def ours(program, name, files):
    command = [program, name, "3", str(ARGUMENTS.threads), *files]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    numbers = [float(v) for v in done.stdout.split()]
    return numbers[:3], min(numbers[3:])


def main():
    subprocess.run(["cargo", "build", "--release", "--quiet", "--example", "objective"], check=True, cwd=ROOT)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    program = target / "release" / "examples" / "objective"
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    print("| objective | n | d | torch s | ours s | ratio | difference |")
    print("|-|-|-|-|-|-|-|")
    agree = True
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, "x.npy"), Path(folder, "y.npy")]
        for n, d in [(256, 64), (256, 2048), (4096, 512)]:
            if ARGUMENTS.small and n > 1000:
                continue
            generator = np.random.default_rng([n, d])
            shared = 0.8 * generator.standard_normal((n, d))
            views = [shared + 0.6 * generator.standard_normal((n, d)) for _ in files]
            for file, view in zip(files, views):
                np.save(file, view)
            for name, loss in rows(d):
                if ARGUMENTS.only not in name:
                    continue
                theirs(loss, views)
                slow, fast = [], []
                for _ in range(ARGUMENTS.rounds):
                    expected, seconds = theirs(loss, views)
                    slow += [theirs(loss, views)[1] for _ in range(2)] + [seconds]
                    numbers, seconds = ours(program, name, files)
                    fast.append(seconds)
                difference = max(abs(a - b) / abs(b) for a, b in zip(numbers, expected))
                agree &= difference <= 1e-9
                print(
                    f"| {name} | {n} | {d} | {min(slow):.4f} | {min(fast):.4f} "
                    f"| {min(slow) / min(fast):.2f} | {difference:.0e} |",
                    flush=True,
                )
    if not agree:
        sys.exit("values differ by more than 1e-9")


if __name__ == "__main__":
    main()
