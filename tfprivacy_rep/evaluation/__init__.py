"""Figures of utility and of privacy, and how sure they are.

    identity     recognisers that describe faces, for re-identification from reconstructions.
    statistics   intervals from repeated runs, resampling people, then seeds.
"""
