"""Measures speed and memory.

`train`: a step of the game, beside the same game written by hand and the machine's own convolutions. `input`:
photographs read from disk, from the indexing to the game that waits for them. `serve`: the exported encoder in the C++
runtime beside the compiled Keras model.
"""

from __future__ import annotations

import argparse
import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tfprivacy_rep import files  # noqa: E402
from tfprivacy_rep.benchmarks.measuring import about  # noqa: E402


def _train(options: argparse.Namespace) -> None:
    from tfprivacy_rep.benchmarks import training
    from tfprivacy_rep.benchmarks.standard_game import Size

    size = Size(options.image_size, options.batch_size, options.attributes, options.perceptual_size)
    found = training.measure(size, options.repeats)
    _finish(options, training.table(found), found)


def _input(options: argparse.Namespace) -> None:
    from tfprivacy_rep.benchmarks import reading

    seen = options.perceptual_size or options.image_size
    found = reading.measure_all(
        options.photographs, options.image_size, seen, options.steps, options.compared, options.folder
    )
    _finish(options, reading.table(found), {"measured": found})


def _serve(options: argparse.Namespace) -> None:
    from tfprivacy_rep.benchmarks import serving

    found = serving.measure(options.image_size, options.widths, options.repeats)
    _finish(options, serving.table(found), {"measured": found})


def _finish(options: argparse.Namespace, table: str, found: dict[str, Any]) -> None:
    print(table)
    if options.json:
        files.write_json(options.json, about() | found)


def _counts(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _at_least(least: int) -> Any:
    def count(text: str) -> int:
        if int(text) < least:
            raise argparse.ArgumentTypeError(f"expected at least {least}. Received: {text}.")
        return int(text)

    return count


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text)
        added.add_argument("--image_size", type=int, default=64, help="side of the squares in pixels")
        added.add_argument("--json", help="file for the measurements")
        added.set_defaults(run=run)
        return added

    added = command("train", _train, "a step of the game, beside the same by hand and the machine's convolutions")
    added.add_argument("--batch_size", type=_at_least(1), default=32, help="photographs a move")
    added.add_argument("--attributes", type=_at_least(1), default=40, help="logits of the classifier")
    added.add_argument("--perceptual_size", type=int, default=0, help="side of what g sees; 0: image_size")
    added.add_argument("--repeats", type=_at_least(1), default=10, help="rounds in which everything is timed in turn")

    added = command("input", _input, "indexing, decoding and feeding photographs from disk; Linux alone")
    added.add_argument("--photographs", type=_counts, default="2000,20000,200000", help="how many, comma-separated")
    added.add_argument("--perceptual_size", type=int, default=0, help="side of what g sees; 0: image_size")
    added.add_argument("--steps", type=_at_least(5), default=300, help="steps of the game from disk")
    added.add_argument("--compared", type=_at_least(5), default=60, help="steps that alternate with a game from memory")
    added.add_argument("--folder", help="where the photographs are generated: 2 GB for 200,000; the system's default")

    added = command("serve", _serve, "the exported encoder in the C++ runtime of TensorFlow Serving")
    added.add_argument("--widths", type=_counts, default="16,32,64,128", help="filters of the encoder's stages")
    added.add_argument("--repeats", type=_at_least(1), default=20, help="rounds in which all kinds are timed in turn")
    return parser


def main() -> None:
    options = _parser().parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
