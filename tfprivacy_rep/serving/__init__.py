"""The encoder for production."""
