"""What TensorFlow Serving is started with: models.config, batching, monitoring, a compose file, and how to ask it.

`models.config` names the versions to be served, so writing it is what publishes a pair of models: a server that follows
it never sees an encoder of one training with a head of another.
"""

from __future__ import annotations

from pathlib import Path

from tfprivacy_rep import files
from tfprivacy_rep.serving.manifest import ENCODER, HEAD, newest_pairs
from tfprivacy_rep.serving.rendering import render

FOLDER = "serving"
_TEMPLATES = ("models.config", "batching.config", "monitoring.config", "docker-compose.yml", "README.md")


def write_deployment(export_dir: str | Path) -> list[str]:
    """Writes `<export_dir>/serving/` for the newest version of each pair in `export_dir`.

    Args:
        export_dir: with the folders `<name>_encoder` and `<name>_head`.

    Returns:
        Names at the server.

    Raises:
        UserError: if the folder can't be written.
    """
    root = Path(export_dir)
    pairs = newest_pairs(root)
    models = [(f"{name}_{model}", version) for name, version in pairs.items() for model in (ENCODER, HEAD)]
    # models.config comes last: the other files may be there before the models that they serve.
    for name in (*_TEMPLATES[1:], _TEMPLATES[0]):
        files.write_text(root / FOLDER / name, render(name, models=models, pairs=pairs))
    return [name for name, _ in models]
