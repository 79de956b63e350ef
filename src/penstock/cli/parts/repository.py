"""The index of a repository, opened for a command."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from penstock.app.indexing import index_of
from penstock.cli.parts.setup import folder
from penstock.cli.parts.trouble import Trouble
from penstock.context.git import Git, NoRepository
from penstock.context.index import Index, store_path
from penstock.storage.index import IndexStore, IndexUnusable


@contextmanager
def opened(path: Path, data: Path | None) -> Iterator[tuple[Index, Path]]:
    """Open the index of the repository at `path`, and say in which file it is."""
    try:
        git = Git.find(path)
        file = store_path(folder(data), git)
        store = IndexStore.open(file)
        try:
            yield index_of(git, store), file
        finally:
            store.close()
    except NoRepository as error:
        raise Trouble(str(error)) from None
    except IndexUnusable as error:
        raise Trouble(str(error), f"free some space, or remove {data or 'the data folder'}/index") from None
