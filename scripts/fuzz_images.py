"""Feeds damaged files to the decoding of photographs for as long as it is told, guided by the code that they reach.

Starts from whole files of every format that is read, and of some that are refused. Ends with exit code 0 if nothing was
found; else with the file in --found_dir and the error on the screen. Give that file's name after the flags to try it
again.

  python scripts/fuzz_images.py --seconds=300 --found_dir=runs/fuzz"""

from __future__ import annotations

import argparse
import importlib.util
import io
import os
import resource
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Callable

import numpy as np

from tfprivacy_rep.errors import UserError, missing_extra

#: Modes that a file may have, and those whose EXIF can turn it.
MODES, TURNED = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"), ("JPEG", "PNG", "WEBP", "TIFF")
#: Bytes that one photograph may take. A WebP of 64 megapixels, the most that are read, takes 1.4 GB.
MOST_MEMORY = 1 << 31
#: Formats that `preprocessing.FORMATS` leaves out.
REFUSED = ("EPS", "ICO", "JPEG2000")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=300, help="how long it goes on")
    parser.add_argument("--seed", type=int, default=1, help="of the mutations")
    parser.add_argument("--found_dir", default="runs/fuzz", help="folder for files that break something")
    parser.add_argument("--most_bytes", type=int, default=4096, help="of one file")
    parser.add_argument("files", nargs="*", help="files to try once, in place of fuzzing")
    arguments = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        sys.exit(f"error: {missing_extra('atheris', 'fuzz', 'fuzzing guided by coverage')}")
    import atheris

    # Instrumented before anything else imports it, so `seeds` imports its part later.
    with atheris.instrument_imports(include=["PIL", "tfprivacy_rep.data"]):
        from tfprivacy_rep.data import indexing, preprocessing

    warnings.simplefilter("ignore")  # Pillow's, of odd metadata and large pictures
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        for name, encoded in seeds().items():
            (corpus / name).write_bytes(encoded)
        Path(arguments.found_dir).mkdir(parents=True, exist_ok=True)
        options = [f"-max_total_time={arguments.seconds}", f"-seed={arguments.seed}",
                   f"-max_len={arguments.most_bytes}", f"-artifact_prefix={arguments.found_dir}/", "-timeout=20",
                   "-rss_limit_mb=0", "-print_final_stats=1"]
        _limit_memory()
        atheris.Setup([sys.argv[0], *options, *(arguments.files or [str(corpus)])],
                      lambda encoded: examine(encoded, Path(folder), indexing.index, preprocessing.read_rgb))
        atheris.Fuzz()


def _limit_memory() -> None:
    """Lets what takes more than `MOST_MEMORY` beyond what is in use end in a MemoryError.

    The limit of libFuzzer is of no use: it looks at the process's peak, which on Linux starts at that of the process
    that started it.
    """
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MOST_MEMORY, used + MOST_MEMORY))


def examine(encoded: bytes, folder: Path, index: Callable, read_rgb: Callable) -> None:
    """Reads the bytes as a file of a photograph, and raises AssertionError unless that ends as it should.

    Args:
        encoded: of the file.
        folder: for the file.
        index, read_rgb: of `data.indexing` and `data.preprocessing`.
    """
    path = folder / "photograph"
    path.write_bytes(encoded)
    try:
        index(folder, [path.name], "error")
    except UserError as error:
        require_told(str(error), "Unreadable photographs in")
        return  # nobody decodes it
    try:
        image = read_rgb(path)
    except UserError as error:  # damage in the middle shows only now
        require_told(str(error), "Unreadable photograph `")
        return
    height, width, channels = image.shape
    assert image.dtype == np.uint8 and channels == 3, f"{image.dtype} {image.shape}"
    assert min(height, width) >= 16 and height * width <= 64_000_000, f"{width} x {height} pixels passed"


def require_told(text: str, start: str) -> None:
    """Raises AssertionError unless an error says what was expected, what was received, and what to do."""
    assert "MemoryError" not in text, text
    assert text.startswith(start) and ": expected " in text and " Received: " in text and "Replace" in text, text


def seeds() -> dict[str, bytes]:
    """Whole files by name: every format, in every mode that it takes, plain and turned by EXIF."""
    from PIL import Image

    from tfprivacy_rep.data.preprocessing import FORMATS

    Image.init()
    coarse = np.random.default_rng(0).integers(0, 256, (3, 4, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize((20, 17), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[0x0112] = 6
    found = {}
    for kind in (*FORMATS, *REFUSED):
        for mode in MODES:
            for options in ({}, {"exif": exif.tobytes()}) if kind in TURNED else ({},):
                buffer = io.BytesIO()
                try:
                    picture.convert("L" if mode == "I;16" else "RGB").convert(mode).save(buffer, kind, **options)
                except (OSError, ValueError, KeyError, AttributeError, TypeError):
                    continue  # a format that does not take the mode
                if 0 < len(buffer.getvalue()) <= 1 << 16:
                    found[f"{kind}-{mode}{'-turned' * bool(options)}".replace(";", "")] = buffer.getvalue()
    return found


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main()
