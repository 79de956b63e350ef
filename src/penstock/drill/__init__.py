"""The fault wall, played against a running gateway: a provider that misbehaves, and a client that counts."""
