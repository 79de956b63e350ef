"""Print the script that completes commands in a shell."""

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

KINDS: dict[str, type[ShellComplete]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
WHERE = {
    "bash": 'eval "$(penstock completion bash)"                     # in ~/.bashrc',
    "zsh": 'eval "$(penstock completion zsh)"                      # in ~/.zshrc',
    "fish": "penstock completion fish > ~/.config/fish/completions/penstock.fish",
}


@click.command(epilog="\b\n" + "\n".join(WHERE.values()))
@click.argument("shell", type=click.Choice(tuple(KINDS)))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the script that completes commands in a shell."""
    print(KINDS[shell](ctx.find_root().command, {}, "penstock", "_PENSTOCK_COMPLETE").source())
