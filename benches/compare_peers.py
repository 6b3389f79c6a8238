"""Estimators of this crate against the same numbers from other programs: time and value.

    python3 benches/compare_peers.py [--quick] [--only ksg] [--rounds 3] [--threads 2] [--no-million] [--large]

Needs numpy, scipy, scikit-learn and faiss-cpu; a peer that cannot be imported is left out. Builds
the example `time`, draws correlated normal pairs (0.6 in every coordinate), and runs both programs
in turn on the same files with two threads each, so that a busy machine slows both. One line a
row: medians in seconds, their ratio (above 1: this crate is faster) and the difference of the
values. A difference above the tolerance of the row ends the script with status 1.

The tolerance is 1e-10 for double precision. FAISS works in single precision, with
`|x|^2 + |y|^2 - 2 x y`, and scikit-learn's mutual information adds noise, so theirs is looser.
`--quick` leaves out every cell in which a peer takes more than about ten seconds; `--large` adds the
kernel density and the pairwise bounds at 100 000 points in 10 and 50 dimensions, where the matrix
products take a minute each. A peer that takes more than ten seconds runs once. The last column is
the peak memory of our process (VmHWM), its files included. At the end: KSG-1 on a million pairs.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--quick", action="store_true", help="leave out what takes a peer long")
parser.add_argument("--only", default="", help="rows whose names contain this")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--large", action="store_true", help="kernels at 100 000 points in all dimensions")
parser.add_argument("--no-million", action="store_true", help="leave out n = 1e6")
ARGUMENTS = parser.parse_args()

# Before numpy is loaded: as many threads as we get, and the kernels that fit the processor.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(ARGUMENTS.threads)
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)

import numpy as np
from scipy.spatial import cKDTree
from scipy.special import digamma, gammaln

K = 3
STD = 0.5
ROOT = Path(__file__).resolve().parent.parent
SCOTT = "kernel_density(bandwidth=scott,leave_one_out=false,kernel_covariance=identity)"


def ksg_scipy(x, y):
    """Kraskov et al. 2004, eq. 8: trees in the max norm, strict counts in the marginals."""
    n = len(x)
    joint = np.hstack([x, y])
    radius = cKDTree(joint).query(joint, k=[K + 1], p=np.inf, workers=ARGUMENTS.threads)[0][:, 0]
    # `<=` the next smaller double is `<`; the point itself is counted, which is the + 1 of eq. 8.
    below = np.nextafter(radius, 0)
    counts = [
        cKDTree(half).query_ball_point(half, below, p=np.inf, workers=ARGUMENTS.threads, return_length=True)
        for half in (x, y)
    ]
    return digamma(K) + digamma(n) - np.mean(digamma(counts[0]) + digamma(counts[1]))


def ksg_sklearn(x, y):
    from sklearn.feature_selection import mutual_info_regression

    return mutual_info_regression(x, y[:, 0], n_neighbors=K, random_state=0, n_jobs=ARGUMENTS.threads)[0]


def entropy_of_radii(radii, n, dim, euclidean):
    ball = dim / 2 * np.log(np.pi) - gammaln(dim / 2 + 1) if euclidean else dim * np.log(2)
    return digamma(n) - digamma(K) + ball + dim * np.mean(np.log(radii))


def neighbours_scipy(norm):
    def estimate(z):
        radii = cKDTree(z).query(z, k=[K + 1], p=norm, workers=ARGUMENTS.threads)[0][:, 0]
        return entropy_of_radii(radii, *z.shape, norm == 2)

    return estimate


def neighbours_sklearn(z):
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=K + 1, algorithm="brute", n_jobs=ARGUMENTS.threads).fit(z)
    return entropy_of_radii(search.kneighbors(z)[0][:, K], *z.shape, True)


def neighbours_faiss(z):
    import faiss

    faiss.omp_set_num_threads(ARGUMENTS.threads)
    single = np.ascontiguousarray(z, dtype=np.float32)
    index = faiss.IndexFlatL2(z.shape[1])
    index.add(single)
    squares = index.search(single, K + 1)[0][:, K].astype(float)
    return entropy_of_radii(np.sqrt(squares), *z.shape, True)


def log_sums(z, width):
    """ln sum_j exp(-|z_i - z_j|^2 / width^2) through matrix products, 1000 rows at a time."""
    z = (z - z.mean(0)) / width
    squares = np.einsum("ij,ij->i", z, z)
    logs = np.empty(len(z))
    for start in range(0, len(z), 1000):
        rows = slice(start, start + 1000)
        exponents = 2 * z[rows] @ z.T
        exponents -= squares
        exponents -= squares[rows, None]
        np.minimum(exponents, 0, out=exponents)
        logs[rows] = np.log(np.exp(exponents, out=exponents).sum(1))
    return logs


def scott(z):
    n, dim = z.shape
    return n ** (-1 / (dim + 4))


def density(logs, width, n, dim):
    return dim * (0.5 * np.log(2 * np.pi) + np.log(width)) + np.log(n) - logs.mean()


def density_gemm(z):
    return density(log_sums(z, np.sqrt(2) * scott(z)), scott(z), *z.shape)


def density_sklearn(z):
    from sklearn.neighbors import KernelDensity

    return -KernelDensity(bandwidth=scott(z)).fit(z).score(z) / len(z)


def density_scipy(z):
    from scipy.stats import gaussian_kde

    return -gaussian_kde(z.T, "scott").logpdf(z.T).mean()


def bound_gemm(z):
    n, dim = z.shape
    logs = log_sums(z, np.sqrt(2) * STD)
    return dim / 2 * (1 + np.log(2 * np.pi)) + dim * np.log(STD) + np.log(n) - logs.mean()


GEMM = "numpy GEMM"
FULL = "kernel_density(bandwidth=scott,leave_one_out=false,kernel_covariance=full)"
BOUND = f"kolchinsky_tracey(bound=kl,std={STD})"
LEONENKO = f"kozachenko_leonenko(k={K},norm={{}})"
# Name, our estimator, peer, its program, tolerance, most points for each of the joint dimensions 2,
# 10 and 50 (0: not this dimension), the same with --quick.
ROWS = [
    ("ksg1", f"ksg1(k={K})", "scipy cKDTree", ksg_scipy, 1e-10, (10**5, 10**5, 10**4), (10**5, 10**4, 10**3)),
    ("ksg1", f"ksg1(k={K})", "scikit-learn", ksg_sklearn, 1e-3, (10**5, 0, 0), (10**5, 0, 0)),
    ("kozachenko_leonenko max", LEONENKO.format("max"), "scipy cKDTree", neighbours_scipy(np.inf), 1e-10, (10**5, 10**5, 10**4), (10**5, 10**4, 10**3)),
    ("kozachenko_leonenko euclidean", LEONENKO.format("euclidean"), "scipy cKDTree", neighbours_scipy(2), 1e-10, (10**5, 10**5, 10**4), (10**5, 10**4, 10**3)),
    ("kozachenko_leonenko euclidean", LEONENKO.format("euclidean"), "scikit-learn brute", neighbours_sklearn, 1e-10, (10**4, 10**4, 10**4), (10**4, 10**4, 10**4)),
    ("kozachenko_leonenko euclidean", LEONENKO.format("euclidean"), "FAISS Flat f32", neighbours_faiss, 1e-5, (10**4, 10**5, 10**5), (10**4, 10**4, 10**4)),
    ("kernel_density", SCOTT, GEMM, density_gemm, 1e-9, (10**5, 10**4, 10**4), (10**4, 10**4, 10**4)),
    ("kernel_density", SCOTT, "scikit-learn", density_sklearn, 1e-9, (10**4, 10**4, 10**4), (10**4, 10**4, 10**4)),
    ("kernel_density full", FULL, "scipy", density_scipy, 1e-9, (10**4, 10**4, 10**4), (10**4, 10**4, 10**4)),
    ("kolchinsky_tracey", BOUND, GEMM, bound_gemm, 1e-9, (10**5, 10**4, 10**4), (10**4, 10**4, 10**4)),
]


def ours(program, estimator, files, runs):
    """The value, the peak memory in KiB and the seconds of each run."""
    command = [program, estimator, str(runs), str(ARGUMENTS.threads), *files]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    value, peak, *seconds = done.stdout.split()
    return float(value), int(peak), [float(s) for s in seconds]


def draw(folder, n, half):
    generator = np.random.default_rng([n, half])
    x = generator.standard_normal((n, half))
    y = 0.6 * x + 0.8 * generator.standard_normal((n, half))
    data = {"x": x, "y": y, "joint": np.hstack([x, y])}
    for name, points in data.items():
        np.save(Path(folder, f"{name}.npy"), points)
    return data


def most(row, at):
    """Most points for a row in these dimensions."""
    if ARGUMENTS.large and row[2] == GEMM:
        return 10**5
    return row[6 if ARGUMENTS.quick else 5][at]


def compare(program, folder, data, row):
    """One line; whether the values agree."""
    name, estimator, peer, reference, tolerance, *_ = row
    keys = ("x", "y") if name == "ksg1" else ("joint",)
    files = [Path(folder, f"{key}.npy") for key in keys]
    theirs, mine = [], []
    try:
        # Not timed: what a program does once, on its first call.
        reference(*(data[key][:200] for key in keys))
    except ImportError as error:
        print(f"| {name} | {peer} left out: {error} |")
        return True
    for _ in range(ARGUMENTS.rounds):
        start = time.perf_counter()
        expected = reference(*(data[key] for key in keys))
        theirs.append(time.perf_counter() - start)
        value, peak, seconds = ours(program, estimator, files, runs=3)
        mine.extend(seconds)
        if theirs[-1] > 10:
            break
    slow, fast = statistics.median(theirs), statistics.median(mine)
    n, dim = data["joint"].shape
    difference = abs(value - expected)
    agree = difference <= tolerance
    print(
        f"| {name} | {dim} | {n} | {peer} | {slow:.5f} | {fast:.5f} | {slow / fast:.1f} "
        f"| {difference:.1e}{'' if agree else ' DIFFERS'} | {peak / 1024:.0f} |",
        flush=True,
    )
    return agree


def main():
    build = ["cargo", "build", "--release", "--quiet", "--example", "time"]
    subprocess.run(build, check=True, cwd=ROOT)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    program = target / "release" / "examples" / "time"
    print("| estimator | joint dimensions | n | peer | peer s | ours s | ratio | difference | ours MiB |")
    print("|-|-|-|-|-|-|-|-|-|")
    agree = True
    with tempfile.TemporaryDirectory() as folder:
        for at, half in enumerate((1, 5, 25)):
            for n in (10**3, 10**4, 10**5):
                rows = [row for row in ROWS if n <= most(row, at) and ARGUMENTS.only in row[0]]
                if rows:
                    data = draw(folder, n, half)
                for row in rows:
                    agree &= compare(program, folder, data, row)
        if not ARGUMENTS.no_million and ARGUMENTS.only in "ksg1":
            draw(folder, 10**6, 1)
            files = [Path(folder, "x.npy"), Path(folder, "y.npy")]
            value, peak, seconds = ours(program, f"ksg1(k={K})", files, runs=3)
            print(
                f"\nksg1(k={K}), 1+1 dimensions, n = 1e6: {statistics.median(seconds):.3f} s, "
                f"peak memory {peak / 1024:.0f} MiB with the files, value {value:.6f} "
                f"(the law's: {-0.5 * np.log(1 - 0.36):.6f})"
            )
    if not agree:
        sys.exit("values differ by more than their tolerance")


if __name__ == "__main__":
    main()
