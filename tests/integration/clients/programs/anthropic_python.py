"""anthropic-python, unmodified: `anthropic_python.py URL KEY`. Prints a line for each thing that worked."""

import sys

import anthropic

URL, KEY = sys.argv[1:]
SENTENCE = "The penstock carries water to the turbine."
QUESTION = [{"role": "user", "content": "What does a penstock do?"}]
WEATHER = {
    "name": "weather",
    "description": "The weather in a place",
    "input_schema": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
}
client = anthropic.Anthropic(base_url=URL, api_key=KEY, max_retries=0)


def messages() -> None:
    reply = client.messages.create(model="lake", max_tokens=100, messages=QUESTION)
    assert reply.content[0].text == SENTENCE
    assert reply.stop_reason == "end_turn"
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (21, 9)


def streaming() -> None:
    with client.messages.stream(model="lake", max_tokens=100, messages=QUESTION) as stream:
        assert "".join(stream.text_stream) == SENTENCE
        assert stream.get_final_message().usage.output_tokens == 9


def tools() -> None:
    ask = [{"role": "user", "content": "Use the tool."}]
    reply = client.messages.create(model="lake", max_tokens=100, messages=ask, tools=[WEATHER])
    (call,) = [block for block in reply.content if block.type == "tool_use"]
    assert call.input == {"place": "turbine"}
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "dry"}]}
    ask = [*ask, {"role": "assistant", "content": reply.content}, result]
    final = client.messages.create(model="lake", max_tokens=100, messages=ask, tools=[WEATHER])
    assert final.content[0].text == SENTENCE


def tools_streaming() -> None:
    ask = [{"role": "user", "content": "Use the tool."}]
    with client.messages.stream(model="lake", max_tokens=100, messages=ask, tools=[WEATHER]) as stream:
        final = stream.get_final_message()
    assert final.content[0].input == {"place": "turbine"}


def count_tokens() -> None:
    short = client.messages.count_tokens(model="lake", messages=QUESTION)
    system = "You are a hydraulic engineer of long experience."
    long = client.messages.count_tokens(model="lake", messages=QUESTION, system=system, tools=[WEATHER])
    assert 0 < short.input_tokens < long.input_tokens


def beta() -> None:
    reply = client.beta.messages.create(
        model="lake", max_tokens=100, messages=QUESTION, betas=["context-1m-2025-08-07"]
    )
    assert reply.content[0].text == SENTENCE


def other_dialects() -> None:
    """A model that speaks only OpenAI's dialect answers on Anthropic's."""
    reply = client.messages.create(model="river", max_tokens=100, messages=QUESTION)
    assert reply.content[0].text == SENTENCE
    assert reply.usage.output_tokens == 9
    with client.messages.stream(model="river", max_tokens=100, messages=QUESTION) as stream:
        assert "".join(stream.text_stream) == SENTENCE
    ask = [{"role": "user", "content": "Use the tool."}]
    with client.messages.stream(model="river", max_tokens=100, messages=ask, tools=[WEATHER]) as stream:
        assert stream.get_final_message().content[0].input == {"place": "turbine"}


def errors() -> None:
    wrong = anthropic.Anthropic(base_url=URL, api_key="sk-wrong", max_retries=0)
    kinds = []
    for asker, model in ((client, "lak"), (wrong, "lake")):
        try:
            asker.messages.create(model=model, max_tokens=100, messages=QUESTION)
        except (anthropic.NotFoundError, anthropic.AuthenticationError) as failure:
            kinds.append(failure.body["error"]["type"])
    assert kinds == ["not_found_error", "authentication_error"], kinds


def models() -> None:
    names = [model.id for model in client.models.list()]
    assert "lake" in names, names


for part in (messages, streaming, tools, tools_streaming, count_tokens, beta, other_dialects, errors, models):
    part()
    print(part.__name__, flush=True)
