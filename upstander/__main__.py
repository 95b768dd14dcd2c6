"""`python -m upstander`."""

from upstander.cli import main

if __name__ == "__main__":
    main()
