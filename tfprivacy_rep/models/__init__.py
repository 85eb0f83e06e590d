"""Keras models of the players, from small builder functions, and the perceptual network g."""
