"""The standard game in eager PyTorch, channels last: a peer to compare the speed with.

It needs PyTorch, which is in an environment of its own and knows neither TensorFlow nor the rest of the package: this
file is run as a script there, and prints for each line of its input, a count of steps, the seconds they took by the
clock and of the processors.
"""

from __future__ import annotations

import sys
import time

import torch
from torch import nn
from torch.nn import functional

GROUPS = 8


class Encoder(nn.Sequential):
    """Stride-2 convolutions, normalisation by groups, then Z of 128 numbers."""

    def __init__(self, image_size: int, widths: tuple[int, ...]) -> None:
        parts: list[nn.Module] = []
        for before, filters in zip((3, *widths), widths):
            parts += [nn.Conv2d(before, filters, 4, 2, 1), nn.GroupNorm(GROUPS, filters, 1e-3), nn.LeakyReLU(0.2)]
        side = image_size // 2 ** len(widths)
        super().__init__(*parts, nn.Flatten(), nn.Linear(side * side * widths[-1], 128))


class Decoder(nn.Sequential):
    """The encoder's mirror: transposed convolutions, the last without normalisation, and a 3x3 output."""

    def __init__(self, image_size: int, widths: tuple[int, ...]) -> None:
        side, mirrored = image_size // 2 ** len(widths), widths[::-1]
        parts: list[nn.Module] = [nn.Linear(128, side * side * mirrored[0]), nn.Unflatten(1, (mirrored[0], side, side)),
                                  nn.LeakyReLU(0.2)]
        stages = (*mirrored[1:], mirrored[-1])
        for place, (before, filters) in enumerate(zip(mirrored, stages)):
            parts.append(nn.ConvTranspose2d(before, filters, 4, 2, 1))
            if place < len(stages) - 1:
                parts.append(nn.GroupNorm(GROUPS, filters, 1e-3))
            parts.append(nn.LeakyReLU(0.2))
        super().__init__(*parts, nn.Conv2d(stages[-1], 3, 3, padding=1), nn.Sigmoid())


class Perceptual(nn.Module):
    """VGG16's first two blocks with random weights; returns the features of both."""

    def __init__(self) -> None:
        super().__init__()
        sides = ((3, 64), (64, 64), (64, 128), (128, 128))
        self.convolutions = nn.ModuleList([nn.Conv2d(a, b, 3, padding=1) for a, b in sides]).requires_grad_(False)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = images * 255.0 - 115.0
        for convolution in self.convolutions[:2]:
            x = functional.relu(convolution(x), inplace=True)
        first = x
        x = functional.max_pool2d(x, 2)
        for convolution in self.convolutions[2:]:
            x = functional.relu(convolution(x), inplace=True)
        return first, x


class PeerGame:
    """The networks, their optimizers and generated batches; lambda1 = 1, lambda2 = 0.1, mu1 = mu2 = 0."""

    def __init__(self, image_size: int, batch_size: int, attributes: int, widths: tuple[int, ...]) -> None:
        torch.manual_seed(0)
        last = torch.channels_last
        self.encoder = Encoder(image_size, widths).to(memory_format=last)
        self.decoder = Decoder(image_size, widths).to(memory_format=last)
        self.classifier, self.g = nn.Linear(128, attributes), Perceptual().to(memory_format=last)
        self.protector = torch.optim.Adam([*self.encoder.parameters(), *self.classifier.parameters()], 1e-3, eps=1e-7)
        self.adversary = torch.optim.Adam(self.decoder.parameters(), 1e-3, eps=1e-7)
        shape = (8, batch_size, 3, image_size, image_size)
        self._private, self._public = (
            [batch.contiguous(memory_format=last) for batch in torch.rand(shape)] for _ in range(2))
        self._labels = torch.randint(0, 2, (batch_size, attributes)).float()
        with torch.no_grad():
            self._scales = [1.0 / float(layer.var()) for layer in self.g(self._public[0])]

    def step(self, number: int) -> None:
        """One move of the adversary, then one of the protector."""
        public, private = self._public[number % 8], self._private[number % 8]
        with torch.no_grad():
            z = self.encoder(public * 2 - 1)
        self.decoder.requires_grad_(True)
        self.adversary.zero_grad(set_to_none=True)
        functional.mse_loss(self.decoder(z), public).backward()
        self.adversary.step()

        self.decoder.requires_grad_(False)
        self.protector.zero_grad(set_to_none=True)
        z = self.encoder(private * 2 - 1)
        utility = functional.binary_cross_entropy_with_logits(self.classifier(z), self._labels)
        rebuilt = self.decoder(z)
        with torch.no_grad():
            wanted = self.g(private)
        features = zip(self.g(rebuilt), wanted, self._scales)
        perceptual = sum(scale * functional.mse_loss(a, b) for a, b, scale in features) / 2
        (utility - functional.mse_loss(rebuilt, private) - 0.1 * perceptual).backward()
        self.protector.step()


def main() -> None:
    """Arguments: image size, batch size, attributes, widths with commas. Each line of the input is a count of steps."""
    image_size, batch_size, attributes = map(int, sys.argv[1:4])
    game = PeerGame(image_size, batch_size, attributes, tuple(map(int, sys.argv[4].split(","))))
    number = 0
    for line in sys.stdin:
        started, processor = time.perf_counter(), time.process_time()
        for _ in range(int(line)):
            game.step(number)
            number += 1
        print(time.perf_counter() - started, time.process_time() - processor, flush=True)


if __name__ == "__main__":
    main()
