//! The client's own text: what PostgreSQL's grammar sees in it, and what the gate lowered from it.
//!
//! Lowering resolves names and unfolds what SQL abbreviates, so the trees differ; but what is named in the text is named
//! in the IR, and nothing else is. The parse tree is walked as data, so that no kind of node can be forgotten.

use std::collections::{BTreeMap, BTreeSet};

use pg_query::protobuf::OnConflictAction;
use pgwicket::gate::ir::{Expr, ExprKind, FromItem, Literal, Node, Statement, walk};
use serde_json::{Map, Value};

/// How often each is named.
type Counts = BTreeMap<String, usize>;

/// What a statement names.
#[derive(Debug, Default)]
pub struct Named {
    /// SELECT, INSERT and so on, EXPLAIN before what it explains.
    pub kind: String,
    /// Relations, without schemas; those of PostgreSQL hold references to CTEs, too.
    pub relations: Counts,
    /// Those that the gate may leave out, as it may the next two: what a subquery names that says the same as another
    /// one, which becomes a reference to an output column, and what WINDOW names, where no call uses it.
    pub spare: Counts,
    /// References to CTEs that the gate resolved; PostgreSQL's grammar doesn't tell them.
    pub cte_references: usize,
    /// Names of CTEs.
    pub ctes: BTreeSet<String>,
    /// Functions, without schemas.
    pub functions: BTreeSet<String>,
    /// Functions and texts that only WINDOW names.
    pub of_windows: BTreeSet<String>,
    /// Texts.
    pub strings: BTreeSet<String>,
    /// Numbers of parameters.
    pub parameters: BTreeSet<u64>,
    /// References to `information_schema`, which the gate answers from its catalog: with `unnest` and texts of its own.
    pub answered: usize,
    /// Constructors of JSON in SQL's syntax, which are no functions for the grammar.
    pub constructs_json: bool,
}

/// What lowering itself puts around an argument that says how large a value will be.
const ADDED: &[&str] = &["int4smaller"];

/// Functions that tell of the session: the gate answers them itself, by a text.
const ANSWERED: &[&str] = &["current_database", "current_schema", "current_setting", "version"];

/// What `trim` cuts off where nothing is said.
const TRIMMED: &str = " ";

/// Whether both see the same named in the text.
///
/// # Errors
/// They don't; how.
pub fn agrees(text: &str, statement: &Statement) -> Result<(), String> {
    let tree = pg_query::parse(text, pg_query::ParserOptions::default())
        .map_err(|why| format!("the gate reads what PostgreSQL can't ({why}): {text}"))?;
    if tree.protobuf.stmts.len() != 1 {
        return Err(format!("{} statements: {text}", tree.protobuf.stmts.len()));
    }
    let (theirs, ours) = (by_postgres(&tree.protobuf)?, by_gate(statement));
    compare(&theirs, &ours).map_err(|why| format!("{why}: {text}\n  PostgreSQL: {theirs:?}\n  gate: {ours:?}"))
}

fn compare(theirs: &Named, ours: &Named) -> Result<(), String> {
    let same = |fine: bool, what: &str| if fine { Ok(()) } else { Err(format!("other {what}")) };
    same(theirs.kind == ours.kind, "kind")?;
    let count = |of: &Counts, name: &String| of.get(name).copied().unwrap_or_default();
    for name in ours.relations.keys().chain(theirs.relations.keys()) {
        let (seen, spare, read) =
            (count(&theirs.relations, name), count(&theirs.spare, name), count(&ours.relations, name));
        // The name of a CTE may be that of a relation, too.
        let least = if theirs.ctes.contains(name) { 0 } else { seen - spare };
        same((least..=seen).contains(&read), &format!("relations (`{name}`)"))?;
    }
    let (seen, spare): (usize, usize) = (theirs.relations.values().sum(), theirs.spare.values().sum());
    let read = ours.relations.values().sum::<usize>() + ours.cte_references;
    same((seen - spare..=seen).contains(&read), "number of relations")?;
    same(theirs.parameters == ours.parameters, "parameters")?;
    let missing = |from: &BTreeSet<String>, of: &BTreeSet<String>| {
        from.difference(of).filter(|one| !theirs.of_windows.contains(*one)).cloned().collect::<Vec<_>>()
    };
    let told = |name: &String| ANSWERED.contains(&name.as_str());
    let functions = missing(&theirs.functions, &ours.functions);
    let answers = theirs.answered > 0 || functions.iter().any(told);
    let functions: Vec<_> = functions.into_iter().filter(|name| !told(name)).collect();
    same(functions.is_empty(), &format!("functions ({functions:?} aren't the gate's)"))?;
    let foreseen = |name: &str| {
        let json = name.starts_with("json_") || name.starts_with("jsonb_");
        ADDED.contains(&name) || theirs.constructs_json && json || theirs.answered > 0 && name == "unnest"
    };
    let functions = missing(&ours.functions, &theirs.functions);
    let functions: Vec<_> = functions.into_iter().filter(|name| !foreseen(name)).collect();
    same(functions.is_empty(), &format!("functions ({functions:?} aren't PostgreSQL's)"))?;
    let strings = missing(&theirs.strings, &ours.strings);
    // What such a function is asked for has no place in the answer.
    same(strings.is_empty() || answers && theirs.answered == 0, &format!("literals ({strings:?} aren't the gate's)"))?;
    let strings = missing(&ours.strings, &theirs.strings);
    let trims = theirs.functions.iter().any(|name| name.ends_with("trim"));
    let foreign = strings.iter().any(|text| !(trims && text == TRIMMED));
    same(!foreign || answers, &format!("literals ({strings:?} aren't PostgreSQL's)"))
}

fn by_postgres(tree: &pg_query::protobuf::ParseResult) -> Result<Named, String> {
    let mut tree = serde_json::to_value(tree).map_err(|why| why.to_string())?;
    without_places(&mut tree);
    let kind = kind_of(&tree["stmts"][0]["stmt"]["node"]);
    let mut look =
        Look { named: Named { kind, ..Named::default() }, seen: BTreeSet::new(), spare: false, window: false };
    look.at(&tree);
    let Look { mut named, .. } = look;
    let (functions, strings) = (&named.functions, &named.strings);
    named.of_windows.retain(|one| !functions.contains(one) && !strings.contains(one));
    Ok(named)
}

/// What says the same is the same, wherever it stands.
fn without_places(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !name.ends_with("location") && !name.starts_with("stmt_l"));
            fields.values_mut().for_each(without_places);
        }
        Value::Array(all) => all.iter_mut().for_each(without_places),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn kind_of(node: &Value) -> String {
    let Some((kind, inner)) = node.as_object().and_then(|node| node.iter().next()) else { return String::new() };
    match kind.as_str() {
        "ExplainStmt" => format!("explain {}", kind_of(&inner["query"]["node"])),
        other => other.trim_end_matches("Stmt").to_ascii_lowercase(),
    }
}

/// A walk through a parse tree.
struct Look {
    named: Named,
    /// Subqueries that were met.
    seen: BTreeSet<String>,
    /// Inside one that was met before, or inside WINDOW.
    spare: bool,
    /// Inside WINDOW.
    window: bool,
}

impl Look {
    fn at(&mut self, value: &Value) {
        match value {
            Value::Object(fields) => {
                self.node(fields);
                for (name, value) in fields {
                    let (spare, window) = (self.spare, self.window);
                    self.window |= name == "window_clause";
                    self.spare |= self.window || name == "SubLink" && !self.seen.insert(value.to_string());
                    self.at(value);
                    (self.spare, self.window) = (spare, window);
                }
            }
            Value::Array(all) => all.iter().for_each(|value| self.at(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn node(&mut self, fields: &Map<String, Value>) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let named = &mut self.named;
        if fields.get("schemaname").is_some_and(|schema| text(schema) == "information_schema") {
            named.answered += 1;
        } else if let Some(name) = fields.get("relname") {
            *named.relations.entry(text(name)).or_default() += 1;
            *named.spare.entry(text(name)).or_default() += usize::from(self.spare);
        }
        // `excluded` is a relation of the same name for the gate, and no node of the grammar's.
        let updates = OnConflictAction::OnconflictUpdate as i32;
        if fields.get("on_conflict_clause").is_some_and(|clause| clause["action"] == updates) {
            *named.relations.entry(text(&fields["relation"]["relname"])).or_default() += 1;
        }
        if let Some(name) = fields.get("ctename") {
            named.ctes.insert(text(name));
        }
        if let Some(Value::Array(names)) = fields.get("funcname") {
            let of = if self.window { &mut named.of_windows } else { &mut named.functions };
            of.extend(names.last().map(|name| text(&name["node"]["String"]["sval"])));
        }
        for (kind, field) in [("Sval", "sval"), ("Bsval", "bsval")] {
            if let Some(literal) = fields.get(kind) {
                let of = if self.window { &mut named.of_windows } else { &mut named.strings };
                of.insert(text(&literal[field]));
            }
        }
        if let Some(parameter) = fields.get("ParamRef") {
            named.parameters.extend(parameter["number"].as_u64());
        }
        named.constructs_json |= fields.keys().any(|kind| kind.starts_with("Json"));
    }
}

fn by_gate(statement: &Statement) -> Named {
    let kind = match statement {
        Statement::Query(_) => "select",
        Statement::Explain(_) => "explain select",
        Statement::Insert(_) => "insert",
        Statement::Update(_) => "update",
        Statement::Delete(_) => "delete",
        Statement::Merge(_) => "merge",
    };
    let mut named = Named { kind: kind.to_owned(), ..Named::default() };
    walk(statement, &mut |node| match node {
        Node::From(FromItem::Relation(item)) | Node::Target(item) => {
            *named.relations.entry(item.relation.name.clone()).or_default() += 1;
        }
        Node::From(FromItem::Cte { .. }) => named.cte_references += 1,
        Node::Expr(Expr { kind, .. }) => match kind {
            ExprKind::Call(call) => {
                named.functions.insert(call.function.name.clone());
            }
            ExprKind::Literal(Literal::String(text)) => {
                named.strings.insert(text.clone());
            }
            ExprKind::Parameter(number) => {
                named.parameters.insert(u64::from(*number));
            }
            _ => {}
        },
        Node::From(_) | Node::Query(_) | Node::Select(_) => {}
    });
    named
}
