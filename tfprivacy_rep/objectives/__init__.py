"""The objectives of both players: plain functions of tensors that return one value per example, `[B]`."""

from tfprivacy_rep.objectives.adversarial import decoder_gan_loss, discriminator_loss
from tfprivacy_rep.objectives.combine import Term, combine, decoder_terms, protector_terms
from tfprivacy_rep.objectives.reconstruction import perceptual_distance, pixel_distance
from tfprivacy_rep.objectives.reduction import share_of_mean
from tfprivacy_rep.objectives.task import attribute_loss

__all__ = [
    "Term",
    "attribute_loss",
    "combine",
    "decoder_gan_loss",
    "decoder_terms",
    "discriminator_loss",
    "perceptual_distance",
    "pixel_distance",
    "protector_terms",
    "share_of_mean",
]
