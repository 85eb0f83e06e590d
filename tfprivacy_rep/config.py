"""What a run is: frozen, validated dataclasses that know neither absl nor TensorFlow.

Every field carries its help text; `tfprivacy_rep.flags` turns each field into the flag of the same name. The values
given here are our defaults: the poster of Xiao et al. (AAAI 2020) states none of them.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Mapping

from tfprivacy_rep.errors import UserError
from tfprivacy_rep.options import MOST_SEED, option, require, require_types

GAN_LOSSES = ("saturating", "non_saturating")
DATASETS = ("orl", "celeba", "celeba_tfds", "folder", "rendered")
PARTITIONS = ("shared_people", "attacker_knows_people", "disjoint_people", "paper", "official")
ON_BAD_IMAGE = ("error", "skip")
WORKERS = ("auto", "slurm", "alone")
#: Of the game: names of Keras's policies.
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
RECOGNISERS = ("dlib", "rendered", "none")


@dataclass(frozen=True)
class DataConfig:
    """Which photographs, which attributes, and who gets which of them."""

    dataset: str = option("orl", f"source of the photographs: {', '.join(DATASETS)}")
    data_dir: str = option("", "folder of the source's files; empty: where the source's package keeps them; for "
                           "dataset=rendered a folder that keeps what was drawn")
    attributes_file: str = option("", "CSV of attributes for dataset=folder; empty: attributes.csv in data_dir")
    attributes: tuple[str, ...] = option((), "comma-separated task attributes; empty: the source's default")
    partition: str = option("", f"who shares people: {', '.join(PARTITIONS)}; empty: the source's default")
    x1_fraction: float = option(1.0, "share of X1's training photographs that is used, above 0 and at most 1")
    x2_fraction: float = option(1.0, "share of X2's training photographs that is used, above 0 and at most 1")
    image_size: int = option(64, "side of the square images, in pixels: a multiple of 16, at least 32")
    rendered_images: int = option(20_000, "photographs drawn by dataset=rendered, 20 of each person")
    on_bad_image: str = option("error", "what to do with a photograph that can't be read: error names the first ten, "
                               "skip leaves them out and counts them in the report")
    cache_images: bool = option(False, "read all photographs once and keep them in memory: image_size ** 2 * 3 bytes "
                                "each")

    def __post_init__(self) -> None:
        require_types(self)
        size = self.image_size
        near = sorted({max(32, size // 16 * 16), max(32, -(-size // 16) * 16)})
        require("image_size", size, size >= 32 and size % 16 == 0, "a multiple of 16, at least 32",
                f"Use {' or '.join(map(str, near))}.")
        require("dataset", self.dataset, self.dataset in DATASETS, f"one of {', '.join(DATASETS)}",
                "See --help for what each is.")
        for name in ("x1_fraction", "x2_fraction"):
            require(name, getattr(self, name), 0 < getattr(self, name) <= 1, "a number above 0 and at most 1",
                    "Use 1 for all photographs.")
        require("rendered_images", self.rendered_images, self.rendered_images >= 200, "at least 200, ten people",
                "Use 20000.")
        require("on_bad_image", self.on_bad_image, self.on_bad_image in ON_BAD_IMAGE,
                f"one of {', '.join(ON_BAD_IMAGE)}", "Use skip to leave unreadable photographs out.")
        if self.partition:
            require("partition", self.partition, self.partition in PARTITIONS, f"one of {PARTITIONS}",
                    "Leave it empty for the source's default.")
        require("attributes", self.attributes, len(set(self.attributes)) == len(self.attributes),
                "each attribute once", "Remove the repeated name.")


@dataclass(frozen=True)
class ModelConfig:
    """Sizes of the networks of both players."""

    representation_size: int = option(128, "numbers in the representation Z")
    release_size: int = option(0, "numbers in Z where it is drawn with noise, each of which costs rate; 0: "
                               "representation_size")
    widths: tuple[int, ...] = option(
        (32, 64, 128, 256), "filters of the encoder's four stride-2 stages; decoder and discriminator mirror them"
    )
    perceptual: str = option(
        "hed", "perceptual network g: hed (no download), imagenet (downloads VGG16), or a path: "
        "VGG16 weights (.h5) or a Keras model of images in [0, 1] (.keras)"
    )
    perceptual_size: int = option(32, "side in pixels of the images that g sees; at most image_size")

    def __post_init__(self) -> None:
        require_types(self)
        require("representation_size", self.representation_size, self.representation_size >= 1, "at least 1",
                "Use 128.")
        require("release_size", self.release_size, self.release_size >= 0, "0 or more", "Use 32.")
        require("widths", self.widths, len(self.widths) == 4 and all(w > 0 and w % 8 == 0 for w in self.widths),
                "four positive multiples of 8 (groups of the normalisation)", "Use 32,64,128,256.")
        require("perceptual_size", self.perceptual_size, self.perceptual_size >= 16, "at least 16", "Use 32.")


#: The encoder that all others are compared with.
UNPROTECTED = "unprotected"
_RELEASE = ("rate_weight", "target_rate_bits", "release_noise")
_NO_NOISE: dict[str, Any] = {"rate_weight": 0.0, "target_rate_bits": 0.0, "release_noise": 0.0}


@dataclass(frozen=True)
class GameConfig:
    """Weights and rules of the game. The symbols are those of the paper (see `objectives`)."""

    lambda1: float = option(1.0, "weight of the protector's negative reconstruction loss L_p (mean over pixels)")
    lambda2: float = option(0.1, "weight of the protector's negative perceptual loss L_perc (1 = as far as the "
                            "mean features of the public photographs)")
    mu1: float = option(0.0, "weight of the simulated adversary's GAN loss L_adv")
    mu2: float = option(0.0, "weight of the simulated adversary's perceptual loss L_perc")
    rate_weight: float = option(0.0, "weight beta of the rate, in nats a photograph: Z is drawn from a normal "
                                "distribution that the encoder learns, and pays for what it tells")
    target_rate_bits: float = option(0.0, "bits a photograph that the rate is brought to by changing its weight during "
                                     "training, in place of rate_weight; 0: no target")
    release_noise: float = option(0.0, "standard deviation of normal noise of a fixed scale that is added to Z, whose "
                                  "root mean square is 1, in place of a learned one; 0: none")
    gan_loss: str = option("saturating", "GAN term: saturating, log(1 - D) as in the paper, or non_saturating, -log D")
    adversary_moves: int = option(1, "moves of the adversary before each move of the protector")
    adversary_warmup: int = option(0, "first steps in which only the adversary moves")
    bound_negative_terms: bool = option(
        False, "cap each negative term, per example, at what the mean public image reaches: being further off than "
        "the mean image is a failure of the simulated decoder and no protection"
    )
    restart_decoder_every: int = option(0, "start the simulated adversary afresh every so many steps; 0: never")

    def __post_init__(self) -> None:
        require_types(self)
        for name in ("lambda1", "lambda2", "mu1", "mu2", *_RELEASE):
            value = getattr(self, name)
            require(name, value, value >= 0, "a number that is not negative (the minus signs are in the objective)",
                    "Use 0 to leave the term out.")
        given = [name for name in _RELEASE if getattr(self, name) > 0]
        for name in given[1:]:
            require(name, getattr(self, name), False, f"0 beside {given[0]}", "Z has one kind of noise; choose one.")
        require("gan_loss", self.gan_loss, self.gan_loss in GAN_LOSSES, f"one of {GAN_LOSSES}",
                "Use saturating, as in the paper.")
        require("adversary_moves", self.adversary_moves, self.adversary_moves >= 1, "at least 1", "Use 1.")
        for name in ("adversary_warmup", "restart_decoder_every"):
            require(name, getattr(self, name), getattr(self, name) >= 0, "0 or more steps", "Use 0.")

    @property
    def has_opponent(self) -> bool:
        """Whether the protector's objective contains the decoder, so that an adversary has to be trained."""
        return self.lambda1 > 0 or self.lambda2 > 0

    @property
    def learns_release(self) -> bool:
        """Whether Z is drawn from a distribution that is learned."""
        return self.rate_weight > 0 or self.target_rate_bits > 0

    def unprotected(self) -> "GameConfig":
        """The same game without the negative terms and without noise: plain supervised training."""
        return dataclasses.replace(self, **_NO_NOISE, lambda1=0.0, lambda2=0.0, mu1=0.0, mu2=0.0,
                                   adversary_warmup=0, bound_negative_terms=False, restart_decoder_every=0)

    def noise_options(self) -> dict[str, Any]:
        """The options in use that decide what noise Z is released with; empty for none."""
        return {name: getattr(self, name) for name in _RELEASE if getattr(self, name) > 0}

    def variants(self) -> dict[str, "GameConfig"]:
        """The games within this one by name: `unprotected`; `paper`, the negative terms alone; `rate` or `noise`, what
        is released with noise alone; and `paper_rate` or `paper_noise`, both together."""
        noise = "rate" if self.learns_release else "noise" if self.release_noise > 0 else ""
        found = {UNPROTECTED: self.unprotected()}
        if self.has_opponent or not noise:
            found["paper"] = dataclasses.replace(self, **_NO_NOISE)
        if noise:
            found[noise] = dataclasses.replace(self.unprotected(), **self.noise_options())
        if self.has_opponent and noise:
            found[f"paper_{noise}"] = self
        return found

    def crutches(self) -> dict[str, Any]:
        """The options in use that keep the game from being won by a trick; a report names them."""
        names = ("bound_negative_terms", "restart_decoder_every")
        return {name: getattr(self, name) for name in names if getattr(self, name)}


@dataclass(frozen=True)
class TrainConfig:
    """How long and how fast the game is played."""

    encoders: tuple[str, ...] = option(
        (), "comma-separated encoders to train: unprotected, which is first, then paper (the negative terms alone), "
        "rate or noise (Z with noise alone), paper_rate or paper_noise; empty: unprotected, and the one with all the "
        "weights that are given"
    )
    steps: int = option(600, "steps of the game: warm-up and moves of the protector together")
    batch_size: int = option(32, "photographs a move, over all replicas")
    augment: int = option(1, "copies of each training photograph of X1 and X2: the original and shifted, mirrored "
                          "variants; 1: the original alone")
    learning_rate: float = option(1e-3, "Adam's step size of encoder and classifier")
    utility_draws: int = option(1, "draws of Z of each photograph that L_u is averaged over, where Z has noise: with "
                                "more of them less is lost to it, at little cost")
    adversary_learning_rate: float = option(1e-3, "Adam's step size of the simulated decoder and discriminator")
    log_every: int = option(50, "steps compiled into one call, and between two logged values")
    checkpoint_every: int = option(200, "steps between two checkpoints")
    cache_perceptual: bool = option(False, "compute g(X) once and keep it in memory: 0.4 MB a copy at "
                                    "perceptual_size=32; same results, sooner")
    precision: str = option("float32", "the game computes in float32, mixed_bfloat16 or mixed_float16, which pay on "
                            "GPUs; weights, outputs, attacks and exports stay float32")
    use_xla: bool = option(False, "compile each move up to its gradients with XLA")
    logical_cpus: int = option(0, "split the CPU into so many devices, to try replicas without GPUs; 0: all visible "
                               "GPUs, or the CPU as one device")
    workers: str = option("auto", "who trains together: auto, the workers of TF_CONFIG if it is set; slurm, the tasks "
                          "of a Slurm step; alone, this process whatever the environment says")
    worker_timeout: int = option(600, "seconds that workers wait for each other at the start")

    def __post_init__(self) -> None:
        require_types(self)
        for name in ("steps", "batch_size", "augment", "utility_draws", "log_every", "checkpoint_every"):
            require(name, getattr(self, name), getattr(self, name) >= 1, "at least 1", "Leave it out for the default.")
        for name in ("learning_rate", "adversary_learning_rate"):
            require(name, getattr(self, name), getattr(self, name) > 0, "a positive number", "Use 0.001.")
        require("precision", self.precision, self.precision in PRECISIONS, f"one of {', '.join(PRECISIONS)}",
                "Use float32.")
        require("logical_cpus", self.logical_cpus, self.logical_cpus >= 0, "0 or more", "Use 0.")
        require("workers", self.workers, self.workers in WORKERS, f"one of {', '.join(WORKERS)}", "Use auto.")
        require("worker_timeout", self.worker_timeout, self.worker_timeout >= 1, "at least 1 second", "Use 600.")


@dataclass(frozen=True)
class AttackConfig:
    """The fresh attackers that try to break the frozen encoder."""

    attack_steps: int = option(2000, "most steps of each fresh attacker")
    attack_batch_size: int = option(16, "photographs a step")
    attack_learning_rate: float = option(1e-3, "Adam's step size of each attacker")
    attack_check_every: int = option(50, "steps between two looks at the validation loss")
    attack_patience: int = option(5, "an attacker has converged when so many checks brought no gain of 1 %")
    attack_mu1: float = option(0.001, "weight of the GAN loss of the attacker that has one")
    attack_mu2: float = option(0.01, "weight of the perceptual loss of the attacker that has one")
    attack_gan_loss: str = option("non_saturating", "GAN term of the attackers: saturating or non_saturating")
    recogniser: str = option("", f"who judges faces: {', '.join(RECOGNISERS)}; empty: the source's default")
    face_square: tuple[float, ...] = option(
        (), "where recogniser=dlib finds the face: centre x, centre y and side of a square from above the brows to the "
        "chin, as fractions of the side of the photograph; empty: the source's default"
    )

    def __post_init__(self) -> None:
        require_types(self)
        for name in ("attack_steps", "attack_batch_size", "attack_check_every", "attack_patience"):
            require(name, getattr(self, name), getattr(self, name) >= 1, "at least 1", "Leave it out for the default.")
        require("attack_learning_rate", self.attack_learning_rate, self.attack_learning_rate > 0,
                "a positive number", "Use 0.001.")
        for name in ("attack_mu1", "attack_mu2"):
            require(name, getattr(self, name), getattr(self, name) > 0,
                    "a positive number (the attacker without these terms always runs too)", "Use 0.001.")
        require("attack_gan_loss", self.attack_gan_loss, self.attack_gan_loss in GAN_LOSSES,
                f"one of {GAN_LOSSES}", "Use non_saturating.")
        square = self.face_square
        require("face_square", square,
                not square or (len(square) == 3 and all(0 <= v <= 1 for v in square[:2]) and 0 < square[2] <= 2),
                "three numbers: x and y in [0, 1], side in (0, 2]", "Write for example --face_square=0.5,0.6,0.48.")
        if self.recogniser:
            require("recogniser", self.recogniser, self.recogniser in RECOGNISERS, f"one of {', '.join(RECOGNISERS)}",
                    "Leave it empty for the source's default.")


@dataclass(frozen=True)
class RunConfig:
    """How often the whole is repeated and what is written."""

    seed: int = option(0, "first seed of everything random: partition, weights, batches, attackers")
    seeds: int = option(1, "repeat the whole over so many seeds: seed, seed + 1, ...; several runs add intervals")
    fold: int = option(0, "first fold: which photographs are the probes T")
    folds: int = option(1, "rotate T over so many folds for each seed; 5 test every photograph once")
    output_dir: str = option("", "folder for checkpoints, logs, report and export (required)")
    use_progress: bool = option(True, "show a progress bar")
    use_tensorboard: bool = option(True, "write TensorBoard logs")
    use_export: bool = option(True, "export the protected encoder for TensorFlow Serving")

    def __post_init__(self) -> None:
        require_types(self)
        require("seed", self.seed, 0 <= self.seed <= MOST_SEED, f"0 to {MOST_SEED}", "Use 0.")
        require("seeds", self.seeds, 1 <= self.seeds <= MOST_SEED, f"1 to {MOST_SEED}", "Use 1.")
        require("fold", self.fold, 0 <= self.fold < 5, "0 to 4", "Use 0.")
        require("folds", self.folds, 1 <= self.folds <= 5 - self.fold, f"1 to {5 - self.fold}",
                "There are five folds; `fold` is the first.")
        require("output_dir", self.output_dir, bool(self.output_dir), "a folder to write to",
                "Add --output_dir=runs/mine.")


@dataclass(frozen=True)
class Config:
    """A whole run, by section."""

    data: DataConfig = field(default_factory=DataConfig)
    models: ModelConfig = field(default_factory=ModelConfig)
    game: GameConfig = field(default_factory=GameConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    attack: AttackConfig = field(default_factory=AttackConfig)
    run: RunConfig = field(default_factory=lambda: RunConfig(output_dir="runs/default"))

    def __post_init__(self) -> None:
        require("perceptual_size", self.models.perceptual_size,
                self.models.perceptual_size <= self.data.image_size,
                f"at most image_size={self.data.image_size}", "Lower perceptual_size.")
        warmup, steps = self.game.adversary_warmup, self.train.steps
        require("adversary_warmup", warmup, warmup < steps, f"less than steps={steps}",
                "Or the protector never moves: raise steps.")
        encoders, variants = self.train.encoders, list(self.game.variants())
        require("encoders", encoders, not encoders or (
            encoders[0] == UNPROTECTED and len(set(encoders)) == len(encoders) and set(encoders) <= set(variants)),
            f"{UNPROTECTED} first, then some of {', '.join(variants[1:])}, which have weights",
            f"Use --encoders={','.join(variants)}, or give the others' weights.")

    def to_dict(self) -> dict[str, Any]:
        """The configuration as plain nested dictionaries, for JSON."""
        return dataclasses.asdict(self, dict_factory=_plain)

    @classmethod
    def from_dict(cls, held: Mapping[str, Mapping[str, Any]]) -> "Config":
        """The configuration of what `to_dict` gave; options that it does not hold have their defaults.

        Raises:
            UserError: if a value is of another type or out of its range.
        """
        built = {}
        for name, section in sections().items():
            given = held.get(name, {}) if isinstance(held, Mapping) else None
            if not isinstance(given, Mapping):
                raise UserError(f"Invalid `config`: expected options by name in section {name}. Received: "
                                f"{str(given if isinstance(held, Mapping) else held)[:60]!r}. Restore config.json.")
            values = {f.name: given[f.name] for f in dataclasses.fields(section) if f.name in given}
            built[name] = section(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})
        return cls(**built)


def _plain(items: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in items}


def sections() -> dict[str, type]:
    """The sections of `Config`, by field name."""
    return {"data": DataConfig, "models": ModelConfig, "game": GameConfig, "train": TrainConfig,
            "attack": AttackConfig, "run": RunConfig}
