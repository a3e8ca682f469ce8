"""Small networks that write common layers by hand, as timm and older code do: squeeze and excitation by linear layers,
hard activations by clamping, padding of its own, constants added and multiplied."""


def handwritten(torch):
    """(name, network, side of its pictures) of each."""
    nn, functional = torch.nn, torch.nn.functional

    class Excited(nn.Module):
        """Uneven padding, squeeze and excitation by linear layers, PyTorch's older hard swish, a mean of columns."""

        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3, stride=2, bias=False)
            self.norm = nn.BatchNorm2d(8)
            self.squeeze, self.excite = nn.Linear(8, 4), nn.Linear(4, 8)
            self.fc = nn.Linear(8, 7)

        def forward(self, x):
            x = self.norm(self.conv(functional.pad(x, [0, 1, 2, 0])))
            gate = functional.adaptive_avg_pool2d(x, 1).view(x.size(0), x.size(1))
            gate = torch.sigmoid(self.excite(functional.relu(self.squeeze(gate)))).view(x.size(0), x.size(1), 1, 1)
            x = x * gate.expand_as(x)
            x = functional.avg_pool2d(x, 3, 1, 1)
            x = x * functional.relu6(x + 3.0) / 6.0
            return self.fc(x.view(x.size(0), x.size(1), -1).mean(-1))

    class Gated(nn.Module):
        """Hard sigmoid by clamping, swish by hand, gates on the left, dropout, permutations that cancel."""

        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 5, padding=2, bias=False)
            self.reduce, self.expand = nn.Conv2d(8, 4, 1), nn.Conv2d(4, 8, 1)
            self.drop = nn.Dropout(0.2)
            self.fc = nn.Linear(24, 7)

        def forward(self, x):
            x = self.conv(x)
            x = x * torch.sigmoid(x)
            gate = self.expand(functional.relu(self.reduce(x.mean((2, 3), keepdim=True))))
            x = functional.relu6(gate + 3.0).div(6.0) * x
            x = x.permute(0, 2, 3, 1).permute(0, 3, 1, 2)
            pools = [functional.max_pool2d(x, 3, 2, 1, ceil_mode=True),
                     functional.avg_pool2d(x, 3, 2, 1, ceil_mode=False, count_include_pad=False),
                     functional.max_pool2d(functional.pad(x, [1, 1, 1, 1], value=-float("inf")), 3, 2)]
            x = torch.cat(pools, 1)
            return self.fc(self.drop(x.mean((2, 3))))

    class Scaled(nn.Module):
        """Constants of one number and one a channel before and after layers, a linear layer as a product and a sum."""

        def __init__(self):
            super().__init__()
            self.first = nn.Conv2d(3, 8, 3, padding=1)
            self.second = nn.Conv2d(8, 8, 3, padding=1, groups=2, bias=False)
            self.register_buffer("scale", torch.rand(1, 8, 1, 1) + 0.5)
            self.register_buffer("shift", torch.randn(8, 1, 1))
            self.weight, self.bias = nn.Parameter(torch.randn(8, 7) / 3), nn.Parameter(torch.randn(7))

        def forward(self, x):
            x = self.first(x / 0.25) * self.scale + self.shift - 0.125
            skip = functional.relu(x)
            x = self.second(functional.relu6(x) * self.scale) * 0.2 + skip
            return functional.adaptive_avg_pool2d(x, 1).view(-1, 8) @ self.weight + self.bias

    class SamePadded(nn.Module):
        """Padding computed from the size of the picture, as TensorFlow has it."""

        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3, stride=2)
            self.fc = nn.Linear(8, 7)

        def forward(self, x):
            height, width = x.size()[-2:]
            across, down = ((width + 1) // 2 - 1) * 2 + 3 - width, ((height + 1) // 2 - 1) * 2 + 3 - height
            x = functional.pad(x, [across // 2, across - across // 2, down // 2, down - down // 2])
            return self.fc(functional.hardtanh(self.conv(x), -0.5, 1.5).mean([2, 3]))

    return [("excited", Excited(), 33), ("gated", Gated(), 33), ("scaled", Scaled(), 33),
            ("same-padded", SamePadded(), 34)]
