"""`python -m sameboat`: the same as the command `sameboat`."""

from sameboat.cli import main

if __name__ == "__main__":
    main()
