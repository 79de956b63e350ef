"""What a made-up provider says and does, as data: plain replies in every dialect, and every known fault."""
