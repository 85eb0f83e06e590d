"""The ten rows of the paper's table: which encoder, which attacker, and what the paper reports."""

from __future__ import annotations

from dataclasses import dataclass

from tfprivacy_rep.errors import UserError


@dataclass(frozen=True)
class EncoderRecipe:
    """An encoder that rows may share.

    Attributes:
        protected: lambda1 > 0 (and lambda2 > 0, see `ReproduceConfig.lambda1_alone`); otherwise plain supervised
            training.
        more_data: trained on all of X1 and, for the simulated adversary, of X2; otherwise on a part.
        single: one attribute is the task; otherwise all.
    """

    protected: bool
    more_data: bool = False
    single: bool = False

    @property
    def name(self) -> str:
        """Of the encoder's folder."""
        parts = ["protected" if self.protected else "unprotected"]
        return "-".join(parts + ["more"] * self.more_data + ["single"] * self.single)


@dataclass(frozen=True)
class AttackerRecipe:
    """A fresh attacker.

    Attributes:
        strong: mu1, mu2 > 0: with GAN and perceptual loss.
        more_data: trained on all of X2; otherwise on a part.
    """

    strong: bool
    more_data: bool = False

    @property
    def name(self) -> str:
        """Of the attacker's folder."""
        return ("mu" if self.strong else "plain") + ("-more" if self.more_data else "")


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        number: 1 to 10, the paper's ID.
        encoder, attacker: what it is made of.
        paper: the paper's figures by name, as far as it states them.
    """

    number: int
    encoder: EncoderRecipe
    attacker: AttackerRecipe
    paper: dict[str, float]

    @property
    def encoder_words(self) -> str:
        """What the encoder is, as in the paper's table."""
        words = "lambda1 > 0" if self.encoder.protected else "lambda1 = 0"
        return words + (", more data" if self.encoder.more_data else "") + (", one attribute" * self.encoder.single)

    @property
    def attacker_words(self) -> str:
        """What the attacker is, as in the paper's table."""
        return ("mu > 0" if self.attacker.strong else "mu = 0") + (", more data" if self.attacker.more_data else "")


FIGURES = ("mean_mcc", "smiling_mcc", "face_similarity", "feature_similarity", "ssim", "psnr")
"""The columns of the table, in the paper's order; `smiling_mcc` is the MCC of the single attribute."""


def _row(
    number: int, encoder: EncoderRecipe, attacker: AttackerRecipe, mcc: float, face: float, feature: float, ssim: float,
    psnr: float, single: float | None = None,
) -> Row:
    paper = {"mean_mcc": mcc, "face_similarity": face, "feature_similarity": feature, "ssim": ssim, "psnr": psnr}
    return Row(number, encoder, attacker, paper if single is None else paper | {"smiling_mcc": single})


_PLAIN, _MU, _MORE = AttackerRecipe(False), AttackerRecipe(True), AttackerRecipe(False, more_data=True)
ROWS: tuple[Row, ...] = (
    _row(1, EncoderRecipe(False), _PLAIN, 0.641, 0.551, 0.835, 0.231, 13.738),
    _row(2, EncoderRecipe(True), _PLAIN, 0.612, 0.515, 0.574, 0.221, 13.423),
    _row(3, EncoderRecipe(False), _MU, 0.641, 0.585, 0.835, 0.240, 14.065),
    _row(4, EncoderRecipe(True), _MU, 0.612, 0.513, 0.574, 0.277, 13.803),
    _row(5, EncoderRecipe(False), _MORE, 0.641, 0.594, 0.864, 0.250, 14.132),
    _row(6, EncoderRecipe(True), _MORE, 0.612, 0.541, 0.633, 0.222, 13.703),
    _row(7, EncoderRecipe(False, more_data=True), _MORE, 0.651, 0.579, 0.834, 0.263, 14.432),
    _row(8, EncoderRecipe(True, more_data=True), _MORE, 0.630, 0.550, 0.591, 0.231, 13.334),
    _row(9, EncoderRecipe(False, single=True), _MU, 0.001, 0.460, 0.494, 0.204, 13.214, 0.851),
    _row(10, EncoderRecipe(True, single=True), _MU, 0.044, 0.424, 0.489, 0.189, 12.958, 0.862),
)
"""The table of Xiao et al. (AAAI 2020), on CelebA with 40 attributes."""


def parse_rows(text: str) -> tuple[Row, ...]:
    """Reads numbers and ranges of rows.

    Args:
        text: for example `"1-10"` or `"1,2,9-10"`.

    Returns:
        The rows in the order of their numbers, each once.

    Raises:
        UserError: for anything but numbers of rows.
    """
    wanted: set[int] = set()
    for part in text.split(","):
        ends = part.strip().split("-")
        known = all(end.isdecimal() and len(end) < 10 and 1 <= int(end) <= len(ROWS) for end in ends)
        if len(ends) > 2 or not known or int(ends[0]) > int(ends[-1]):
            raise UserError(
                f"Invalid `rows`: expected numbers from 1 to {len(ROWS)} and ranges of them, such as 1-4,9. "
                f"Received: rows={text!r}, where {part.strip()!r} is none. Use 1-10 for all."
            )
        wanted.update(range(int(ends[0]), int(ends[-1]) + 1))
    return tuple(row for row in ROWS if row.number in wanted)
