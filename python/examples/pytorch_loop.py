"""Audits an encoder while PyTorch trains it: `python pytorch_loop.py`, with torch and vicinfo installed.

Two views are an input and noise; replace `views` and `encoder` by your own. After every epoch the embeddings of held-out inputs are audited,
and the audits lie in `audits/epoch-*`, for `vicinfo audit --compare audits/epoch-*/audit.json`.
"""

import torch
from torch import nn

import vicinfo

torch.manual_seed(0)
mix = torch.randn(16, 16)
data = torch.randn(4096, 16) @ mix
held_out = torch.randn(1000, 16) @ mix
encoder = nn.Sequential(nn.Linear(16, 128), nn.ReLU(), nn.Linear(128, 8))
optimiser = torch.optim.Adam(encoder.parameters(), lr=1e-3)


def views(x):
    return x + 0.3 * torch.randn_like(x), x + 0.3 * torch.randn_like(x)


class Vicreg(torch.autograd.Function):
    """The objective and its analytic gradient come from vicinfo."""

    @staticmethod
    def forward(context, first, second):
        found = vicinfo.objective(first.detach().numpy(), second.detach().numpy(), "vicreg()")
        context.gradient = [torch.from_numpy(g).to(first.dtype) for g in found.gradient]
        return first.new_tensor(found.value)

    @staticmethod
    def backward(context, slope):
        return tuple(slope * g for g in context.gradient)


for epoch in range(3):
    for batch in data[torch.randperm(len(data))].split(256):
        first, second = views(batch)
        loss = Vicreg.apply(encoder(first), encoder(second))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        first, second = (encoder(view).numpy() for view in views(held_out))
    audit = vicinfo.audit(first, second, name=f"epoch {epoch + 1}")
    audit.save(f"audits/epoch-{epoch + 1}")
    shared = audit.reading("information", "info_nce")
    print(f"epoch {epoch + 1}: loss {loss.item():.3f}, views share at least {shared['value']:.2f} nats")
