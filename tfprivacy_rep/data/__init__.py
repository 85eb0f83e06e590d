"""Photographs with attributes: where they come from, how they are prepared and who gets which."""
