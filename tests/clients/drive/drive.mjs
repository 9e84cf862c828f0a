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
        question: (await import("@modelcontextprotocol/sdk/types.js")).ElicitRequestSchema,
        call: (client, params, options) => client.callTool(params, undefined, options),
        options: () => ({}),
    }),
    // The second: those, and the one without.
    client: async () => ({
        ...(await import("@modelcontextprotocol/client")),
        ...(await import("@modelcontextprotocol/client/stdio")),
        question: "elicitation/create",
        call: (client, params, options) => client.callTool(params, options),
        options: (era) => ({ versionNegotiation: { mode: era === "handshake" ? "legacy" : { pin: era } } }),
    }),
};
const library = await libraries[process.argv[2]]();
const calls = new Map();
let client, transport;
// What the person behind the client answers.
let action = "cancel";

function tell(message) {
    process.stdout.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\n");
}

const methods = {
    async connect({ era, command, args, env, cwd, url, token, elicits }) {
        const capabilities = elicits ? { elicitation: {} } : {};
        client = new library.Client({ name: "drive", version: "1" }, { capabilities, ...library.options(era) });
        if (elicits)
            client.setRequestHandler(library.question, ({ params }) => {
                tell({ method: "asked", params });
                return action === "accept" ? { action, content: {} } : { action };
            });
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
    "tools/call": ({ progress, ...params }, options) =>
        library.call(client, params, progress ? { ...options, onprogress: (params) => tell({ method: "progress", params }) } : options),
    answer: (params) => ({ action } = params),
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
    tell({ id, ...said });
}

for await (const line of createInterface({ input: process.stdin })) {
    const message = JSON.parse(line);
    if (message.method === "notifications/cancelled") calls.get(message.params.requestId)?.abort(message.params.reason);
    else void answer(message);
}
process.exit(0);
