//! A catalog as text, OIDs replaced by names, so that two servers' catalogs can be compared and a person can read one.

use std::fmt::Write;

use pgwicket::gate::catalog::{Catalog, Column, Function, Key, Oid, Relation, Type, TypeKind};

/// Everything that lies in the schemas.
pub fn describe(catalog: &Catalog, schemas: &[&str]) -> String {
    let parts = catalog.parts();
    let inside = |schema: &str| schemas.contains(&schema);
    let mut lines: Vec<String> = Vec::new();
    lines.extend(parts.relations.iter().filter(|one| inside(&one.schema)).map(|one| relation(catalog, one)));
    lines.extend(parts.types.iter().filter(|one| inside(&one.schema)).filter_map(|one| type_(catalog, one)));
    lines.extend(parts.functions.iter().filter(|one| inside(&one.schema)).map(|one| function(catalog, one)));
    for one in parts.operators.iter().filter(|one| inside(&one.schema)) {
        let (left, right) = (type_name(catalog, one.left), type_name(catalog, one.right));
        let function = function_name(catalog, one.function);
        lines.push(format!("operator {}.{} ({left}, {right}) = {function}\n", one.schema, one.name));
    }
    for one in parts.user_casts.iter().filter(|one| one.extension.is_none()) {
        let (from, to) = (type_name(catalog, one.source), type_name(catalog, one.target));
        lines.push(format!("cast {from} to {to}{}\n", flag(one.explicit_only, "only explicit")));
    }
    for one in parts.user_opclasses.iter().filter(|one| one.extension.is_none()) {
        lines.push(format!("operator class for {}\n", type_name(catalog, one.type_oid)));
    }
    // PostgreSQL 14 and later make a multirange, its functions and a cast for each range.
    lines.retain(|line| !line.contains("multirange"));
    lines.sort();
    lines.concat()
}

fn relation(catalog: &Catalog, one: &Relation) -> String {
    let mut text = format!("{:?} {}.{}", one.kind, one.schema, one.name);
    text += &flag(one.has_rules, "rules");
    text += &flag(one.row_security, "row security");
    text += &flag(!one.write_calls.is_empty(), "write calls foreign function");
    text += &one.row_estimate.map(|rows| format!(", {rows} rows")).unwrap_or_default();
    text += &one.comment.as_ref().map(|comment| format!(" -- {comment}")).unwrap_or_default();
    text.push('\n');
    for one in &one.columns {
        text += &column(catalog, one);
    }
    if let Some(one) = &one.primary_key {
        text += &key("primary key", one);
    }
    for one in &one.unique_keys {
        text += &key("unique", one);
    }
    for one in &one.foreign_keys {
        let target = relation_name(catalog, one.target);
        let _ = write!(text, "    foreign key {} {:?} to {target} {:?}", one.name, one.columns, one.target_columns);
        text += &flag(one.on_update.writes(), "writes on update");
        text += &flag(one.on_delete.writes(), "writes on delete");
        text.push('\n');
    }
    text += &list("parents", one.parents.iter().map(|oid| relation_name(catalog, *oid)));
    text += &list("children", one.children.iter().map(|oid| relation_name(catalog, *oid)));
    text += &list("triggers", one.triggers.iter().cloned());
    if let Some(view) = &one.view {
        text += &list("reads", view.relations.iter().map(|oid| relation_name(catalog, *oid)));
        text += &list("calls", view.functions.iter().map(|oid| function_name(catalog, *oid)));
    }
    text
}

fn column(catalog: &Catalog, one: &Column) -> String {
    let mut text = format!("    {} {} {} ({})", one.number, one.name, one.type_name, type_name(catalog, one.type_oid));
    text += &flag(one.typmod != -1, &format!("modifier {}", one.typmod));
    text += &flag(one.collation != Oid(0), &format!("collation {}", one.collation.0));
    if let Some((schema, name)) = &one.explicit_collation {
        let _ = write!(text, " {schema}.{name}");
    }
    text += &flag(one.not_null, "not null");
    text += &flag(one.generated, "generated");
    text += &flag(one.identity, "identity");
    text += &one.default.as_ref().map(|default| format!(", default {default}")).unwrap_or_default();
    text += &flag(!one.default_calls.is_empty(), "calls foreign function");
    text += &one.comment.as_ref().map(|comment| format!(" -- {comment}")).unwrap_or_default();
    text + "\n"
}

fn key(kind: &str, one: &Key) -> String {
    format!("    {kind} {} {:?}{}\n", one.name, one.columns, flag(one.deferrable, "deferrable"))
}

/// Relations' row types and arrays go without saying: that they are there is tested elsewhere.
fn type_(catalog: &Catalog, one: &Type) -> Option<String> {
    let kind = match &one.kind {
        TypeKind::Array { .. } | TypeKind::Composite { is_relation: true, .. } => return None,
        TypeKind::Composite { fields, .. } => {
            let fields = fields.iter().map(|(name, oid)| format!("{name} {}", type_name(catalog, *oid)));
            format!("composite {}", fields.collect::<Vec<_>>().join(", "))
        }
        TypeKind::Domain { base, constrained, check_calls } => format!(
            "domain over {}{}{}",
            type_name(catalog, *base),
            flag(*constrained, "constrained"),
            flag(!check_calls.is_empty(), "check calls foreign function")
        ),
        TypeKind::Enum { labels } => format!("enum {labels:?}"),
        TypeKind::Range { subtype } => format!("range over {}", type_name(catalog, *subtype)),
        TypeKind::Multirange { .. } => return None,
        TypeKind::Base => "base".to_owned(),
        TypeKind::Pseudo => "pseudo".to_owned(),
    };
    let governed = catalog.governed(one.oid).err().map(|why| format!(" -- refused: {why}")).unwrap_or_default();
    let array = type_name(catalog, one.array);
    Some(format!("type {}.{} {kind}, array {array}{governed}\n", one.schema, one.name))
}

fn function(catalog: &Catalog, one: &Function) -> String {
    let mut text = format!("{:?} {}.{}", one.kind, one.schema, one.signature());
    let arguments: Vec<String> = one.arguments.iter().map(|oid| type_name(catalog, *oid)).collect();
    let _ = write!(text, " takes ({})", arguments.join(", "));
    text += &flag(one.defaults > 0, &format!("{} defaults", one.defaults));
    text += &flag(one.variadic, "variadic");
    text += &flag(one.ordered_set, "ordered set");
    let _ = write!(text, ", returns {}", type_name(catalog, one.returns));
    text += &flag(one.returns_set, "a set");
    for (name, oid) in &one.out_columns {
        let _ = write!(text, ", out {name} {}", type_name(catalog, *oid));
    }
    text + "\n"
}

fn flag(is: bool, text: &str) -> String {
    if is { format!(", {text}") } else { String::new() }
}

fn list(title: &str, of: impl Iterator<Item = String>) -> String {
    let mut of: Vec<String> = of.collect();
    of.sort();
    if of.is_empty() { String::new() } else { format!("    {title}: {}\n", of.join(", ")) }
}

fn relation_name(catalog: &Catalog, oid: Oid) -> String {
    catalog.relation(oid).map_or(format!("#{}", oid.0), |one| format!("{}.{}", one.schema, one.name))
}

fn function_name(catalog: &Catalog, oid: Oid) -> String {
    catalog.function(oid).map_or(format!("#{}", oid.0), |one| format!("{}.{}", one.schema, one.signature()))
}

fn type_name(catalog: &Catalog, oid: Oid) -> String {
    catalog.type_(oid).map_or("none".to_owned(), |one| format!("{}.{}", one.schema, one.name))
}
