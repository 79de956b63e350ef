"""What types cannot say: names that have to exist elsewhere, or only once."""

from collections.abc import Iterator

from penstock.config.document import Fields, Items, Node, Scalar
from penstock.config.mistakes import Mistake, nearest
from penstock.config.quotas import broken_quotas


def broken_rules(root: Fields) -> Iterator[Mistake]:
    """Yield a mistake for each broken rule. Works on nodes, so also on a document with other mistakes."""
    yield from _storage(root)
    providers = _named(root.fields.get("providers"))
    targets = list(_targets(root))
    for name, target in targets:
        yield from _unknown_provider(name, target, providers)
    borrowed = {_text(target, "price_as") for _, target in targets}
    yield from _prices(root, providers, borrowed)
    yield from _repeated(root)
    yield from broken_quotas(root)


def _targets(root: Fields) -> Iterator[tuple[str, Fields]]:
    for name, model in _named(root.fields.get("models")).items():
        listed = model.fields.get("targets") if isinstance(model, Fields) else None
        for target in listed.items if isinstance(listed, Items) else ():
            if isinstance(target, Fields):
                yield name, target


def _unknown_provider(model: str, target: Fields, providers: dict[str, Node]) -> Iterator[Mistake]:
    name = _text(target, "provider")
    if name is not None and name not in providers:
        message = f"model `{model}` names the provider `{name}`, which does not exist"
        yield Mistake(
            place=target.fields["provider"].place,
            message=message,
            hint=nearest(name, providers) or "add it under `providers`",
        )
    price = _text(target, "price_as")
    if price is not None and not _is_pair(price):
        message = f"`price_as` has to be provider/model, and is `{price}`"
        yield Mistake(place=target.fields["price_as"].place, message=message)


def _prices(root: Fields, providers: dict[str, Node], borrowed: set[str | None]) -> Iterator[Mistake]:
    prices = root.fields.get("prices")
    for name, place in prices.keys.items() if isinstance(prices, Fields) else ():
        provider = name.partition("/")[0]
        if not _is_pair(name):
            hint = f"for example `{next(iter(providers), 'provider')}/{name}`"
            yield Mistake(place=place, message=f"a price is for provider/model, not for `{name}`", hint=hint)
        elif provider not in providers and name not in borrowed:
            message = f"the price is for the provider `{provider}`, which does not exist"
            yield Mistake(place=place, message=message, hint=nearest(provider, providers))


def _repeated(root: Fields) -> Iterator[Mistake]:
    """Two keys of one name cannot be told apart in reports."""
    listed = root.fields.get("keys")
    seen: dict[str, int] = {}
    for key in listed.items if isinstance(listed, Items) else ():
        name = _text(key, "name") if isinstance(key, Fields) else None
        if name is not None and isinstance(key, Fields):
            place = key.fields["name"].place
            if name in seen:
                hint = f"first in line {seen[name]}"
                yield Mistake(place=place, message=f"there are two keys called `{name}`", hint=hint)
            seen.setdefault(name, place.line)


def _storage(root: Fields) -> Iterator[Mistake]:
    section = root.fields.get("storage")
    url = _text(section, "url") if isinstance(section, Fields) else None
    if url is not None and url != "sqlite" and not url.startswith("postgresql://"):
        message = "`storage.url` has to be `sqlite` or `postgresql://user@host/database`"
        yield Mistake(place=_named(section)["url"].place, message=message)


def _named(node: Node | None) -> dict[str, Node]:
    return node.fields if isinstance(node, Fields) else {}


def _text(fields: Fields, name: str) -> str | None:
    node = fields.fields.get(name)
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else None


def _is_pair(name: str) -> bool:
    provider, slash, model = name.partition("/")
    return bool(provider and slash and model)
