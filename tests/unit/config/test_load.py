"""Layers of a configuration, and providers against their plug-ins."""

import pickle
from pathlib import Path

import pytest

from penstock.config.load import Source, find, load, outline, section
from penstock.config.mistakes import ConfigInvalid
from penstock.config.tree import Server, Storage, Target

ISSUE = """\
providers:
  openai: {kind: far, base_url: https://api.openai.com/v1, api_key: env:OPENAI_API_KEY}
  local: {kind: far, base_url: http://127.0.0.1:8000/v1}
models:
  gpt-4.1-mini:
    targets: [{provider: openai, model: gpt-4.1-mini}, {provider: local, model: llama-3.1-8b}]
    timeouts: {connect: 5, first_token: 60, idle: 30, total: 600}   # seconds
    recovery: off                                                   # off | resume | whole
keys:
  - {name: ci, secret: env:CI_KEY, user: ci, team: web, organization: acme}
prices:
  local/llama-3.1-8b: {input: 0.05, output: 0.10}
storage: {url: sqlite}
records: {content: none}
"""


def test_the_documented_file_is_read(workshop):
    """All of the documented example arrives typed, `off` as a word and whole numbers as seconds."""
    workshop.env = {"OPENAI_API_KEY": "sk-1", "CI_KEY": "own"}
    loaded = workshop.load(ISSUE)
    model = loaded.config.models["gpt-4.1-mini"]
    assert model.recovery == "off"
    assert model.timeouts.connect == 5.0
    assert model.targets[1] == Target(provider="local", model="llama-3.1-8b")
    assert loaded.config.keys[0].secret.reveal() == "own"
    assert loaded.config.prices["local/llama-3.1-8b"].input == 0.05
    assert loaded.options["openai"].api_key == "sk-1"


def test_an_empty_file_is_all_defaults(workshop):
    """Nothing written means every default, and models are not passed unlisted."""
    loaded = workshop.load("# nothing yet\n")
    assert loaded.config.server == Server()
    assert loaded.config.server.pass_unlisted is False
    assert loaded.origins == {}


def test_empty_sections_are_defaults(workshop):
    """A section whose lines are all commented out is as if it were not there."""
    loaded = workshop.load("server:\nmodels:\nkeys:\nproviders:\n")
    assert loaded.config.server == Server()
    assert loaded.config.keys == ()


def test_without_a_file_what_was_found_stands(kinds):
    """With no file, discovered sections are used and models are passed unlisted."""
    found = {"providers": {"far": {"kind": "far", "base_url": "http://x"}}}
    loaded = load(None, env={}, kinds=kinds, discovered=found)
    assert loaded.config.server.pass_unlisted is True
    assert loaded.options["far"].base_url == "http://x"
    assert loaded.origins["providers.far.base_url"] == "discovered"
    assert loaded.files == ()


def test_each_layer_lies_over_the_one_below(workshop):
    """default < file < overlay < environment < flag, and each value keeps its origin."""
    workshop.write("server: {host: overlay, port: 2}\n", "penstock.production.yaml")
    workshop.env = {"PENSTOCK__SERVER__PORT": "3", "PENSTOCK__SERVER__DRAIN": "7"}
    loaded = workshop.load(
        "server: {host: file, port: 1, workers: 9}\nstores: {url: redis://h}\n",
        environment="production",
        flags={"server.port": 4, "server.host": None},
    )
    server = loaded.config.server
    assert (server.host, server.port, server.workers, server.drain) == ("overlay", 4, 9, 7.0)
    assert loaded.origins["server.port"] == "--port"
    assert loaded.origins["server.drain"] == "PENSTOCK__SERVER__DRAIN"
    assert loaded.origins["server.workers"] == f"{workshop.path}:1:40"
    assert loaded.origins["server.host"] == f"{workshop.folder / 'penstock.production.yaml'}:1:16"
    assert "server.keepalive" not in loaded.origins


def test_overlay_that_is_not_there_is_a_mistake(workshop):
    """Asking for an environment without its file is not passed over."""
    assert workshop.mistakes("", environment="prod") == [
        f"{workshop.folder / 'penstock.prod.yaml'}: the file cannot be read: No such file or directory"
    ]


def test_overlay_without_a_file_is_a_mistake():
    """An overlay needs something to lie over."""
    with pytest.raises(ConfigInvalid, match="--env prod: there is no configuration"):
        load(None, env={}, environment="prod", kinds={})


def test_a_file_that_is_not_there_is_one_mistake(workshop):
    """A file that was asked for has to exist."""
    assert workshop.mistakes() == [" the file cannot be read: No such file or directory"]


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("false", False)],
)
def test_a_variable_is_read_by_the_type_that_it_sets(workshop, text, value):
    """Variables are texts: their type is that of the field."""
    workshop.env = {"PENSTOCK__SERVER__PASS_UNLISTED": text, "PENSTOCK__SERVER__HOST": "1234"}
    server = workshop.load("").config.server
    assert server.pass_unlisted is value
    assert server.host == "1234"


def test_a_variable_finds_names_with_other_characters(workshop):
    """`_` in a variable stands for a character that variables cannot have."""
    workshop.env = {
        "PENSTOCK__MODELS__GPT_4_1__STRICT": "true",
        "PENSTOCK__PROVIDERS__A__API_KEY": "env:K",
        "K": "s",
    }
    loaded = workshop.load(
        "providers: {a: {kind: far}}\nmodels: {gpt-4.1: {targets: [{provider: a, model: m}]}}\n"
    )
    assert loaded.config.models["gpt-4.1"].strict is True
    assert loaded.options["a"].api_key == "s"


def test_a_variable_may_hold_a_list(workshop):
    """A list or a mapping is written in YAML's flow form."""
    workshop.env = {"PENSTOCK__KEYS": "[{name: a, secret: 'env:K'}]", "K": "s"}
    assert workshop.load("").config.keys[0].name == "a"


def test_a_variable_with_broken_yaml_is_a_mistake(workshop):
    """What is wrong in a variable is told with its name."""
    workshop.env = {"PENSTOCK__KEYS": "[{name: a"}
    (mistake,) = workshop.mistakes("")
    assert mistake.startswith("PENSTOCK__KEYS:1:")


def test_a_variable_for_no_field_is_a_mistake(workshop):
    """A mistyped variable is not passed over."""
    workshop.env = {"PENSTOCK__SERVER__PROT": "1"}
    assert workshop.mistakes("") == [
        "PENSTOCK__SERVER__PROT: unknown field `prot` in `server` | did you mean `port`?"
    ]


def test_all_mistakes_are_told_at_once(workshop):
    """One reading finds every mistake, in the order of the text."""
    text = """\
providers:
  a: {kind: far, base_ur: x}
  b: {kind: fra}
  c: {base_url: x}
  d: {kind: needy}
  e: {kind: far, pace: 11}
  f: {kind: [far]}
  g: far
  h: {kind: far, base_url: nowhere}
models:
  m: {targets: [{provider: aa, model: x, price_as: gpt}], recovery: of}
  n: {targets: []}
  m: {}
keys:
  - {name: ci, secret: env:NOT_SET}
  - {name: ci, secret: ""}
prices: {gpt: {input: 1, output: 1}, x/gpt: {input: -1, output: 1}}
storage: {url: mysql://x}
server: {port: 70000, prot: 1, workers: two}
sevrer: {}
"""
    assert workshop.mistakes(text) == [
        "2:18: unknown field `base_ur` in `providers.a` | did you mean `base_url`?",
        "3:13: no provider is of the kind `fra` | did you mean `far`?",
        "4:6: `kind` is missing in `providers.c` | known here: far, needy",
        "5:6: `base_url` is missing in `providers.d`",
        "6:24: `providers.e.pace` has to be a whole number or one of fast, slow, and is the number `11`",
        "7:13: no provider is of the kind `?` | known here: far, needy",
        "8:6: `providers.g` has to be a mapping, and is the text `far`",
        "9:6: `providers.h`: base_url leads nowhere",
        "11:28: model `m` names the provider `aa`, which does not exist | did you mean `a`?",
        "11:52: `price_as` has to be provider/model, and is `gpt`",
        (
            "11:69: `models.m.recovery` has to be one of off, resume, whole, and is the text `of`"
            " | did you mean `off`?"
        ),
        "12:16: `models.n.targets` needs at least 1",
        "13:3: `m` is given twice | first in line 11",
        "15:24: `keys[0].secret`: the environment variable NOT_SET is not set | export NOT_SET=...",
        "16:12: there are two keys called `ci` | first in line 15",
        "16:24: `keys[1].secret`: a secret is empty | write env:NAME or file:/path",
        "17:10: a price is for provider/model, not for `gpt` | for example `a/gpt`",
        "17:38: the price is for the provider `x`, which does not exist | known here: a, b, c, d, e, f, g, h",
        "17:53: `prices.x/gpt.input` has to be at least 0, and is -1",
        "18:16: `storage.url` has to be `sqlite` or `postgresql://user@host/database`",
        "19:16: `server.port` has to be at most 65535, and is 70000",
        "19:23: unknown field `prot` in `server` | did you mean `port`?",
        "19:41: `server.workers` has to be a whole number, and is the text `two`",
        "20:1: unknown field `sevrer` | did you mean `server`?",
    ]


def test_the_plug_in_gets_secrets_as_it_types_them(workshop):
    """A secret option is revealed to a plug-in that types it as text, and stays a Secret elsewhere."""
    workshop.env = {"K": "s1"}
    loaded = workshop.load(
        "providers: {a: {kind: far, api_key: env:K, token: plain, headers: {x-k: env:K},"
        " keys: [{name: n, key: literal}]}}\n"
    )
    options, entry = loaded.options["a"], loaded.config.providers["a"]
    assert (options.api_key, options.token.reveal(), options.keys[0].key) == ("s1", "plain", "literal")
    assert options.headers == {"x-k": "s1"}
    assert str(entry) == (
        "{'kind': 'far', 'api_key': ***, 'token': ***, 'headers': {'x-k': ***},"
        " 'keys': [{'name': 'n', 'key': ***}]}"
    )


def test_nothing_that_is_loaded_prints_a_secret(workshop):
    """Printing what was loaded, or what it was made of, shows no secret."""
    workshop.env = {"K": "hunter2"}
    loaded = workshop.load("providers: {a: {kind: far, api_key: env:K}}\n")
    assert "hunter2" not in f"{loaded} {loaded.source} {loaded.config}"


def test_what_is_loaded_can_be_sent_to_a_worker(workshop):
    """A configuration survives the way to another process."""
    workshop.env = {"K": "s"}
    loaded = workshop.load("keys: [{name: a, secret: env:K}]\n")
    assert pickle.loads(pickle.dumps(loaded.config)) == loaded.config


def test_secret_files_are_among_the_files(workshop):
    """A changed secret is a changed configuration."""
    secret = workshop.write("s", "ci.key")
    secret.chmod(0o600)
    loaded = workshop.load("keys: [{name: a, secret: 'file:ci.key'}]\n")
    assert loaded.files == (workshop.path, secret)


def test_the_file_is_found(tmp_path):
    """The file asked for, else $PENSTOCK_CONFIG, else penstock.yaml here, else none."""
    here = tmp_path / "penstock.yaml"
    assert find(None, {}, tmp_path) is None
    here.touch()
    assert find(None, {}, tmp_path) == here
    assert find(None, {"PENSTOCK_CONFIG": "/x.yaml"}, tmp_path) == Path("/x.yaml")
    assert find(Path("/y.yaml"), {"PENSTOCK_CONFIG": "/x.yaml"}, tmp_path) == Path("/y.yaml")


def test_one_section_can_be_read_alone(workshop):
    """A command that needs the database does not ask for the providers' secrets."""
    workshop.write("storage: {url: postgresql://u@h/d}\nkeys: [{name: a, secret: env:NOT_SET}]\n")
    source = Source(path=workshop.path, env={})
    assert section(source, "storage", Storage).url == "postgresql://u@h/d"
    assert section(source, "server", Server) == Server()


def test_mistakes_of_one_section_are_told(workshop):
    """A section that is read alone is checked as in the whole."""
    workshop.write("storage: {urll: sqlite}\n")
    with pytest.raises(ConfigInvalid, match="urll"):
        section(Source(path=workshop.path, env={}), "storage", Storage)


def test_the_outline_needs_no_secrets(workshop):
    """Address and first model are known of a configuration that cannot be loaded here."""
    workshop.write("server: {port: 5}\nmodels: {m: {targets: 7}, n: {}}\nkeys: [{name: a, secret: env:NO}]\n")
    found = outline(Source(path=workshop.path, env={}))
    assert (found.host, found.port, found.model) == ("127.0.0.1", 5, "m")


def test_the_outline_of_nothing_has_no_model(workshop):
    """Where no model is listed, none is named."""
    workshop.write("")
    assert outline(Source(path=workshop.path, env={})).model is None


def test_flags_lie_over_a_section_that_is_no_mapping(workshop):
    """A broken section below a flag does not hide the rest."""
    assert workshop.load("server: 7\n", flags={"server.port": 5}).config.server.port == 5
