#!/usr/bin/env python3
"""Self-supervised training on images of yours with the entropy terms of vicinfo, on a GPU where there is one.

    python train.py FOLDER --out run --method 'vicreg(covariance=0) + 0.5*log_det()'

Methods, encoders and optimisers are written as vicinfo writes them, and mean the same. After every epoch (or every
`--every`-th) the embeddings of images that training never sees go to `run/epoch_NNNN/*.npy`, the networks to
`run/encoder.safetensors` and `run/model.safetensors`, and everything that training needs to go on to
`run/checkpoint.safetensors` (`--resume`). README.md beside this file says what vicinfo does with them.
"""

import argparse
import csv
import dataclasses
import hashlib
import json
import time
from pathlib import Path

import numpy
import torch

from images import Views, intensities, read
from learner import Learner
from networks import save


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    add = parser.add_argument
    add("images", help="folder with the files of MNIST, Fashion-MNIST or CIFAR-10, or with train-images.npy etc.")
    add("--out", type=Path, required=True, help="folder to write to")
    add("--method", default="vicreg()", help="a sum of objectives, e.g. 'byol() + 0.2*normalised(objective=log_det())'")
    add("--encoder", default="conv_net()", help="conv_net(channels=16-32-128), resnet18(width=64), perceptron(widths=512-512)")
    add("--projector", default="256-64", help="units of the projector's layers; the last is the embedding's dimension")
    add("--predictor", type=int, default=256, help="hidden units of the predictor of byol and simsiam")
    add("--optimiser", default="adamw()", help="adamw(...), sgd(...) or lars(...)")
    add("--rate", type=float, default=3e-3, help="largest learning rate")
    add("--warm-up", type=int, default=1, help="epochs of linear warm-up")
    add("--floor", type=float, default=0.01, help="share of the rate that is left at the end")
    add("--keep", type=float, default=0.99, help="share of byol's target that is kept in the first step")
    add("--epochs", type=int, default=15)
    add("--batch", type=int, default=256)
    add("--train", type=int, help="training images to take, drawn at random [default: all]")
    add("--fresh", type=int, default=4000, help="test images to measure on at most, half labelled, half held out")
    add("--pool", type=int, default=1, help="average squares of this side first")
    add("--every", type=int, default=1, help="epochs between exports")
    add("--seed", type=int, default=1, help="of everything that is drawn")
    add("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add("--bfloat16", action="store_true", help="networks compute in bfloat16; losses do not")
    add("--loss-precision", choices=["float64", "float32"], default="float64")
    add("--resume", action="store_true", help="go on from the checkpoint in the folder")
    for field in dataclasses.fields(Views):
        kind = {"action": argparse.BooleanOptionalAction} if field.type is bool else {"type": float}
        add(f"--{field.name}", default=field.default, help="of the views, see images.py", **kind)
    return parser.parse_args()


def number(seed, *labels):
    """A seed for what the labels name: adding one draw changes no other."""
    text = "/".join(map(str, (seed, *labels)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") >> 1


def generator(device, seed, *labels):
    return torch.Generator(device).manual_seed(number(seed, *labels))


def chosen(n, count, seed, label):
    """`count` of `n` places in random order."""
    if count is not None and count > n:
        raise ValueError(f"--{label} {count}: there are {n} images")
    return torch.randperm(n, generator=generator("cpu", seed, label))[:count]


def neighbour_accuracy(known, known_labels, fresh, fresh_labels, k=20, temperature=0.07):
    """Share of points whose class the weighted vote of the nearest neighbours by cosine finds (Wu et al. 2018)."""
    known, fresh = (torch.nn.functional.normalize(z.double(), dim=1) for z in (known, fresh))
    similarities, nearest = (fresh @ known.T).topk(min(k, len(known)), dim=1)
    votes = torch.zeros(len(fresh), int(known_labels.max()) + 1, dtype=torch.float64)
    votes.scatter_add_(1, known_labels[nearest], (similarities / temperature).exp())
    return (votes.argmax(1) == fresh_labels).double().mean().item()


def write(folder, arrays):
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        numpy.save(folder / f"{name}.npy", array.numpy())


def main():
    args = arguments()
    images, _ = read(args.images, "train")
    images = images[chosen(len(images), args.train, args.seed, "train")].to(args.device)
    fresh, labels = read(args.images, "test")
    of_fresh = chosen(len(fresh), min(args.fresh, len(fresh)), args.seed, "fresh")
    # A bound needs labelled and held-out points that the encoder was not trained on.
    halves = dict(zip(("labelled", "holdout"), of_fresh.chunk(2)))
    fresh = {half: intensities(fresh[places], args.pool) for half, places in halves.items()}
    labels = {half: labels[places] for half, places in halves.items()} if labels is not None else {}
    shape = list(fresh["holdout"].shape[1:])

    per_epoch = len(images) // args.batch
    if per_epoch == 0 or args.batch < 2:
        raise ValueError(f"--batch {args.batch}: from 2 to the {len(images)} training images")
    plan = {
        "encoder": args.encoder,
        "projector": [int(size) for size in args.projector.split("-")],
        "predictor": args.predictor,
        "method": args.method,
        "optimiser": args.optimiser,
        "schedule": {
            "rate": args.rate,
            "warm_up": args.warm_up * per_epoch,
            "steps": args.epochs * per_epoch,
            "floor": args.floor,
        },
        "keep": args.keep,
    }
    torch.manual_seed(number(args.seed, "networks"))
    precision = getattr(torch, args.loss_precision)
    learner = Learner(plan, shape, args.device, bfloat16=args.bfloat16, loss_dtype=precision)
    views = Views(**{field.name: getattr(args, field.name) for field in dataclasses.fields(Views)})
    where = ("out", "resume", "every", "device")
    notes = {"arguments": json.dumps({k: v for k, v in sorted(vars(args).items()) if k not in where})}

    checkpoint, log = args.out / "checkpoint.safetensors", args.out / "log.csv"
    if args.resume:
        if learner.load(checkpoint) != notes:
            raise ValueError(f"{checkpoint}: made with other arguments; give those, or another --out")
    elif log.exists():
        raise FileExistsError(f"{log}: there is a run already: --resume, or another --out")
    else:
        write(args.out, {f"images_{half}": values.flatten(1) for half, values in fresh.items()})
        write(args.out, {f"labels_{half}": values for half, values in labels.items()})
        with log.open("w", newline="") as file:
            csv.writer(file).writerow(["epoch", "steps", "rate", "loss", "std", "neighbour_accuracy", "seconds"])

    for epoch in range(learner.steps // per_epoch + 1, args.epochs + 1):
        start, losses = time.perf_counter(), []
        order = torch.randperm(len(images), generator=generator("cpu", args.seed, "order", epoch))
        draws = generator(args.device, args.seed, "views", epoch)
        for places in order[: per_epoch * args.batch].split(args.batch):
            batch = intensities(images[places.to(args.device)], args.pool)
            rate, loss, std = learner.step(views(batch, draws), views(batch, draws))
            losses.append(loss)
        seconds = time.perf_counter() - start
        if epoch % args.every and epoch < args.epochs:
            continue

        arrays = {}
        for half, values in fresh.items():
            h, z = learner.embed(values, lambda part: part.to(args.device))
            arrays |= {f"representation_{half}": h, f"embedding_{half}": z}
        accuracy = ""
        if labels:
            h = [arrays[f"representation_{half}"] for half in halves]
            accuracy = neighbour_accuracy(h[0], labels["labelled"], h[1], labels["holdout"])
        # Two views of the held-out images, the same in every epoch.
        for view in (1, 2):
            draws = generator(args.device, args.seed, "views of the held out", view)
            _, arrays[f"embedding_view{view}"] = learner.embed(
                fresh["holdout"], lambda part: views(part.to(args.device), draws)
            )
        write(args.out / f"epoch_{epoch:04}", arrays)
        save(args.out / "encoder.safetensors", learner.encoder, shape)
        save(args.out / "model.safetensors", learner.model, shape)
        row = [epoch, learner.steps, rate, sum(losses) / len(losses), std, accuracy, round(seconds, 2)]
        with log.open("a", newline="") as file:
            csv.writer(file).writerow(row)
        learner.save(checkpoint, notes)
        print(f"epoch {epoch} of {args.epochs}: loss {row[3]:.4f}, std {std:.4f}, neighbour accuracy {accuracy}", flush=True)


if __name__ == "__main__":
    main()
