"""Makes the golden files of `tests/suite/pytorch_example.rs` with the code of `examples/pytorch`.

    python3 tests/golden/pytorch_example/make.py

objectives.json: two views, and the value and the gradients of every objective in double precision, the value also
in single precision. For every NAME of a learner, in double precision: NAME.safetensors, its checkpoint after two
steps; NAME_model.safetensors, encoder and projector as `vicinfo network` reads them; NAME_values.safetensors, the
views `first` and `second`, the `embeddings` of the first view in evaluation, the `losses` of two further steps, and
after them the `embeddings_after` and, where there is a target, its `target_after`.
"""

import json
import math
import sys
from pathlib import Path

import safetensors.torch
import torch

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[2] / "examples" / "pytorch"))

# E402: these imports find their modules only once the path above is set.
from learner import Learner  # noqa: E402
from losses import parse  # noqa: E402
from networks import save  # noqa: E402

OBJECTIVES = [
    "vicreg()",
    "vicreg(covariance=5)",
    "vicreg(invariance=1,variance=3,covariance=0,gamma=1.5,hinge=sum)",
    "invariance()",
    "nt_xent()",
    "nt_xent(temperature=0.2)",
    "barlow_twins()",
    "barlow_twins(lambda=0.1,epsilon=0.01)",
    "byol()",
    "simsiam()",
    "sigreg()",
    "sigreg(lambda=0.5,slices=9,knots=33,reach=5)",
    "log_det()",
    "log_det(epsilon=0.5)",
    "pair_dist()",
    "pair_dist(bound=bhattacharyya,std=0.5)",
    "pair_dist(bound=expected_likelihood,std=0.7)",
    "mec()",
    "mec(distortion=2,order=3)",
    "coding_rate()",
    "matrix_entropy()",
    "matrix_entropy(alpha=2)",
    "matrix_entropy(alpha=1.5)",
    "alignment()",
    "alignment(alpha=1)",
    "uniformity()",
    "uniformity(t=0.5)",
    "normalised()",
    "normalised(objective=pair_dist(std=0.4))",
    "vicreg(covariance=0) + 0.5*log_det(epsilon=0.1)",
    "vicreg(covariance=0) + 0.3*pair_dist(std=0.5)",
    "vicreg() + 0.5*log_det()",
    "nt_xent(temperature=0.2) + 0.2*normalised(objective=log_det() + 2*pair_dist(std=0.3))",
    "2*invariance() + -1e-1*uniformity()",
]


def rounded(*shape):
    """Numbers that both precisions and the file hold exactly."""
    return (torch.randn(*shape) * 1024).round() / 1024


def gradients(name, x, y):
    x, y = x.double().requires_grad_(), y.double().requires_grad_()
    value = parse(name)(x, y)
    value.backward()
    zero = torch.zeros_like(x)
    return value.item(), [(zero if z.grad is None else z.grad).flatten().tolist() for z in (x, y)]


def objectives():
    torch.manual_seed(1)
    sets = []
    # More points than coordinates, fewer, and one coordinate.
    for n, d in [(9, 4), (5, 8), (6, 1)]:
        shared = rounded(n, d) + 0.25
        x, y = (shared + 0.25 * rounded(n, d) for _ in range(2))
        values = []
        for name in OBJECTIVES:
            if d == 1 and "matrix_entropy" in name:
                # One coordinate has one direction: an entropy of 0, whose relative error says nothing.
                continue
            value, gradient = gradients(name, x, y)
            values.append({
                "name": name, "value": value, "gradient": gradient, "single": parse(name)(x.float(), y.float()).item()
            })
        sets.append({"dim": d, "first": x.flatten().tolist(), "second": y.flatten().tolist(), "values": values})
    text = json.dumps(sets, separators=(",", ":"))
    (FOLDER / "objectives.json").write_text(text + "\n")


def learner(name, encoder, method, optimiser, shape, n=10):
    torch.manual_seed(2)
    plan = {
        "encoder": encoder,
        "projector": [8, 5],
        "predictor": 7,
        "method": method,
        "optimiser": optimiser,
        "schedule": {"rate": 0.02, "warm_up": 1, "steps": 8, "floor": 0.01},
        "keep": 0.9,
    }
    made = Learner(plan, shape, dtype=torch.float64)
    first, second = (torch.rand(n, *shape, dtype=torch.float64) for _ in range(2))
    for _ in range(2):
        made.step(first, second)
    made.save(FOLDER / f"{name}.safetensors", {"made_by": "examples/pytorch"})
    save(FOLDER / f"{name}_model.safetensors", made.model, shape)
    embeddings = made.embed(first)[1]
    losses = [made.step(first, second)[1] for _ in range(2)]
    assert all(map(math.isfinite, losses))
    # The checkpoint goes on as the learner did, in this program as in the other one.
    read = Learner(plan, shape, dtype=torch.float64)
    read.load(FOLDER / f"{name}.safetensors")
    assert [read.step(first, second)[1] for _ in range(2)] == losses
    values = {
        "first": first.flatten(1), "second": second.flatten(1), "embeddings": embeddings,
        "losses": torch.tensor(losses, dtype=torch.float64), "embeddings_after": made.embed(first)[1],
    }
    if made.target:
        with torch.no_grad():
            values["target_after"] = made.target.eval()(first)
    safetensors.torch.save_file(values, FOLDER / f"{name}_values.safetensors")
    print(name, losses)


objectives()
learner("conv_net", "conv_net(channels=3-5)", "vicreg(covariance=0) + 0.5*log_det()", "adamw()", (3, 8, 8))
learner(
    "resnet18", "resnet18(width=1)", "byol() + 0.2*normalised(objective=log_det())", "lars(trust=0.02)", (3, 8, 8)
)
learner(
    "perceptron", "perceptron(widths=9-6)", "simsiam() + 0.1*nt_xent(temperature=0.2)",
    "sgd(momentum=0.8,weight_decay=0.01,spared=none)", (1, 5, 4),
)
