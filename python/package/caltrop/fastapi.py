"""The caller of a request, for FastAPI's handlers.

    @app.get("/v1/orders")
    def orders(caller: Caller): return {"orders of": caller.principal}
"""

from typing import Annotated

from fastapi import Depends, Request

from ._caltrop import Decision
from .asgi import decision_of


def _decision(request: Request) -> Decision:
    return decision_of(request.scope)


Caller = Annotated[Decision, Depends(_decision)]

__all__ = ["Caller"]
