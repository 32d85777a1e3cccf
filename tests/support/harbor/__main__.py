"""`seatrial` with Harbor beside its own venues: `python -m tests.support.harbor serve`."""

from seatrial.dialects.registry import MODULES

MODULES.append("tests.support.harbor.venue")

if __name__ == "__main__":
    from seatrial.cli.main import main

    main()
