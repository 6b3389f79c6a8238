"""Steps of self-supervised training of this crate against PyTorch on CPU, in single precision: time, processor
time and peak memory.

    python3 benches/compare_training.py [--only conv_net] [--rounds 5] [--threads 2]

Needs torch. Builds the example `time_training` and runs both programs in turn, so that a busy machine slows
both. A step is two forward passes in training mode, VICReg, the gradients of all parameters and AdamW, of a
projector 256-64 (a batch normalisation and a ReLU between its layers) behind

* perceptron: 784-512-512 with a ReLU between the layers; 256 points;
* conv_net_16, conv_net_28: three 3 x 3 convolutions of stride 2 to 16, 32 and 128 planes with batch normalisation and
  ReLU, and the mean of every plane; 256 grey images of 16 x 16 or 28 x 28;
* resnet18: ResNet-18 with the stem for small images; 64 images of 3 x 32 x 32;
* loss: VICReg and its gradient alone, on 256 embeddings of 64 numbers.

One line each: the fastest step of each program in milliseconds and their ratio (below 1: this crate is faster), the
least processor milliseconds a step over the rounds, and the peak resident memory, PyTorch's with its own code and
Python's. PyTorch's threads wait in a loop, so that its times say little while other programs run. This crate evaluates
the loss in double precision.
"""

import argparse
import os
import resource
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

ROOT = Path(__file__).resolve().parent.parent
STEPS = {"perceptron": 40, "conv_net_16": 40, "conv_net_28": 30, "resnet18": 2, "loss": 200}


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

    def relu():
        return nn.ReLU(inplace=True)

    layers = []
    if name == "resnet18":
        shape, dim = (64, 3, 32, 32), 512
        layers += convolution(3, 64, 3, 1) + [relu()]
        for stage in range(4):
            for block in range(2):
                after = 64 << stage
                stride = 2 if stage > 0 and block == 0 else 1
                before = after // 2 if stride == 2 else after
                body = convolution(before, after, 3, stride) + [relu()] + convolution(after, after, 3, 1)
                layers.append(Residual(body, convolution(before, after, 1, stride) if stride == 2 else []))
    elif name == "perceptron":
        shape, dim = (256, 784), 512
        layers += [nn.Linear(784, 512), relu(), nn.Linear(512, 512)]
    else:
        side, dim = int(name.removeprefix("conv_net_")), 128
        shape = (256, 1, side, side)
        for before, after in ((1, 16), (16, 32), (32, 128)):
            layers += convolution(before, after, 3, 2) + [relu()]
    if name != "perceptron":
        layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    layers += [nn.Linear(dim, 256, bias=False), nn.BatchNorm1d(256), relu(), nn.Linear(256, 64, bias=False)]
    return nn.Sequential(*layers), shape


def vicreg(x, y):
    from torch.nn import functional

    n, d = x.shape
    loss = 25 * functional.mse_loss(x, y)
    for z in (x, y):
        z = z - z.mean(0)
        c = z.T @ z / (n - 1)
        variances = c.diagonal()
        loss = loss + 12.5 * functional.relu(1 - (variances + 1e-4).sqrt()).mean()
        loss = loss + (c.pow(2).sum() - variances.pow(2).sum()) / d
    return loss


def torch_steps(name, steps):
    """What the example prints, by PyTorch."""
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(ARGUMENTS.threads)
    if name == "loss":
        views = [torch.randn(256, 64, requires_grad=True) for _ in range(2)]

        def step():
            for view in views:
                view.grad = None
            vicreg(*views).backward()

    else:
        model, shape = network(name)
        optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3)
        first, second = torch.randn(*shape), torch.randn(*shape)

        def step():
            optimiser.zero_grad(set_to_none=True)
            vicreg(model(first), model(second)).backward()
            optimiser.step()

    step()
    before, times = time.process_time(), []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    processor = (time.process_time() - before) / steps
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(peak, f"{processor:.6f}", *(f"{t:.6f}" for t in times))


def run(command):
    """Peak memory in MiB, processor seconds a step and the fastest step in seconds."""
    output = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    peak, processor, *times = map(float, output.split())
    return peak / 1024, processor * 1e3, min(times) * 1e3


def main():
    if ARGUMENTS.steps:
        torch_steps(ARGUMENTS.only, ARGUMENTS.steps)
        return
    program = ARGUMENTS.program
    if not program:
        build = ["cargo", "build", "--release", "--quiet", "--example", "time_training"]
        subprocess.run(build, check=True, cwd=ROOT)
        target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        program = target / "release" / "examples" / "time_training"
    threads = str(ARGUMENTS.threads)
    print("| | PyTorch ms | ours ms | ours / PyTorch | PyTorch CPU ms | ours CPU ms | PyTorch MiB | ours MiB |")
    print("|-|-|-|-|-|-|-|-|")
    for name, steps in STEPS.items():
        if ARGUMENTS.only not in name:
            continue
        theirs, mine = [], []
        for _ in range(ARGUMENTS.rounds):
            again = [sys.executable, __file__, "--only", name, "--threads", threads]
            theirs.append(run([*again, "--steps", str(steps)]))
            mine.append(run([program, name, str(steps), threads]))
        (memory, processor, slow), (own_memory, own_processor, fast) = (
            (max(r[0] for r in runs), min(r[1] for r in runs), min(r[2] for r in runs)) for runs in (theirs, mine)
        )
        print(
            f"| {name} | {slow:.2f} | {fast:.2f} | {fast / slow:.2f} | {processor:.1f} | {own_processor:.1f} "
            f"| {memory:.0f} | {own_memory:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
