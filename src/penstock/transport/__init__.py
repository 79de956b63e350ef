"""Bytes over the network: one HTTP client per process, and every way in which it can fail."""
