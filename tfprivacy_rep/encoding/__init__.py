"""A folder of photographs as one file of representations, and the encoder as a file for TFLite."""
