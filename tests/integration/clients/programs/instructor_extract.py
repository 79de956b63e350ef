"""instructor, unmodified: `instructor_extract.py URL KEY`."""

import sys

import instructor
import openai
import pydantic

URL, KEY = sys.argv[1:]


class Machine(pydantic.BaseModel):
    name: str
    number: int


for mode in (instructor.Mode.TOOLS, instructor.Mode.JSON, instructor.Mode.JSON_SCHEMA):
    client = instructor.from_openai(openai.OpenAI(base_url=f"{URL}/v1", api_key=KEY), mode=mode)
    ask = [{"role": "user", "content": "Name a machine."}]
    made = client.chat.completions.create(model="river", messages=ask, response_model=Machine, max_retries=0)
    assert (made.name, made.number) == ("turbine", 7)
    print(mode.name.lower(), flush=True)
