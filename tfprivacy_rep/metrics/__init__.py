"""Measures of utility, of image likeness and of re-identification; NumPy only, no TensorFlow.

Every function takes arrays and knows no model. What can be computed for each photograph is
returned for each photograph (`[N]`), because intervals are taken over people
(`tfprivacy_rep.evaluation.statistics`) and need the single values, not their mean.

    mcc                Matthews correlation coefficient of each attribute, and its mean.
    image_similarity   PSNR and SSIM of an image and its reconstruction.
    similarity         cosine similarity of vectors.
    ranking            rank-1 re-identification against a gallery, ties by expectation.
    identification     rank-k, AUC and true accept rates from scores.
"""

from tfprivacy_rep.metrics.identification import identification, rank_hits
from tfprivacy_rep.metrics.image_similarity import psnr, ssim
from tfprivacy_rep.metrics.mcc import MeanMcc, mcc, mean_mcc
from tfprivacy_rep.metrics.ranking import distances, rank1_hits
from tfprivacy_rep.metrics.similarity import cosine, cosine_matrix

__all__ = [
    "MeanMcc",
    "cosine",
    "cosine_matrix",
    "distances",
    "identification",
    "mcc",
    "mean_mcc",
    "psnr",
    "rank1_hits",
    "rank_hits",
    "ssim",
]
