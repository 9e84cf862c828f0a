// Holds messages of a server against the schema of MCP's revision 2026-07-28. The specification's schema.json is in no package
// of npm by itself; the conformance suite has it among its own code, whose version is pinned, and there it is read.
// Each line of standard input is `{ request, message }`: a message, and the method that it answers if it is an answer.
// Each line of standard output says what is wrong with one of them; the last one, how many there were.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const suite = readFileSync(new URL("./node_modules/conformance-0.2/dist/index.js", import.meta.url), "utf8");
// The list of schemas by revision, newest last, stands right behind the newest one.
const list = /;const \w+=\{"2025-03-26":\w+,"2025-06-18":\w+,"2025-11-25":\w+,\[\w+\]:(\w+)\};/.exec(suite);
if (!list) throw new Error("the suite keeps its schemas elsewhere now");
const name = `${list[1]}={`;
const from = suite.lastIndexOf(name, list.index) + name.length - 1;
const schema = new Function(`return ${suite.slice(from, list.index)}`)();
const all = schema.$defs;
if (!all?.SubscriptionsListenResult || !all?.DiscoverResult) throw new Error("this is another revision's schema");

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addFormat("byte", true);
ajv.addSchema({ ...schema, $id: "mcp://schema" });
const faults = (definition, value) => {
    const validate = ajv.compile({ $ref: `mcp://schema#/$defs/${definition}` });
    return validate(value) ? [] : validate.errors.map((error) => `${definition}${error.instancePath}: ${error.message}`);
};
// Definitions by the method that they are of.
const groups = new Set(["ServerNotification", "ServerRequest", "ClientRequest", "ClientNotification"]);
const byMethod = new Map();
for (const [definition, { properties }] of Object.entries(all)) {
    if (properties?.method?.const && !groups.has(definition)) byMethod.set(properties.method.const, definition);
}

const check = ({ request, message }) => {
    if (message.method !== undefined) {
        const definition = byMethod.get(message.method);
        if (!definition) return [`there is no message \`${message.method}\``];
        return [...faults("JSONRPCNotification", message), ...faults(definition, message)];
    }
    if (message.error !== undefined) return faults("JSONRPCErrorResponse", message);
    const answered = byMethod.get(request)?.replace(/Request$/, "Result");
    const definition = message.result?.resultType === "input_required" ? "InputRequiredResult" : answered;
    if (!definition || !all[definition]) return [`there is no answer to \`${request}\``];
    return [...faults("JSONRPCResultResponse", message), ...faults(definition, message.result)];
};

let count = 0;
for await (const line of createInterface({ input: process.stdin })) {
    const one = JSON.parse(line);
    for (const fault of check(one)) console.log(`${one.request ?? one.message.method}: ${fault}`);
    count += 1;
}
console.log(`${count} messages`);
