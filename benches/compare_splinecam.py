"""The exact partition of a slice, by this crate and by the algorithm of SplineCam.

    python3 benches/compare_splinecam.py [--widths 32,64,128,256] [--rounds 3] [--threads 2]

Needs numpy, torch and safetensors. Builds the example `time_slice`, which cuts the square [-1, 1]^2
through a random network 2-WIDTH-WIDTH-2 with ReLU and biases, all in double precision, and writes the
network to a file. This script reads the file and finds the same regions by the algorithm of
Humayun, Balestriero, Balakrishnan and Baraniuk ("SplineCam", CVPR 2023), written here from the
article. Layer by layer,

* all vertices go through the network, and a unit whose sign changes along the edges of a region
  gives a line there, by the region's affine map;
* the lines' crossings with the edges and with each other are the nodes of a graph, whose edges
  join neighbours along an edge or a line (algorithm 1);
* the cycles of the graph are the new regions: from an edge of the old region on, the shortest path
  between the ends of an edge, found breadth first, closes a cycle, whose edges wait for their other
  side (algorithm 2).

Linear algebra runs in torch over all regions at once, the graphs in Python one region after the
other. This is less work than the authors' program does: that makes each graph with networkx, hands
it to igraph and graph-tool, and searches it there, where this keeps lists and ends each search at
its goal; and it multiplies weights and map once for every new region, where this does so once for
every old one.

Both run in turn, so that a busy machine slows both. One line a width: the regions, the least seconds
of each over the rounds, and their ratio (above 1: this crate is faster). The script ends with status
1 unless the numbers of regions are equal and the sums of the areas and of their squares agree to 1e-9.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--widths", default="32,64,128,256", help="numbers of units of both hidden layers")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--program", help="the built example, where it is not to be built")
ARGUMENTS = parser.parse_args()

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(ARGUMENTS.threads)

import numpy as np
import torch
from safetensors.torch import load_file

torch.set_num_threads(ARGUMENTS.threads)
ROOT = Path(__file__).resolve().parent.parent
WINDOW = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
# Regions whose maps are in memory at a time.
BATCH = 4096


def graph(polygon, lines):
    """Nodes, their neighbours, and the edges on the boundary, of lines that cross a polygon."""
    corners, units = len(polygon), len(lines)
    values = polygon @ lines[:, :2].T + lines[:, 2]
    after = np.arange(1, corners + 1) % corners
    # Every line leaves the polygon through two of its edges.
    line, edge = np.nonzero(((values > 0) != (values[after] > 0)).T)
    begin, end = values[edge, line], values[after[edge], line]
    share = begin / (begin - end)
    ends = polygon[edge] + share[:, None] * (polygon[after[edge]] - polygon[edge])
    # Two lines cross inside when the ends of one lie on both sides of the other.
    side = (ends @ lines[:, :2].T + lines[:, 2] > 0).reshape(units, 2, units)
    parted = side[:, 0] != side[:, 1]
    np.fill_diagonal(parted, False)
    first, second = np.nonzero(np.triu(parted & parted.T))
    matrices = np.stack([lines[first, :2], lines[second, :2]], axis=1)
    sides = -np.stack([lines[first, 2], lines[second, 2]], axis=1)
    crossings = np.linalg.solve(matrices, sides[:, :, None])[:, :, 0]
    nodes = np.concatenate([polygon, ends, crossings])

    chains = []
    for corner in range(corners):
        on_edge = np.flatnonzero(edge == corner)
        order = on_edge[np.argsort(share[on_edge])] + corners
        chains.append([corner, *order.tolist(), (corner + 1) % corners])
    inner = corners + 2 * units
    # All crossings of a line, along it.
    owner = np.concatenate([first, second])
    node = np.tile(np.arange(len(first)), 2)
    along = np.sum(crossings[node] * (ends[1::2] - ends[::2])[owner], axis=1)
    order = np.lexsort((along, owner))
    starts = np.searchsorted(owner[order], np.arange(units + 1)).tolist()
    node = (node[order] + inner).tolist()
    for unit in range(units):
        end = corners + 2 * unit
        chains.append([end, *node[starts[unit] : starts[unit + 1]], end + 1])

    neighbours = [set() for _ in nodes]
    boundary = set()
    for index, chain in enumerate(chains):
        for a, b in zip(chain, chain[1:]):
            neighbours[a].add(b)
            neighbours[b].add(a)
            if index < corners:
                boundary.add((a, b))
                boundary.add((b, a))
    return nodes, neighbours, boundary


def path(neighbours, start, goal):
    """The nodes of a shortest path, or None."""
    previous = {start: start}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        for other in neighbours[node]:
            if other not in previous:
                previous[other] = node
                if other == goal:
                    nodes = [goal]
                    while nodes[-1] != start:
                        nodes.append(previous[nodes[-1]])
                    return nodes[::-1]
                queue.append(other)
    return None


def faces(neighbours, boundary):
    """The cycles of the graph. An edge is two arcs, one for the region on each side."""
    wanted = sum(map(len, neighbours)) // 2 - len(neighbours) + 1
    start = next(iter(boundary))
    neighbours[start[0]].remove(start[1])
    cycles, queue = [], deque([start])
    while queue:
        a, b = queue.popleft()
        if a not in neighbours[b]:
            continue
        neighbours[b].remove(a)
        cycle = path(neighbours, a, b)
        if cycle is None:
            raise RuntimeError(f"no cycle through the edge {a}-{b}")
        cycles.append(cycle)
        for c, d in zip(cycle, cycle[1:]):
            neighbours[c].remove(d)
            if (c, d) in boundary:
                neighbours[d].discard(c)
            else:
                queue.append((c, d))
    if len(cycles) != wanted:
        raise RuntimeError(f"{len(cycles)} cycles, {wanted} by Euler's formula")
    return cycles


def forward(layers, points):
    for weight, bias in layers[:-1]:
        points = torch.relu(points @ weight.T + bias)
    weight, bias = layers[-1]
    return points @ weight.T + bias


def partition(layers):
    """The polygons of the regions, and the affine maps of the output on them."""
    regions = [WINDOW]
    # Region, the coefficients of both coordinates and 1, unit: one product serves all regions.
    maps = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]], dtype=torch.float64)
    for depth, layer in enumerate(layers[:-1]):
        counts = np.array([len(region) for region in regions])
        begins = np.concatenate([[0], np.cumsum(counts)])
        vertices = torch.from_numpy(np.concatenate(regions))
        signs = torch.cat([forward(layers[: depth + 1], part) > 0 for part in vertices.split(BATCH)])
        signs = signs.numpy()
        after = np.arange(1, len(signs) + 1)
        after[begins[1:] - 1] = begins[:-1]
        changes = np.logical_or.reduceat(signs != signs[after], begins[:-1], axis=0)
        region, unit = np.nonzero(changes)
        bounds = np.searchsorted(region, np.arange(len(regions) + 1))
        maps = affine(layer, maps)
        lines = maps[region, :, unit].numpy()
        found, parents = [], []
        for index, polygon in enumerate(regions):
            crossing = lines[bounds[index] : bounds[index + 1]]
            if len(crossing) == 0:
                found.append(polygon)
                parents.append(index)
                continue
            nodes, neighbours, boundary = graph(polygon, crossing)
            for cycle in faces(neighbours, boundary):
                found.append(nodes[cycle])
                parents.append(index)
        regions = found
        parts = behind(regions, parents, maps)
        if depth + 2 == len(layers):
            parts = (affine(layers[-1], part) for part in parts)
        maps = torch.cat(list(parts))
    return regions, maps


def affine(layer, maps):
    """The maps behind an affine layer."""
    weight, bias = layer
    result = maps @ weight.T
    result[:, 2] += bias
    return result


def behind(regions, parents, maps):
    """The maps behind the units, in batches, from those in front of them on the regions' parents."""
    for begin in range(0, len(regions), BATCH):
        part = slice(begin, begin + BATCH)
        middles = np.array([[*(region.sum(axis=0) / len(region)), 1.0] for region in regions[part]])
        front = maps[parents[part]]
        states = torch.einsum("rk,rku->ru", torch.from_numpy(middles), front) > 0
        yield front * states[:, None]


def area(polygon):
    x, y = (polygon - polygon[0]).T
    return 0.5 * abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))


def ours(program, width, file):
    """The regions, the sums of their areas and of the squares, and the least seconds."""
    command = [program, str(width), str(ARGUMENTS.rounds), str(ARGUMENTS.threads), file]
    output = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    cells, total, squares, *times = output.split()
    return int(cells), float(total), float(squares), min(map(float, times))


def main():
    program = ARGUMENTS.program
    if not program:
        build = ["cargo", "build", "--release", "--quiet", "--example", "time_slice"]
        subprocess.run(build, check=True, cwd=ROOT)
        target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        program = target / "release" / "examples" / "time_slice"
    differ = False
    print("| network | regions | SplineCam's algorithm s | ours s | ratio |")
    print("|-|-|-|-|-|")
    for width in map(int, ARGUMENTS.widths.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            file = str(Path(folder) / "network.safetensors")
            cells, total, squares, fast = ours(program, width, file)
            state = load_file(file)
            names = sorted({name.rsplit(".", 1)[0] for name in state}, key=int)
            layers = [(state[f"{name}.weight"], state[f"{name}.bias"]) for name in names]
            slow = float("inf")
            for _ in range(ARGUMENTS.rounds):
                start = time.perf_counter()
                regions, _ = partition(layers)
                slow = min(slow, time.perf_counter() - start)
                fast = min(fast, ours(program, width, file)[-1])
        areas = np.array([area(region) for region in regions])
        line = f"| 2-{width}-{width}-2 | {len(regions)} | {slow:.2f} | {fast:.4f} | {slow / fast:.0f} |"
        print(line, flush=True)
        same = np.allclose([areas.sum(), np.square(areas).sum()], [total, squares], rtol=1e-9, atol=0)
        if len(regions) != cells or not same:
            print(f"differs: {cells} regions, areas {total}, squares {squares} by this crate")
            differ = True
    sys.exit(int(differ))


if __name__ == "__main__":
    main()
