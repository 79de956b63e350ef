"""Plug-ins that count tokens as a family of models does; each file offers a `CountTokens`."""
