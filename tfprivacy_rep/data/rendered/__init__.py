"""Drawn faces: people, attributes and pictures made from a seed, with no photograph."""
