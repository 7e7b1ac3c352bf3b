"""`python -m stillroom`: the same command line as the `stillroom` script."""

from stillroom.cli.main import run

if __name__ == "__main__":
    run()
