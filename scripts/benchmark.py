"""Measures speed and memory.

`train`: a step of the game, beside the same game written by hand, PyTorch's and the machine's own convolutions, and how
its cost grows. `input`: photographs read from disk, from the indexing to the game that waits for them. `attack`: each
attacker of the ladder beside the steps of its decoder alone. `encode`: a folder of photographs to representations,
beside decoding alone. `serve`: the exported encoder in the C++ runtime beside the compiled Keras model.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tfprivacy_rep import files  # noqa: E402
from tfprivacy_rep.benchmarks.measuring import about  # noqa: E402
from tfprivacy_rep.errors import UserError  # noqa: E402
from tfprivacy_rep.jobs import ATTACKERS  # noqa: E402

#: What `train --grow` takes; `tfprivacy_rep.benchmarks.growth` has the values.
GROWN = ("image_size", "batch_size", "attributes", "attackers", "images")


def _train(options: argparse.Namespace) -> None:
    from tfprivacy_rep.benchmarks import growth, plot, training
    from tfprivacy_rep.benchmarks.standard_game import Size

    size = Size(options.image_size, options.batch_size, options.attributes, options.perceptual_size)
    found = training.measure(size, options.repeats, peer=options.peer)
    if options.grow:
        found["growth"] = growth.measure(options.grow, size, options.repeats)
    tables = [training.table(found), growth.tables(found.get("growth", {}))]
    _finish(options, "\n\n".join(tables).rstrip(), found)
    if options.plot:
        plot.draw(found, size.batch_size, options.plot)


def _input(options: argparse.Namespace) -> None:
    from tfprivacy_rep.benchmarks import reading

    seen = options.perceptual_size or options.image_size
    found = reading.measure_all(
        options.photographs, options.image_size, seen, options.steps, options.compared, options.folder
    )
    _finish(options, reading.table(found), {"measured": found})


def _attack(options: argparse.Namespace) -> None:
    from tfprivacy_rep.benchmarks import attackers
    from tfprivacy_rep.benchmarks.standard_game import Size

    size = Size(options.image_size, perceptual_size=options.perceptual_size, widths=options.widths)
    found = attackers.measure(size, ATTACKERS[: options.attackers], options.steps)
    _finish(options, attackers.table(found), found)


def _encode(options: argparse.Namespace) -> None:
    from tfprivacy_rep.benchmarks import encoding

    found = encoding.measure(options.sides, options.photographs, options.image_size, options.widths, options.repeats)
    _finish(options, encoding.table(found), {"measured": found})


def _serve(options: argparse.Namespace) -> None:
    from tfprivacy_rep.benchmarks import serving

    found = serving.measure(options.image_size, options.widths, options.repeats)
    _finish(options, serving.table(found), {"measured": found})


def _finish(options: argparse.Namespace, table: str, found: dict[str, Any]) -> None:
    print(table)
    if options.json:
        files.write_json(options.json, about() | found)


def _grown(text: str) -> list[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in GROWN]:
        raise argparse.ArgumentTypeError(f"expected some of {', '.join(GROWN)}. Received: {', '.join(unknown)}.")
    return names


def _counts(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


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
    added.add_argument("--peer", default="", help="Python interpreter with PyTorch, which plays the same game")
    added.add_argument("--grow", type=_grown, default=[], help=f"what grows, comma-separated: {', '.join(GROWN)}")
    added.add_argument("--plot", help="file of a picture of the measurements, .png or .svg")

    added = command("input", _input, "indexing, decoding and feeding photographs from disk; Linux alone")
    added.add_argument("--photographs", type=_counts, default="2000,20000,200000", help="how many, comma-separated")
    added.add_argument("--perceptual_size", type=int, default=0, help="side of what g sees; 0: image_size")
    added.add_argument("--steps", type=_at_least(5), default=300, help="steps of the game from disk")
    added.add_argument("--compared", type=_at_least(5), default=60, help="steps that alternate with a game from memory")
    added.add_argument("--folder", help="where the photographs are generated: 2 GB for 200,000; the system's default")

    added = command("attack", _attack, "each attacker of the ladder, beside the steps of its decoder alone")
    added.add_argument("--attackers", type=_at_least(1), default=len(ATTACKERS), help="how many of the ladder")
    added.add_argument("--steps", type=_at_least(1), default=500, help="of each attacker")
    added.add_argument("--perceptual_size", type=int, default=0, help="side of what g sees; 0: image_size")
    added.add_argument("--widths", type=_counts, default="16,32,64,128", help="filters of the encoder's stages")

    added = command("encode", _encode, "a folder of photographs to representations, beside decoding alone")
    added.add_argument("--sides", type=_counts, default="178,512,1024", help="widths of photographs, comma-separated")
    added.add_argument("--photographs", type=_at_least(1), default=4000, help="how many have 178 x 218 pixels; there "
                       "are fewer larger ones, of as many pixels in all")
    added.add_argument("--widths", type=_counts, default="16,32,64,128", help="filters of the encoder's stages")
    added.add_argument("--repeats", type=_at_least(1), default=5, help="rounds in which both are timed in turn")

    added = command("serve", _serve, "the exported encoder in the C++ runtime of TensorFlow Serving")
    added.add_argument("--widths", type=_counts, default="16,32,64,128", help="filters of the encoder's stages")
    added.add_argument("--repeats", type=_at_least(1), default=20, help="rounds in which all kinds are timed in turn")
    return parser


def main() -> None:
    options = _parser().parse_args()
    try:
        options.run(options)
    except UserError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
