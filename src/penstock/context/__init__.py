"""Code and conversations made small enough to send."""
