"""The `pact` command: one thin module per family of subcommands, no arithmetic."""

from ._main import main as main
