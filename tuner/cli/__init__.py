"""The command line: each command is one call into the product.

Modules that need torch, Optuna or MLflow are imported inside the commands, so `tuner --help` and
the error for a wrong study file appear at once.
"""

from tuner.errors.exits import exit_codes


def main() -> None:
    """The `tuner` command."""
    with exit_codes():  # a package may be missing, or its files may not be read
        from tuner.cli.commands import run_command
    run_command()
