"""Representations of photographs that keep a task and hide the face, and attacks that tell how far they do."""

__version__ = "0.1.0"
