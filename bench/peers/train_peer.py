"""The peer of bench/train_speed.cpp: the same training written well in PyTorch. bench/run calls it.

The data are one tensor, normalised beforehand, and a batch is one index_select of it: less work than ours, which
converts and normalises each picture each time, and less than any DataLoader.
"""

import argparse
import json
import time

import numpy
import torch
from torch import nn
from torch.nn import functional

CLASSES = 20


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        y += shortcut
        return self.relu(y)


class ResNet(nn.Module):
    def __init__(self, blocks, width, kernel, pool):
        super().__init__()
        layers = [nn.Conv2d(1, width, kernel, 2, kernel // 2, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
        if pool:
            layers.append(nn.MaxPool2d(3, 2, 1))
        inputs = width
        for stage, count in enumerate(blocks):
            for block in range(count):
                outputs = width << stage
                layers.append(BasicBlock(inputs, outputs, 2 if stage > 0 and block == 0 else 1))
                inputs = outputs
        self.features = nn.Sequential(*layers)
        self.fc = nn.Linear(inputs, CLASSES)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        return self.fc(torch.flatten(functional.adaptive_avg_pool2d(self.features(x), 1), 1))


NETWORKS = {
    "resnet-small": lambda: ResNet([1, 1, 1, 1], 16, 5, False),
    "resnet18": lambda: ResNet([2, 2, 2, 2], 64, 7, True),
}


def read_data(path, images, size):
    values = numpy.fromfile(path, dtype=numpy.float32)
    pixels = images * size * size
    assert len(values) == pixels + images * CLASSES
    x = torch.from_numpy(values[:pixels].reshape(images, 1, size, size))
    return x, torch.from_numpy(values[pixels:].reshape(images, CLASSES))


def train_epoch(network, optimizer, x, y, batch, channels_last):
    total = 0.0
    for rows in torch.randperm(len(x)).split(batch):
        images = x[rows]
        if channels_last:
            images = images.contiguous(memory_format=torch.channels_last)
        optimizer.zero_grad(set_to_none=True)
        loss = functional.binary_cross_entropy_with_logits(network(images), y[rows])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)
    return total / len(x)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--architecture", choices=sorted(NETWORKS), default="resnet-small")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--images", type=int, default=512)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--data", required=True)
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--foreach", action="store_true", help="Adam over all tensors at once")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    x, y = read_data(options.data, options.images, options.size)
    network = NETWORKS[options.architecture]().train()
    if options.channels_last:
        network = network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, foreach=options.foreach)
    seconds, processor_seconds, losses = [], [], []
    for _ in range(options.epochs):
        begin, processor_begin = time.perf_counter(), time.process_time()
        losses.append(train_epoch(network, optimizer, x, y, options.batch, options.channels_last))
        seconds.append(time.perf_counter() - begin)
        processor_seconds.append(time.process_time() - processor_begin)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    result = {"seconds": seconds, "processor_seconds": processor_seconds, "losses": losses}
    print(json.dumps({**result, "parameters": parameters, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
