//! The shape of a plan: which steps in which order, by a list of what may be told. Everything else that PostgreSQL says of
//! a plan (estimates, conditions, output, names that the client doesn't know) is left out because it isn't on the list.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

mod summary;

pub use summary::PlanSummary;
use summary::{line, walk};

/// What of a plan may be told beside its steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanShape {
    /// The client asked for lines of text, not for JSON.
    pub text: bool,
    /// The relations that the statement names, by schema and name, each with the indexes that may be named.
    pub relations: BTreeMap<(String, String), BTreeSet<String>>,
}

/// Properties of a step whose values are words of PostgreSQL's own.
const WORDS: &[&str] = &["Node Type", "Parent Relationship", "Strategy", "Partial Mode", "Join Type", "Scan Direction"];

/// Steps in each other at most.
const MOST_NESTED: u32 = 100;

/// The planner's estimate of the cost of all, from what `EXPLAIN (FORMAT JSON)` said; `None` if it isn't a plan.
pub fn total_cost(plan: &str) -> Option<f64> {
    let plan: Value = serde_json::from_str(plan).ok()?;
    plan.as_array()?.first()?.get("Plan")?.get("Total Cost")?.as_f64()
}

impl PlanShape {
    /// The shape of what `EXPLAIN (VERBOSE, COSTS FALSE, FORMAT JSON)` said: lines of text, or one JSON document. `None` if
    /// it isn't such a plan.
    pub fn of(&self, plan: &str) -> Option<Vec<String>> {
        let plan: Value = serde_json::from_str(plan).ok()?;
        let step = self.step(plan.as_array()?.first()?.get("Plan")?, 0)?;
        if self.text {
            let mut told = Vec::new();
            walk(&step, 0, &mut |step, depth| line(step, depth, &mut told));
            return Some(told);
        }
        let document = Value::Array(vec![Value::Object(Map::from_iter([("Plan".to_owned(), step)]))]);
        Some(vec![document.to_string()])
    }

    fn step(&self, said: &Value, depth: u32) -> Option<Value> {
        if depth > MOST_NESTED {
            return None;
        }
        let word = |key: &str| said.get(key).and_then(Value::as_str);
        let mut told = Map::new();
        for key in WORDS {
            if let Some(value) = word(key).filter(|value| is_word(value)) {
                told.insert((*key).to_owned(), Value::from(value));
            }
        }
        let read = word("Schema").zip(word("Relation Name"));
        let known = read.and_then(|(schema, name)| self.relations.get_key_value(&(schema.to_owned(), name.to_owned())));
        if let Some(((schema, name), indexes)) = known {
            told.insert("Schema".to_owned(), Value::from(schema.as_str()));
            told.insert("Relation Name".to_owned(), Value::from(name.as_str()));
            if let Some(index) = word("Index Name").filter(|index| indexes.contains(*index)) {
                told.insert("Index Name".to_owned(), Value::from(index));
            }
        }
        if let Some(below) = said.get("Plans") {
            let below: Option<Vec<Value>> = below.as_array()?.iter().map(|one| self.step(one, depth + 1)).collect();
            told.insert("Plans".to_owned(), Value::Array(below?));
        }
        Some(Value::Object(told))
    }
}

fn is_word(value: &str) -> bool {
    value.len() <= 40 && value.chars().all(|c| c.is_ascii_alphabetic() || c == ' ' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = r#"[{"Plan": {"Node Type": "Nested Loop", "Join Type": "Left", "Total Cost": 12.5, "Plan Rows": 7,
        "Output": ["t1.ssn"], "Join Filter": "(ssn = 'x')", "Inner Unique": true, "Plans": [
          {"Node Type": "Index Scan", "Parent Relationship": "Outer", "Schema": "sales", "Relation Name": "orders",
           "Alias": "t2", "Index Name": "orders_pkey", "Index Cond": "(id = 5)", "Actual Rows": 3},
          {"Node Type": "Seq Scan", "Parent Relationship": "Inner", "Schema": "hr", "Relation Name": "secret",
           "Index Name": "orders_pkey", "Filter": "(x = 'canary')", "Subplan Name": "canary"},
          {"Node Type": "Seq Scan", "Schema": "hr", "Relation Name": "orders"},
          {"Node Type": "Custom: canary 'x'", "Schema": "sales", "Relation Name": "orders", "Index Name": "orders_ssn"}]},
        "Planning Time": 1.0, "Query Identifier": 5}]"#;

    fn shape(text: bool) -> PlanShape {
        let orders = ("sales".to_owned(), "orders".to_owned());
        PlanShape { text, relations: BTreeMap::from([(orders, BTreeSet::from(["orders_pkey".to_owned()]))]) }
    }

    #[test]
    fn only_what_is_listed_is_told() {
        assert_eq!(
            shape(true).of(PLAN).unwrap(),
            [
                "Nested Loop (Left)",
                "  ->  Index Scan using orders_pkey on sales.orders",
                "  ->  Seq Scan",
                "  ->  Seq Scan",
                "  ->  Step on sales.orders",
            ]
        );
        let json = shape(false).of(PLAN).unwrap();
        let [json] = json.as_slice() else { panic!("{json:?}") };
        let told: Value = serde_json::from_str(json).unwrap();
        assert_eq!(told[0]["Plan"]["Plans"][0]["Index Name"], "orders_pkey");
        for hidden in ["canary", "ssn", "secret", "Cost", "Rows", "Filter", "Cond", "Time", "hr", "Output", "Alias"] {
            assert!(!json.contains(hidden), "{hidden} in {json}");
        }
    }

    #[test]
    fn what_is_no_plan_has_no_shape() {
        for text in ["", "[]", "{}", "[{}]", "Seq Scan on secret", r#"[{"Plan": {"Plans": 5}}]"#] {
            assert_eq!(shape(true).of(text), None, "{text}");
        }
        let deep = format!(r#"[{{"Plan": {}{{}}{}}}]"#, r#"{"Plans": ["#.repeat(101), "]}".repeat(101));
        assert_eq!(shape(true).of(&deep), None);
    }
}
