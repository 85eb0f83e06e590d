"""How attributes occur together: a Gaussian copula with a part a person and a part an image.

What is sourced: the shares are those of CelebA's 202,599 images (`list_attr_celeba.txt`, Liu et al., ICCV 2015),
rounded to 0.001. What is chosen: the correlations with Male and the other pairs are rounded approximations of CelebA's
correlation table and not its exact entries; how lasting a trait is (`_LASTING`) is ours.

Sex is drawn first, once a person. From the share p of an attribute, the share q of Male and their correlation phi
follow the shares by sex, P(a|male) = p + phi sqrt(p(1-p)) sqrt((1-q)/q), which keep p exactly. Given the sex, attribute
k is on where a normal number sqrt(r_k) person_k + sqrt(1 - r_k) image_k is under the quantile of its share.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from tfprivacy_rep.data.attributes import CELEBA_ATTRIBUTES
from tfprivacy_rep.data.rendered import consistency, noise

# fmt: off
PREVALENCE: dict[str, float] = dict(zip(CELEBA_ATTRIBUTES, (
    .111, .267, .513, .205, .022, .152, .241, .235, .239, .148, .051, .205, .142, .058, .047, .065, .063, .042, .387,
    .455, .417, .483, .042, .115, .835, .284, .043, .277, .080, .066, .057, .482, .208, .320, .189, .048, .472, .123,
    .073, .774)))
"""Share of CelebA's images with each attribute."""

_WITH_MALE: dict[str, float] = dict(zip(CELEBA_ATTRIBUTES, (
    .42, -.41, -.39, .25, .18, -.17, -.17, .37, .11, -.31, .01, -.12, .24, .19, .20, .20, .31, .19, -.67, -.25,
    1., -.10, .25, .06, -.52, -.12, -.08, -.20, .11, -.22, .29, -.14, .06, -.32, -.37, .10, -.79, -.26, .33, -.24)))

_LASTING: dict[str, float] = dict(zip(CELEBA_ATTRIBUTES, (
    .5, .90, .90, .60, .97, .50, .95, .97, .93, .93, 0., .93, .95, .92, .85, .50, .70, .95, .40, .70,
    1., .10, .75, .90, .80, .95, .97, .96, .93, .40, .60, .10, .80, .80, .30, .20, .30, .20, .30, .95)))

_WITHIN_SEX: dict[tuple[str, str], float] = {
    ("Smiling", "High_Cheekbones"): .85, ("Smiling", "Mouth_Slightly_Open"): .75,
    ("High_Cheekbones", "Mouth_Slightly_Open"): .62, ("Heavy_Makeup", "Wearing_Lipstick"): .75,
    ("Heavy_Makeup", "Attractive"): .40, ("Wearing_Lipstick", "Attractive"): .30, ("Heavy_Makeup", "Young"): .20,
    ("Heavy_Makeup", "Arched_Eyebrows"): .35, ("Wearing_Lipstick", "Arched_Eyebrows"): .25,
    ("Heavy_Makeup", "Rosy_Cheeks"): .45, ("Wearing_Earrings", "Wearing_Necklace"): .30,
    ("Wearing_Earrings", "Wearing_Lipstick"): .15, ("Chubby", "Double_Chin"): .75, ("Chubby", "Big_Nose"): .40,
    ("Double_Chin", "Big_Nose"): .35, ("Chubby", "Attractive"): -.45, ("Double_Chin", "Attractive"): -.40,
    ("Chubby", "Young"): -.40, ("Double_Chin", "Young"): -.40, ("Young", "Attractive"): .50,
    ("Young", "Big_Nose"): -.30,
    ("Young", "Bags_Under_Eyes"): -.30, ("Attractive", "Big_Nose"): -.35, ("Bags_Under_Eyes", "Big_Nose"): .30,
    ("Young", "Receding_Hairline"): -.40, ("Attractive", "Oval_Face"): .30, ("Attractive", "Pointy_Nose"): .25,
    ("Eyeglasses", "Attractive"): -.35, ("Eyeglasses", "Young"): -.35, ("Bald", "Young"): -.45,
    ("Bald", "Attractive"): -.35, ("Wearing_Necktie", "Young"): -.20, ("Bags_Under_Eyes", "Attractive"): -.20,
    ("Gray_Hair", "Young"): -.80, ("Gray_Hair", "Attractive"): -.40, ("Blurry", "Attractive"): -.20,
    ("Oval_Face", "High_Cheekbones"): .25, ("Oval_Face", "Smiling"): .20, ("Rosy_Cheeks", "High_Cheekbones"): .25,
    ("Goatee", "Mustache"): .40, ("Big_Lips", "Pointy_Nose"): .05, ("Bushy_Eyebrows", "Arched_Eyebrows"): -.20,
}
"""Latent correlations within a sex; `Gray_Hair` stands for the number that cuts hair colours."""
# fmt: on

_HAIR_COLOURS = ("Gray_Hair", "Blond_Hair", "", "Brown_Hair", "Black_Hair")
_HAIR_TEXTURES = ("Wavy_Hair", "", "Straight_Hair")
_BEARDS = ("5_o_Clock_Shadow", "Goatee", "Mustache", "Sideburns")
_PERSON_STREAM, _IMAGE_STREAM = 2, 3
_COUNT = len(CELEBA_ATTRIBUTES)
_COLUMN = {name: place for place, name in enumerate(CELEBA_ATTRIBUTES)}


def _root_of_correlations() -> NDArray[np.float64]:
    """Returns `[40, 40]` A with A A^T = the nearest correlation matrix by clipped eigenvalues."""
    matrix = np.eye(_COUNT)
    for (first, second), value in _WITHIN_SEX.items():
        lasting = _LASTING[first], _LASTING[second]
        kept = (lasting[0] * lasting[1]) ** 0.5 + ((1 - lasting[0]) * (1 - lasting[1])) ** 0.5
        value = max(-0.95, min(0.95, value / kept))
        matrix[_COLUMN[first], _COLUMN[second]] = matrix[_COLUMN[second], _COLUMN[first]] = value
    sizes, directions = np.linalg.eigh(matrix)
    root = (directions * np.sqrt(np.maximum(sizes, 1e-6))) @ directions.T
    return np.round(root / np.sqrt((root**2).sum(axis=1, keepdims=True)), 6)


def _shares_by_sex() -> dict[str, tuple[float, float]]:
    """Returns for each attribute its share among women and among men."""
    male = PREVALENCE["Male"]
    shares = {}
    for name, share in PREVALENCE.items():
        spread = (share * (1 - share)) ** 0.5 * _WITH_MALE[name]
        among_men = max(0.0005, min(0.9995, share + spread * ((1 - male) / male) ** 0.5))
        among_women = max(0.0005, min(0.9995, (share - male * among_men) / (1 - male)))
        shares[name] = among_women, max(0.0005, min(0.9995, (share - (1 - male) * among_women) / male))
    return shares


_ROOT = _root_of_correlations()
_SHARES = _shares_by_sex()


def _correlated(independent: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mixes `[N, 40]` independent normals; a plain sum, since a matrix product's rounding depends on the batch."""
    total = np.zeros_like(independent)
    for place in range(_COUNT):
        total += independent[:, place : place + 1] * _ROOT[:, place]
    return total


def _quantile(share: float) -> float:
    return NormalDist().inv_cdf(max(1e-9, min(1 - 1e-9, share)))


def _under(latent: NDArray[np.float64], male: NDArray[np.bool_], women: float, men: float) -> NDArray[np.bool_]:
    """Returns `[N]` bool: whether the normal number is in the lowest share of the person's sex."""
    return latent < np.where(male, _quantile(men), _quantile(women))


def sample(images: NDArray[np.int64], people: NDArray[np.int64], seed: int) -> NDArray[np.int8]:
    """Returns the attributes of images.

    Args:
        images: `[N]` int64, the images' numbers.
        people: `[N]` int64, who is on each image.
        seed: seed of the population.

    Returns:
        `[N, 40]` int8 of 0 and 1 in the order of `CELEBA_ATTRIBUTES`, as `consistency.made_consistent` leaves them.
    """
    of_person = _correlated(noise.normals(noise.keys(seed, _PERSON_STREAM, people), _COUNT))
    of_image = _correlated(noise.normals(noise.keys(seed, _IMAGE_STREAM, images), _COUNT))
    lasting = np.array([_LASTING[name] for name in CELEBA_ATTRIBUTES])
    # A normal number under a threshold switches an attribute on: signs of correlations are kept.
    latent = np.sqrt(lasting) * of_person + np.sqrt(1.0 - lasting) * of_image
    on = np.zeros(latent.shape, np.bool_)
    male = of_person[:, _COLUMN["Male"]] < _quantile(PREVALENCE["Male"])
    for name, (women, men) in _SHARES.items():
        on[:, _COLUMN[name]] = _under(latent[:, _COLUMN[name]], male, women, men)
    on[:, _COLUMN["Male"]] = male
    _cut(on, latent[:, _COLUMN["Gray_Hair"]], male, _HAIR_COLOURS)
    _cut(on, latent[:, _COLUMN["Wavy_Hair"]], male, _HAIR_TEXTURES)
    beard = ~on[:, _COLUMN["No_Beard"]]
    for name in _BEARDS:  # A share among the bearded, so that the overall share stays.
        share = PREVALENCE[name] / (1 - PREVALENCE["No_Beard"])
        on[:, _COLUMN[name]] = beard & _under(latent[:, _COLUMN[name]], male, share, share)
    return consistency.made_consistent(on.astype(np.int8))


def _cut(on: NDArray[np.bool_], latent: NDArray[np.float64], male: NDArray[np.bool_], kinds: tuple[str, ...]) -> None:
    """Writes attributes that exclude each other: consecutive intervals of one normal number, `""` for none of them."""
    bald = _SHARES["Bald"]
    totals = [0.0, 0.0]
    none_left = [1.0 - sum(_SHARES[kind][sex] for kind in kinds if kind) / (1.0 - bald[sex]) for sex in (0, 1)]
    below = np.zeros(latent.shape, np.bool_)
    for kind in kinds:
        for sex in (0, 1):
            totals[sex] += _SHARES[kind][sex] / (1.0 - bald[sex]) if kind else none_left[sex]
        under = _under(latent, male, *totals)
        if kind:
            on[:, _COLUMN[kind]] = under & ~below
        below = under
