"""A whole drill, with everything outside of it made up."""

import contextlib

from penstock.drill import run
from penstock.drill.run import DIALECTS, PLAIN, Plan, drill
from penstock.drill.setting import cases
from penstock.drill.wall import Outcome
from penstock.stage.faults import FAULTS


def outcome(row: str) -> Outcome:
    return Outcome(
        id=row,
        fault="",
        must="",
        dialect="chat",
        form="whole",
        recovery="off",
        passed=True,
        seen="",
        seconds=0,
    )


async def test_every_case_is_played_and_p16_comes_last(monkeypatch):
    """P16 has a folder of its own, since its books are counted."""
    folders = []

    class Gateway:
        address, admin_key = "http://gateway.test", "a"

    @contextlib.asynccontextmanager
    async def running(configuration, folder):
        folders.append(folder.name)
        assert "P16-chat-stream-off" in configuration["models"]
        yield Gateway()

    async def play_all(_stage, played, _at_once, done):
        assert {case.fault.id for case in played} == {"S03"}
        done(outcome("S03"))
        return [outcome("S03")]

    async def kill_and_verify(_case, _configured, folder, *_):
        folders.append(folder.name)
        return outcome("P16")

    class Silent:
        async def start(self):
            return "http://127.0.0.1:9"

        async def aclose(self):
            folders.append("closed")

    monkeypatch.setattr(run, "Upstream", Silent)
    monkeypatch.setattr(run.process, "running", running)
    monkeypatch.setattr(run.wall, "play_all", play_all)
    monkeypatch.setattr(run, "kill_and_verify", kill_and_verify)
    told = []
    outcomes = await drill(Plan(cases=cases(frozenset({"S03", "P16"}), FAULTS)), told.append)
    assert [each.id for each in outcomes] == [each.id for each in told] == ["S03", "P16"]
    assert folders[1:] == ["killed", "closed"]


def test_plain_providers_speak_each_dialect():
    """Without a configuration, every dialect is drilled against its own kind."""
    assert set(PLAIN) == set(DIALECTS)
    assert all(template.has_fallback for template in PLAIN.values())
