"""What a script does beside the options of `config`: one frozen, validated dataclass for each script."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from tfprivacy_rep.config import ON_BAD_IMAGE
from tfprivacy_rep.options import MOST_SEED, option, require, require_types

BUDGETS = ("smoke", "small", "full")
AUDIT_RECOGNISERS = ("dlib", "eigenfaces", "facenet", "rendered", "rendered_second")
INPUT_RANGES = ("unit", "byte", "symmetric")
PROTOCOLS = ("rest", "grpc")
SWEEPS = ("", "lambda2", "frontier")
ALIGNMENTS = ("none", "dlib")
FACE_SQUARE = ("where the face goes with --align: centre x, centre y and side of dlib's square, as fractions of the "
               "side; empty: as the encoder's source has it")
QUANTISATIONS = ("none", "dynamic", "float16")
ATTACKERS = ("linear", "decoder", "decoder_2x", "decoder_4x", "decoder_residual", "decoder_perceptual", "decoder_gan",
             "decoder_long", "decoder_data_10", "decoder_data_1")


@dataclass(frozen=True)
class ReproduceConfig:
    """Which rows of the paper's table, and how much is spent on them."""

    rows: str = option("1-10", "rows of the paper's table: numbers and ranges, such as 1-4,9")
    budget: str = option("small", f"how much is spent: {', '.join(BUDGETS)}; sets other defaults for most options")
    sweep: str = option("", "a curve instead of rows: lambda2; or frontier, use against privacy of every way to "
                        "protect")
    sweep_values: tuple[float, ...] = option((), "values of lambda2; empty: the budget's")
    points: tuple[str, ...] = option((), "with sweep=frontier: comma-separated ways to protect, alone or with a "
                                     "strength, such as rate=64,noise; no protection and the answer are there anyway; "
                                     "empty: all ways at the budget's strengths")
    choose: bool = option(False, "with sweep=frontier: train, and pick of each way to protect the strongest "
                          "weight that keeps keep_mcc; nothing is attacked and no probe of T is looked at")
    keep_mcc: float = option(0.0, "mean MCC on X1's validation part that a chosen weight keeps; 0: that of the "
                             "unprotected encoder less 0.02")
    all_attackers: bool = option(False, "with sweep=frontier: then let the whole ladder of attackers loose on "
                                 "the Pareto set")
    single_attribute: str = option("Smiling", "the task of rows 9 and 10")
    less_data: float = option(0.25, "share of the training photographs of X1 and X2 in the rows without more data")
    lambda1_alone: bool = option(False, "leave lambda2 at 0 in the rows with lambda1 > 0")
    dry_run: bool = option(False, "print what would be trained and how long it should take, and stop")

    #: Options of `Config` that mean nothing here: the script does not take them.
    LEFT_OUT: ClassVar[tuple[str, ...]] = ("use_export",)

    def __post_init__(self) -> None:
        require_types(self)
        require("budget", self.budget, self.budget in BUDGETS, f"one of {', '.join(BUDGETS)}", "Use small.")
        require("sweep", self.sweep, self.sweep in SWEEPS, f"{', '.join(SWEEPS[1:])} or nothing",
                "Leave it out for the table's rows.")
        require("sweep_values", self.sweep_values, all(value >= 0 for value in self.sweep_values),
                "numbers that are not negative", "Use 0 for no protection.")
        require("sweep_values", self.sweep_values, not self.sweep_values or self.sweep == "lambda2",
                "nothing without a sweep of lambda2", "Add --sweep=lambda2.")
        require("points", self.points, not self.points or self.is_frontier, "nothing without a frontier",
                "Add --sweep=frontier.")
        for name in ("choose", "all_attackers"):
            require(name, getattr(self, name), not getattr(self, name) or self.is_frontier,
                    "False without a frontier", "Add --sweep=frontier.")
        require("keep_mcc", self.keep_mcc, 0 <= self.keep_mcc < 1, "a number from 0 to below 1",
                "Use 0 for the unprotected encoder's less 0.02.")
        require("less_data", self.less_data, 0 < self.less_data <= 1, "a number above 0 and at most 1", "Use 0.25.")

    @property
    def is_frontier(self) -> bool:
        """Whether the job is a frontier of use against privacy, and not the paper's table or curve."""
        return self.sweep == "frontier"


@dataclass(frozen=True)
class AuditConfig:
    """Which encoder is audited, and how hard."""

    encoder: str = option("", "what is audited: an output folder of scripts/train.py, the folder of one of its "
                          "encoders, a .keras file, or a SavedModel (required)")
    reference: str = option("", "the unprotected encoder that it is compared with, given like --encoder; empty: the "
                            "one trained beside it, if there is one")
    budget: str = option("small", f"how much is spent: {', '.join(BUDGETS)}; sets other defaults for many options")
    signature: str = option("serving_default", "signature of a SavedModel")
    output_name: str = option("", "which output is the representation, where there are several")
    input_range: str = option("unit", "scale of the images that a .keras file or a SavedModel takes as floats: unit "
                              "[0, 1], byte [0, 255], symmetric [-1, 1]")
    attackers: tuple[str, ...] = option((), f"comma-separated attackers, among {', '.join(ATTACKERS)}; empty: the "
                                        "budget's")
    attacker_seed: int = option(0, "of what is random about the attackers; photographs stay divided as they are")
    headline_seeds: int = option(1, "train the headline attackers anew with so many seeds in all")
    white_box_probes: int = option(128, "probes that the white-box attacks are tried on, at most; 0: no such attack")
    recognisers: tuple[str, ...] = option((), "comma-separated, who judges faces, the first one for the headline: "
                                          f"{', '.join(AUDIT_RECOGNISERS)}, or none; empty: the source's")
    facenet_weights: str = option("", "weights of recogniser facenet: a file, or download")
    fail_if: str = option("", "end with exit code 3 if a condition holds, such as 'rank1 > 0.2, psnr > 20': a figure "
                          "of headline, or a dotted path into results.json")

    #: Options of `Config` that mean nothing here: the script does not take them.
    LEFT_OUT: ClassVar[tuple[str, ...]] = (
        "representation_size", "lambda1", "lambda2", "mu1", "mu2", "gan_loss", "adversary_moves", "adversary_warmup",
        "bound_negative_terms", "restart_decoder_every", "steps", "batch_size", "learning_rate",
        "utility_draws", "adversary_learning_rate", "log_every", "checkpoint_every", "recogniser", "seeds", "folds",
        "use_export",
    )

    def __post_init__(self) -> None:
        require_types(self)
        require("encoder", self.encoder, bool(self.encoder), "something to audit",
                "Add --encoder=runs/quickstart, or a .keras file or SavedModel.")
        require("budget", self.budget, self.budget in BUDGETS, f"one of {', '.join(BUDGETS)}", "Use small.")
        require("input_range", self.input_range, self.input_range in INPUT_RANGES,
                f"one of {', '.join(INPUT_RANGES)}", "Use unit for images in [0, 1].")
        unknown = [name for name in self.attackers if name not in ATTACKERS]
        require("attackers", self.attackers, not unknown, f"some of {', '.join(ATTACKERS)}",
                f"Leave out {', '.join(unknown)}.")
        require("attackers", self.attackers, not self.attackers or "decoder" in self.attackers,
                "the base attacker decoder among them", "Add decoder: the others are varied from it.")
        most = MOST_SEED // 1000  # that many seeds lie between two of them
        require("attacker_seed", self.attacker_seed, 0 <= self.attacker_seed <= most, f"0 to {most}", "Use 0.")
        require("headline_seeds", self.headline_seeds, self.headline_seeds >= 1, "at least 1", "Use 3.")
        require("white_box_probes", self.white_box_probes, self.white_box_probes >= 0, "0 or more", "Use 128.")
        names = (*AUDIT_RECOGNISERS, "none")
        require("recognisers", self.recognisers,
                all(name in names for name in self.recognisers) and len(self.recognisers) <= 2
                and (self.recognisers == ("none",) or "none" not in self.recognisers),
                f"one or two of {', '.join(AUDIT_RECOGNISERS)}, or none alone", "Leave it empty for the source's.")


def _require_alignment(align: str, face_square: tuple[float, ...]) -> None:
    require("align", align, align in ALIGNMENTS, f"one of {', '.join(ALIGNMENTS)}", "Use none.")
    require("face_square", face_square, not face_square or align != "none", "nothing without --align",
            "Add --align=dlib.")
    fits = not face_square or (len(face_square) == 3 and all(0 <= f <= 1 for f in face_square[:2])
                               and 0 < face_square[2] <= 2)
    require("face_square", face_square, fits, "centre x, centre y, both in [0, 1], and side in (0, 2]",
            "Use 0.49,0.6,0.81, which is ORL's.")


@dataclass(frozen=True)
class ExportConfig:
    """Which encoder and head are exported, and where to."""

    encoder: str = option("", "an output folder of scripts/train.py, or the folder of one of its encoders (required)")
    name: str = option("", "name of the pair of models: <name>_encoder and <name>_head (required)")
    export_dir: str = option("saved_models", "folder that gets a folder for each model")
    audit: str = option("", "output folder of scripts/evaluate.py for the same encoder; its figures go into manifest "
                        "and model card; empty: both say that there was no audit")
    warmup_batches: tuple[int, ...] = option((1, 32), "sizes of the batches that the server warms up with; empty: no "
                                             "warm-up requests")

    with_mean: bool = option(False, "add a signature to a stochastic encoder that gives the mean, which no noise "
                             "protects")

    def __post_init__(self) -> None:
        require_types(self)
        require("encoder", self.encoder, bool(self.encoder), "a trained encoder", "Add --encoder=runs/quickstart.")
        require("name", self.name, re.fullmatch(r"[a-z0-9][a-z0-9_-]*", self.name) is not None,
                "small letters, digits, - and _, as the server and a folder can be named", "Add --name=faces.")
        require("warmup_batches", self.warmup_batches, all(size >= 1 for size in self.warmup_batches),
                "positive sizes of batches", "Use 1,32.")


@dataclass(frozen=True)
class QueryConfig:
    """Which server is asked, about which photographs."""

    name: str = option("demo", "name of the pair of models: <name>_encoder and <name>_head are asked")
    photographs: tuple[str, ...] = option((), "comma-separated JPEG or PNG files, or folders of them (required)")
    host: str = option("localhost", "of the server")
    port: int = option(0, "of the server; 0: 8501 for rest, 8500 for grpc")
    protocol: str = option("rest", f"how it is asked: {', '.join(PROTOCOLS)}")
    timeout: float = option(10.0, "seconds that one answer is waited for")
    retries: int = option(2, "further tries where nobody answers")
    model_dir: str = option("", "folder of the exported models, such as saved_models: compares the answers with them; "
                            "empty: no comparison")
    align: str = option("none", "how faces are cut out before they are sent, which needs --model_dir: "
                        f"{', '.join(ALIGNMENTS)}")
    face_square: tuple[float, ...] = option((), FACE_SQUARE)
    tolerance: float = option(1e-5, "largest difference from the local models, relative to numbers above 1")
    repeats: int = option(1, "how often each photograph is sent, for the percentiles of the time")
    json: str = option("", "file for all that was found; empty: none")

    def __post_init__(self) -> None:
        require_types(self)
        require("photographs", self.photographs, bool(self.photographs), "at least one file",
                "Add --photographs=photograph.jpg.")
        require("protocol", self.protocol, self.protocol in PROTOCOLS, f"one of {', '.join(PROTOCOLS)}", "Use rest.")
        require("port", self.port, 0 <= self.port < 65536, "0 to 65535", "Use 0 for the protocol's.")
        require("timeout", self.timeout, 0 < self.timeout <= 86400, "a positive number of seconds, at most a day",
                "Use 10.")
        require("tolerance", self.tolerance, self.tolerance > 0, "a positive number", "Use 1e-5.")
        _require_alignment(self.align, self.face_square)
        require("align", self.align, self.align == "none" or bool(self.model_dir),
                "none without --model_dir, whose manifest says the encoder's image size",
                "Add --model_dir=saved_models.")
        require("retries", self.retries, 0 <= self.retries <= 10, "0 to 10, as each wait is twice the one before",
                "Use 2.")
        require("repeats", self.repeats, self.repeats >= 1, "at least 1", "Use 100 for percentiles.")


@dataclass(frozen=True)
class EncodeConfig:
    """Which encoder, which photographs, and what is written."""

    encoder: str = option("", "what encodes: an output folder of scripts/train.py, the folder of one of its encoders, "
                          "a .keras file, a SavedModel, or a .tflite file of this script (required)")
    photographs: str = option("", "folder of photographs, searched with all folders in it; empty: nothing is encoded")
    output: str = option("", "file of the representations: .npz, or .parquet")
    overwrite: bool = option(False, "replace files that exist")
    batch_size: int = option(64, "photographs at a time")
    image_size: int = option(0, "side of the encoder's images in pixels; 0: as the encoder says")
    output_name: str = option("", "output that is the representation, where an encoder has several")
    crop_top: str = option("training", "first row of the square that is kept: a number; middle; training: as the "
                           "encoder's source has it for photographs of its own size, and the middle for others")
    on_bad_image: str = option("error", "what to do with a photograph that can't be read or aligned: error, or skip, "
                               "which leaves it out and names it")
    align: str = option("none", f"how faces are put where they were in training: {', '.join(ALIGNMENTS)}")
    face_square: tuple[float, ...] = option((), FACE_SQUARE)
    tflite: str = option("", "file .tflite that the encoder is converted to; empty: none")
    tflite_quantise: str = option("none", f"how its weights are stored: {', '.join(QUANTISATIONS)}")
    use_progress: bool = option(True, "show a progress bar")

    def __post_init__(self) -> None:
        require_types(self)
        require("encoder", self.encoder, bool(self.encoder), "an encoder", "Add --encoder=runs/quickstart.")
        require("photographs", self.photographs, bool(self.photographs or self.tflite), "a folder, or --tflite",
                "Add --photographs=FOLDER --output=z.npz.")
        require("output", self.output, bool(self.output) == bool(self.photographs),
                "a file if there are photographs, and none without", "Use --photographs and --output together.")
        require("output", self.output, not self.output or self.output.endswith((".npz", ".parquet")),
                "a name that ends in .npz or .parquet", "Use --output=z.npz.")
        require("tflite", self.tflite, not self.tflite or self.tflite.endswith(".tflite"),
                "a name that ends in .tflite", "Use --tflite=encoder.tflite.")
        require("tflite_quantise", self.tflite_quantise, self.tflite_quantise in QUANTISATIONS,
                f"one of {', '.join(QUANTISATIONS)}", "Use none for 32 bits.")
        require("tflite_quantise", self.tflite_quantise, self.tflite_quantise == "none" or bool(self.tflite),
                "none without --tflite", "Add --tflite=encoder.tflite.")
        require("batch_size", self.batch_size, self.batch_size >= 1, "at least 1", "Use 64.")
        require("image_size", self.image_size, self.image_size >= 0, "0 or more", "Use 0 for the encoder's.")
        require("crop_top", self.crop_top, self.crop_top in ("training", "middle") or
                (self.crop_top.isascii() and self.crop_top.isdecimal() and len(self.crop_top) < 10),
                "training, middle, or a row", "Use training.")
        require("on_bad_image", self.on_bad_image, self.on_bad_image in ON_BAD_IMAGE,
                f"one of {', '.join(ON_BAD_IMAGE)}", "Use skip to leave them out.")
        require("crop_top", self.crop_top, self.crop_top == "training" or self.align == "none",
                "training with --align, which cuts the photographs itself", "Leave out --crop_top or --align.")
        _require_alignment(self.align, self.face_square)
