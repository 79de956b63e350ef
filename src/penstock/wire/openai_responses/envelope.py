"""The response object around an answer, with the request's settings echoed as OpenAI's schema asks."""

from typing import Any

Object = dict[str, Any]  # wire: OpenAI's Response object, or a part of it

# What the schema requires, with OpenAI's defaults, where the request does not say otherwise.
_ECHOED: Object = {
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}


def envelope(identity: str, model: str, created: int, asked: Object) -> Object:
    """Return a response in progress, without output. `asked` is the client's request."""
    echoed = {name: asked[name] if asked.get(name) is not None else default for name, default in _ECHOED.items()}
    return {
        "id": identity,
        "object": "response",
        "created_at": created,
        "status": "in_progress",
        "completed_at": None,
        "background": False,
        "error": None,
        "incomplete_details": None,
        **echoed,
        "text": {"format": {"type": "text"}, **echoed["text"]},
        "model": model,
        "output": [],
        "usage": None,
        "service_tier": asked.get("service_tier") or "default",
    }
