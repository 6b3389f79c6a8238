"""vicinfo's encoders and heads in PyTorch, with their names, layers and initial laws, and files that vicinfo reads."""

import json

import safetensors.torch
from torch import nn

from losses import build

# Encoders ------------------------------------------------------------------------------------------------------


class Residual(nn.Module):
    """`body(x) + shortcut(x)`; an empty shortcut is the identity."""

    def __init__(self, body, shortcut=()):
        super().__init__()
        self.body, self.shortcut = nn.Sequential(*body), nn.Sequential(*shortcut)

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


def sizes(text):
    """Reads `16-32-128`."""
    return [int(size) for size in text.split("-")]


def convolution(channels, planes, side=3, stride=1):
    """A convolution without bias, which the batch normalisation behind it would take out again."""
    return [
        nn.Conv2d(channels, planes, side, stride=stride, padding=side // 2, bias=False),
        nn.BatchNorm2d(planes),
    ]


def perceptron(shape, *, widths: str = "512-512"):
    """Linear layers with ReLUs between them."""
    layers, wide = [nn.Flatten()], shape[0] * shape[1] * shape[2]
    for width in sizes(widths):
        if len(layers) > 1:
            layers.append(nn.ReLU())
        layers.append(nn.Linear(wide, width))
        wide = width
    return layers, wide


def conv_net(shape, *, channels: str = "16-32-128"):
    """3 x 3 convolutions of stride 2 with batch normalisation and ReLU, then the mean of each plane."""
    layers, planes = [], shape[0]
    for wide in sizes(channels):
        layers += [*convolution(planes, wide, stride=2), nn.ReLU()]
        planes = wide
    return layers + [nn.AdaptiveAvgPool2d(1), nn.Flatten()], planes


def resnet18(shape, *, width: int = 64):
    """ResNet-18 with the stem for small images: one 3 x 3 convolution of stride 1 and no pooling."""
    layers, planes = [*convolution(shape[0], width), nn.ReLU()], width
    for stage in range(4):
        for block in range(2):
            stride, wide = (2 if stage > 0 and block == 0 else 1), width << stage
            body = [*convolution(planes, wide, stride=stride), nn.ReLU(), *convolution(wide, wide)]
            shortcut = [] if stride == 1 else convolution(planes, wide, side=1, stride=stride)
            layers += [Residual(body, shortcut), nn.ReLU()]
            planes = wide
    return layers + [nn.AdaptiveAvgPool2d(1), nn.Flatten()], planes


ENCODERS = {function.__name__: function for function in [perceptron, conv_net, resnet18]}


def encoder(text, shape):
    """An encoder of images of this shape, and the dimension of its representation."""
    layers, dim = build("encoder", ENCODERS, text)(shape)
    return drawn(layers), dim


def head(widths):
    """A projector or a predictor: linear layers without bias, BatchNorm and ReLU after all but the last."""
    layers = []
    for wide, width in zip(widths, widths[1:]):
        if layers:
            layers += [nn.BatchNorm1d(wide), nn.ReLU()]
        layers.append(nn.Linear(wide, width, bias=False))
    return drawn(layers)


def drawn(layers):
    """Weights from normal laws of variance `2 / fan_in`, biases 0."""
    network = nn.Sequential(*layers)
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network


# Files ---------------------------------------------------------------------------------------------------------


def describe(layers):
    """Layers as `vicinfo::network::Architecture` names them."""
    return [describe_one(layer) for layer in layers]


def describe_one(layer):
    found = {"type": type(layer).__name__}
    match layer:
        case nn.Conv2d():
            found |= {"stride": layer.stride[0], "padding": layer.padding[0]}
        case nn.BatchNorm1d() | nn.BatchNorm2d():
            found |= {"eps": layer.eps, "momentum": layer.momentum}
        case Residual():
            found |= {"body": describe(layer.body), "shortcut": describe(layer.shortcut)}
    return found


def architecture(network, shape):
    """What a state dict does not say."""
    return {"input": list(shape), "layers": describe(network)}


def tensors(prefix, network):
    """The state dict as a file holds it."""
    state = network.state_dict().items()
    return {f"{prefix}{key}": value.detach().cpu().contiguous() for key, value in state}


def save(path, network, shape):
    """Writes a network so that `vicinfo network` reads it: the state dict, and the architecture in the metadata."""
    metadata = {"architecture": json.dumps(architecture(network, shape))}
    safetensors.torch.save_file(tensors("", network), path, metadata=metadata)
