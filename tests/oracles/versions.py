"""Writes the versions of the packages that are asked for into a JSON file: versions.py OUT PACKAGE..."""

from __future__ import annotations

import importlib.metadata
import json
import sys

import tensorflow as tf
import tensorflow_addons as tfa

if __name__ == "__main__":
    target, *packages = sys.argv[1:]
    found = {name: importlib.metadata.version(name) for name in packages}
    # What was imported, and not only what is installed.
    found["imported"] = {"tensorflow": tf.__version__, "tensorflow-addons": tfa.__version__}
    with open(target, "w", encoding="utf-8") as file:
        json.dump(found, file)
