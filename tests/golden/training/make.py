"""Makes the golden files of the training tests with PyTorch, in double precision.

    python3 tests/golden/training/make.py

For every NAME there is NAME.safetensors, a learner before its first step, and NAME_values.safetensors: the
views `first` and `second`, the `losses` of the steps, and `after.TENSOR`, the state after the last one. Losses
and the layer-wise rates are written from their publications with torch's functions; AdamW, SGD and automatic
differentiation are torch's own.
"""

import copy
import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

FOLDER = Path(__file__).resolve().parent
torch.set_default_dtype(torch.float64)
STEPS, N = 4, 10


def save(path, tensors, metadata=None):
    """The .safetensors format: length of the header, header, numbers."""
    header, content = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, tensor in tensors.items():
        array = tensor.detach().numpy()
        if array.dtype.name != "float64":
            continue
        begin = len(content)
        content += array.tobytes(order="C")
        header[name] = {"dtype": "F64", "shape": list(array.shape), "data_offsets": [begin, len(content)]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + content)


def encoder():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(),
        nn.Conv2d(4, 6, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(6), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(),
    )


def head(a, b, c):
    return nn.Sequential(nn.Linear(a, b, bias=False), nn.BatchNorm1d(b), nn.ReLU(), nn.Linear(b, c, bias=False))


NORM = {"eps": 1e-5, "momentum": 0.1}
CONVOLUTION = [{"type": "Conv2d", "stride": 2, "padding": 1}, {"type": "BatchNorm2d", **NORM}, {"type": "ReLU"}]
HEAD = [{"type": "Linear"}, {"type": "BatchNorm1d", **NORM}, {"type": "ReLU"}, {"type": "Linear"}]


def vicreg(x, y):
    d = x.shape[1]
    hinge = sum(F.relu(1 - torch.sqrt(z.var(dim=0) + 1e-4)).mean() for z in (x, y)) / 2
    squares = [torch.cov(z.T).pow(2) for z in (x, y)]
    return 25 * F.mse_loss(x, y) + 25 * hinge + sum((s.sum() - s.diagonal().sum()) / d for s in squares)


def log_det(x, y, epsilon):
    d = x.shape[1]
    return -sum(0.5 * torch.logdet(torch.cov(z.T) + epsilon * torch.eye(d)) for z in (x, y)) / 2


def byol(p, z):
    return (F.normalize(p, dim=1) - F.normalize(z.detach(), dim=1)).pow(2).sum(dim=1).mean()


def simsiam(p, z):
    return -F.cosine_similarity(p, z.detach(), dim=1).mean()


class Lars(torch.optim.Optimizer):
    """Layer-wise rates; vectors have neither a decay nor a rate of their own."""

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                update, factor = p.grad.clone(), 1.0
                if p.ndim > 1:
                    update += group["weight_decay"] * p
                    factor = group["trust"] * p.norm() / update.norm()
                state = self.state[p]
                state["m"] = group["momentum"] * state.get("m", torch.zeros_like(p)) + factor * update
                p -= group["lr"] * state["m"]


def rate(step, top=0.05, warm_up=2, steps=8, floor=0.01):
    if step < warm_up:
        return top * (step + 1) / warm_up
    return top * (floor + (1 - floor) * (1 + math.cos(math.pi * (step - warm_up) / (steps - warm_up))) / 2)


def make(name, method, optimiser_text, optimiser, decays=lambda p: p.ndim > 1):
    """`optimiser` takes two groups of parameters, those that decay and those that do not."""
    torch.manual_seed(2303 + len(name))
    networks = {"encoder": encoder(), "projector": head(6, 16, 5)}
    predicts = "byol" in method or "simsiam" in method
    if predicts:
        networks["predictor"] = head(5, 16, 5)
    target = {k: copy.deepcopy(networks[k]) for k in ("encoder", "projector")} if "byol" in method else None
    parts = lambda: {**networks, **({f"target.{k}": v for k, v in target.items()} if target else {})}
    state = lambda: {f"{k}.{key}": v.clone() for k, m in parts().items() for key, v in m.state_dict().items()}
    schedule = {"rate": 0.05, "warm_up": 2, "steps": 8, "floor": 0.01}
    plan = {
        "encoder": "conv_net(channels=4-6)", "projector": [16, 5], "predictor": 16, "method": method,
        "optimiser": optimiser_text, "schedule": schedule, "keep": 0.9,
    }
    learner = {
        "plan": plan, "steps": 0, "loss": None,
        "encoder": {"input": [1, 8, 8], "layers": CONVOLUTION * 2 + [{"type": "AdaptiveAvgPool2d"}, {"type": "Flatten"}]},
        "projector": {"input": [6], "layers": HEAD},
        "predictor": {"input": [5], "layers": HEAD} if predicts else None,
    }
    save(FOLDER / f"{name}.safetensors", state(), {"learner": json.dumps(learner)})
    first, second = torch.rand(N, 1, 8, 8), torch.rand(N, 1, 8, 8)
    parameters = [p for network in networks.values() for p in network.parameters()]
    rule = optimiser([p for p in parameters if decays(p)], [p for p in parameters if not decays(p)])
    losses = []
    for step in range(STEPS):
        z = [networks["projector"](networks["encoder"](v)) for v in (first, second)]
        if not predicts:
            loss = vicreg(*z)
        else:
            p = [networks["predictor"](v) for v in z]
            if target:
                with torch.no_grad():
                    t = [target["projector"](target["encoder"](v)) for v in (first, second)]
                unit = [F.normalize(v, dim=1) * math.sqrt(5) for v in z]
                loss = byol(p[0], t[1]) + byol(p[1], t[0]) + 0.2 * log_det(*unit, 0.01)
            else:
                loss = (simsiam(p[0], z[1]) + simsiam(p[1], z[0])) / 2
        losses.append(loss.item())
        rule.zero_grad()
        loss.backward()
        for group in rule.param_groups:
            group["lr"] = rate(step)
        rule.step()
        if target:
            keep = 1 - (1 - 0.9) * (1 + math.cos(math.pi * step / 8)) / 2
            with torch.no_grad():
                for k, network in target.items():
                    for slow, fast in zip(network.parameters(), networks[k].parameters()):
                        slow.mul_(keep).add_(fast, alpha=1 - keep)
    values = {"first": first.reshape(N, -1), "second": second.reshape(N, -1), "losses": torch.tensor(losses)}
    save(FOLDER / f"{name}_values.safetensors", values | {f"after.{k}": v for k, v in state().items()})
    print(name, losses)


make(
    "vicreg_adamw",
    "vicreg()",
    "adamw(weight_decay=0.1)",
    lambda weights, vectors: torch.optim.AdamW(
        [{"params": weights, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}], lr=1.0
    ),
)
make(
    "byol_sgd",
    "byol() + 0.2*normalised(objective=log_det(epsilon=0.01))",
    "sgd(momentum=0.8,weight_decay=0.01,spared=none)",
    lambda weights, vectors: torch.optim.SGD(weights + vectors, lr=1.0, momentum=0.8, weight_decay=0.01),
)
make(
    "simsiam_lars",
    "simsiam()",
    "lars(momentum=0.9,weight_decay=0.01,trust=0.5)",
    lambda weights, vectors: Lars(
        weights + vectors, {"lr": 1.0, "momentum": 0.9, "weight_decay": 0.01, "trust": 0.5}
    ),
)
