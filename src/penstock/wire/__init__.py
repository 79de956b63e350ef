"""Dialects as pure functions: bytes to domain and back. Nothing here waits, opens or remembers."""
