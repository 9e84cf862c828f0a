//! A plan in few words: its steps as lines, the planner's estimates, and what stands out. Of a plan of which only the shape
//! may leave, there are only the steps.

use serde::Serialize;
use serde_json::Value;

use super::MOST_NESTED;

/// What an agent can use of a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanSummary {
    /// One line a step, what it reads indented below it.
    pub steps: Vec<String>,
    /// The planner's estimate of the cost, in its own unit: about the reading of one page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimated_cost: Option<f64>,
    /// The planner's estimate of the rows that come out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimated_rows: Option<u64>,
    /// What is likely to take long, and what to do about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Characters of a condition that are shown.
const LONGEST_CONDITION: usize = 160;

/// Properties that say on which condition or by which key a step works.
const CONDITIONS: &[&str] =
    &["Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "Join Filter", "Filter", "Sort Key", "Group Key"];

/// Below this cost nothing is worth a note.
const CHEAP: f64 = 1_000.0;

/// Rows of a nested loop without a condition that are worth a note.
const MANY_ROWS: f64 = 100_000.0;

impl PlanSummary {
    /// Of what `EXPLAIN (FORMAT JSON)` said, or of its shape. `None` if it isn't a plan.
    pub fn of(plan: &Value) -> Option<Self> {
        let top = plan.as_array()?.first()?.get("Plan")?;
        let mut steps = Vec::new();
        let mut notes = Vec::new();
        let total = top.get("Total Cost").and_then(Value::as_f64);
        walk(top, 0, &mut |step, depth| {
            line(step, depth, &mut steps);
            notes.extend(total.and_then(|total| note(step, total)));
        });
        notes.dedup();
        Some(Self {
            steps,
            estimated_cost: total,
            estimated_rows: top.get("Plan Rows").and_then(Value::as_f64).map(|rows| rows as u64),
            notes,
        })
    }
}

/// Each step, before what it reads.
pub(super) fn walk(step: &Value, depth: usize, each: &mut impl FnMut(&Value, usize)) {
    each(step, depth);
    if depth < MOST_NESTED as usize {
        for one in below(step) {
            walk(one, depth + 1, each);
        }
    }
}

fn below(step: &Value) -> impl Iterator<Item = &Value> {
    step.get("Plans").and_then(Value::as_array).into_iter().flatten()
}

fn word<'s>(step: &'s Value, key: &str) -> Option<&'s str> {
    step.get(key).and_then(Value::as_str)
}

/// As PostgreSQL's own text has it, with what there is.
pub(super) fn line(step: &Value, depth: usize, lines: &mut Vec<String>) {
    let mut text = match depth {
        0 => String::new(),
        depth => format!("{}->  ", " ".repeat(2 + 6 * (depth - 1))),
    };
    text += word(step, "Node Type").unwrap_or("Step");
    if let Some(join) = word(step, "Join Type").filter(|join| *join != "Inner") {
        text += &format!(" ({join})");
    }
    if let Some(index) = word(step, "Index Name") {
        text += &format!(" using {index}");
    }
    match (word(step, "Schema"), word(step, "Relation Name")) {
        (Some(schema), Some(name)) => text += &format!(" on {schema}.{name}"),
        (None, Some(name)) => text += &format!(" on {name}"),
        (_, None) => {}
    }
    if let Some(rows) = step.get("Plan Rows").and_then(Value::as_u64) {
        text += &format!(" rows={rows}");
    }
    for key in CONDITIONS {
        if let Some(condition) = step.get(*key).and_then(condition) {
            text += &format!(" {key}: {condition}");
        }
    }
    lines.push(text);
}

/// A condition, or keys in order, cut where it is long.
fn condition(said: &Value) -> Option<String> {
    let whole = match said {
        Value::String(text) => text.clone(),
        Value::Array(keys) => keys.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        _ => return None,
    };
    match whole.char_indices().nth(LONGEST_CONDITION) {
        Some((at, _)) => Some(format!("{}…", whole.get(..at).unwrap_or_default())),
        None => Some(whole),
    }
}

/// What stands out about the step.
fn note(step: &Value, total: f64) -> Option<String> {
    let number = |of: &Value, key: &str| of.get(key).and_then(Value::as_f64);
    let cost = number(step, "Total Cost")?;
    if cost < CHEAP {
        return None;
    }
    match word(step, "Node Type")? {
        "Seq Scan" if cost >= total / 2.0 && step.get("Filter").is_some() => {
            let name = word(step, "Relation Name")?;
            Some(format!(
                "most of the cost is reading all of `{name}` to filter it: a condition on an indexed column would read less"
            ))
        }
        "Nested Loop" if number(step, "Plan Rows")? >= MANY_ROWS && step.get("Join Filter").is_none() => {
            // A condition may have become the inner side's.
            let inner = below(step).nth(1)?;
            let conditions = ["Index Cond", "Filter", "Recheck Cond"];
            (!conditions.iter().any(|key| inner.get(*key).is_some()) && below(inner).next().is_none()).then(|| {
                "it joins every row of one side with every row of the other: is a join condition missing?".to_owned()
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_plan_is_told_in_lines() {
        let plan = json!([{ "Plan": {
            "Node Type": "Hash Join", "Join Type": "Left", "Total Cost": 30000.5, "Plan Rows": 7,
            "Hash Cond": "(t1.id = t2.id)",
            "Plans": [
                { "Node Type": "Seq Scan", "Relation Name": "orders", "Total Cost": 29000.0, "Plan Rows": 5,
                  "Filter": format!("(t1.note = '{}')", "é".repeat(200)) },
                { "Node Type": "Sort", "Total Cost": 10.0, "Plan Rows": 2, "Sort Key": ["t2.a", "t2.b DESC"] },
            ],
        }}]);
        let summary = PlanSummary::of(&plan).unwrap();
        assert_eq!((summary.estimated_cost, summary.estimated_rows), (Some(30000.5), Some(7)));
        assert_eq!(summary.steps[0], "Hash Join (Left) rows=7 Hash Cond: (t1.id = t2.id)");
        assert!(
            summary.steps[1].starts_with("  ->  Seq Scan on orders rows=5 Filter: (t1.note = 'é"),
            "{:?}",
            summary.steps
        );
        assert!(summary.steps[1].ends_with('…') && summary.steps[1].chars().count() < 220);
        assert_eq!(summary.steps[2], "  ->  Sort rows=2 Sort Key: t2.a, t2.b DESC");
        assert_eq!(summary.notes.len(), 1, "{:?}", summary.notes);
        assert!(summary.notes[0].contains("`orders`"));
    }

    #[test]
    fn a_join_of_all_with_all_is_noted() {
        let side =
            |rows: f64| json!({ "Node Type": "Seq Scan", "Relation Name": "t", "Total Cost": 90.0, "Plan Rows": rows });
        let plan = |rows: f64| {
            json!([{ "Plan": {
                "Node Type": "Nested Loop", "Total Cost": 5000.0, "Plan Rows": rows, "Plans": [side(1e3), side(1e3)],
            }}])
        };
        assert_eq!(PlanSummary::of(&plan(1e6)).unwrap().notes.len(), 1);
        assert_eq!(PlanSummary::of(&plan(1e3)).unwrap().notes.len(), 0);
    }

    #[test]
    fn a_shape_has_steps_only_and_what_is_no_plan_nothing() {
        let shape = json!([{ "Plan": { "Node Type": "Seq Scan", "Schema": "sales", "Relation Name": "orders" } }]);
        let summary = PlanSummary::of(&shape).unwrap();
        assert_eq!(json!(summary), json!({ "steps": ["Seq Scan on sales.orders"] }));
        for not in [json!([]), json!({}), json!("x"), json!([{}])] {
            assert_eq!(PlanSummary::of(&not), None);
        }
    }
}
