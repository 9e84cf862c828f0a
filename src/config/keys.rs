//! Every key of `pgwicket.toml`, as data, in the form of the policy's own registry. The variables of the environment
//! are the keys of `[database]` in capitals after `POSTGRES_`.

use crate::gate::policy::keys::{Form, keys};

const MOST_CONNECTIONS: u64 = 1_000;
const GIBIBYTE: u64 = 1 << 30;
const MINUTE: u64 = 60_000;
const DAY: u64 = 1_440 * MINUTE;

keys! {
    VERSION = "version", Form::Exactly(1), default "required", Enforced,
        "The version of the configuration's language.";
    HOST = "database.host", Form::Text, default "`localhost`", Enforced,
        "Host name, address, or the directory of a Unix socket.";
    PORT = "database.port", Form::Count { least: 1, most: 65_535 }, default "5432", Enforced,
        "TCP port.";
    DB = "database.db", Form::Text, default "required", Enforced,
        "The database's name.";
    USER = "database.user", Form::Text, default "required", Enforced,
        "The role that pgwicket logs in as.";
    PASSWORD_FILE = "database.password_file", Form::Text, default "none", Enforced,
        "A file that holds the password and nothing else. A password itself never stands in this file.";
    SSL_MODE = "database.ssl_mode", Form::Text, default "`prefer` on this machine, `verify-full` elsewhere", Enforced,
        "`disable`, `prefer`, `require`, `verify-ca` or `verify-full`, with libpq's meanings.";
    SSL_ROOT_CERT = "database.ssl_root_cert", Form::Text, default "the system's authorities", Enforced,
        "PEM file with the authorities to trust. With it, `require` verifies the chain, too.";
    SSL_CERT = "database.ssl_cert", Form::Text, default "none", Enforced,
        "PEM file with the client certificate and its chain.";
    SSL_KEY = "database.ssl_key", Form::Text, default "none", Enforced,
        "PEM file with the client certificate's key.";
    POOL_SIZE = "database.pool_size", Form::Count { least: 1, most: MOST_CONNECTIONS }, default "5", Enforced,
        "Connections kept open.";
    MAX_OVERFLOW = "database.max_overflow", Form::Count { least: 0, most: MOST_CONNECTIONS }, default "10", Enforced,
        "Connections opened beyond `pool_size` under load, and closed on return.";
    POOLER = "database.pooler", Form::one_of(&["none", "session"]), default "`none`", Enforced,
        "What stands between here and PostgreSQL: nothing, or a pooler in session mode.";
    PRINCIPAL_POLICY = "principals.<principal>.policy", Form::Text, default "required", Enforced,
        "The policy file that the principal is under.";
    PRINCIPAL_ATTRIBUTES = "principals.<principal>.attributes.<name>", Form::Text, default "none", Enforced,
        "A value for an attribute that the policy declares, of the type that it declares.";
    PRINCIPAL_TOKENS = "principals.<principal>.tokens", Form::Texts("tokens"), default "none", Enforced,
        "Tokens that prove this principal over HTTP, each as `pgwicket token new` prints it: its id, a salt and a hash.";
    PRINCIPAL_DISABLED = "principals.<principal>.disabled", Form::Bool, default "false", Enforced,
        "Whether the principal is kept out for now, through whatever door.";
    HISTORY_DIRECTORY = "history.directory", Form::Text, default "`history`", Enforced,
        "Where the history lies; the keys lie in the directory `keys` beside it.";
    HISTORY_SYNC = "history.sync", Form::one_of(&["all", "writes", "none"]), default "`writes`", Enforced,
        "Which records are synced to disk before anything goes on: all, those of writes, or none.";
    SEGMENT_BYTES = "history.segment_bytes", Form::Bytes { least: 4096, most: GIBIBYTE }, default "64MiB", Enforced,
        "A segment of the history that has this many bytes is closed, compressed, and another begun.";
    SEGMENT_AGE = "history.segment_age", Form::Span { least: MINUTE, most: 366 * DAY }, default "1d", Enforced,
        "So is one whose first record is this old.";
    KEEP = "history.keep", Form::Span { least: 60 * MINUTE, most: 36_600 * DAY }, default "for ever", Enforced,
        "Closed segments whose last record is older than this are deleted; that is itself recorded.";
    KEEP_BYTES = "history.keep_bytes", Form::Bytes { least: 4096, most: u64::MAX >> 1 }, default "no bound", Enforced,
        "The oldest closed segments are deleted while a process's chain of segments takes more than this on disk.";
    CHECKPOINT_RECORDS = "history.checkpoint_records", Form::Count { least: 1, most: 1_000_000 }, default "1000",
        Enforced, "A checkpoint is signed when so many records came since the last.";
    CHECKPOINT_EVERY = "history.checkpoint_every", Form::Span { least: 1_000, most: DAY }, default "1min", Enforced,
        "And when records came since the last, and that is this old.";
    CHECKPOINT_TO = "history.checkpoint_to", Form::Text, default "none", Enforced,
        "A second place for checkpoints: a file's path, `syslog`, or `stderr`.";
    LOG_FORMAT = "log.format", Form::one_of(&["text", "json"]), default "`text`", Enforced,
        "How the log on standard error is written.";
    MCP_RESULTS = "doors.mcp.results", Form::one_of(&["text", "structured"]), default "`text`", Enforced,
        "Whether results of tools are JSON as text, or structured content with a few words of text; then the schemas of results are listed, too.";
    MCP_QUESTIONS = "doors.mcp.questions", Form::one_of(&["client", "operator"]), default "`client`", Enforced,
        "Who is asked whether a write with `confirm` may be: the person behind the client, or only whoever runs pgwicket (`pgwicket approve`).";
    HTTP_TLS_CERT = "doors.http.tls_cert", Form::Text, default "none", Enforced,
        "PEM file with the server's certificate and its chain.";
    HTTP_TLS_KEY = "doors.http.tls_key", Form::Text, default "none", Enforced,
        "PEM file with the certificate's key.";
    HTTP_ALLOWED_HOSTS = "doors.http.allowed_hosts", Form::Texts("hosts"), default "the names of this machine's loopback",
        Enforced, "The names that clients may call this server by (`Host`), with or without a port. Against DNS rebinding.";
    HTTP_ALLOWED_ORIGINS = "doors.http.allowed_origins", Form::Texts("origins"), default "none", Enforced,
        "Web pages that may call this server (`Origin`), as `https://app.example.org:443`; `:*` stands for any port.";
    HTTP_CONNECTIONS = "doors.http.connections", Form::Count { least: 1, most: 65_535 }, default "512", Enforced,
        "Connections of clients at once; where all are taken, one without a proven request makes way.";
    HTTP_GRACE = "doors.http.grace", Form::Span { least: 0, most: 10 * MINUTE }, default "10s", Enforced,
        "How long statements that run when pgwicket is told to end may go on before they are cancelled.";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table in `docs/configuration.md` is made of these; `tests/it/cli.rs` compares them.
    #[test]
    fn every_key_is_documented() {
        for key in ALL.0 {
            assert!(key.doc.ends_with('.') && !key.default.is_empty(), "{}", key.path);
        }
        assert_eq!(ALL.names_in("doors"), ["mcp", "http"]);
    }
}
