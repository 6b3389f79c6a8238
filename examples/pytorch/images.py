"""Images from files of the user's, and random views of them, in plain PyTorch."""

import gzip
import math
from dataclasses import dataclass
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F

# Files ---------------------------------------------------------------------------------------------------------


def content(path):
    data = Path(path).read_bytes()
    return gzip.decompress(data) if str(path).endswith(".gz") else data


def idx(path):
    """Unsigned bytes in the IDX format (MNIST, Fashion-MNIST)."""
    data = content(path)
    if data[:3] != b"\0\0\x08":
        raise ValueError(f"{path}: not an IDX file of unsigned bytes")
    shape = numpy.frombuffer(data, ">u4", data[3], 4)
    return numpy.frombuffer(data, numpy.uint8, offset=4 * (1 + len(shape))).reshape(shape)


def cifar(paths):
    """CIFAR-10 in its binary version: a label, then 32 x 32 pixels in three planes."""
    records = numpy.concatenate([numpy.frombuffer(content(path), numpy.uint8).reshape(-1, 3073) for path in paths])
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0]


def read(source, part):
    """Images and labels of a part, "train" or "test".

    `source` is a folder with the files of MNIST, Fashion-MNIST or CIFAR-10 (binary version), plain or `.gz`, or with
    `train-images.npy` and `test-images.npy` (n x height x width or n x channels x height x width; bytes, or floats
    from 0 to 1) and, where there are labels, `train-labels.npy` and `test-labels.npy`.
    """
    folder = Path(source)

    def find(pattern):
        return sorted(path for ending in ("", ".gz") for path in folder.glob(pattern + ending))

    images, labels = find(f"{part}-images.npy"), find(f"{part}-labels.npy")
    if images:
        return checked(numpy.load(images[0]), numpy.load(labels[0]) if labels else None, images[0])
    name = {"train": "train", "test": "t10k"}[part]
    images, labels = find(f"{name}-images-idx3-ubyte"), find(f"{name}-labels-idx1-ubyte")
    if images:
        return checked(idx(images[0]), idx(labels[0]) if labels else None, images[0])
    batches = find({"train": "data_batch*.bin", "test": "test_batch*.bin"}[part])
    if batches:
        return checked(*cifar(batches), batches[0])
    raise FileNotFoundError(f"{folder}: no images of the part '{part}' (IDX, CIFAR-10 binary, or .npy)")


def checked(images, labels, path):
    """Images as a tensor of n x channels x height x width bytes or floats, labels as one of integers."""
    if images.ndim == 3:
        images = images[:, None]
    if images.ndim != 4 or len(images) == 0:
        raise ValueError(f"{path}: n x height x width or n x channels x height x width, not {images.shape}")
    if labels is not None and labels.shape != (len(images),):
        raise ValueError(f"{path}: {len(images)} images, labels of shape {labels.shape}")
    if images.dtype != numpy.uint8:
        images = images.astype(numpy.float32)
        if not (images.min() >= 0 and images.max() <= 1):
            raise ValueError(f"{path}: floats from 0 to 1, not from {images.min()} to {images.max()}")
    labels = None if labels is None else torch.from_numpy(labels.astype(numpy.int64))
    return torch.from_numpy(numpy.array(images)), labels


def intensities(images, pool=1):
    """From 0 to 1 in single precision; `pool` averages squares of this side."""
    values = images.float() / 255 if images.dtype == torch.uint8 else images
    return F.avg_pool2d(values, pool) if pool > 1 else values


# Views ---------------------------------------------------------------------------------------------------------


@dataclass
class Views:
    """Random changes of images, each image its own: in this order resized crop and turn, flip, contrast and
    brightness, colours, blur, pixel noise. The first six are those of `vicinfo::image::Augmentation`, with other
    random numbers. Intensities that leave [0, 1] take the nearer end. After Chen et al. 2020 (SimCLR), appendix A.
    """

    #: Smallest share of the area that a crop keeps; 1 for no crop. The aspect ratio varies from 3/4 to 4/3.
    crop: float = 0.4
    #: Largest turn in radians, either way.
    turn: float = 0.0
    #: Whether half of the views are mirrored.
    flip: bool = True
    #: Largest relative change of contrast, and largest shift of brightness.
    jitter: float = 0.4
    #: Largest standard deviation of the blur in pixels (smallest 0.3), for half of the views; 0 for none.
    blur: float = 1.2
    #: Standard deviation of the pixel noise.
    noise: float = 0.05
    #: Largest relative change of the saturation; this and what follows change images in red, green and blue only.
    saturation: float = 0.0
    #: Largest change of the hue in full turns, either way: a rotation of the colours around grey, at constant luma.
    hue: float = 0.0
    #: Share of the views that turn grey.
    grey: float = 0.0

    def __call__(self, images, generator):
        """Views of n x channels x height x width intensities, drawn on the generator's device."""
        n, channels = images.shape[:2]
        options = {"generator": generator, "device": images.device}

        def between(low, high):
            return low + (high - low) * torch.rand(n, **options)

        def each(numbers):
            return numbers[:, None, None, None]

        view = images
        if self.crop < 1 or self.turn > 0:
            view = self.resampled(view, between)
        if self.flip:
            view = torch.where(each(between(0, 1) < 0.5), view.flip(3), view)
        if self.jitter > 0:
            mean = view.mean((1, 2, 3), keepdim=True)
            contrast, brightness = 1 + between(-self.jitter, self.jitter), between(-self.jitter, self.jitter)
            view = (mean + each(contrast) * (view - mean) + each(brightness)).clamp(0, 1)
        if channels == 3 and max(self.saturation, self.hue, self.grey) > 0:
            view = self.coloured(view, between)
        if self.blur > 0:
            blurred = smooth(view, between(0.3, max(self.blur, 0.3)), math.ceil(3 * self.blur))
            view = torch.where(each(between(0, 1) < 0.5), blurred, view)
        if self.noise > 0:
            view = (view + self.noise * torch.randn(view.shape, **options)).clamp(0, 1)
        return view

    def resampled(self, view, between):
        """A rectangle, turned about its centre and stretched over the whole image; bilinear, edges repeated."""
        n, _, height, width = view.shape
        area, aspect = between(self.crop, 1), between(math.log(3 / 4), math.log(4 / 3)).exp()
        if self.crop >= 1:
            aspect = torch.ones_like(aspect)
        wide, high = (area * aspect).sqrt().clamp(max=1), (area / aspect).sqrt().clamp(max=1)
        # In affine_grid's units the image lies from -1 to 1 on both axes.
        right, down = between(-1, 1) * (1 - wide), between(-1, 1) * (1 - high)
        turn = between(-self.turn, self.turn)
        ratio = height / width
        map_ = torch.stack([
            torch.stack([turn.cos() * wide, -turn.sin() * high * ratio, right], 1),
            torch.stack([turn.sin() * wide / ratio, turn.cos() * high, down], 1),
        ], 1)
        grid = F.affine_grid(map_, list(view.shape), align_corners=False)
        return F.grid_sample(view, grid, padding_mode="border", align_corners=False)

    def coloured(self, view, between):
        """Changes saturation and hue, and takes all colour from a share of the images."""
        # Luma, and two coordinates of colour that are 0 for grey.
        to_yiq = torch.tensor([[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])
        to_yiq = to_yiq.to(view)
        saturation = 1 + between(-self.saturation, self.saturation)
        saturation = torch.where(between(0, 1) < self.grey, torch.zeros_like(saturation), saturation)
        turn = 2 * math.pi * between(-self.hue, self.hue)
        cos, sin, none = saturation * turn.cos(), saturation * turn.sin(), torch.zeros_like(turn)
        rows = [[none + 1, none, none], [none, cos, -sin], [none, sin, cos]]
        change = torch.stack([torch.stack(row, 1) for row in rows], 1)
        mix = torch.linalg.inv(to_yiq) @ change @ to_yiq
        return torch.einsum("nij,njhw->nihw", mix, view).clamp(0, 1)


def smooth(view, std, reach):
    """Gaussian blur, image `i` with `std[i]` pixels, cut off at `reach`; edges repeated."""
    n, channels, height, width = view.shape
    offsets = torch.arange(-reach, reach + 1, device=view.device)
    weights = torch.exp(-0.5 * (offsets / std[:, None]) ** 2)
    weights = (weights / weights.sum(1, keepdim=True)).repeat_interleave(channels, 0)
    planes = F.pad(view.reshape(1, n * channels, height, width), [reach] * 4, mode="replicate")
    planes = F.conv2d(planes, weights[:, None, None, :], groups=n * channels)
    return F.conv2d(planes, weights[:, None, :, None], groups=n * channels).reshape(view.shape)
