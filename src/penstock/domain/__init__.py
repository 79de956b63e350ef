"""Frozen nouns; this floor imports nothing of Penstock."""
