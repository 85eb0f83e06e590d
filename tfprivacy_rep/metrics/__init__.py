"""Measures of utility, of image likeness and of re-identification; NumPy only, no TensorFlow.

Every function takes arrays and knows no model. What can be computed for each photograph is
returned for each photograph (`[N]`), because intervals are taken over people
(`tfprivacy_rep.evaluation.statistics`) and need the single values, not their mean.

    mcc                Matthews correlation coefficient of each attribute, and its mean.
    image_similarity   PSNR and SSIM of an image and its reconstruction.
    similarity         cosine similarity of vectors.
    ranking            rank-1 re-identification against a gallery, ties by expectation.
"""
