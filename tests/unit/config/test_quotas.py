"""Rules of limits, budgets and their store."""

import pytest

from penstock.config.document import read
from penstock.config.quotas import broken_quotas


def told(text: str) -> list[str]:
    root, _ = read(text.encode(), "f")
    return [f"{mistake.place.line}: {mistake.message}" for mistake in broken_quotas(root)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "limits: 7\nbudgets: 7\nstores: 7\nserver: 7\nmodels: 7\n",
        "limits: [7, {requests_per_minute: []}, {concurrency: 1, wait_up_to: 5}]\n".replace("[]", "1"),
        "limits: [{scope: key, requests_per_minute: 10, requests_per_hour: 10, wait_up_to: 5s}]\n",
        "limits: [{scope: key, requests_per_minute: 1}, {scope: key, name: a, requests_per_minute: 1}]\n",
        "limits: [{scope: key, requests_per_minute: 1}, {scope: key, tokens_per_minute: 1}]\n",
        "budgets: [7, {}, {scope: key, usd: 1}, {scope: key, usd: 1, period: day}, {scope: user, usd: 1}]\n",
        "models: {m: {}}\nbudgets: [{scope: key, at_end: cheaper, cheaper: m}]\n",
        "server: {workers: 2}\nstores: {url: redis://h/0}\n",
        "alerts: {webhook: https://h, secret: env:S}\n",
        "server: {workers: 1}\nstores: {url: memory}\n",
    ],
)
def test_what_breaks_no_rule_is_passed(text):
    """Nor is what has other mistakes, which are told of elsewhere."""
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("limits:\n- {scope: key}", "2: this limit limits nothing"),
        (
            "limits:\n- {scope: key, concurrency: 1}\n- {scope: key, name: '*', concurrency: 2}",
            "3: `key * concurrency` is set twice",
        ),
        (
            "limits:\n- {scope: key, requests_per_minute: 9, requests_per_hour: 8}",
            "2: `requests_per_hour` (8) is less than `requests_per_minute` (9), which could never be reached",
        ),
        (
            "limits:\n- {scope: key, tokens_per_minute: 10, tokens_per_day: 9}",
            "2: `tokens_per_day` (9) is less than `tokens_per_minute` (10), which could never be reached",
        ),
        (
            "limits:\n- {scope: key, concurrency: 1, wait_up_to: soon}",
            "2: `soon` is no time; write seconds, or 500ms, 5s, 1m",
        ),
        (
            "budgets:\n- {scope: key, usd: 1}\n- {scope: key, usd: 2, period: month}",
            "3: `key * month` is set twice",
        ),
        (
            "budgets:\n- {scope: key, at_end: cheaper}",
            "2: `at_end: cheaper` needs the name of a model in `cheaper`",
        ),
        (
            "models: {m: {}}\nbudgets:\n- {scope: key, at_end: cheaper, cheaper: n}",
            "3: the budget goes on with the model `n`, which does not exist",
        ),
        ("stores: {url: redis}", "1: `stores.url` has to be `memory` or `redis://host:6379/0`"),
        (
            "alerts: {webhook: https://h}",
            "1: the webhook needs a `secret`, so that alerts can be signed",
        ),
        (
            "server: {workers: 3}",
            "1: 3 workers that count by themselves would let 3 times every limit pass",
        ),
    ],
)
def test_a_broken_rule_is_told_of_with_its_place(text, mistake):
    """Bad input: contradictory limits, budgets twice, more workers than one memory can count for (G25)."""
    assert told(text) == [mistake]
