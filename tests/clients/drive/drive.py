# The client library of PyPI, driven by messages: each line of standard input is a request in the form of JSON-RPC that
# names what the library is to do, and each is answered with what the library gave. The tests are in Rust: here is
# nothing but the library's own calls.
import json
import sys
from contextlib import AsyncExitStack

import anyio
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp_types import ElicitResult, PromptReference, ResourceTemplateReference

# What the person behind the client answers.
action = "cancel"


async def asked(context, params):
    tell({"method": "asked", "params": plain(params)})
    return ElicitResult(action=action, content={} if action == "accept" else None)


async def progressed(progress, total, message):
    tell({"method": "progress", "params": {"progress": progress, "total": total, "message": message}})


async def connect(stack, era, command=None, args=None, env=None, cwd=None, url=None, token=None, elicits=False):
    if url:
        http = create_mcp_http_client(headers={"Authorization": f"Bearer {token}"})
        await stack.enter_async_context(http)
        server = streamable_http_client(url, http_client=http)
    else:
        server = StdioServerParameters(command=command, args=args, env=env, cwd=cwd)
    # Pinned to a revision it would not ask the server what it is.
    mode = "legacy" if era == "handshake" else "auto"
    return await stack.enter_async_context(
        Client(server, mode=mode, elicitation_callback=asked if elicits else None)
    )


def hello(client):
    return {
        "revision": client.protocol_version,
        "server": client.server_info and plain(client.server_info),
        "capabilities": plain(client.server_capabilities),
        "instructions": client.instructions,
    }


async def do(client, method, params):
    match method:
        case "tools/list":
            return plain(await client.list_tools())
        case "tools/call":
            on_progress = progressed if params.get("progress") else None
            return plain(await client.call_tool(params["name"], params["arguments"], 120, on_progress))
        case "answer":
            global action
            action = params["action"]
            return {"action": action}
        case "resources/list":
            return plain(await client.list_resources())
        case "resources/templates/list":
            return plain(await client.list_resource_templates())
        case "resources/read":
            return plain(await client.read_resource(params["uri"]))
        case "prompts/list":
            return plain(await client.list_prompts())
        case "prompts/get":
            return plain(await client.get_prompt(params["name"], params["arguments"]))
        case "completion/complete":
            refs = {"ref/prompt": PromptReference, "ref/resource": ResourceTemplateReference}
            ref = refs[params["ref"]["type"]](**params["ref"])
            return plain(await client.complete(ref, params["argument"]))
    raise ValueError(method)


async def answer(client, message, scopes):
    said = {"error": {"code": None, "message": "cancelled"}}
    with anyio.CancelScope() as scope:
        scopes[message["id"]] = scope
        try:
            said = {"result": await do(client, message["method"], message["params"])}
        except MCPError as error:
            said = {"error": plain(error.error)}
        except Exception as error:
            said = {"error": {"code": None, "message": f"{type(error).__name__}: {error}"}}
    del scopes[message["id"]]
    tell({"id": message["id"], **said})


def tell(message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def plain(model):
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


async def heard():
    return json.loads(await anyio.to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True))


async def main():
    scopes = {}
    async with AsyncExitStack() as stack:
        message = await heard()
        client = await connect(stack, **message["params"])
        tell({"id": message["id"], "result": hello(client)})
        async with anyio.create_task_group() as tasks:
            while (message := await heard())["method"] != "close":
                if message["method"] == "notifications/cancelled":
                    scopes[message["params"]["requestId"]].cancel()
                else:
                    tasks.start_soon(answer, client, message, scopes)
    tell({"id": message["id"], "result": {}})


anyio.run(main)
