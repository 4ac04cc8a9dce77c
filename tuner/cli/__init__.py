"""The command line: each command is one call into the product.

Modules that need torch, Optuna or MLflow are imported inside the commands, so `tuner --help` and
the error for a wrong study file appear at once.
"""

from tuner.cli.commands import app, main

__all__ = ["app", "main"]
