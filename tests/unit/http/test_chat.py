"""POST /v1/chat/completions."""

from penstock.domain.chat import Dialect
from penstock.http.billable import Billable
from penstock.http.chat import routes


async def test_asks_the_gateway_in_its_dialect(reader, gateway, codec_of, make_door, client_of):
    """The one route of this dialect is billable, and the gateway is told the dialect."""
    found = routes(Billable(reader, codec_of(Dialect.OPENAI_CHAT), gateway))
    assert [(route.path, route.billable) for route in found] == [("/v1/chat/completions", True)]
    assert (
        await client_of(make_door(*found))("POST", "/v1/chat/completions", b'{"model":"m"}')
    ).status == 200
    assert gateway.asked[0].request.dialect is Dialect.OPENAI_CHAT
