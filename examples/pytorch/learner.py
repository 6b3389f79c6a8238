"""Networks in training: what `vicinfo::training::Learner` is, step for step, and its checkpoints."""

import copy
import json
import math
from contextlib import nullcontext
from typing import Literal

import safetensors
import safetensors.torch
import torch
from torch import nn

from losses import Method, build
from networks import architecture, encoder, head, tensors

# Optimisers: the first group of parameters decays, the second does not ----------------------------------------

Spared = Literal["vectors", "none"]


def groups(parameters, weight_decay, spared):
    spares = [p.ndim < 2 and spared == "vectors" for p in parameters]
    return [
        {"params": [p for p, spare in zip(parameters, spares) if not spare], "weight_decay": weight_decay},
        {"params": [p for p, spare in zip(parameters, spares) if spare], "weight_decay": 0.0, "spared": True},
    ]


def adamw(
    parameters, *, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8, weight_decay: float = 1e-5,
    spared: Spared = "vectors",
):
    return torch.optim.AdamW(groups(parameters, weight_decay, spared), lr=1.0, betas=(beta1, beta2), eps=epsilon)


def sgd(parameters, *, momentum: float = 0.9, weight_decay: float = 1e-4, spared: Spared = "vectors"):
    return torch.optim.SGD(groups(parameters, weight_decay, spared), lr=1.0, momentum=momentum)


def lars(
    parameters, *, momentum: float = 0.9, weight_decay: float = 1e-6, trust: float = 1e-3, spared: Spared = "vectors"
):
    return Lars(groups(parameters, weight_decay, spared), {"lr": 1.0, "momentum": momentum, "trust": trust})


class Lars(torch.optim.Optimizer):
    """Momentum with a rate for each parameter, You, Gitman & Ginsburg 2017; spared vectors keep the common rate."""

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                update = p.grad + group["weight_decay"] * p
                if not group.get("spared"):
                    own, length = p.double().norm(), update.double().norm()
                    factor = torch.where((own > 0) & (length > 0), group["trust"] * own / length, 1.0)
                    update = update * factor.to(update.dtype)
                state = self.state[p]
                momentum = state.get("momentum_buffer", torch.zeros_like(p))
                state["momentum_buffer"] = group["momentum"] * momentum + update
                p -= group["lr"] * state["momentum_buffer"]


OPTIMISERS = {function.__name__: function for function in [adamw, sgd, lars]}
#: Names of what an optimiser keeps beside each parameter, vicinfo's and PyTorch's.
SLOTS = {
    "adamw": {"first_moment": "exp_avg", "second_moment": "exp_avg_sq"},
    "sgd": {"momentum": "momentum_buffer"},
    "lars": {"momentum": "momentum_buffer"},
}


def half_cosine(share):
    """From 1 at 0 to 0 at 1."""
    return (1 + math.cos(math.pi * share)) / 2


def rate_of(step, rate, warm_up, steps, floor):
    """A linear warm-up, then half a cosine down to `floor * rate`."""
    if step < warm_up:
        return rate * (step + 1) / warm_up
    return rate * (floor + (1 - floor) * half_cosine((step - warm_up) / (steps - warm_up)))


# Learners ------------------------------------------------------------------------------------------------------


class Learner:
    """Encoder, projector, for some methods a predictor and a target, and what the optimiser remembers.

    `plan` has the keys of `vicinfo::training::Plan`, `shape` is that of the images. With `bfloat16` the networks compute in it
    (autocast; parameters stay as they are). The loss is computed in `loss_dtype`, whatever the networks compute in.
    """

    def __init__(self, plan, shape, device="cpu", dtype=torch.float32, bfloat16=False, loss_dtype=torch.float64):
        self.plan, self.shape, self.steps, self.loss = plan, shape, 0, None
        self.device, self.bfloat16, self.loss_dtype = torch.device(device), bfloat16, loss_dtype
        self.method = Method(plan["method"])
        self.encoder, dim = encoder(plan["encoder"], shape)
        widths = [dim, *plan["projector"]]
        self.networks = {"encoder": self.encoder, "projector": head(widths)}
        if self.method.target:
            self.networks["predictor"] = head([widths[-1], plan["predictor"], widths[-1]])
        for network in self.networks.values():
            network.to(self.device, dtype)
        self.projector, self.predictor = self.networks["projector"], self.networks.get("predictor")
        self.model = nn.Sequential(*self.encoder, *self.projector)
        self.target = copy.deepcopy(self.model).requires_grad_(False) if self.method.target == "average" else None
        parameters = [p for network in self.networks.values() for p in network.parameters()]
        self.optimiser = build("optimiser", OPTIMISERS, plan["optimiser"])(parameters)
        self.slots = SLOTS[plan["optimiser"].partition("(")[0].strip()]

    def step(self, first, second):
        """One step on two views of the same images. Returns the rate, the loss before the step, and the root of the
        mean variance of the embeddings' coordinates, zero for a collapsed network."""
        schedule = self.plan["schedule"]
        rate, views = rate_of(self.steps, **schedule), (first, second)
        half = torch.autocast(self.device.type, torch.bfloat16) if self.bfloat16 else nullcontext()
        predictions = targets = None
        with half:
            embeddings = [self.model(view) for view in views]
            if self.method.target:
                predictions = [self.predictor(z) for z in embeddings]
                targets = embeddings
            if self.target:
                with torch.no_grad():
                    targets = [self.target(view) for view in views]

        def precise(both):
            return both and [z.to(self.loss_dtype) for z in both]

        embeddings = precise(embeddings)
        loss = self.method(embeddings, precise(predictions), precise(targets))
        if not math.isfinite(loss.item()):
            raise FloatingPointError(
                f"step {self.steps}, rate {rate}: the loss is {loss.item()}, after {self.loss} in the step before; "
                "a smaller rate, a longer warm-up or more variance may help"
            )
        self.optimiser.zero_grad()
        loss.backward()
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.step()
        if self.target:
            # The share that is kept rises to 1; running statistics stay, a target collects its own.
            keep = 1 - (1 - self.plan["keep"]) * half_cosine(self.steps / schedule["steps"])
            with torch.no_grad():
                for slow, fast in zip(self.target.parameters(), self.model.parameters()):
                    slow.mul_(keep).add_(fast, alpha=1 - keep)
        self.steps += 1
        self.loss = loss.item()
        std = torch.stack([z.detach().var(0).mean() for z in embeddings]).mean().sqrt()
        return rate, self.loss, std.item()

    @torch.no_grad()
    def embed(self, images, prepare=lambda images: images, chunk=512):
        """Representations and embeddings of images in evaluation, in full precision."""
        self.model.eval()
        parts = []
        for part in images.split(chunk):
            h = self.encoder(prepare(part))
            parts.append((h.cpu(), self.projector(h).cpu()))
        self.model.train()
        return [torch.cat(part) for part in zip(*parts)]

    # Checkpoints: those of `Learner::to_safetensors`, which each of the two programs goes on from ---------------

    def labelled(self):
        """Parameters by name."""
        return {
            f"{name}.{key}": p for name, network in self.networks.items() for key, p in network.named_parameters()
        }

    def parts(self):
        """Networks by the prefix of their tensors."""
        found = {f"{name}.": network for name, network in self.networks.items()}
        if self.target:
            found["target.encoder."] = self.target[: len(self.encoder)]
            found["target.projector."] = renumbered(self.target[len(self.encoder) :])
        return found

    def save(self, path, notes):
        """Writes a checkpoint, with notes of the caller's."""
        stored = {}
        for prefix, network in self.parts().items():
            stored |= {key: v.clone() for key, v in tensors(prefix, network).items() if "num_batches" not in key}
        for name, parameter in self.labelled().items():
            for slot, key in self.slots.items() if self.steps > 0 else ():
                stored[f"memory.{slot}.{name}"] = self.optimiser.state[parameter][key].detach().cpu().contiguous()
        for name, tensor in stored.items():
            if not tensor.isfinite().all():
                raise FloatingPointError(f"step {self.steps}: {name} has numbers that are not finite")
        dim = self.plan["projector"][-1]
        header = {
            "plan": self.plan,
            "steps": self.steps,
            "loss": self.loss,
            "encoder": architecture(self.encoder, self.shape),
            "projector": architecture(self.projector, [self.projector[0].in_features]),
            "predictor": architecture(self.predictor, [dim]) if self.predictor else None,
        }
        partial = path.with_suffix(".partial")
        safetensors.torch.save_file(stored, partial, metadata={"learner": json.dumps(header), **notes})
        partial.replace(path)

    def load(self, path):
        """Goes on from a checkpoint of the same plan; returns its notes."""
        with safetensors.safe_open(path, "pt") as file:
            notes = file.metadata()
        stored = safetensors.torch.load_file(path)
        header = json.loads(notes.pop("learner"))
        if header["plan"] != self.plan:
            raise ValueError(f"{path}: made with another plan, {header['plan']} instead of {self.plan}")
        for prefix, network in self.parts().items():
            # The counters are not in the file.
            state = {key: stored.get(f"{prefix}{key}", value) for key, value in network.state_dict().items()}
            network.load_state_dict(state)
        self.steps, self.loss = header["steps"], header["loss"]
        for name, parameter in self.labelled().items() if self.steps > 0 else ():
            memory = {"step": torch.tensor(float(self.steps))}
            for slot, key in self.slots.items():
                memory[key] = stored[f"memory.{slot}.{name}"].to(parameter)
            self.optimiser.state[parameter] = memory
        return notes


def renumbered(layers):
    """The same layers, counted from 0: a slice of a `Sequential` keeps the names of its layers."""
    return nn.Sequential(*layers)
