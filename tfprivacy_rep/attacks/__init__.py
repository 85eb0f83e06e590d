"""Fresh opponents of a frozen encoder: decoders trained on public data, and linkage without any reconstruction."""
