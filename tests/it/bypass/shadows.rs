//! The world with operators and functions that PostgreSQL prefers to its own: who calls them is PostgreSQL's own count.

use std::time::{Duration, Instant};

use tokio_postgres::Client;

use super::World;
use super::cases::Case;

/// Run beside the world's own script.
pub const SHADOWS: &str = include_str!("../../corpus/guarded/shadows.sql");

/// What each shadow stands in the way of, asked as anybody would: run directly, with the policy's path, each of these calls
/// one of them.
const ASKED: [(&str, &str); 13] = [
    ("a user's = of an enum", "SELECT count(*) FROM sales.customers WHERE loyalty = 'gold'"),
    ("a user's = of an enum, in IN", "SELECT count(*) FROM sales.customers WHERE loyalty IN ('gold', 'none')"),
    ("a user's <> of an enum", "SELECT count(*) FROM sales.customers WHERE loyalty <> 'gold'"),
    ("a user's = of two kinds of numbers", "SELECT count(*) FROM sales.customers WHERE id = 3.0"),
    ("a user's = behind CASE", "SELECT count(CASE id WHEN 3.0 THEN 1 END) FROM sales.customers"),
    ("a user's < of two kinds of numbers", "SELECT count(*) FROM sales.customers WHERE id < 3.5"),
    ("a user's > of two kinds of numbers", "SELECT count(*) FROM sales.customers WHERE credit_limit > 100"),
    ("a user's product", "SELECT max(credit_limit * 2) FROM sales.customers"),
    ("a user's LIKE", "SELECT count(*) FROM sales.customers WHERE name::varchar LIKE 'A%'"),
    ("a user's ||", "SELECT max(name || id) FROM sales.customers"),
    ("a user's upper", "SELECT upper(name::varchar) FROM sales.customers"),
    ("a user's round", "SELECT round(id) FROM sales.customers"),
    ("a user's to_char", "SELECT to_char(birth_date, 'YYYY') FROM sales.customers"),
];

/// The statements that meet a shadow, as cases of the corpus.
pub fn cases() -> impl Iterator<Item = Case> {
    (1..).zip(ASKED).map(|(number, (gain, sql))| Case {
        family: "shadows".to_owned(),
        number,
        gain: gain.to_owned(),
        sql: sql.to_owned(),
    })
}

/// How often PostgreSQL has called a shadow in this database, told by sessions that have ended.
pub async fn calls(client: &Client) -> i64 {
    let sql = "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_user_functions
                WHERE schemaname = 'shadow' OR schemaname = 'scratch' AND funcname IN ('upper', 'round', 'to_char')";
    client.query_one(sql, &[]).await.unwrap().get(0)
}

/// Each statement does call a shadow where nothing is in the way, and the count tells. Returns the count, which is whole,
/// since each statement calls one function and what a session called of it is added at once.
pub async fn are_in_the_way(world: &World) -> i64 {
    let mut before = calls(&world.beside).await;
    assert_eq!(before, 0, "called before anyone asked");
    for (gain, sql) in ASKED {
        let direct = world.database.connect().await;
        direct.batch_execute("SET search_path = pg_catalog, sales, scratch").await.unwrap();
        direct.query(sql, &[]).await.unwrap();
        drop(direct);
        before = more_than(&world.beside, before).await.unwrap_or_else(|| panic!("{gain}: not called by {sql}"));
    }
    before
}

/// The count once it is above `before`: a session tells when it ends.
async fn more_than(client: &Client, before: i64) -> Option<i64> {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(20) {
        let now = calls(client).await;
        if now > before {
            return Some(now);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    None
}
