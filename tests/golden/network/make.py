"""Makes the golden files of the network tests with PyTorch, in double precision.

    python3 tests/golden/network/make.py

Made with PyTorch 1.13.1 on CPU (Debian's python3-torch). For every network NAME there is
NAME.safetensors, its state dict as a user would export it, and NAME_values.safetensors: points `x`,
their images `eval.y` and Jacobians `eval.jacobian` in evaluation; and in training mode `train.y`,
the cotangents `v`, the gradients `grad.PARAMETER` and `grad.x` of `sum(v * y)`, and the running
statistics `after.NAME` of the batch normalisations.
"""

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
torch.manual_seed(20230300633)
torch.set_default_dtype(torch.float64)


class Residual(nn.Module):
    def __init__(self, body, shortcut=()):
        super().__init__()
        self.body, self.shortcut = nn.Sequential(*body), nn.Sequential(*shortcut)

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


class Abs(nn.Module):
    def forward(self, x):
        return x.abs()


def save(path, tensors, metadata=None):
    """The .safetensors format: length of the header, header, numbers."""
    header, content = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, tensor in tensors.items():
        array = tensor.detach().numpy()
        begin = len(content)
        content += np.ascontiguousarray(array).tobytes()
        kind = {"float64": "F64", "int64": "I64"}[array.dtype.name]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [begin, len(content)]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + content)


def randomise(network):
    """Statistics and scales that are neither 0 nor 1."""
    for layer in network.modules():
        if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
            layer.running_mean.normal_()
            layer.running_var.uniform_(0.5, 2.0)
            if layer.affine:
                nn.init.normal_(layer.weight, 1.0, 0.3)
                nn.init.normal_(layer.bias, 0.0, 0.3)


def make(name, network, input_shape, n, architecture):
    randomise(network)
    metadata = {"architecture": json.dumps(architecture)} if architecture else None
    save(FOLDER / f"{name}.safetensors", network.state_dict(), metadata)
    x = torch.randn(n, *input_shape, requires_grad=True)
    values = {"x": x}
    network.eval()
    y = network(x)
    values["eval.y"] = y
    rows = [torch.autograd.grad(y[:, k].sum(), x, retain_graph=True)[0].reshape(n, -1) for k in range(y.shape[1])]
    values["eval.jacobian"] = torch.stack(rows, 1)
    network.train()
    y = network(x)
    v = torch.randn_like(y)
    values |= {"train.y": y, "v": v}
    named = list(network.named_parameters())
    gradients = torch.autograd.grad((v * y).sum(), [x] + [p for _, p in named])
    values["grad.x"] = gradients[0]
    values |= {f"grad.{key}": g for (key, _), g in zip(named, gradients[1:])}
    values |= {f"after.{key}": b for key, b in network.named_buffers() if b.dtype == torch.float64}
    save(FOLDER / f"{name}_values.safetensors", values)


# A plain perceptron, exported without a word about its architecture.
make(
    "perceptron",
    nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3)),
    (5,),
    4,
    None,
)

make(
    "activations",
    nn.Sequential(
        nn.Linear(4, 9), nn.LeakyReLU(0.2), nn.Linear(9, 8), nn.Hardtanh(), nn.Linear(8, 8), Abs(), nn.Linear(8, 8, bias=False),
        nn.BatchNorm1d(8, affine=False), nn.Tanh(), nn.Linear(8, 8), nn.GELU(), nn.Linear(8, 8), nn.SiLU(), nn.Linear(8, 2),
    ),
    (4,),
    5,
    {
        "input": [4],
        "layers": [
            {"type": "Linear"}, {"type": "LeakyReLU", "negative_slope": 0.2}, {"type": "Linear"}, {"type": "Hardtanh"},
            {"type": "Linear"}, {"type": "Abs"}, {"type": "Linear"}, {"type": "BatchNorm1d"}, {"type": "Tanh"},
            {"type": "Linear"}, {"type": "GELU"}, {"type": "Linear"}, {"type": "SiLU"}, {"type": "Linear"},
        ],
    },
)

make(
    "convolutions",
    nn.Sequential(
        nn.Conv2d(2, 4, 3, stride=2, padding=1), nn.BatchNorm2d(4), nn.ReLU(),
        nn.Conv2d(4, 6, (3, 2), padding=1), nn.BatchNorm2d(6, eps=1e-3, momentum=0.3), nn.ReLU(),
        nn.MaxPool2d(3, stride=2, padding=1), nn.Conv2d(6, 5, 2, stride=3, padding=2, bias=False), nn.Tanh(),
        nn.AvgPool2d(2, stride=1, padding=1), nn.Conv2d(5, 4, 1), nn.GELU(),
        nn.Flatten(), nn.Linear(64, 7, bias=False), nn.BatchNorm1d(7), nn.ReLU(), nn.Linear(7, 3),
    ),
    (2, 13, 11),
    3,
    {
        "input": [2, 13, 11],
        "layers": [
            {"type": "Conv2d", "stride": 2, "padding": 1}, {"type": "BatchNorm2d"}, {"type": "ReLU"},
            {"type": "Conv2d", "padding": 1}, {"type": "BatchNorm2d", "eps": 1e-3, "momentum": 0.3}, {"type": "ReLU"},
            {"type": "MaxPool2d", "kernel_size": 3, "stride": 2, "padding": 1}, {"type": "Conv2d", "stride": 3, "padding": 2},
            {"type": "Tanh"}, {"type": "AvgPool2d", "kernel_size": 2, "stride": 1, "padding": 1}, {"type": "Conv2d"},
            {"type": "GELU"}, {"type": "Flatten"}, {"type": "Linear"}, {"type": "BatchNorm1d"}, {"type": "ReLU"}, {"type": "Linear"},
        ],
    },
)

BLOCK = [{"type": "Conv2d", "padding": 1}, {"type": "BatchNorm2d"}, {"type": "ReLU"}, {"type": "Conv2d", "padding": 1}, {"type": "BatchNorm2d"}]
DOWN = [{"type": "Conv2d", "stride": 2, "padding": 1}] + BLOCK[1:]


def block(before, after, stride):
    return [
        nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU(),
        nn.Conv2d(after, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after),
    ]


make(
    "residual",
    nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(),
        Residual(block(4, 4, 1)), nn.ReLU(),
        Residual(block(4, 6, 2), [nn.Conv2d(4, 6, 1, 2, bias=False), nn.BatchNorm2d(6)]), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 4),
    ),
    (3, 8, 8),
    3,
    {
        "input": [3, 8, 8],
        "layers": [
            {"type": "Conv2d", "padding": 1}, {"type": "BatchNorm2d"}, {"type": "ReLU"},
            {"type": "Residual", "body": BLOCK}, {"type": "ReLU"},
            {"type": "Residual", "body": DOWN, "shortcut": [{"type": "Conv2d", "stride": 2}, {"type": "BatchNorm2d"}]}, {"type": "ReLU"},
            {"type": "AdaptiveAvgPool2d"}, {"type": "Flatten"}, {"type": "Linear"},
        ],
    },
)
