//! Attacks by size, which a file can't hold.

use super::cases::Case;

/// Each is refused for its size, or costs no more than its limits.
pub fn bombs() -> Vec<Case> {
    let nested = |depth: usize| format!("SELECT {}1{}", "(".repeat(depth), ")".repeat(depth));
    let subqueries =
        |depth: usize| format!("{}SELECT 1 AS x{}", "SELECT x FROM (".repeat(depth), ") AS q".repeat(depth));
    let relations: String = (0..3_000).map(|at| format!(", (SELECT count(*) FROM sales.regions AS r{at})")).collect();
    let all = [
        format!("SELECT id FROM sales.orders WHERE {}", vec!["id = 1"; 10_000].join(" OR ")),
        nested(5_000),
        subqueries(200),
        format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(9_000)),
        format!("SELECT {}1", "- ".repeat(9_999)),
        format!("SELECT {}true", "NOT ".repeat(20_000)),
        format!("SELECT 1{}", "::int".repeat(6_000)),
        format!("SELECT '{}'", "x".repeat(300 << 10)),
        format!("SELECT {}", vec!["now()"; 3_000].join(", ")),
        format!("SELECT 1{relations}"),
        format!("SELECT CASE {}END", "WHEN true THEN 1 ".repeat(6_000)),
    ];
    let case = |(at, sql)| Case {
        family: "by size".to_owned(),
        number: at + 1,
        gain: "the server's memory or time".to_owned(),
        sql,
    };
    all.into_iter().enumerate().map(case).collect()
}
