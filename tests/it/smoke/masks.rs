//! Masks on a real server: what they show, and that no value whatever makes one raise.

use std::collections::BTreeMap;
use std::sync::Arc;

use pgwicket::catalog::load;
use pgwicket::gate::admit::{AttributeValue, Principal, Submission, admit};
use pgwicket::gate::catalog::Catalog;
use pgwicket::gate::policy::{BoundPolicy, Policy};
use sha2::{Digest, Sha256};
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::support::Database;

/// A column's type, its mask as a policy writes it, and what becomes of values. A value is SQL; what comes is text.
type Masked = (&'static str, &'static str, &'static [(&'static str, Option<&'static str>)]);

const CASES: &[Masked] = &[
    ("text", "'null'", &[("'secret'", None), ("NULL", None)]),
    ("text", "'redact'", &[("'secret'", Some("***")), ("''", Some("***")), ("NULL", Some("***"))]),
    ("varchar(2)", "'redact'", &[("'se'", Some("**")), ("NULL", Some("**"))]),
    ("text", "{ constant = \"it's\" }", &[("'secret'", Some("it's")), ("NULL", Some("it's"))]),
    ("integer NOT NULL", "{ constant = -7 }", &[("2147483647", Some("-7"))]),
    ("m.mood", "{ constant = 'happy' }", &[("'sad'", Some("happy")), ("NULL", Some("happy"))]),
    ("date", "{ constant = 1970-01-01 }", &[("'infinity'", Some("1970-01-01"))]),
    ("jsonb", "{ constant = '{}' }", &[("'[1, 2]'", Some("{}"))]),
    (
        "text",
        "'last4'",
        &[
            ("'0123456789'", Some("***6789")),
            ("'123456789'", Some("***6789")),
            ("'12345678'", Some("***")),
            ("''", Some("***")),
            ("'日本語のテキストです長い'", Some("***です長い")),
            ("repeat('x', 3000000)", Some("***xxxx")),
            ("NULL", None),
        ],
    ),
    ("varchar(9)", "'last4'", &[("'123456789'", Some("***6789")), ("'12345678'", Some("***"))]),
    ("char(9)", "'last2'", &[("'abcdef'", Some("***ef    ")), ("'abcd'", Some("***      ")), ("NULL", None)]),
    (
        "text",
        "{ partial = [1, 1] }",
        &[("'Ada Abel'", Some("A***l")), ("'Bert'", Some("***")), ("'Berta'", Some("B***a"))],
    ),
    ("text", "{ partial = [2, 0] }", &[("'Ada Abel'", Some("Ad***")), ("'Bert'", Some("***"))]),
    (
        "text",
        "'email'",
        &[
            ("'ada.abel@example.com'", Some("a***@example.com")),
            ("'abc@x'", Some("a***@x")),
            ("'ab@x'", Some("***@x")),
            ("'@x'", Some("***@x")),
            ("'abc@'", Some("a***@")),
            ("'@'", Some("***@")),
            ("'\"odd@local\"@example.com'", Some("\"***@example.com")),
            ("'no address'", Some("***")),
            ("''", Some("***")),
            ("'日本語@例え.jp'", Some("日***@例え.jp")),
            ("repeat('@', 100000)", Some("***@")),
            ("NULL", None),
        ],
    ),
    ("m.mail", "'email'", &[("'ada.abel@example.com'", Some("a***@example.com")), ("NULL", None)]),
    ("m.mail", "'redact'", &[("'ada.abel@example.com'", Some("***"))]),
    (
        "date",
        "'year'",
        &[
            ("'2024-02-29'", Some("2024-01-01")),
            ("'9999-12-31'", Some("9999-01-01")),
            ("'0001-01-01'", Some("0001-01-01")),
            ("'0001-12-31 BC'", None),
            ("'4713-01-01 BC'", None),
            ("'5874897-12-31'", None),
            ("'infinity'", None),
            ("'-infinity'", None),
            ("NULL", None),
        ],
    ),
    ("m.day", "'year'", &[("'2024-02-29'", Some("2024-01-01")), ("NULL", None)]),
    (
        "timestamp(0)",
        "'year'",
        &[
            ("'2024-02-29 10:00:00'", Some("2024-01-01 00:00:00")),
            ("'294276-12-31 23:59:59'", None),
            ("'4713-01-01 00:00:00 BC'", None),
            ("'infinity'", None),
            ("NULL", None),
        ],
    ),
    (
        "timestamptz",
        "'year'",
        &[
            ("'2024-02-29 10:00:00Z'", Some("2024-01-01 00:00:00+00")),
            ("'294276-12-31 23:59:59Z'", None),
            ("'-infinity'", None),
            ("NULL", None),
        ],
    ),
    (
        "integer",
        "{ round = 100 }",
        &[
            ("149", Some("100")),
            ("150", Some("200")),
            ("-149", Some("-100")),
            ("-150", Some("-100")),
            ("-151", Some("-200")),
            ("0", Some("0")),
            ("2147483647", Some("2147483600")),
            ("-2147483648", Some("-2147483600")),
            ("NULL", None),
        ],
    ),
    (
        "integer",
        "{ round = 5 }",
        &[("2", Some("0")), ("3", Some("5")), ("-3", Some("-5")), ("2147483647", Some("2147483645"))],
    ),
    (
        "smallint",
        "{ bucket = 10 }",
        &[
            ("19", Some("10")),
            ("20", Some("20")),
            ("-1", Some("-10")),
            ("32767", Some("32760")),
            ("-32768", Some("-32760")),
            ("NULL", None),
        ],
    ),
    (
        "bigint",
        "{ bucket = 1000000000000000 }",
        &[
            ("9223372036854775807", Some("9223000000000000000")),
            ("-9223372036854775808", Some("-9223000000000000000")),
            ("999999999999999", Some("0")),
        ],
    ),
    (
        "numeric",
        "{ round = 10 }",
        &[
            ("14.999", Some("10")),
            ("15", Some("20")),
            ("'NaN'", Some("999999999999999999999999999990")),
            ("'1e131071'", Some("999999999999999999999999999990")),
            ("'-1e131071'", Some("-999999999999999999999999999990")),
            ("99999999999999999999999", Some("100000000000000000000000")),
            ("NULL", None),
        ],
    ),
    (
        "numeric(5, 2)",
        "{ round = 100 }",
        &[("999.99", Some("900.00")), ("-999.99", Some("-900.00")), ("449.99", Some("400.00"))],
    ),
    ("numeric(5, 2)", "{ bucket = 7 }", &[("13.99", Some("7.00")), ("-0.01", Some("-7.00"))]),
    ("text", "{ sql = \"left(x, 1) || '.'\" }", &[("'Ada'", Some("A.")), ("''", Some(".")), ("NULL", None)]),
    (
        "text",
        "{ sql = \"CASE WHEN length(x) > 3 THEN upper(substr(x, 2, 2)) ELSE coalesce(x, 'none') END\" }",
        &[("'Berta'", Some("ER")), ("'Bo'", Some("Bo")), ("NULL", Some("none"))],
    ),
    ("integer", "{ sql = 'CASE WHEN x >= 0 THEN 1 ELSE -1 END' }", &[("-2147483648", Some("-1")), ("5", Some("1"))]),
    ("varchar(3)", "{ sql = \"'long text' || x::text\" }", &[("'a'", Some("lon"))]),
];

/// Types without a literal in [`CASES`]: NULL and one value of each, under the mask that fits every type.
const OTHERS: &[(&str, &str)] = &[
    ("boolean", "true"),
    ("bytea", "'\\x00ff'"),
    ("real", "'Infinity'"),
    ("double precision", "'NaN'"),
    ("uuid", "'123e4567-e89b-12d3-a456-426614174000'"),
    ("json", "'{}'"),
    ("interval day to second", "'1 day'"),
    ("interval(3)", "'1 day'"),
    ("time(3)", "'10:00'"),
    ("timetz", "'10:00Z'"),
    ("bit(3)", "'101'"),
    ("varbit(5)", "'101'"),
    ("inet", "'192.0.2.1'"),
    ("macaddr", "'08:00:2b:01:02:03'"),
    ("money", "1"),
    ("point", "'(1,2)'"),
    ("int4range", "'[1,2)'"),
    ("text[]", "'{a,b}'"),
    ("varchar(4)[]", "'{a,b}'"),
    ("numeric(7, 3)[]", "'{1,2}'"),
    ("m.mood[]", "'{sad}'"),
    ("tsvector", "'a b'"),
    ("xml", "'<a/>'"),
];

struct Server {
    database: Database,
    client: Client,
    catalog: Catalog,
}

/// Tables `m.t0`, `m.t1`, … with a column `x` of each type and the rows of its values.
async fn server(tables: &[(&str, Vec<&str>)]) -> Server {
    let database = Database::empty().await;
    let mut script = "CREATE SCHEMA m;
        CREATE TYPE m.mood AS ENUM ('sad', 'happy');
        CREATE DOMAIN m.mail AS text CHECK (VALUE LIKE '%_@_%.__%');
        CREATE DOMAIN m.day AS date CHECK (VALUE > '2024-01-15');
        GRANT USAGE ON SCHEMA m TO wicket;\n"
        .to_owned();
    for (at, (ty, values)) in tables.iter().enumerate() {
        script.push_str(&format!("CREATE TABLE m.t{at} (id integer PRIMARY KEY, x {ty});\n"));
        for (id, value) in values.iter().enumerate() {
            script.push_str(&format!("INSERT INTO m.t{at} VALUES ({id}, {value});\n"));
        }
    }
    script.push_str("GRANT SELECT ON ALL TABLES IN SCHEMA m TO wicket;");
    database.script(&script).await;
    let client = database.connect_as_wicket().await;
    client.batch_execute("SET TimeZone = 'UTC'; SET search_path = pg_catalog, pg_temp").await.unwrap();
    let catalog = Catalog::new(load(&client).await.unwrap());
    Server { database, client, catalog }
}

impl Server {
    /// What the policy lets be seen, in text.
    async fn ask(&self, policy: &str, sql: &str) -> Result<Vec<Option<String>>, String> {
        let policy = format!("[statements]\nallow = ['select']\n[schemas.m]\naccess = 'read'\n{policy}");
        self.ask_as(&policy, BTreeMap::new(), sql).await
    }

    /// The same for a whole policy and a principal with attributes.
    async fn ask_as(
        &self,
        policy: &str,
        attributes: BTreeMap<String, AttributeValue>,
        sql: &str,
    ) -> Result<Vec<Option<String>>, String> {
        let policy = format!("version = 1\nname = 'p'\n{policy}");
        let policy =
            Policy::parse("p.toml", &policy, &mut |_| Err(String::new())).map_err(|errors| errors.to_string())?;
        let bound = BoundPolicy::bind(Arc::new(policy), &self.catalog).map_err(|errors| errors.to_string())?;
        let principal = Principal { name: "p".to_owned(), attributes };
        let submission = Submission::Sql { text: sql.to_owned(), parameters: Vec::new() };
        let admitted = admit(&self.catalog, &bound, &principal, &submission).map_err(|why| format!("{why:?}"))?;
        let admitted = admitted.with_mask_key(KEY);
        let mut text = admitted.sql().to_owned();
        for (at, value) in admitted.parameters().iter().enumerate().rev() {
            let value = value.as_ref().map_or("NULL".to_owned(), |value| format!("'{}'", value.replace('\'', "''")));
            text = text.replace(&format!("${}", at + 1), &value);
        }
        let messages = self.client.simple_query(&text).await.map_err(|error| format!("{error:?}\n{text}"))?;
        Ok(messages
            .iter()
            .filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some(row.get(0).map(str::to_owned)),
                _ => None,
            })
            .collect())
    }
}

const KEY: &[u8] = b"a key of thirty-two bytes, or so.";

#[tokio::test]
async fn masks_show_what_the_reference_says_and_never_raise() {
    let tables: Vec<(&str, Vec<&str>)> =
        CASES.iter().map(|(ty, _, values)| (*ty, values.iter().map(|(value, _)| *value).collect())).collect();
    let server = server(&tables).await;
    let mut wrong = Vec::new();
    for (at, (ty, mask, values)) in CASES.iter().enumerate() {
        let policy = format!("[tables.'m.t{at}']\nmask = {{ x = {mask} }}\n");
        let expected: Vec<Option<String>> = values.iter().map(|(_, shown)| shown.map(str::to_owned)).collect();
        let shown = server.ask(&policy, &format!("SELECT x FROM m.t{at} ORDER BY id")).await;
        if shown.as_ref() != Ok(&expected) {
            wrong.push(format!("{mask} on {ty}: {shown:?}\n  instead of {expected:?}"));
        }
        // In every other place a mask stands for the column too.
        let counted = server.ask(&policy, &format!("SELECT count(*) FROM m.t{at} WHERE x IS NULL")).await;
        let nulls = expected.iter().filter(|one| one.is_none()).count();
        if counted != Ok(vec![Some(nulls.to_string())]) {
            wrong.push(format!("{mask} on {ty}: {counted:?} rows without value instead of {nulls}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn every_type_can_be_hidden_by_null_and_keeps_its_type() {
    let tables: Vec<(&str, Vec<&str>)> = OTHERS.iter().map(|(ty, value)| (*ty, vec![*value, "NULL"])).collect();
    let server = server(&tables).await;
    let mut wrong = Vec::new();
    for (at, (ty, _)) in OTHERS.iter().enumerate() {
        let policy = format!("[tables.'m.t{at}']\nmask = {{ x = 'null' }}\n");
        let shown = server.ask(&policy, &format!("SELECT x FROM m.t{at}")).await;
        if shown != Ok(vec![None, None]) {
            wrong.push(format!("{ty}: {shown:?}"));
            continue;
        }
        let open = server.ask("", &format!("SELECT pg_typeof(x)::text FROM m.t{at} WHERE id = 0")).await;
        let masked = server.ask(&policy, &format!("SELECT pg_typeof(x)::text FROM m.t{at} WHERE id = 0")).await;
        if open != masked {
            wrong.push(format!("{ty}: {masked:?} instead of {open:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// HMAC-SHA-256 by RFC 2104, for keys of at most a block.
fn hmac(key: &[u8], data: &[u8]) -> String {
    let pad =
        |with: u8| -> Vec<u8> { key.iter().copied().chain(std::iter::repeat(0)).take(64).map(|b| b ^ with).collect() };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(data).finalize();
    let outer = Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize();
    outer.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn hashes_are_hmac_of_the_values_bytes() {
    // Values that bytea's input would read as something else, if they came to it as they are.
    let values = ["", "ada@example.com", "\\x4142", "\\", "\\\\", "\\101", "日本語", "it's"];
    let quoted: Vec<String> = values.iter().map(|value| format!("'{}'", value.replace('\'', "''"))).collect();
    let mut rows: Vec<&str> = quoted.iter().map(String::as_str).collect();
    rows.extend(["repeat('x', 1048576)", "repeat('x', 1048577)", "NULL"]);
    let server = server(&[("text", rows.clone()), ("varchar(2000000)", rows)]).await;
    let policy = "[tables.'m.t0']\nmask = { x = 'hash' }\n[tables.'m.t1']\nmask = { x = 'hash' }\n";
    let mut expected: Vec<Option<String>> = values.iter().map(|value| Some(hmac(KEY, value.as_bytes()))).collect();
    expected.push(Some(hmac(KEY, "x".repeat(1 << 20).as_bytes())));
    expected.extend([None, None]);
    for table in ["m.t0", "m.t1"] {
        assert_eq!(server.ask(policy, &format!("SELECT x FROM {table} ORDER BY id")).await.as_ref(), Ok(&expected));
    }
    let joined = server.ask(policy, "SELECT count(*) FROM m.t0 a JOIN m.t1 b ON a.x = b.x").await;
    assert_eq!(joined, Ok(vec![Some((values.len() + 1).to_string())]));
}

/// Looking for one text in another raises under a collation that isn't deterministic.
#[tokio::test]
async fn masks_do_not_raise_under_a_collation_of_the_users() {
    let server = server(&[]).await;
    let owner = server.database.connect().await;
    let made = owner.batch_execute(
        "CREATE COLLATION m.odd (provider = icu, locale = 'und', deterministic = false);
         CREATE TABLE m.t0 (id integer PRIMARY KEY, x text COLLATE m.odd, y text COLLATE \"C\");
         INSERT INTO m.t0 VALUES (0, 'ada.abel@example.com', 'secret');
         GRANT SELECT ON m.t0 TO wicket;",
    );
    if made.await.is_err() {
        // A server that was built without ICU has no such collations.
        return;
    }
    let server = Server { catalog: Catalog::new(load(&server.client).await.unwrap()), ..server };
    for (mask, expected) in [("'email'", "a***@example.com"), ("'last4'", "***.com"), ("{ partial = [1, 1] }", "a***m")]
    {
        let shown = server.ask(&format!("[tables.'m.t0']\nmask = {{ x = {mask} }}\n"), "SELECT x FROM m.t0").await;
        assert_eq!(shown, Ok(vec![Some(expected.to_owned())]), "{mask}");
    }
    let refused = server.ask("[tables.'m.t0']\nmask = { x = 'redact' }\n", "SELECT x FROM m.t0").await;
    assert!(refused.as_ref().is_err_and(|why| why.contains("not supported yet")), "{refused:?}");
    // The column's collation stays.
    let shown = server.ask("[tables.'m.t0']\nmask = { y = 'redact' }\n", "SELECT y FROM m.t0 ORDER BY y").await;
    assert_eq!(shown, Ok(vec![Some("***".to_owned())]));
}

#[tokio::test]
async fn masks_that_could_raise_are_refused_with_their_place() {
    let server = server(&[("varchar(20)", vec!["'a'"]), ("integer", vec!["0"]), ("m.mood", vec!["'sad'"])]).await;
    for (table, mask, expected) in [
        ("m.t0", "'hash'", "p.toml:8: the mask on `m.t0.x`: the mask `hash` gives 64 characters; `x` holds only 20"),
        ("m.t0", "'year'", "the mask `year` fits date, timestamp, timestamptz; `x` is of type `character varying(20)`"),
        ("m.t1", "{ sql = '1 / x' }", "the operator `/` is not known to be total"),
        ("m.t1", "{ sql = 'x::text' }", "the expression is not of the type of `x`: cast it"),
        ("m.t1", "{ sql = 'x' }", "the expression is a column as it is, which is no mask"),
        ("m.t0", "{ sql = 'x::text::varchar' }", "the expression is a column as it is, which is no mask"),
        ("m.t1", "{ sql = '(SELECT 1)' }", "p.toml:8: "),
        ("m.t1", "{ sql = 'y' }", "p.toml:8: "),
        ("m.t1", "{ constant = 'x' }", "the constant `x` doesn't fit `x`: expected a whole number"),
        ("m.t2", "{ constant = 'angry' }", "expected one of `sad`, `happy`"),
        ("m.t2", "'redact'", "the mask `redact` fits text, varchar, char"),
    ] {
        let refused = server.ask(&format!("[tables.'{table}']\nmask = {{ x = {mask} }}\n"), "SELECT 1").await;
        assert!(refused.as_ref().is_err_and(|why| why.contains(expected)), "{mask}: {refused:?}");
    }
}

/// An attribute decides what is shown: bound as a parameter, in a mask as in a filter.
#[tokio::test]
async fn a_mask_can_ask_for_an_attribute() {
    let server = server(&[("text", vec!["'eu'", "'us'"])]).await;
    let policy = "attributes = { region = 'text' }\n[statements]\nallow = ['select']\n[schemas.m]\naccess = 'read'\n\
                  [tables.'m.t0']\nmask = { x = { sql = \"CASE WHEN x = :region THEN x ELSE '?' END\" } }\n";
    let attributes = BTreeMap::from([("region".to_owned(), AttributeValue::Scalar("eu'; --".to_owned()))]);
    assert_eq!(
        server.ask_as(policy, attributes, "SELECT x FROM m.t0 ORDER BY id").await,
        Ok(vec![Some("?".to_owned()), Some("?".to_owned())])
    );
    let attributes = BTreeMap::from([("region".to_owned(), AttributeValue::Scalar("eu".to_owned()))]);
    assert_eq!(
        server.ask_as(policy, attributes, "SELECT x FROM m.t0 ORDER BY id").await,
        Ok(vec![Some("eu".to_owned()), Some("?".to_owned())])
    );
}
