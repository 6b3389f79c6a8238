"""Training steps of this crate against PyTorch on CPU, in single precision: time and peak memory.

    python3 benches/compare_torch.py [--only resnet18] [--rounds 5] [--threads 2]

Needs torch. Builds the example `time_network` and runs both programs in turn, so that a busy machine
slows both. A step is the forward pass in training mode and the gradients of all parameters, of

* perceptron: 784-512-512-128 with ReLU, batch 256;
* conv_net: three 3 x 3 convolutions of stride 2 to 16, 32 and 128 planes with batch normalisation
  and ReLU, the mean of every plane, a projector 128-256-64; 256 images of 3 x 16 x 16;
* resnet18: with the stem for small images, 64 images of 3 x 32 x 32.

One line a network: the fastest step of each in milliseconds, their ratio (below 1: this crate is
faster) and the peak resident memory, PyTorch's with its own code and Python's. PyTorch's threads
wait in a loop, so that its times say little while other programs run.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--only", default="", help="networks whose names contain this")
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--program", help="the built example, where it is not to be built")
parser.add_argument("--steps", type=int, help="one PyTorch run with this many steps (used by the script itself)")
ARGUMENTS = parser.parse_args()

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(ARGUMENTS.threads)
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)

ROOT = Path(__file__).resolve().parent.parent
STEPS = {"perceptron": 30, "conv_net": 30, "resnet18": 2}


def network(name):
    """The network, and the shape of its batch."""
    from torch import nn

    class Residual(nn.Module):
        def __init__(self, body, shortcut):
            super().__init__()
            self.body, self.shortcut = nn.Sequential(*body), nn.Sequential(*shortcut)

        def forward(self, x):
            return nn.functional.relu(self.body(x) + self.shortcut(x), inplace=True)

    def convolution(before, after, side, stride):
        layer = nn.Conv2d(before, after, side, stride, side // 2, bias=False)
        return [layer, nn.BatchNorm2d(after)]

    relu = lambda: nn.ReLU(inplace=True)
    if name == "perceptron":
        layers = [nn.Linear(784, 512), relu(), nn.Linear(512, 512), relu(), nn.Linear(512, 128)]
        return nn.Sequential(*layers), (256, 784)
    if name == "conv_net":
        layers = []
        for before, after in ((3, 16), (16, 32), (32, 128)):
            layers += convolution(before, after, 3, 2) + [relu()]
        layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 256, bias=False)]
        layers += [nn.BatchNorm1d(256), relu(), nn.Linear(256, 64, bias=False)]
        return nn.Sequential(*layers), (256, 3, 16, 16)
    layers = convolution(3, 64, 3, 1) + [relu()]
    for stage in range(4):
        for block in range(2):
            after = 64 << stage
            stride = 2 if stage > 0 and block == 0 else 1
            before = after // 2 if stride == 2 else after
            body = convolution(before, after, 3, stride) + [relu()] + convolution(after, after, 3, 1)
            layers.append(Residual(body, convolution(before, after, 1, stride) if stride == 2 else []))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()), (64, 3, 32, 32)


def torch_steps(name, steps):
    """What the example prints, by PyTorch."""
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(ARGUMENTS.threads)
    model, shape = network(name)
    points = torch.randn(*shape)
    cotangents = torch.randn_like(model(points))
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        model.zero_grad(set_to_none=True)
        model(points).backward(cotangents)
        times.append(time.perf_counter() - start)
    status = Path("/proc/self/status").read_text()
    peak = status.split("VmHWM:")[1].split()[0]
    print(peak, *(f"{t:.6f}" for t in times))


def run(command):
    """Peak memory in KiB and the fastest step in seconds."""
    output = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    peak, *times = output.split()
    return int(peak), min(map(float, times))


def main():
    if ARGUMENTS.steps:
        torch_steps(ARGUMENTS.only, ARGUMENTS.steps)
        return
    program = ARGUMENTS.program
    if not program:
        build = ["cargo", "build", "--release", "--quiet", "--example", "time_network"]
        subprocess.run(build, check=True, cwd=ROOT)
        target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        program = target / "release" / "examples" / "time_network"
    threads = str(ARGUMENTS.threads)
    print("| network | PyTorch ms | ours ms | ours / PyTorch | PyTorch MiB | ours MiB |")
    print("|-|-|-|-|-|-|")
    for name, steps in STEPS.items():
        if ARGUMENTS.only not in name:
            continue
        theirs, mine = [], []
        for _ in range(ARGUMENTS.rounds):
            again = [sys.executable, __file__, "--only", name, "--threads", threads]
            theirs.append(run([*again, "--steps", str(steps)]))
            mine.append(run([program, name, str(steps), threads]))
        slow, fast = (min(seconds for _, seconds in runs) * 1e3 for runs in (theirs, mine))
        memory = [max(peak for peak, _ in runs) / 1024 for runs in (theirs, mine)]
        print(
            f"| {name} | {slow:.1f} | {fast:.1f} | {fast / slow:.2f} | {memory[0]:.0f} | {memory[1]:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
