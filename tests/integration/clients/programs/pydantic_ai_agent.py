"""pydantic-ai, unmodified, on both dialects: `pydantic_ai_agent.py URL KEY`."""

import asyncio
import sys

import pydantic
from pydantic_ai import Agent
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider

URL, KEY = sys.argv[1:]
SENTENCE = "The penstock carries water to the turbine."
MODELS = {
    "chat": OpenAIChatModel("river", provider=OpenAIProvider(base_url=f"{URL}/v1", api_key=KEY)),
    "responses": OpenAIResponsesModel("river", provider=OpenAIProvider(base_url=f"{URL}/v1", api_key=KEY)),
    "messages": AnthropicModel("lake", provider=AnthropicProvider(base_url=URL, api_key=KEY)),
}


class Machine(pydantic.BaseModel):
    name: str
    number: int


async def converse(model: Model) -> None:
    agent = Agent(model)
    assert (await agent.run("What does a penstock do?")).output == SENTENCE
    async with agent.run_stream("What does a penstock do?") as reply:
        assert await reply.get_output() == SENTENCE


async def call_tools(model: Model) -> None:
    places: list[str] = []
    agent = Agent(model)

    @agent.tool_plain
    def weather(place: str) -> str:
        """The weather in a place."""
        places.append(place)
        return "dry"

    assert (await agent.run("Use the tool.")).output == SENTENCE
    assert places == ["turbine"]


async def main() -> None:
    for name, model in MODELS.items():
        await converse(model)
        print(name, flush=True)
        await call_tools(model)
        print(f"{name}_tools", flush=True)
    structured = Agent(MODELS["chat"], output_type=Machine)
    assert (await structured.run("Name a machine.")).output == Machine(name="turbine", number=7)
    print("structured", flush=True)


asyncio.run(main())
