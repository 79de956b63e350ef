"""Logs and diffs are cut at their blocks and hunks."""

from penstock.chunkers import blocks

DIFF = """diff --git a/x.py b/x.py
--- a/x.py
+++ b/x.py
@@ -1,2 +1,2 @@
-a
+b
@@ -9 +9 @@
-c
+d
diff --git a/y.py b/y.py
--- a/y.py
+++ b/y.py
@@ -1 +1 @@
-e
+f
"""


def test_hunks_are_pieces_under_the_name_of_their_file():
    """The head of a file goes with its first hunk."""
    content = DIFF.encode()
    found = blocks.open(blocks.Options()).chunk(content, "diff", len)
    assert [it.symbol for it in found.pieces] == ["x.py", "x.py", "y.py"]
    assert content[found.pieces[2].start :].startswith(b"diff --git a/y.py")


def test_a_log_is_cut_where_a_new_time_begins():
    """A traceback stays with the line it belongs to."""
    log = (
        b"2026-01-01 10:00:00 INFO a\n2026-01-01 10:00:01 ERROR b\nTraceback\n  File x\n"
        b"2026-01-01 10:00:02 INFO c\n"
    )
    found = blocks.open(blocks.Options(budget=50)).chunk(log, "log", len)
    assert any(
        log[it.start : it.end].startswith(b"2026-01-01 10:00:01 ERROR b\nTraceback") for it in found.pieces
    )
