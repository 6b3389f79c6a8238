"""KSG-1 of this crate against the same estimator on scipy's cKDTree: time and value.

    python3 benches/compare_ksg.py [--rounds 5] [--quick]

Needs numpy and scipy. Builds the example `time_ksg`, draws correlated normal pairs, and runs both
programs in turn on the same files with two threads each, so that a busy machine slows both.
Prints the medians, their ratio and the difference of the values (at most 1e-10, or it fails).
`--quick` leaves out 5+5 at n = 1e5, where scipy takes half a minute a run.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree
from scipy.special import digamma

K = 3
THREADS = 2
TARGET = {1: 15, 5: 20}
ROOT = Path(__file__).resolve().parent.parent


def reference(x, y):
    """Kraskov et al. 2004, eq. 8: trees in the max norm, strict counts in the marginals."""
    n = len(x)
    joint = np.hstack([x, y])
    radius = cKDTree(joint).query(joint, k=[K + 1], p=np.inf, workers=THREADS)[0][:, 0]
    # `<=` the next smaller double is `<`; the point itself is counted, which is the + 1 of eq. 8.
    below = np.nextafter(radius, 0)
    counts = [
        cKDTree(half).query_ball_point(
            half, below, p=np.inf, workers=THREADS, return_length=True
        )
        for half in (x, y)
    ]
    return digamma(K) + digamma(n) - np.mean(digamma(counts[0]) + digamma(counts[1]))


def ours(program, x, y, runs):
    command = [program, x, y, str(K), str(runs), str(THREADS)]
    value, *seconds = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(value), [float(s) for s in seconds]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--quick", action="store_true")
    arguments = arguments.parse_args()
    build = ["cargo", "build", "--release", "--quiet", "--example", "time_ksg"]
    subprocess.run(build, check=True, cwd=ROOT)
    program = ROOT / "target" / "release" / "examples" / "time_ksg"

    print("| dimensions | n | scipy s | ours s | ratio | target | difference |")
    print("|-|-|-|-|-|-|-|")
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for dim in (1, 5):
            for n in (1_000, 10_000, 100_000):
                if arguments.quick and (dim, n) == (5, 100_000):
                    continue
                draw = np.random.default_rng([n, dim])
                x = draw.standard_normal((n, dim))
                y = 0.6 * x + 0.8 * draw.standard_normal((n, dim))
                files = Path(folder, "x.npy"), Path(folder, "y.npy")
                np.save(files[0], x)
                np.save(files[1], y)
                # The slow size once: two minutes of it teach nothing more.
                rounds = 1 if (dim, n) == (5, 100_000) else arguments.rounds
                theirs, mine = [], []
                for _ in range(rounds):
                    start = time.perf_counter()
                    expected = reference(x, y)
                    theirs.append(time.perf_counter() - start)
                    value, seconds = ours(program, *files, runs=5)
                    mine.extend(seconds)
                    worst = max(worst, abs(value - expected))
                slow, fast = statistics.median(theirs), statistics.median(mine)
                target = f">= {TARGET[dim]}" if n > 1_000 else ""
                print(
                    f"| {dim}+{dim} | {n} | {slow:.5f} | {fast:.5f} | {slow / fast:.1f} "
                    f"| {target} | {abs(value - expected):.1e} |",
                    flush=True,
                )
    if worst > 1e-10:
        sys.exit(f"the values differ by up to {worst:.1e}")


if __name__ == "__main__":
    main()
