"""The LINE Messaging API as one object, a family of endpoints to each attribute."""

import httpx

from lineapi.audiences import AudiencesAPI
from lineapi.bot import BotAPI
from lineapi.insight import InsightAPI
from lineapi.narrowcast import NarrowcastAPI
from lineapi.quota import QuotaAPI
from lineapi.tokens import TokensAPI
from lineapi.transport import API_URL, LINETransport
from lineapi.validate import ValidateAPI


class LINEClient:
    """Calls LINE over a shared HTTP client (`transport.open_http`), which the caller keeps and closes.

    Holds no token: every method takes one, so a client serves all channels. Every failure is a
    `lineapi.errors.LINEError`.
    """

    def __init__(self, http: httpx.AsyncClient, *, api_url: str = API_URL) -> None:
        transport = LINETransport(http, api_url=api_url)
        self.audiences = AudiencesAPI(transport)
        self.bot = BotAPI(transport)
        self.insight = InsightAPI(transport)
        self.narrowcast = NarrowcastAPI(transport)
        self.quota = QuotaAPI(transport)
        self.tokens = TokensAPI(transport)
        self.validate = ValidateAPI(transport)
