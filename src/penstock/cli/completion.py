"""Print the script that completes commands in a shell."""

import click
from click.shell_completion import get_completion_class

WHERE = {
    "bash": 'eval "$(penstock completion bash)"                     # in ~/.bashrc',
    "zsh": 'eval "$(penstock completion zsh)"                      # in ~/.zshrc',
    "fish": "penstock completion fish > ~/.config/fish/completions/penstock.fish",
}


@click.command(epilog="\b\n" + "\n".join(WHERE.values()))
@click.argument("shell", type=click.Choice(tuple(WHERE)))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the script that completes commands in a shell."""
    kind = get_completion_class(shell)
    if kind is None:
        ctx.fail(f"no completion for {shell}")
    print(kind(ctx.find_root().command, {}, "penstock", "_PENSTOCK_COMPLETE").source())
