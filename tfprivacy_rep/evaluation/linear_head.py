"""The linear head of `attacks.linear_head`, which is an attack where the attribute is not the task's: here it measures
what a representation is good for."""

from tfprivacy_rep.attacks.linear_head import LinearHead, linear_head_predictions

__all__ = ["LinearHead", "linear_head_predictions"]
