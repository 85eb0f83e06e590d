"""The GAN terms: L_adv of the decoder and the loss of the discriminator."""

from __future__ import annotations

import tensorflow as tf


def decoder_gan_loss(fake_logits: tf.Tensor, kind: str) -> tf.Tensor:
    """L_adv, which the decoder minimises to pass its reconstructions off as photographs.

    `saturating` is the paper's `log(1 - D(X^))`; `non_saturating` is `-log D(X^)` (Goodfellow et al. 2014, section
    3), whose gradient does not vanish while the discriminator wins. `D = sigmoid(logit)`, so `log(1 - D) =
    -softplus(logit)`.

    Args:
        fake_logits: `[B]` float32, the discriminator's logits of reconstructions.
        kind: `"saturating"` or `"non_saturating"`.

    Returns:
        `[B]` float32, in nats; negative for the saturating term.
    """
    if kind == "saturating":
        return -tf.nn.softplus(fake_logits)
    return tf.nn.softplus(-fake_logits)


def discriminator_loss(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """What D minimises: `-log D(X) - log(1 - D(X^))`.

    Args:
        real_logits, fake_logits: `[B]` float32, logits of photographs and of reconstructions.

    Returns:
        `[B]` float32, at least 0, in nats.
    """
    return tf.nn.softplus(-real_logits) + tf.nn.softplus(fake_logits)
