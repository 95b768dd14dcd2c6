"""The `upstander` command, and `python -m upstander`."""

import sys


def main() -> None:
    """Run the command; where only the client is installed, say what else it needs."""
    try:
        from upstander.cli import main as run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "upstander":
            raise
        print(
            f"upstander: the command needs {error.name}, which the extra 'serve' brings: "
            "pip install -c constraints.txt -e '.[serve]'",
            file=sys.stderr,
        )
        sys.exit(1)
    run()


if __name__ == "__main__":
    main()
