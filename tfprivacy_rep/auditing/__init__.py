"""The audit of any encoder: what its representation tells, and what it hides."""
