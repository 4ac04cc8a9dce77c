"""The command line: each command is one call into the product.

Whatever needs torch, Optuna or MLflow is imported when a command runs, so that `tuner --help`
and a refused study file answer at once.
"""

from tuner.cli.commands import app, main

__all__ = ["app", "main"]
