// A client library of npm, driven by messages: each line of standard input is a request in the form of JSON-RPC that names
// what the library is to do, and each is answered with what the library gave. The tests are in Rust: here is nothing but
// the library's own calls. `node drive.mjs sdk|client`
import { createInterface } from "node:readline";

const libraries = {
    // The first line of the SDK: revisions with a handshake.
    sdk: async () => ({
        ...(await import("@modelcontextprotocol/sdk/client/index.js")),
        ...(await import("@modelcontextprotocol/sdk/client/streamableHttp.js")),
        ...(await import("@modelcontextprotocol/sdk/client/stdio.js")),
        call: (client, params, options) => client.callTool(params, undefined, options),
        options: () => ({}),
    }),
    // The second: those, and the one without.
    client: async () => ({
        ...(await import("@modelcontextprotocol/client")),
        ...(await import("@modelcontextprotocol/client/stdio")),
        call: (client, params, options) => client.callTool(params, options),
        options: (era) => ({ versionNegotiation: { mode: era === "handshake" ? "legacy" : { pin: era } } }),
    }),
};
const library = await libraries[process.argv[2]]();
const calls = new Map();
let client, transport;

const methods = {
    async connect({ era, command, args, env, cwd, url, token }) {
        client = new library.Client({ name: "drive", version: "1" }, library.options(era));
        const requestInit = { headers: { Authorization: `Bearer ${token}` } };
        transport = url
            ? new library.StreamableHTTPClientTransport(new URL(url), { requestInit })
            : new library.StdioClientTransport({ command, args, env, cwd });
        await client.connect(transport);
        return {
            // The first line tells it over HTTP only.
            revision: client.getNegotiatedProtocolVersion?.() ?? transport.protocolVersion,
            server: client.getServerVersion(),
            capabilities: client.getServerCapabilities(),
            instructions: client.getInstructions(),
        };
    },
    "tools/list": () => client.listTools(),
    "tools/call": (params, options) => library.call(client, params, options),
    "resources/list": () => client.listResources(),
    "resources/templates/list": () => client.listResourceTemplates(),
    "resources/read": (params) => client.readResource(params),
    "prompts/list": () => client.listPrompts(),
    "prompts/get": (params) => client.getPrompt(params),
    "completion/complete": (params) => client.complete(params),
    async close() {
        // Closing alone leaves an HTTP session to the server's patience.
        await transport.terminateSession?.();
        await client.close();
        return {};
    },
};

async function answer({ id, method, params }) {
    const abort = new AbortController();
    calls.set(id, abort);
    let said;
    try {
        said = { result: await methods[method](params, { signal: abort.signal, timeout: 120_000 }) };
    } catch (error) {
        said = { error: { code: error.code ?? null, message: String(error.message ?? error), data: error.data } };
    }
    calls.delete(id);
    process.stdout.write(JSON.stringify({ jsonrpc: "2.0", id, ...said }) + "\n");
}

for await (const line of createInterface({ input: process.stdin })) {
    const message = JSON.parse(line);
    if (message.method === "notifications/cancelled") calls.get(message.params.requestId)?.abort(message.params.reason);
    else void answer(message);
}
process.exit(0);
