"""Plug-ins that count: each file with `open(url, spawn)` is one, named by its address's scheme."""
