"""Keras models of the players, from small builder functions, and the perceptual network g."""

from tfprivacy_rep.models.classifier import build_classifier
from tfprivacy_rep.models.cost import backward_gflop, forward_gflop
from tfprivacy_rep.models.decoder import build_decoder, build_residual_decoder
from tfprivacy_rep.models.discriminator import build_discriminator
from tfprivacy_rep.models.encoder import build_encoder
from tfprivacy_rep.models.inference import BatchedModel, weights_sha256
from tfprivacy_rep.models.perceptual import PerceptualNetwork, build_perceptual, calibrate
from tfprivacy_rep.models.players import Adversary, Protector

__all__ = [
    "Adversary",
    "BatchedModel",
    "PerceptualNetwork",
    "Protector",
    "backward_gflop",
    "build_classifier",
    "build_decoder",
    "build_discriminator",
    "build_encoder",
    "build_perceptual",
    "build_residual_decoder",
    "calibrate",
    "forward_gflop",
    "weights_sha256",
]
