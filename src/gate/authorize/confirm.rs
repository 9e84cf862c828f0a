//! Writes that a person confirms: what is shown of the rows that they touch, and by what these rows are known again when the
//! statement runs once more.

use std::collections::BTreeSet;

use super::{Check, is_open};
use crate::gate::catalog::{Catalog, Relation};
use crate::gate::diagnostic::{Reason, Rejection, Rule};
use crate::gate::ir::{Expr, ExprKind, Insert, Node, Query, SetExpr, Statement, TargetColumn};
use crate::gate::policy::RelationRights;

/// Columns that are shown at most, those of the primary key first.
const MOST_COLUMNS: usize = 64;

/// That a person has to confirm the write, and what is shown of its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirm {
    /// The rule that asks for it.
    pub rule: Rule,
    /// `schema.name` of the target.
    pub relation: String,
    /// The target's columns that are shown, by their position.
    pub columns: Vec<u32>,
    /// Which of these tell which rows are written and what is written into them, as far as it is the same whenever the
    /// statement runs on the same data. By their position among those shown.
    pub identity: Vec<usize>,
}

impl Check<'_> {
    /// Whether a person has to confirm the statement.
    pub(super) fn confirmed(&mut self, statement: &Statement) {
        let Some(rule) = self.confirm.clone() else { return };
        let single = statement.target().filter(|_| statement.writes().len() == 1);
        let Some(target) = single.filter(|_| !matches!(statement, Statement::Merge(_))) else {
            let message =
                "a write that a person has to confirm is supported as a statement of its own, and not as MERGE";
            self.violations.push(
                Rejection::new(Reason::NotYetSupported, message)
                    .by(Some(rule))
                    .help("write one INSERT, UPDATE or DELETE a statement, without others in its WITH"),
            );
            return;
        };
        let found = self.catalog.relation(target.relation.oid).zip(self.policy.rights(target.relation.oid));
        let Some((relation, rights)) = found else { return };
        let confirm = Confirm::of(statement, relation, rights, self.catalog, rule);
        for column in &confirm.columns {
            self.column_type(relation, *column);
        }
        self.authorized.confirm = Some(confirm);
    }
}

impl Confirm {
    fn of(statement: &Statement, relation: &Relation, rights: &RelationRights, catalog: &Catalog, rule: Rule) -> Self {
        let key = key_of(relation, rights);
        let assigned = Assigned::by(statement, catalog);
        let all = (0..relation.columns.len() as u32).filter(|at| is_open(rights, *at as usize));
        let mut columns: Vec<u32> = all.collect();
        // The key first, then what is written, then the others, each in the table's order.
        let rank = |at: &u32| match at {
            _ if key.as_ref().is_some_and(|key| key.contains(at)) => 0,
            _ if assigned.steady.contains(at) || assigned.changing.contains(at) => 1,
            _ => 2,
        };
        columns.sort_by_key(rank);
        columns.truncate(MOST_COLUMNS);
        let steady = |at: &u32| !assigned.changing.contains(at);
        let identifies = |at: &u32| match statement {
            // What isn't given comes from defaults, which may be another value each time.
            Statement::Insert(_) => assigned.steady.contains(at),
            _ => key.as_ref().is_none_or(|key| key.contains(at)) || assigned.steady.contains(at),
        };
        let identity = columns.iter().enumerate().filter(|(_, at)| steady(at) && identifies(at));
        Self {
            rule,
            relation: format!("{}.{}", relation.schema, relation.name),
            identity: identity.map(|(position, _)| position).collect(),
            columns,
        }
    }
}

/// The primary key's columns, if the principal sees them all.
fn key_of(relation: &Relation, rights: &RelationRights) -> Option<BTreeSet<u32>> {
    let numbers = &relation.primary_key.as_ref()?.columns;
    let position = |number: &i16| relation.columns.iter().position(|column| column.number == *number);
    let columns: Option<BTreeSet<u32>> =
        numbers.iter().map(|number| position(number).filter(|at| is_open(rights, *at)).map(|at| at as u32)).collect();
    columns.filter(|columns| !columns.is_empty())
}

/// The columns that a write gives values.
#[derive(Default)]
struct Assigned {
    /// The same ones whenever it runs on the same data, as far as the expression tells.
    steady: BTreeSet<u32>,
    /// Others each time: by the clock, by chance, by a sequence, by users' functions.
    changing: BTreeSet<u32>,
}

impl Assigned {
    fn by(statement: &Statement, catalog: &Catalog) -> Self {
        let mut assigned = Self::default();
        match statement {
            Statement::Insert(insert) => assigned.inserted(insert, catalog),
            Statement::Update(update) => assigned.set(&update.assignments, catalog),
            Statement::Delete(_) | Statement::Merge(_) | Statement::Query(_) | Statement::Explain(_) => {}
        }
        for at in &assigned.changing {
            assigned.steady.remove(at);
        }
        assigned
    }

    fn inserted(&mut self, insert: &Insert, catalog: &Catalog) {
        let mut changing = BTreeSet::new();
        if let Some(source) = &insert.source {
            changing_columns(source, catalog, &mut changing);
        }
        for (at, column) in insert.columns.iter().enumerate() {
            let into = if changing.contains(&at) { &mut self.changing } else { &mut self.steady };
            into.insert(column.column);
        }
        if let Some(update) = insert.conflict.as_ref().and_then(|conflict| conflict.update.as_ref()) {
            self.set(&update.assignments, catalog);
        }
    }

    fn set(&mut self, assignments: &[(TargetColumn, Expr)], catalog: &Catalog) {
        for (column, value) in assignments {
            let into = if changes(value, catalog) { &mut self.changing } else { &mut self.steady };
            into.insert(column.column);
        }
    }
}

/// The positions of a query's columns whose values are others each time, as far as its own expressions tell.
fn changing_columns(query: &Query, catalog: &Catalog, found: &mut BTreeSet<usize>) {
    fn of(body: &SetExpr, catalog: &Catalog, found: &mut BTreeSet<usize>) {
        match body {
            SetExpr::Select(select) => {
                let changing = select.projection.iter().enumerate().filter(|(_, one)| changes(&one.expr, catalog));
                found.extend(changing.map(|(at, _)| at));
            }
            SetExpr::Values(rows) => {
                for row in rows {
                    found.extend(row.iter().enumerate().filter(|(_, one)| changes(one, catalog)).map(|(at, _)| at));
                }
            }
            SetExpr::SetOperation { left, right, .. } => {
                of(left, catalog, found);
                of(right, catalog, found);
            }
            SetExpr::Query(query) => changing_columns(query, catalog, found),
            SetExpr::Write(_) => {}
        }
    }
    of(&query.body, catalog, found);
}

/// PostgreSQL's functions that give another value in another transaction, of those that `@builtin` allows; a test holds
/// them against the server.
pub const CHANGING: [&str; 14] = [
    "age",
    "array_sample",
    "array_shuffle",
    "clock_timestamp",
    "gen_random_uuid",
    "now",
    "random",
    "random_normal",
    "statement_timestamp",
    "timeofday",
    "timezone",
    "transaction_timestamp",
    "uuidv4",
    "uuidv7",
];

/// Whether an expression may give another value in another transaction on the same data.
fn changes(expr: &Expr, catalog: &Catalog) -> bool {
    let mut changes = false;
    expr.walk(&mut |node| {
        if let Node::Expr(expr) = node {
            changes |= match &expr.kind {
                ExprKind::Clock(_) | ExprKind::Default => true,
                ExprKind::Call(call) if call.function.schema == "pg_catalog" => {
                    CHANGING.contains(&call.function.name.as_str())
                }
                ExprKind::Call(call) => catalog.is_foreign(&call.function.candidates),
                _ => false,
            };
        }
    });
    changes
}

#[cfg(test)]
mod tests {
    use crate::gate::catalog::Relation;
    use crate::gate::check::desk::{Desk, number, relation};
    use crate::gate::diagnostic::Reason;

    const POLICY: &str = "
[statements]
allow = [\"select\", \"insert\", \"update\", \"delete\", \"merge\"]
[search_path]
schemas = [\"sales\"]
[schemas.sales]
access = \"write\"
[tables.\"sales.customers\"]
confirm = true
side_effects = true
deny_columns = [\"ssn\"]
[functions]
allow = [\"@builtin\", \"sales.fx_rate(text, date)\"]
";

    /// What is shown of the rows, with a star at what identifies them.
    fn shown_at(desk: &Desk, sql: &str) -> Result<String, Reason> {
        let admitted = desk.ask(sql).map_err(|rejection| rejection.reason)?;
        let Some(confirm) = &admitted.permit().confirm else { return Ok("unconfirmed".to_owned()) };
        let relation = desk.catalog.relation_named("sales", "customers").unwrap();
        let names = confirm.columns.iter().enumerate().map(|(position, at)| {
            let star = if confirm.identity.contains(&position) { "*" } else { "" };
            format!("{star}{}", relation.columns[*at as usize].name)
        });
        Ok(names.collect::<Vec<_>>().join(" "))
    }

    fn shown(sql: &str) -> Result<String, Reason> {
        shown_at(&Desk::new(POLICY), sql)
    }

    #[test]
    fn the_key_and_what_is_written_tell_the_rows() {
        let own = shown("DELETE FROM customers WHERE id = 1").unwrap();
        assert!(own.starts_with("*id ") && own.matches('*').count() == 1 && !own.contains("ssn"), "{own}");
        for (sql, expected) in [
            ("UPDATE customers SET name = upper(name)", "*id *name "),
            ("UPDATE customers SET region = 'x'", "*id *region name email "),
            ("UPDATE customers SET region = now()::text", "*id region name email "),
            ("UPDATE customers SET name = sales.fx_rate('EUR', '2024-01-31')::text", "*id name "),
            ("UPDATE customers SET name = 'x' || now()", "*id name "),
            ("UPDATE customers SET name = current_date::text", "*id name "),
            ("UPDATE customers SET name = (SELECT clock_timestamp()::text)", "*id name "),
            ("UPDATE customers SET id = id + 1, name = DEFAULT", "*id name "),
            ("UPDATE customers SET id = (random() * 10)::int", "id "),
            ("INSERT INTO customers (id, name) VALUES (1, 'a'), (2, gen_random_uuid()::text)", "*id name "),
            ("INSERT INTO customers (name) SELECT lower(name) FROM customers UNION ALL VALUES ('x')", "id *name "),
            ("INSERT INTO customers (id, name) SELECT id, timeofday() FROM customers", "*id name "),
            (
                "INSERT INTO customers (id, name) VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET name = now()::text",
                "*id name ",
            ),
            ("INSERT INTO customers DEFAULT VALUES", "id "),
        ] {
            let shown = shown(sql).unwrap();
            assert!(shown.starts_with(expected), "{sql}: {shown}");
        }
    }

    #[test]
    fn a_key_identifies_wherever_it_stands_and_only_if_it_is_seen_whole() {
        let delete = "DELETE FROM customers";
        let by = |policy: &str, key: &[&str]| {
            let change = |table: &mut Relation| {
                let columns = key.iter().map(|column| number(table, column)).collect();
                table.primary_key.as_mut().unwrap().columns = columns;
            };
            shown_at(&Desk::with(policy, |parts| change(relation(parts, "sales", "customers"))), delete).unwrap()
        };
        let policy = POLICY.replace("\"@builtin\", ", "");
        assert_eq!(by(&policy, &["tenant_id", "email"]), "*email *tenant_id id name phone region created_at tags");
        let every = "*id *name *email *phone *region *tenant_id *created_at *tags";
        assert_eq!(by(&policy, &["id", "ssn"]), every);
        assert_eq!(by(&policy, &[]), every);
    }

    #[test]
    fn only_writes_of_such_tables_are_confirmed_and_only_alone() {
        assert_eq!(shown("SELECT * FROM customers").unwrap(), "unconfirmed");
        assert_eq!(shown("DELETE FROM orders WHERE id = 1").unwrap(), "unconfirmed");
        for sql in [
            "MERGE INTO customers c USING orders o ON c.id = o.id WHEN MATCHED THEN DELETE",
            "WITH gone AS (DELETE FROM customers RETURNING id) SELECT * FROM gone",
            "WITH gone AS (DELETE FROM orders RETURNING id) DELETE FROM customers",
        ] {
            assert_eq!(shown(sql), Err(Reason::NotYetSupported), "{sql}");
        }
    }
}
