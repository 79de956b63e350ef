"""Rules of limits, budgets and their store: what contradicts itself, and what cannot work."""

from collections.abc import Iterator
from typing import Final

from penstock.config.document import Fields, Items, Scalar
from penstock.config.durations import seconds
from penstock.config.mistakes import Mistake, nearest

PAIRS: Final = (("requests_per_minute", "requests_per_hour"), ("tokens_per_minute", "tokens_per_day"))
FIGURES: Final = (*(name for pair in PAIRS for name in pair), "concurrency")
STORES: Final = ("redis://", "rediss://", "unix://")


def broken_quotas(root: Fields) -> Iterator[Mistake]:
    """Yield a mistake for each broken rule. Works on nodes, so also on a document with other mistakes."""
    yield from _limits(root)
    yield from _budgets(root)
    yield from _stores(root)
    alerts = root.fields.get("alerts")
    if isinstance(alerts, Fields) and "webhook" in alerts.fields and "secret" not in alerts.fields:
        message = "the webhook needs a `secret`, so that alerts can be signed"
        hint = "secret: env:PENSTOCK_WEBHOOK_SECRET, with `whsec_` and base64 in it"
        yield Mistake(place=alerts.fields["webhook"].place, message=message, hint=hint)


def _limits(root: Fields) -> Iterator[Mistake]:
    seen: dict[tuple[object, ...], int] = {}
    for limit in _entries(root, "limits"):
        given = [figure for figure in FIGURES if _value(limit, figure) is not None]
        if not given:
            yield Mistake(
                place=limit.place, message="this limit limits nothing", hint=f"add {', '.join(FIGURES)}"
            )
        for figure in given:
            what = (_value(limit, "scope"), _value(limit, "name") or "*", figure)
            yield from _twice(limit, figure, what, seen)
        for short, long in PAIRS:
            few, many = _value(limit, long), _value(limit, short)
            if isinstance(few, int) and isinstance(many, int) and few < many:
                message = f"`{long}` ({few}) is less than `{short}` ({many}), which could never be reached"
                yield Mistake(place=limit.fields[long].place, message=message)
        yield from _time(limit)


def _budgets(root: Fields) -> Iterator[Mistake]:
    seen: dict[tuple[object, ...], int] = {}
    models = root.fields.get("models")
    names = models.fields if isinstance(models, Fields) else {}
    for budget in _entries(root, "budgets"):
        what = tuple(
            _value(budget, field) or default
            for field, default in (("scope", ""), ("name", "*"), ("period", "month"))
        )
        yield from _twice(budget, "scope", what, seen)
        yield from _time(budget)
        cheaper, ends = _value(budget, "cheaper"), _value(budget, "at_end")
        if ends == "cheaper" and cheaper is None:
            message = "`at_end: cheaper` needs the name of a model in `cheaper`"
            yield Mistake(place=budget.fields["at_end"].place, message=message)
        elif isinstance(cheaper, str) and cheaper not in names:
            message = f"the budget goes on with the model `{cheaper}`, which does not exist"
            yield Mistake(place=budget.fields["cheaper"].place, message=message, hint=nearest(cheaper, names))


def _stores(root: Fields) -> Iterator[Mistake]:
    section, server = root.fields.get("stores"), root.fields.get("server")
    url = _value(section, "url") if isinstance(section, Fields) else None
    workers = _value(server, "workers") if isinstance(server, Fields) else None
    if isinstance(url, str) and url != "memory" and not url.startswith(STORES):
        assert isinstance(section, Fields)  # noqa: S101  # it has a url
        message = "`stores.url` has to be `memory` or `redis://host:6379/0`"
        yield Mistake(place=section.fields["url"].place, message=message)
    if isinstance(workers, int) and workers > 1 and url in (None, "memory"):
        assert isinstance(server, Fields)  # noqa: S101  # it has workers
        message = f"{workers} workers that count by themselves would let {workers} times every limit pass"
        hint = "set `stores: {url: redis://host:6379/0}`, or one worker"
        yield Mistake(place=server.fields["workers"].place, message=message, hint=hint)


def _twice(
    entry: Fields, field: str, what: tuple[object, ...], seen: dict[tuple[object, ...], int]
) -> Iterator[Mistake]:
    if field in entry.fields:
        place = entry.fields[field].place
        if what in seen:
            words = " ".join(str(each) for each in what)
            message = f"`{words}` is set twice"
            yield Mistake(place=place, message=message, hint=f"first in line {seen[what]}")
        seen.setdefault(what, place.line)


def _time(entry: Fields) -> Iterator[Mistake]:
    written = _value(entry, "wait_up_to")
    if isinstance(written, str):
        try:
            seconds(written)
        except ValueError as error:
            yield Mistake(place=entry.fields["wait_up_to"].place, message=str(error))


def _entries(root: Fields, section: str) -> Iterator[Fields]:
    node = root.fields.get(section)
    for entry in node.items if isinstance(node, Items) else ():
        if isinstance(entry, Fields):
            yield entry


def _value(fields: Fields, name: str) -> object:
    """Return what stands there as a scalar; of a flag or a variable, what it stands for."""
    node = fields.fields.get(name)
    return node.value if isinstance(node, Scalar) else None
