//! The conversation: what the agent asks, and what a reader shall see in it.

use serde_json::{Value, json};

use super::client::{Client, command};
use super::{DemoError, Shop, tell};

/// One question of the agent's.
struct Scene {
    /// What happens here, for the reader.
    about: &'static str,
    /// Statements, each shown with its answer.
    statements: &'static [&'static str],
    /// Whether a refusal's help is shown, too.
    help: bool,
}

const OPENING: &str = "\
A throwaway PostgreSQL is up, with a small shop in it whose tables two companies share. pgwicket logs in as a
role that may read and write all of them: what is held back here, the policy holds back. The policy is
policies/agent-audited.toml: read only, one company's customers, personal data masked.

An agent connects to `pgwicket serve` by MCP. It works for company 1, in the regions `eu` and `uk`.";

const SCENES: &[Scene] = &[
    Scene {
        about: "An ordinary question gets an ordinary answer.",
        statements: &["SELECT category, sum(quantity) AS sold FROM order_items JOIN products p ON p.id = product_id \
             GROUP BY 1 ORDER BY 2 DESC"],
        help: false,
    },
    Scene {
        about: "People are masked, and of 500 customers only those of its own company and regions exist.",
        statements: &[
            "SELECT id, name, phone, birth_date, credit_limit FROM customers ORDER BY id LIMIT 3",
            "SELECT count(*) FROM customers",
        ],
        help: false,
    },
    Scene {
        about: "A long result is cut off, and says so.",
        statements: &["SELECT order_id, line, quantity FROM order_items ORDER BY order_id, line"],
        help: false,
    },
    Scene {
        about: "What is hidden looks like what doesn't exist, so asking for it teaches nothing.",
        statements: &["SELECT name, ssn FROM customers", "SELECT name, salary FROM hr.employees"],
        help: true,
    },
    Scene {
        about: "Now somebody leads the agent astray. Masks and filters are where the table is read, so no condition \
                gets around them: not an OR, not a guess at what a mask hides.",
        statements: &[
            "SELECT count(*) FROM customers WHERE region = 'jp' OR true",
            "SELECT id FROM customers WHERE name = 'Olga Kowalski' OR phone LIKE '+1 555%'",
        ],
        help: false,
    },
    Scene {
        about: "It smuggles in a second statement, reads a file, hides SQL in a string, writes.",
        statements: &[
            "SELECT 1; DROP TABLE sales.customers",
            "SELECT pg_read_file('/etc/passwd')",
            "SELECT query_to_xml('SELECT * FROM hr.employees', true, true, '')",
            "UPDATE customers SET credit_limit = 1000000",
        ],
        help: false,
    },
];

/// The statement whose rewritten form is shown.
const SHOWN: &str = "SELECT id, name FROM customers WHERE id = 6";

/// Plays all of it.
pub(super) async fn play(shop: &Shop, say: &mut (dyn FnMut(&str) + Send)) -> Result<(), DemoError> {
    say(OPENING);
    let mut client = Client::start(shop).await?;
    let mut number = 1;
    heading(say, number, "It looks around. Only what the policy opens is there.");
    tables(&mut client, say).await?;
    for scene in SCENES {
        number += 1;
        heading(say, number, scene.about);
        for sql in scene.statements {
            question(sql, say);
            let (refused, result) = client.call("query_execute", json!({ "sql": sql })).await?;
            let lines = if refused { tell::refusal(&result, scene.help) } else { tell::rows(&result) };
            lines.iter().for_each(|line| say(&format!("     {line}")));
        }
    }
    heading(
        say,
        number + 1,
        "PostgreSQL never sees the agent's text. It gets what pgwicket wrote, as `pgwicket check` shows.",
    );
    rewritten(shop, say).await?;
    heading(
        say,
        number + 2,
        "All of it is on record, written before an answer leaves, with `?` for literals. The last few:",
    );
    history(&mut client, say).await?;
    client.close().await?;
    say(
        "\nThat was all; the server and its files are gone. `pgwicket demo --serve` keeps them for an MCP client of yours.",
    );
    Ok(())
}

fn heading(say: &mut (dyn FnMut(&str) + Send), number: usize, about: &str) {
    say("");
    tell::wrapped(&format!("{number}. "), about).iter().for_each(|line| say(line));
}

fn question(sql: &str, say: &mut (dyn FnMut(&str) + Send)) {
    tell::wrapped("   > ", sql).iter().for_each(|line| say(line));
}

async fn tables(client: &mut Client, say: &mut (dyn FnMut(&str) + Send)) -> Result<(), DemoError> {
    say("   > get_tables");
    let (_, result) = client.call("get_tables", json!({})).await?;
    let name = |table: &Value| {
        let part = |key: &str| table.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        format!("{}.{}", part("schema"), part("name"))
    };
    let names: Vec<String> = result.get("tables").and_then(Value::as_array).into_iter().flatten().map(name).collect();
    say(&format!("     {}", names.join(", ")));
    Ok(())
}

async fn rewritten(shop: &Shop, say: &mut (dyn FnMut(&str) + Send)) -> Result<(), DemoError> {
    let mut check = command(shop);
    check.args(["check", SHOWN, "--config"]).arg(shop.config());
    let output = check.output().await.map_err(DemoError::doing("run `pgwicket check`"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        return Err(DemoError::Answer(format!("{text}{}", String::from_utf8_lossy(&output.stderr))));
    }
    question(SHOWN, say);
    let emitted = text.trim_end().lines().last().unwrap_or_default();
    tell::wrapped("     ", emitted).iter().for_each(|line| say(line));
    Ok(())
}

async fn history(client: &mut Client, say: &mut (dyn FnMut(&str) + Send)) -> Result<(), DemoError> {
    const LONGEST: usize = 58;
    const NEWEST: usize = 6;
    say("   > pgwicket://query_history");
    let result = client.read("pgwicket://query_history").await?;
    let mut table = vec![["verdict", "reason", "rows", "statement"].map(str::to_owned).to_vec()];
    let calls = result.get("calls").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    // The newest come first.
    let mut queries: Vec<&Value> =
        calls.iter().filter(|call| call.get("tool") == Some(&json!("query_execute"))).take(NEWEST).collect();
    queries.reverse();
    for call in queries {
        let text = |key: &str| match call.get(key) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => "-".to_owned(),
        };
        let mut sql = text("sql");
        if sql.chars().count() > LONGEST {
            sql = sql.chars().take(LONGEST).chain(['…']).collect();
        }
        table.push(vec![text("verdict"), text("reason"), text("rows"), sql]);
    }
    tell::aligned(&table).iter().for_each(|line| say(&format!("     {line}")));
    Ok(())
}
