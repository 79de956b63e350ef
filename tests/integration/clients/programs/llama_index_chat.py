"""llama-index, unmodified: `llama_index_chat.py URL KEY`."""

import sys

from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike

URL, KEY = sys.argv[1:]
SENTENCE = "The penstock carries water to the turbine."
model = OpenAILike(
    model="river",
    api_base=f"{URL}/v1",
    api_key=KEY,
    is_chat_model=True,
    is_function_calling_model=True,
    max_retries=0,
)


def weather(place: str) -> str:
    """The weather in a place."""
    return f"dry in {place}"


def complete() -> None:
    assert model.complete("What does a penstock do?").text == SENTENCE


def chat() -> None:
    reply = model.chat([ChatMessage(role="user", content="What does a penstock do?")])
    assert reply.message.content == SENTENCE


def stream() -> None:
    chunks = model.stream_chat([ChatMessage(role="user", content="What does a penstock do?")])
    assert "".join(chunk.delta or "" for chunk in chunks) == SENTENCE


def tools() -> None:
    reply = model.predict_and_call([FunctionTool.from_defaults(weather)], "Use the tool.")
    assert reply.response == "dry in turbine"


for part in (complete, chat, stream, tools):
    part()
    print(part.__name__, flush=True)
