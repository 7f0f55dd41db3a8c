"""The composition root of `yiqiao serve`: routes, the graph on its one path, and who is asking."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import structlog
from graphql import GraphQLError, OperationType, get_operation_ast, parse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.schema.base import BaseSchema
from strawberry.types import ExecutionResult
from tortoise import Tortoise

from app import worker
from app.callbacks import insurance_settlements, self_pay_notices, shipment_pushes
from app.composition import installed
from app.database import credentials
from app.events import Hub
from app.files import files
from app.front import CompiledRoad, Front
from app.installation import Installations
from app.links import PATH as FILES
from app.live import Live
from app.problems import UNEXPECTED
from app.settings import Settings
from app.sockets import Sockets
from app.tokens import BadToken, Verifier, token_of
from resolvers.compiled import Plans, Reader
from resolvers.context import Context, language_of
from schema import schema
from schema.documents import MOST_TOKENS, VALIDATION_RULES

log = structlog.get_logger()
STATIC = Path(__file__).parent / "static"
GRAPH = "/graphql"
STREAM_NEEDED = GraphQLError(
    "订阅须经 WebSocket（graphql-transport-ws）或 Accept: text/event-stream (a subscription needs a stream)",
    extensions={"code": "STREAM_NEEDED"},
)


class Graph(GraphQL[Context, None]):
    """The ordinary road of the graph: POST, and Server-Sent Events."""

    def __init__(self, schema: BaseSchema, installations: Installations, hub: Hub, verifier: Verifier) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            allow_queries_via_get=False,
            subscription_protocols=("graphql-sse",),
        )
        self._installations = installations
        self._hub = hub
        self._verifier = verifier

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """Who asks, from the header. Raises `BadToken`."""
        return await self.context_of({name.lower(): value for name, value in request.headers.raw})

    async def context_of(self, headers: dict[bytes, bytes], bearer: str | None = None) -> Context:
        """A context for these headers; `bearer` (from connection_init) goes before theirs. Raises `BadToken`."""
        header = bearer or headers.get(b"authorization", b"").decode("latin-1")
        viewer = await self._verifier.viewer(token_of(header)) if header else None
        language = language_of(headers.get(b"accept-language", b"").decode("latin-1"))
        if viewer is not None:
            await self._installations.of(viewer.hospital_id)
        return Context(installations=self._installations, hub=self._hub, viewer_or_none=viewer, language=language)

    async def execute_single(self, **asked: Any) -> Any:  # type: ignore[override]  # always by name
        """A plain answer is one answer: whoever subscribes is told to ask for a stream."""
        told = asked["request_data"]
        if _subscribes(told.query, told.operation_name):
            return ExecutionResult(data=None, errors=[STREAM_NEEDED])
        return await super().execute_single(**asked)

    def decode_json(self, data: str | bytes) -> object:
        """orjson: stricter than the default (UTF-8, surrogates); and a request is an object, never a bare value."""
        told = orjson.loads(data)
        if not isinstance(told, dict | list):
            raise json.JSONDecodeError("an object is expected", "", 0)
        return told

    def encode_json(self, data: object) -> str:
        """orjson: several times faster than the default."""
        return orjson.dumps(data).decode()


def _subscribes(query: str | None, operation: str | None) -> bool:
    """Whether the operation is a subscription; a document that cannot be read is none."""
    if query is None or "subscription" not in query:
        return False
    with contextlib.suppress(GraphQLError):
        node = get_operation_ast(parse(query, max_tokens=MOST_TOKENS), operation)
        return node is not None and node.operation is OperationType.SUBSCRIPTION
    return False


async def bad_token(request: Request, error: Exception) -> Response:
    """A token that is there but wrong is never taken for nobody."""
    problem = {"message": "令牌无效 (the bearer token is not valid)", "extensions": {"code": "UNAUTHENTICATED"}}
    return JSONResponse({"errors": [problem]}, status_code=HTTPStatus.UNAUTHORIZED)


async def unexpected(request: Request, error: Exception) -> Response:
    """What fails outside the graph's execution is masked in the same words; the server logs it."""
    request_id = uuid4().hex
    log.error("server.unexpected", request_id=request_id, path=request.url.path, error=type(error).__name__)
    problem = {"message": UNEXPECTED, "extensions": {"code": "INTERNAL", "requestId": request_id}}
    return JSONResponse({"errors": [problem]}, status_code=HTTPStatus.INTERNAL_SERVER_ERROR)


async def alive(request: Request) -> Response:
    """`GET /healthz`: this process answers."""
    return PlainTextResponse("ok")


async def metrics(request: Request) -> Response:
    """`GET /metrics`: for Prometheus."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def ready(hub: Hub) -> Any:
    """`GET /readyz`: the database answers and changes are being heard."""

    async def answer(request: Request) -> Response:
        try:
            await Tortoise.get_connection("default").execute_query("SELECT 1")
        except Exception as error:
            log.warning("ready.no_database", error=type(error).__name__)
            return JSONResponse({"ready": False, "database": False}, status_code=HTTPStatus.SERVICE_UNAVAILABLE)
        heard = hub.listening.is_set()
        status = HTTPStatus.OK if heard else HTTPStatus.SERVICE_UNAVAILABLE
        return JSONResponse({"ready": heard, "database": True, "listening": heard}, status_code=status)

    return answer


async def graphiql(request: Request) -> Response:
    """`GET /graphiql`: an IDE for the graph from local files, in development only."""
    return FileResponse(STATIC / "graphiql.html")


async def welcome(request: Request) -> Response:
    """`GET /`: where things are."""
    return HTMLResponse((STATIC / "index.html").read_text(encoding="utf-8"))


def create_app(settings: Settings, *, with_worker: bool = False) -> Front:
    """The server; `with_worker` also drives settlements in this process (the small hospital)."""
    hub, verifier = Hub(settings.database_url), Verifier(settings.tokens)
    plans = Plans(schema._schema, VALIDATION_RULES, MOST_TOKENS)
    road = CompiledRoad(plans, Reader(credentials(settings.database_url), settings.reader_connections), verifier)
    app = Starlette(
        exception_handlers={BadToken: bad_token, Exception: unexpected},
        lifespan=lambda app: _lifespan(app, settings, hub, verifier, road, with_worker=with_worker),
    )
    app.router.redirect_slashes = False
    return Front(app, GRAPH, road)


@contextlib.asynccontextmanager
async def _lifespan(
    app: Starlette, settings: Settings, hub: Hub, verifier: Verifier, road: CompiledRoad, *, with_worker: bool
) -> AsyncIterator[None]:
    async with contextlib.AsyncExitStack() as stack:
        installations = await stack.enter_async_context(installed(settings))
        await hub.start()
        stack.push_async_callback(hub.stop)
        await road.reader.start()
        stack.push_async_callback(road.reader.stop)
        live = road.open(installations, hub)
        if with_worker:
            await stack.enter_async_context(worker.running(settings, installations))
        app.router.routes.extend(_routes(settings, installations, hub, verifier, live))
        log.info("server.ready", environment=settings.environment, worker=with_worker)
        yield


def _routes(
    settings: Settings, installations: Installations, hub: Hub, verifier: Verifier, live: Live
) -> list[BaseRoute]:
    graph = Graph(schema, installations, hub, verifier)
    sockets = Sockets(schema, live, graph.context_of)
    routes: list[BaseRoute] = [
        Route(GRAPH, graph, methods=["GET", "POST", "OPTIONS"]),
        WebSocketRoute(GRAPH, sockets),
        Route("/callbacks/insurance/settlements", insurance_settlements(installations), methods=["POST"]),
        Route("/callbacks/shipments/kuaidi100", shipment_pushes(installations), methods=["POST"]),
        Route("/callbacks/self-pay", self_pay_notices(installations), methods=["POST"]),
        Route(f"{FILES}/{{kind}}/{{token}}", files(installations), methods=["GET"]),
        Route("/healthz", alive),
        Route("/readyz", ready(hub)),
        Route("/metrics", metrics),
    ]
    if settings.environment == "development":
        routes += [
            Route("/", welcome),
            Route("/graphiql", graphiql),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]
    return routes
