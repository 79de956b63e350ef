"""The door: bytes in, bytes out, decides nothing."""
