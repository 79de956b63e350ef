"""`penstock`, and `python -m penstock`."""

from penstock.cli.parts.group import penstock
from penstock.cli.parts.trouble import explained


def main() -> None:
    """Run the command line."""
    with explained():
        penstock(prog_name="penstock")


if __name__ == "__main__":
    main()
