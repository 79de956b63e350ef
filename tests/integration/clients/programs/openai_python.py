"""openai-python, unmodified: `openai_python.py URL KEY`. Prints a line for each thing that worked."""

import asyncio
import json
import sys

import openai
import pydantic

URL, KEY = sys.argv[1:]
SENTENCE = "The penstock carries water to the turbine."
QUESTION = [{"role": "user", "content": "What does a penstock do?"}]
WEATHER = {
    "name": "weather",
    "description": "The weather in a place",
    "parameters": {
        "type": "object",
        "properties": {"place": {"type": "string"}},
        "required": ["place"],
        "additionalProperties": False,
    },
    "strict": True,
}
client = openai.OpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0)


class Machine(pydantic.BaseModel):
    name: str
    number: int


def models() -> None:
    assert "river" in [model.id for model in client.models.list()]
    assert client.models.retrieve("river").id == "river"


def chat() -> None:
    reply = client.chat.completions.with_raw_response.create(model="river", messages=QUESTION)
    assert reply.headers["x-penstock-target"] == "openai/river"
    completion = reply.parse()
    assert completion.choices[0].message.content == SENTENCE
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage.total_tokens == 30


def chat_streaming() -> None:
    text, usage = "", None
    options = {"include_usage": True}
    for chunk in client.chat.completions.create(
        model="river", messages=QUESTION, stream=True, stream_options=options
    ):
        usage = chunk.usage or usage
        text += "".join(choice.delta.content or "" for choice in chunk.choices)
    assert text == SENTENCE
    assert usage.total_tokens == 30


def chat_streaming_without_usage() -> None:
    chunks = list(client.chat.completions.create(model="river", messages=QUESTION, stream=True))
    assert all(chunk.usage is None and chunk.choices for chunk in chunks)


def chat_tools() -> None:
    tools = [{"type": "function", "function": WEATHER}]
    ask = [{"role": "user", "content": "Use the tool."}]
    first = client.chat.completions.create(model="river", messages=ask, tools=tools)
    (call,) = first.choices[0].message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("weather", {"place": "turbine"})
    result = {"role": "tool", "tool_call_id": call.id, "content": "dry"}
    ask = [*ask, first.choices[0].message, result]
    assert client.chat.completions.create(model="river", messages=ask, tools=tools).choices[0].message.content


def chat_tools_streaming() -> None:
    tools = [{"type": "function", "function": WEATHER}]
    ask = [{"role": "user", "content": "Use the tool."}]
    with client.chat.completions.stream(model="river", messages=ask, tools=tools) as stream:
        completion = stream.get_final_completion()
    (call,) = completion.choices[0].message.tool_calls
    assert json.loads(call.function.arguments) == {"place": "turbine"}


def structured_output() -> None:
    parsed = client.chat.completions.parse(model="river", messages=QUESTION, response_format=Machine)
    assert parsed.choices[0].message.parsed == Machine(name="turbine", number=7)


def responses() -> None:
    reply = client.responses.create(model="river", input="What does a penstock do?")
    assert reply.output_text == SENTENCE
    assert reply.usage.total_tokens == 30
    parsed = client.responses.parse(model="river", input="Name a machine.", text_format=Machine)
    assert parsed.output_parsed == Machine(name="turbine", number=7)


def responses_streaming() -> None:
    with client.responses.stream(model="river", input="What does a penstock do?") as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert final.output_text == SENTENCE
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"


def responses_tools() -> None:
    tools = [{"type": "function", **WEATHER}]
    reply = client.responses.create(model="river", input="Use the tool.", tools=tools)
    (call,) = [item for item in reply.output if item.type == "function_call"]
    assert json.loads(call.arguments) == {"place": "turbine"}
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "dry"}
    history = [{"role": "user", "content": "Use the tool."}, call, result]
    assert client.responses.create(model="river", input=history, tools=tools).output_text == SENTENCE


def other_dialects() -> None:
    """A model that speaks only Anthropic's dialect answers on OpenAI's."""
    completion = client.chat.completions.create(model="lake", messages=QUESTION)
    assert completion.choices[0].message.content == SENTENCE
    chunks = client.chat.completions.create(model="lake", messages=QUESTION, stream=True)
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text == SENTENCE
    assert client.responses.create(model="lake", input="What does it do?").output_text == SENTENCE
    with client.responses.stream(model="lake", input="What does it do?") as stream:
        assert stream.get_final_response().output_text == SENTENCE


def embeddings() -> None:
    made = client.embeddings.create(model="river-embed", input=["a", "b"])
    assert [row.embedding for row in made.data] == [[0.25, -0.5, 1.0]] * 2
    assert made.usage.prompt_tokens == 6


def errors() -> None:
    try:
        client.chat.completions.create(model="rivr", messages=QUESTION)
    except openai.NotFoundError as failure:
        message = failure.message
    assert "river" in message, message
    try:
        openai.OpenAI(base_url=f"{URL}/v1", api_key="sk-wrong", max_retries=0).models.list()
    except openai.AuthenticationError:
        return
    raise AssertionError("a wrong key was taken")


def asynchronous() -> None:
    async def ask() -> str:
        async with openai.AsyncOpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0) as other:
            stream = await other.chat.completions.create(model="river", messages=QUESTION, stream=True)
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    assert asyncio.run(ask()) == SENTENCE


for part in (
    models,
    chat,
    chat_streaming,
    chat_streaming_without_usage,
    chat_tools,
    chat_tools_streaming,
    structured_output,
    responses,
    responses_streaming,
    responses_tools,
    other_dialects,
    embeddings,
    errors,
    asynchronous,
):
    part()
    print(part.__name__, flush=True)
