"""The terms of an audit's page: of all that are explained, those that the page uses."""

from __future__ import annotations

import re

from tfprivacy_rep.report.glossary import GLOSSARY

_OWN: tuple[tuple[str, str], ...] = (
    ("Release", "Whatever leaves the device: Z of the audited encoder, Z with noise, the predicted attributes, ..."),
    ("White box", "An attack that knows the encoder's weights. A black-box attack knows only its answers."),
    ("Rank-5", "As rank-1, but the person is among the first five guesses."),
    ("AUC", "How often the right answer scores higher than a wrong one: 0.5 is guessing, 1 always."),
    ("TAR at FAR", "Share of pairs of one person that a recogniser accepts (TAR) where it wrongly accepts so large a "
     "share of pairs of two people (FAR)."),
    ("Membership", "Telling whether a photograph was used in training."),
    ("Probe", "A photograph on which everything is tested (set T); also a small classifier fitted on Z to see what Z "
     "tells."),
    ("LDA", "Linear discriminant analysis: weighs the numbers of Z by how well they tell public people apart."),
    ("PCA", "Principal components: the directions in which Z varies most."),
    ("Rescaled", "Face similarity with other people as 0 and the same person as 1."),
)
_WHERE = {"X1, X2, G, T": "X2", "lambda1, lambda2": "lambda1", "mu1, mu2": "mu1", "Z": r"\bZ\b", "AUC": r"\bAUC\b",
          "95 % interval": "95 %", "The answer": "the answer", "Blind floor": "blind|floor",
          "PCA": r"\bPCA\b|principal",
          "L_p": r"\bL_p\b", "LDA": r"\bLDA\b|discriminant", "Linkage": "linkage", "Probe": r"\bprobes?\b"}


def used(page: str) -> tuple[tuple[str, str], ...]:
    """The terms that occur in a page's text, whatever their capitals."""
    return tuple((term, text) for term, text in (*GLOSSARY, *_OWN)
                 if re.search(_WHERE.get(term, re.escape(term)), page, re.IGNORECASE))
