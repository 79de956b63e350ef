"""The command line: a file here is a command; what commands share is in `parts`."""
