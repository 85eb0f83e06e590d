"""Cosine similarity of vectors: of face descriptors and of representations."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfprivacy_rep.errors import UserError


def cosine(a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
    """Computes the cosine similarity of each row of `a` with the same row of `b`.

    Args:
        a: vectors, `[N, D]`, finite.
        b: vectors, `[N, D]`, finite.

    Returns:
        `[N]` float64 in [-1, 1]. A zero vector has no direction; its similarity is set to 0.

    Raises:
        UserError: the shapes differ or are not `[N, D]`, or a value is not finite.
    """
    left, right = as_vectors(a, "a"), as_vectors(b, "b")
    if left.shape != right.shape:
        raise UserError(
            "Invalid `b`: expected the shape of `a`, the rows are compared in pairs. "
            f"Received: a {left.shape}, b {right.shape}. Use cosine_matrix for all pairs."
        )
    return np.einsum("nd,nd->n", unit_rows(left), unit_rows(right)).clip(-1.0, 1.0)


def cosine_matrix(a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
    """Computes the cosine similarity of every row of `a` with every row of `b`.

    Args:
        a: vectors, `[N, D]`, finite.
        b: vectors, `[M, D]`, finite.

    Returns:
        `[N, M]` float64 in [-1, 1]; 0 where either vector is zero.

    Raises:
        UserError: not `[N, D]` and `[M, D]`, or a value is not finite.
    """
    left, right = as_vectors(a, "a"), as_vectors(b, "b")
    if left.shape[1] != right.shape[1]:
        raise UserError(
            "Invalid `b`: expected vectors of the length of those of `a`. "
            f"Received: a {left.shape}, b {right.shape}. Describe both with the same recogniser."
        )
    return (unit_rows(left) @ unit_rows(right).T).clip(-1.0, 1.0)


def as_vectors(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Returns `values` as float64 `[N, D]`, or raises a UserError that names the argument."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2:
        raise UserError(
            f"Invalid `{name}`: expected the shape [N, D], one vector a row. "
            f"Received: shape {array.shape}. Flatten with values.reshape(len(values), -1)."
        )
    if not np.isfinite(array).all():
        bad = int((~np.isfinite(array)).any(axis=1).sum())
        raise UserError(
            f"Invalid `{name}`: expected finite values. "
            f"Received: nan or infinity in {bad} of {len(array)} rows. Check what produced them."
        )
    return array


def unit_rows(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scales each row of `vectors`, `[N, D]`, to length 1 and leaves zero rows at zero."""
    # Divided by the largest entry first: the squares of tiny entries would underflow.
    largest = np.abs(vectors).max(axis=1, keepdims=True, initial=0.0)
    scaled = np.divide(vectors, largest, out=np.zeros_like(vectors), where=largest > 0)
    length = np.linalg.norm(scaled, axis=1, keepdims=True)
    return np.divide(scaled, length, out=np.zeros_like(scaled), where=length > 0)
