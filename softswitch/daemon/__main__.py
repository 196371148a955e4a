"""`python -m softswitch.daemon` is `softswitch`."""

from softswitch.daemon.command import main

if __name__ == "__main__":
    main()
