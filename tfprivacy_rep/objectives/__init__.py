"""The objectives of both players: plain functions of tensors that return one value per example, `[B]`."""
