"""Penstock: one self-hosted platform between developer tools and the models they call."""

__version__ = "0.1.0"
