//! Where the canaries sit before anybody asks: rows that are shown, masked, filtered and denied, passwords, keys.

use super::canary::{Canary, Nest};
use crate::support::{Database, Mcp, Wicket};

const READER: &str = r#"
version = 1
name = "reader"
attributes = { tenant = "int" }
[statements]
allow = ["select", "insert", "update", "delete", "explain"]
[search_path]
schemas = ["sales"]
[columns]
"*.ssn" = "deny"
[schemas.sales]
access = "read"
[schemas.scratch]
access = "listed"
[tables."sales.vault"]
rows = "tenant_id = :tenant"
mask = { phone = "hash", email = "email" }
[tables."scratch.safe"]
access = "write"
side_effects = true
[functions]
allow = ["@builtin", "sales.noisy(text)", "sales.failing(text)"]
[limits]
timeout = "2s"
rows = 50
"#;

pub const WRITER: &str = "version = 1\nname = \"w\"\n[statements]\nallow = [\"select\"]\n";

/// Variables that name a database wrongly, each alone. CANARY is the password.
pub const FAULTS: &[(&str, &str)] = &[
    ("DATABASE_URL", "postgresql://user:CANARY@localhost:99999/db"),
    ("DATABASE_URL", "postgresql://user:CANARY@localhost:port/db"),
    ("DATABASE_URL", "mysql://user:CANARY@localhost/db"),
    ("DATABASE_URL", "postgresql://user:CANARY"),
    ("DATABASE_URL", "postgresql://user:%zzCANARY@localhost/db"),
    ("DATABASE_URL", "postgresql://user:a@CANARY@localhost/db"),
    ("DATABASE_URL", "postgresql://localhost/db?user=u&password=CANARY&nonsense=1"),
    ("DATABASE_URL", "postgresql://localhost/db?user=u&password=CANARY&sslmode=loud"),
    ("DATABASE_URL", "postgresql://user:CANARY@[::1/db"),
    ("DATABASE_URL", "postgresql://user:CANARY/x@localhost/db"),
    ("DATABASE_URL", "postgresql://user:CANARY#x@localhost/db"),
    ("DATABASE_URL", "postgresql://user:CANARY?x@localhost/db"),
    ("DATABASE_URL", "user:CANARY@localhost/db"),
    ("DATABASE_URL", "host=localhost user=u password=CANARY"),
    ("DATABASE_URL", "postgresql://user:CANARY@localhost:1/db"),
    ("POSTGRES_PASSWORD", "CANARY"),
];

/// Configuration files and `.env` files beside them.
pub const FAULTY_FILES: &[(&str, &str)] = &[
    ("version = 1\n[database]\npassword = \"CANARY\"\n", ""),
    ("version = 1\n[database]\npassword = \"CANARY\n", ""),
    ("version = 1\n[database]\npassword = CANARY\n", ""),
    ("version = 1\n[database]\npassword_file = { a = \"CANARY\" }\n", ""),
    ("version = 1\npassword = \"CANARY\"\n", ""),
    ("version = 1\n[database]\nurl = \"postgresql://u:CANARY@h/d\"\n", ""),
    ("version = 1\n", "POSTGRES_PASSWORD=\"CANARY\n"),
    ("version = 1\n", "POSTGRES_PASSWORD CANARY\n"),
    ("version = 1\n", "POSTGRES_PASSWORD=two CANARY\n"),
    ("version = 1\n", "DATABASE_URL=postgresql://u:CANARY@h:x/d\n"),
    ("version = 1\n", "POSTGRES_PASSWORD=CANARY\nPOSTGRES_PASSWORD_FILE=nowhere\n"),
    ("version = 1\n", "POSTGRES_PASWORD=CANARY\n"),
];

/// An installation with all of it.
pub struct Scene {
    pub wicket: Wicket,
    pub database: Database,
    /// A cell that the principal sees.
    pub visible: String,
    /// Every cell.
    pub rows: Nest,
    /// Those that nobody sees as they are.
    pub hidden: Nest,
    pub passwords: Nest,
}

impl Scene {
    /// `format`: of the log, at its most verbose.
    pub async fn new(format: &str) -> Scene {
        let database = Database::sample().await;
        let (mut rows, mut hidden, mut passwords) = (Nest::default(), Nest::default(), Nest::default());
        let visible = rows.keep("Zq900wKx7visible".into(), "a cell that is shown");
        let mut secret = |text: &str, put: &str| {
            rows.keep(text.into(), put);
            hidden.keep(text.into(), put)
        };
        let denied = secret("Zq901wKx7denied", "a denied column");
        let masked = secret("Zq902wKx7masked", "a masked column");
        let email = secret("Zq903wKx7mailed", "a masked address");
        let filtered = secret("Zq904wKx7others", "a row of another tenant");
        let quoted = secret("Zq905wKx7quoted", "a DETAIL");
        database
            .script(&format!(
                "CREATE TABLE sales.vault (id int PRIMARY KEY, tenant_id int NOT NULL, name text, ssn text,
                     phone text, email text, amount text);
                 INSERT INTO sales.vault VALUES (1, 1, '{visible}', '{denied}', '{masked}', '{email}@a.example', '12'),
                     (2, 2, '{filtered}', '{denied}', '{masked}', '{email}@a.example', '{filtered}');
                 CREATE TABLE scratch.safe (id int PRIMARY KEY, name text UNIQUE, hidden text DEFAULT '{quoted}',
                     n int CHECK (n < 1000));
                 INSERT INTO scratch.safe VALUES (1, 'taken', '{quoted}', 1);
                 CREATE FUNCTION sales.noisy(t text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
                     RAISE NOTICE 'a notice with % and %', t, '{quoted}' USING DETAIL = '{quoted}';
                     RAISE WARNING 'a warning with % and %', t, '{quoted}'; RAISE LOG 'log %', t; RETURN 'x'; END $$;
                 CREATE FUNCTION sales.failing(t text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
                     RAISE EXCEPTION 'it failed' USING DETAIL = '{quoted}' || t, HINT = '{quoted}' || t; END $$;
                 GRANT ALL ON sales.vault, scratch.safe TO wicket;
                 DO $$ BEGIN CREATE ROLE wicket_canary LOGIN PASSWORD 'Zq910wKx7right' IN ROLE wicket;
                     EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;"
            ))
            .await;
        passwords.keep("Zq910wKx7right".into(), "the right password");
        let url = passwords.keep("Zq911wKx7url".into(), "the password in DATABASE_URL");
        let dotenv = passwords.keep("Zq912wKx7dotenv".into(), "the password in .env");
        let mut wicket = Wicket::on(&database);
        wicket.env("POSTGRES_USER", "wicket_canary").env("POSTGRES_PASSWORD", "Zq910wKx7right");
        wicket.env("DATABASE_URL", &format!("postgresql://somebody:{url}@elsewhere.example:1/nothing"));
        wicket.env("PGWICKET_LOG", "trace").env("RUST_LOG", "trace");
        wicket.write(".env", &format!("POSTGRES_PASSWORD='{dotenv}'\n"));
        wicket.write("reader.toml", READER);
        wicket.write("full.toml", &format!("{READER}\n[history]\nrecord = \"full\"\nread = \"all\"\n"));
        wicket.write(
            "pgwicket.toml",
            &format!(
                "version = 1\n[database]\nuser = \"nobody\"\n[log]\nformat = \"{format}\"\n\
                 [principals.ana]\npolicy = \"reader.toml\"\nattributes = {{ tenant = 1 }}\n\
                 [principals.fay]\npolicy = \"full.toml\"\nattributes = {{ tenant = 1 }}\n"
            ),
        );
        Scene { wicket, database, visible, rows, hidden, passwords }
    }

    /// The server, without the handshake.
    pub fn start(&self, principal: &str) -> Mcp {
        Mcp::start(self.wicket.command(&["serve", "--config", "pgwicket.toml", "--principal", principal]))
    }

    pub async fn serve(&self, principal: &str) -> Mcp {
        let mut mcp = self.start(principal);
        mcp.initialize().await;
        mcp
    }
}

/// The keys, as they stand in their files and what the mask's is made of.
pub fn key_texts(wicket: &Wicket) -> Vec<Canary> {
    let keys = pgwicket::keys::Keys::open(&wicket.path("keys"), true).unwrap();
    let mask = keys.subkey(pgwicket::keys::Purpose::HashMask).expose();
    let digest = keys.subkey(pgwicket::keys::Purpose::LiteralDigest).expose();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let file = |name: &str| std::fs::read_to_string(wicket.path("keys").join(name)).unwrap().trim().to_owned();
    [
        (file("deployment.key"), "the deployment's key"),
        (file("ledger-signing.key"), "the signing key"),
        (hex(mask), "the mask's key"),
        (hex(digest), "the digests' key"),
    ]
    .map(|(text, put)| Canary { text, put: put.to_owned() })
    .into()
}
