"""Draws the pictures of `docs/rendered-faces.md`: each attribute off and on, and people with several images each.

Example:
    python scripts/render_gallery.py
    python scripts/render_gallery.py --without_names --output_dir=/tmp/blind
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tfprivacy_rep.data.attributes import CELEBA_ATTRIBUTES
from tfprivacy_rep.data.rendered.renderer import render, render_with

_CLEAR = {"Wearing_Hat": 0, "Eyeglasses": 0, "Blurry": 0, "Bald": 0, "Wearing_Necklace": 0, "Double_Chin": 0}
_BEARDS = {"5_o_Clock_Shadow": 0, "Goatee": 0, "Mustache": 0, "Sideburns": 0, "No_Beard": 1}
_MEN = {*_BEARDS, "Bald", "Receding_Hairline", "Wearing_Necktie"}
_WOMEN = {"Wearing_Lipstick", "Heavy_Makeup", "Rosy_Cheeks", "Wearing_Earrings", "Wearing_Necklace", "Arched_Eyebrows"}
_HAIR = {"Gray_Hair": 0, "Black_Hair": 0, "Blond_Hair": 0, "Brown_Hair": 0}
_CANDIDATES = 400
_PAIRS = 5


def held(attribute: str) -> dict[str, int]:
    """Returns what is held equal on both sides of an attribute's pairs, so that nothing hides it."""
    equal = {name: value for name, value in _CLEAR.items() if name != attribute}
    if attribute in _BEARDS and attribute != "No_Beard":
        equal.update({name: 0 for name in _BEARDS if name != attribute})
        equal.pop("No_Beard")
    if attribute == "Heavy_Makeup":
        equal.update({"Wearing_Lipstick": 0, "Rosy_Cheeks": 0})
    if attribute in _HAIR:
        equal.update({name: 0 for name in _HAIR if name != attribute})
    return equal


def off(attribute: str) -> dict[str, int]:
    """Returns the changes of the pictures without the attribute."""
    changes = held(attribute) | {attribute: 0}
    if attribute in _BEARDS and attribute != "No_Beard":
        changes["No_Beard"] = 1
    return changes


def strip(attribute: str, first: int, image_size: int, seed: int) -> NDArray[np.uint8]:
    """Returns `[image_size, 2 * _PAIRS * image_size + gaps, 3]` uint8: pairs without and with an attribute.

    Args:
        attribute: the attribute.
        first: where to begin in the list of fitting people, so that strips show different ones.
        image_size: height and width of a face in pixels.
        seed: seed of the population.
    """
    numbers = np.arange(_CANDIDATES) * 20
    labels = render(numbers, 32, seed).labels
    male = labels[:, CELEBA_ATTRIBUTES.index("Male")] == 1
    fitting = np.flatnonzero(male if attribute in _MEN else ~male if attribute in _WOMEN else male >= 0)
    chosen = numbers[np.take(fitting, np.arange(first, first + _PAIRS), mode="wrap")]
    without = render_with(chosen, image_size, off(attribute), seed).images
    having = render_with(chosen, image_size, held(attribute) | {attribute: 1}, seed).images
    gap = np.full((image_size, 8, 3), 255, np.uint8)
    parts = [part for pair in zip(without, having) for part in (*pair, gap)]
    return np.concatenate(parts, axis=1)


def sheet(strips: list[NDArray[np.uint8]], titles: list[str], enlarge: int) -> Image.Image:
    """Returns the strips with a title over each, in two columns."""
    height, width = strips[0].shape[0] * enlarge, strips[0].shape[1] * enlarge
    lines = -(-len(strips) // 2)
    page = Image.new("RGB", (2 * width + 20, lines * (height + 22)), "white")
    for place, (pixels, title) in enumerate(zip(strips, titles)):
        corner = (place // lines * (width + 20), place % lines * (height + 22))
        enlarged = Image.fromarray(pixels).resize((width, height), Image.Resampling.NEAREST)
        page.paste(enlarged, (corner[0], corner[1] + 18))
        ImageDraw.Draw(page).text((corner[0] + 4, corner[1] + 3), title, fill="black", font_size=13)
    return page


def people_sheet(people: int, columns: int, image_size: int, seed: int) -> Image.Image:
    """Returns one row a person, one column an image of that person."""
    numbers = np.arange(people)[:, None] * 20 + np.arange(columns)
    images = render(numbers.ravel(), image_size, seed).images
    grid = images.reshape(people, columns, image_size, image_size, 3).transpose(0, 2, 1, 3, 4)
    return Image.fromarray(np.ascontiguousarray(grid.reshape(people * image_size, columns * image_size, 3)))


def save(page: Image.Image, path: Path) -> None:
    """Writes a PNG of 256 colours, a third of the size of one of all colours."""
    page.quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")


def main() -> None:
    """Writes the sheets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output_dir", type=Path, default=Path("docs/rendered"))
    parser.add_argument("--image_size", type=int, default=64)
    parser.add_argument("--enlarge", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--without_names", action="store_true", help="numbers in a shuffled order, and an answer key")
    flags = parser.parse_args()
    flags.output_dir.mkdir(parents=True, exist_ok=True)
    order = np.arange(len(CELEBA_ATTRIBUTES))
    if flags.without_names:
        order = np.random.default_rng(flags.seed).permutation(order)
    names = [CELEBA_ATTRIBUTES[place] for place in order]
    strips = [strip(name, _PAIRS * place, flags.image_size, flags.seed) for place, name in enumerate(names)]
    if flags.without_names:
        titles = [f"{number}:  five pairs, off | on" for number in range(1, len(names) + 1)]
        save(sheet(strips, titles, flags.enlarge), flags.output_dir / "blind.png")
        key = "".join(f"{number},{name}\n" for number, name in enumerate(names, start=1))
        (flags.output_dir / "answers.csv").write_text(key)
        return
    titles = [f"{name}:  five pairs, off | on" for name in names]
    save(sheet(strips, titles, flags.enlarge), flags.output_dir / "gallery.png")
    save(people_sheet(8, 12, flags.image_size, flags.seed), flags.output_dir / "people.png")


if __name__ == "__main__":
    main()
