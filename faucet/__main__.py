"""`python -m faucet`."""

if __name__ == "__main__":
    from faucet.cli import main

    main(prog_name="faucet")
