"""langchain-openai, unmodified: `langchain_openai_chat.py URL KEY`."""

import sys

import pydantic
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

URL, KEY = sys.argv[1:]
SENTENCE = "The penstock carries water to the turbine."
model = ChatOpenAI(model="river", base_url=f"{URL}/v1", api_key=KEY, max_retries=0)


class Machine(pydantic.BaseModel):
    """A machine."""

    name: str
    number: int


@tool
def weather(place: str) -> str:
    """The weather in a place."""
    return f"dry in {place}"


def invoke() -> None:
    reply = model.invoke("What does a penstock do?")
    assert reply.text == SENTENCE
    assert reply.usage_metadata["total_tokens"] == 30


def stream() -> None:
    assert "".join(chunk.text for chunk in model.stream("What does a penstock do?")) == SENTENCE


def tools() -> None:
    (call,) = model.bind_tools([weather]).invoke("Use the tool.").tool_calls
    assert weather.invoke(call["args"]) == "dry in turbine"


def structured() -> None:
    assert model.with_structured_output(Machine).invoke("Name one.") == Machine(name="turbine", number=7)


def responses() -> None:
    other = ChatOpenAI(model="river", base_url=f"{URL}/v1", api_key=KEY, use_responses_api=True)
    assert other.invoke("What does a penstock do?").text == SENTENCE


def embeddings() -> None:
    maker = OpenAIEmbeddings(
        model="river-embed", base_url=f"{URL}/v1", api_key=KEY, check_embedding_ctx_length=False
    )
    assert maker.embed_query("water") == [0.25, -0.5, 1.0]


for part in (invoke, stream, tools, structured, responses, embeddings):
    part()
    print(part.__name__, flush=True)
