# SPDX-License-Identifier: Apache-2.0
"""Trains the demo's network: a CIFAR-style ResNet (He et al. 2016, section 4.2; shortcut A) on Fashion-MNIST.

Needs Debian's python3-torch and dataset-fashion-mnist; takes about half an hour on two cores. The seed fixes the order of the data and
the initial weights; other versions of PyTorch or another CPU give a network of the same quality, not the same bits.

    python3 demo/train_fashion_mnist.py demo/fashion_mnist_resnet8.safetensors

Batch norms are folded into the convolutions. Tensor names are those of the usual CIFAR ResNets (layer1.0.conv1.weight, ...), the
metadata says how pixels become input: (x / 255 - mean) / std.
"""

import argparse
import gzip
import json
import struct
import time

import numpy
import torch
from torch import nn
from torch.nn import functional

DATA = "/usr/share/datasets/fashion-mnist"
MEAN, STD = 0.2860, 0.3530  # of the training images


def read_images(path):
    with gzip.open(path) as f:
        count, height, width = struct.unpack(">4xIII", f.read(16))
        return torch.from_numpy(numpy.frombuffer(f.read(), numpy.uint8).reshape(count, 1, height, width).copy())


def read_labels(path):
    with gzip.open(path) as f:
        f.read(8)
        return torch.from_numpy(numpy.frombuffer(f.read(), numpy.uint8).astype(numpy.int64))


class Block(nn.Module):
    def __init__(self, c_in, c_out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(c_out)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(c_out)
        self.stride, self.added = stride, c_out - c_in

    def forward(self, x):
        y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        if self.added:  # shortcut A: every second pixel, the new channels zero on both sides
            x = functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.added // 2, self.added // 2))
        return functional.relu(y + x)


class ResNet(nn.Module):
    def __init__(self, blocks, widths=(16, 32, 64), classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, widths[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        c_in = widths[0]
        for i, c_out in enumerate(widths):
            layer = []
            for j in range(blocks):
                layer.append(Block(c_in, c_out, 2 if i and not j else 1))
                c_in = c_out
            self.add_module(f"layer{i + 1}", nn.Sequential(*layer))
        self.linear = nn.Linear(c_in, classes)

    def forward(self, x):
        x = functional.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean((2, 3)))


def folded(net):
    """Name -> tensor, every batch norm folded into the convolution before it."""
    tensors = {}
    modules = dict(net.named_modules())
    for name, module in modules.items():
        if isinstance(module, nn.Conv2d):
            norm = modules[name.replace("conv", "bn")]
            gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            tensors[name + ".weight"] = module.weight * gain[:, None, None, None]
            tensors[name + ".bias"] = norm.bias - norm.running_mean * gain
    tensors["linear.weight"], tensors["linear.bias"] = net.linear.weight, net.linear.bias
    return {name: t.detach().float().contiguous().numpy() for name, t in tensors.items()}


def save(path, tensors, metadata):
    """The safetensors format: length of the header, header as JSON, tensors one behind another."""
    header, offset = {"__metadata__": metadata}, 0
    for name, t in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [offset, offset + t.nbytes]}
        offset += t.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for t in tensors.values():
            f.write(t.tobytes())


def augment(x):
    """Random shift by up to two pixels and random mirror, per image."""
    n, _, h, w = x.shape
    padded = functional.pad(x, (2, 2, 2, 2))
    rows = torch.randint(0, 5, (n, 1)) + torch.arange(h)
    columns = torch.randint(0, 5, (n, 1)) + torch.arange(w)
    mirrored = torch.rand(n, 1) < 0.5
    columns = torch.where(mirrored, columns.flip(1), columns)
    return padded[torch.arange(n)[:, None, None], 0, rows[:, :, None], columns[:, None, :]][:, None]


def accuracy(net, x, labels):
    net.eval()
    with torch.no_grad():
        hits = sum((net(x[i : i + 500]).argmax(1) == labels[i : i + 500]).sum().item() for i in range(0, len(x), 500))
    net.train()
    return 100.0 * hits / len(x)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output")
    parser.add_argument("--blocks", type=int, default=1, help="blocks a stage: 1 is ResNet-8")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--data", default=DATA)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    scale = lambda x: (x.float() / 255 - MEAN) / STD
    x = scale(read_images(f"{args.data}/train-images-idx3-ubyte.gz"))
    labels = read_labels(f"{args.data}/train-labels-idx1-ubyte.gz")
    test_x = scale(read_images(f"{args.data}/t10k-images-idx3-ubyte.gz"))
    test_labels = read_labels(f"{args.data}/t10k-labels-idx1-ubyte.gz")

    net = ResNet(args.blocks)
    batch = 128
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)
    steps = len(x) // batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.2, epochs=args.epochs, steps_per_epoch=steps)
    start = time.time()
    for epoch in range(args.epochs):
        order = torch.randperm(len(x))
        total = 0.0
        for i in range(steps):
            pick = order[i * batch : (i + 1) * batch]
            loss = functional.cross_entropy(net(augment(x[pick])), labels[pick])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: loss {total / steps:.4f}, test {accuracy(net, test_x, test_labels):.2f} %, {time.time() - start:.0f} s", flush=True)
    net.eval()
    metadata = {"input": f"N,1,28,28 grey; (x/255-mean)/std; mean {MEAN} std {STD}", "mean": str(MEAN), "std": str(STD),
                "shortcut": "option A: stride-2 subsample and zero-pad channels", "seed": str(args.seed)}
    save(args.output, folded(net), metadata)


if __name__ == "__main__":
    main()
