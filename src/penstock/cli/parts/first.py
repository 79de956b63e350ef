"""The first start: what was found, a first key, and a call that can be pasted."""

import time
from pathlib import Path

import msgspec

from penstock.cli.parts import keyring
from penstock.cli.parts.discover import Found
from penstock.cli.parts.trouble import Trouble
from penstock.config.load import Loaded, Source
from penstock.failures import StorageUnavailable
from penstock.storage import keys
from penstock.storage.database import Database
from penstock.storage.migrate import MigrationFailed, migrate


def with_discovered(made_of: Source, found: Found) -> Source:
    """Return the source of a configuration that stands on what was found."""
    return msgspec.structs.replace(made_of, discovered=found.sections)


def tell(found: Found) -> None:
    """Say what was found."""
    print("no configuration; found:")
    for line in found.lines:
        print(f"  {line}")


def first_key(loaded: Loaded, folder: Path) -> str | None:
    """Make a key if there is none at all; return it, to be shown once. Raises Trouble."""
    if loaded.config.keys:
        return None
    database = Database(loaded.config.storage.url, folder)
    try:
        migrate(database)
        if database.read(keys.listed):
            return None
        made = keyring.make(folder, "first", now=time.time())
        database.write(keys.create, made.row)
    except StorageUnavailable as error:
        raise Trouble(error.message, "penstock doctor") from None
    except MigrationFailed as error:
        raise Trouble(str(error)) from None
    finally:
        database.close()
    return made.key


def announcement(address: str, key: str | None, model: str) -> str:
    """Say that the server answers, and with a new key how to call it."""
    ready = f"ready {address}"
    if key is None:
        return ready
    return f"""\
{ready}

A first key was made. It is shown only now; `penstock keys create` makes more.

  {key}

Try it:

curl {address}/v1/chat/completions \\
  -H "Authorization: Bearer {key}" \\
  -H "Content-Type: application/json" \\
  -d '{{"model": "{model}", "messages": [{{"role": "user", "content": "Say hello."}}]}}'

`penstock connect CLIENT` shows how to point a tool here.
"""
