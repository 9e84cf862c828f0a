//! What a policy trusts of a database's extensions, and on which conditions.
//!
//! Every session of such a policy looks operators up in the extensions' schemas, too, behind `pg_catalog`. So these
//! schemas have to be closed: nobody but their owners and superusers may create there, and nothing there that isn't an
//! extension's can be chosen in place of what is PostgreSQL's.

use std::collections::{HashMap, HashSet};

use super::{CURATED, Curated, Extension, Made, curated};
use crate::gate::catalog::builtin::types::display;
use crate::gate::catalog::{Body, Catalog, Function, Oid, Operator, TypeKind, UserCast, UserOpclass};

/// How many names an error lists.
const LISTED: usize = 3;

/// What is trusted. The default is nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trust {
    /// In the order of the policy.
    extensions: Vec<Trusted>,
    functions: HashSet<Oid>,
    /// [`Member::most`](super::Member::most) of those functions that have it.
    most: HashMap<Oid, usize>,
    types: HashSet<Oid>,
    /// [`Curated::shapes`] of those types.
    shapes: HashMap<Oid, &'static [&'static str]>,
    /// [`Curated::keys`].
    keys: HashSet<Oid>,
    /// [`Curated::unasked`].
    unasked: HashSet<Oid>,
}

/// An extension that is trusted.
#[derive(Debug, Clone, PartialEq)]
pub struct Trusted {
    /// `pg_extension.oid`.
    pub oid: Oid,
    /// Its name.
    pub name: String,
    /// Its schema.
    pub schema: String,
    /// See [`Extension::stamp`].
    pub stamp: String,
}

/// An extension that can't be trusted in this database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untrusted {
    /// The extension.
    pub name: String,
    /// Why not.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl Untrusted {
    /// An extension of which there is no list.
    pub fn unlisted(name: &str) -> Self {
        let known: Vec<String> = CURATED.iter().map(|one| format!("`{}`", one.name)).collect();
        Self {
            name: name.to_owned(),
            message: format!("there is no list of what is safe in the extension `{name}`, so it can't be trusted"),
            help: format!("there are lists for {}", known.join(", ")),
        }
    }
}

impl Trust {
    /// Holds the extensions against the database.
    ///
    /// # Errors
    /// All of them that can't be trusted there.
    pub(in crate::gate::catalog) fn new<'n>(
        catalog: &Catalog,
        names: impl Iterator<Item = &'n str>,
    ) -> Result<Self, Vec<Untrusted>> {
        let mut trust = Self::default();
        let mut faults = Vec::new();
        for name in names {
            match installed(catalog, name) {
                Ok((curated, extension)) => trust.add(catalog, curated, extension),
                Err(fault) => faults.push(fault),
            }
        }
        // Only now is it known what belongs to some trusted extension.
        for one in &trust.extensions {
            if let Some(what) = shadows(catalog, &trust, &one.schema) {
                faults.push(Untrusted {
                    name: one.name.clone(),
                    message: format!(
                        "the extension `{}` can't be trusted: in its schema `{}` there is also {what}, which \
                         PostgreSQL could choose in place of its own",
                        one.name, one.schema
                    ),
                    help: move_to(&one.name),
                });
            }
        }
        if faults.is_empty() { Ok(trust) } else { Err(faults) }
    }

    fn add(&mut self, catalog: &Catalog, curated: &Curated, extension: &Extension) {
        let Extension { oid, name, schema, stamp, creators: _, tables: _, editors: _ } = extension;
        if self.extensions.iter().any(|one| one.oid == *oid) {
            return;
        }
        let parts = catalog.parts();
        let ours = |belongs: &Option<String>, in_schema: &str| belongs.as_ref() == Some(name) && in_schema == schema;
        let types = parts.types.iter().filter(|one| ours(&one.extension, &one.schema));
        for one in types.filter(|one| one.kind == TypeKind::Base) {
            if curated.types.contains(&one.name.as_str()) {
                self.types.insert(one.oid);
                self.shapes.insert(one.oid, curated.shapes);
            }
            let reached = || parts.user_casts.iter().any(|cast| cast.target == one.oid);
            if curated.keys.contains(&one.name.as_str()) && !reached() {
                self.keys.insert(one.oid);
            }
        }
        for one in parts.user_casts.iter().filter(|one| one.extension.as_ref() == Some(name)) {
            let ends = (type_name(catalog, one.source), type_name(catalog, one.target));
            if curated.unasked.iter().any(|(source, target)| ends.0 == *source && ends.1 == *target) {
                self.unasked.insert(one.oid);
            }
        }
        self.add_functions(catalog, curated, &|one| ours(&one.extension, &one.schema));
        let (name, schema, stamp) = (name.clone(), schema.clone(), stamp.clone());
        self.extensions.push(Trusted { oid: *oid, name, schema, stamp });
    }

    fn add_functions(&mut self, catalog: &Catalog, curated: &Curated, ours: &dyn Fn(&Function) -> bool) {
        let functions = || catalog.parts().functions.iter().filter(|one| ours(one));
        let listed = |one: &Function| curated.function(&signature(catalog, one));
        let mut steps = HashSet::new();
        for one in functions() {
            let Some(member) = listed(one) else { continue };
            let in_library =
                |body: &Body| matches!(body, Body::Library(it) if it.strip_prefix("$libdir/") == Some(curated.library));
            let compiled = match member.made {
                Made::Library | Made::Step => in_library(&one.body),
                Made::Internal(wanted) => matches!(&one.body, Body::Internal(symbol) if symbol == wanted),
                Made::Aggregate => false,
            };
            if compiled && member.made == Made::Step {
                steps.insert(one.oid);
            } else if compiled {
                self.functions.insert(one.oid);
                self.most.extend(member.most.map(|most| (one.oid, usize::from(most))));
            }
        }
        for one in functions() {
            if let (Some(Made::Aggregate), Body::Aggregate(of)) = (listed(one).map(|member| member.made), &one.body)
                && of.iter().all(|step| self.functions.contains(step) || steps.contains(step))
            {
                self.functions.insert(one.oid);
            }
        }
    }

    /// The extensions.
    pub fn extensions(&self) -> &[Trusted] {
        &self.extensions
    }

    /// Their schemas, in which operators are looked up behind `pg_catalog`, in this order.
    pub fn schemas(&self) -> Vec<&str> {
        let mut schemas: Vec<&str> = Vec::new();
        for one in &self.extensions {
            if !schemas.contains(&one.schema.as_str()) {
                schemas.push(&one.schema);
            }
        }
        schemas
    }

    /// The `search_path` of a session; `None` where it is the pinned one.
    pub fn search_path(&self) -> Option<String> {
        let schemas = self.schemas();
        if schemas.is_empty() {
            return None;
        }
        let quoted: String = schemas.iter().map(|schema| format!("\"{}\", ", schema.replace('"', "\"\""))).collect();
        Some(format!("pg_catalog, {quoted}pg_temp"))
    }

    /// Whether the function may be called.
    pub fn has_function(&self, oid: Oid) -> bool {
        self.functions.contains(&oid)
    }

    /// How many arguments a call of the function may bring; `None` for any number that it takes.
    pub fn most_arguments(&self, oid: Oid) -> Option<usize> {
        self.most.get(&oid).copied()
    }

    /// Whether the word may stand before the type's modifiers.
    pub fn has_shape(&self, oid: Oid, word: &str) -> bool {
        self.shapes.get(&oid).is_some_and(|shapes| shapes.contains(&word))
    }

    /// Whether the type is an extension's for index keys, of which no statement has a value.
    pub fn is_key(&self, oid: Oid) -> bool {
        self.keys.contains(&oid)
    }

    /// Whether the type is one of an extension's that may be used.
    pub fn has_type(&self, oid: Oid) -> bool {
        self.types.contains(&oid)
    }

    /// Whether the operator is an extension's, and so is the function behind it.
    pub fn has_operator(&self, one: &Operator) -> bool {
        self.is_member(one.extension.as_ref()) && self.has_function(one.function)
    }

    /// Whether the cast is an extension's, and whatever it runs is believed. One that PostgreSQL would apply unasked to a
    /// value of its own is none: then an operator of the extension's could be chosen where only built-in types meet.
    /// Except where the list has it: there PostgreSQL's own operators over that very type are the better match.
    pub fn has_cast(&self, one: &UserCast) -> bool {
        self.is_member(one.extension.as_ref())
            && (self.has_type(one.source) || self.has_type(one.target))
            && (one.function == Oid(0) || self.has_function(one.function))
            && (!(one.implicit && one.source.is_builtin()) || self.unasked.contains(&one.oid))
    }

    /// Whether the operator class is an extension's, and for a type of an extension's. Only a superuser can make one.
    pub fn has_opclass(&self, one: &UserOpclass) -> bool {
        self.is_member(one.extension.as_ref()) && self.has_type(one.type_oid)
    }

    /// Whether the function belongs to a trusted extension, be it one that may be called or not.
    pub fn brought(&self, one: &Function) -> bool {
        self.is_member(one.extension.as_ref())
    }

    fn is_member(&self, extension: Option<&String>) -> bool {
        extension.is_some_and(|name| self.extensions.iter().any(|one| one.name == *name))
    }
}

impl Catalog {
    /// `name(argument types)` as the lists write it.
    pub fn extension_signature(&self, function: &Function) -> String {
        signature(self, function)
    }

    /// Why a function of a trusted extension may not be called, for "the policy trusts the extension, but …".
    pub fn extension_refusal(&self, extension: &str, function: &Function) -> String {
        let list = curated(extension);
        let signature = signature(self, function);
        match list.and_then(|list| list.refusal(&signature)) {
            // A function that is listed, but isn't made as it should be.
            _ if list.and_then(|list| list.function(&signature)).is_some_and(|one| one.made != Made::Step) => {
                "the function isn't the one that the extension brings".to_owned()
            }
            Some(why) => format!("functions like it {why}"),
            None => "the function is in no list of what is allowed".to_owned(),
        }
    }
}

/// The extension with its list, in a schema that is closed.
fn installed<'c>(catalog: &'c Catalog, name: &str) -> Result<(&'static Curated, &'c Extension), Untrusted> {
    let fault = |message: String, help: String| Untrusted { name: name.to_owned(), message, help };
    let Some(curated) = curated(name) else {
        return Err(Untrusted::unlisted(name));
    };
    let Some(extension) = catalog.parts().extensions.iter().find(|one| one.name == name) else {
        return Err(fault(
            format!("the extension `{name}` is not installed in the database"),
            format!("CREATE SCHEMA ext; CREATE EXTENSION \"{name}\" SCHEMA ext; grant nobody CREATE on that schema"),
        ));
    };
    let schema = &extension.schema;
    // `$user` on a search path is another schema for each role, also in quotes.
    if schema.starts_with("pg_") || schema == "information_schema" || schema == "$user" {
        let message = format!("the extension `{name}` can't be trusted in the schema `{schema}`");
        return Err(fault(message, move_to(name)));
    }
    if !extension.creators.is_empty() {
        let who: Vec<String> = extension.creators.iter().map(|role| format!("`{role}`")).collect();
        return Err(fault(
            format!(
                "the extension `{name}` can't be trusted: {} may create objects in its schema `{schema}`, which \
                 PostgreSQL could choose in place of its own",
                who.join(", ")
            ),
            format!("revoke CREATE on the schema `{schema}`, or {}", move_to(name)),
        ));
    }
    readable(curated, extension)?;
    Ok((curated, extension))
}

/// That the tables which the extension's functions read are its own, plain, and in no one else's hands.
fn readable(curated: &Curated, extension: &Extension) -> Result<(), Untrusted> {
    let name = &extension.name;
    let fault = |message: String, help: String| Err(Untrusted { name: name.clone(), message, help });
    let Some(first) = curated.reads.first() else { return Ok(()) };
    if let Some(odd) = curated.reads.iter().find(|table| !extension.tables.iter().any(|have| have == *table)) {
        let message = format!(
            "the extension `{name}` can't be trusted: its functions read `{odd}`, which is not a plain table of the \
             extension's, without row security, rules and children"
        );
        return fault(message, format!("make `{}.{odd}` what CREATE EXTENSION makes it", extension.schema));
    }
    if !extension.editors.is_empty() {
        let who: Vec<String> = extension.editors.iter().map(|role| format!("`{role}`")).collect();
        let message = format!(
            "the extension `{name}` can't be trusted: {} may change the rows of its tables, which its functions read",
            who.join(", ")
        );
        let help = format!(
            "revoke INSERT, UPDATE, DELETE and TRUNCATE on `{}.{first}`, and let it belong to the extension's owner",
            extension.schema
        );
        return fault(message, help);
    }
    Ok(())
}

fn move_to(extension: &str) -> String {
    format!(
        "give it a schema of its own: CREATE SCHEMA ext; ALTER EXTENSION \"{extension}\" SET SCHEMA ext; grant nobody \
         CREATE on that schema"
    )
}

/// What there is in the schema that no trusted extension brought and that can stand in for something of `pg_catalog`, or
/// of an extension: any operator, and a function with the name of a built-in one.
fn shadows(catalog: &Catalog, trust: &Trust, schema: &str) -> Option<String> {
    let parts = catalog.parts();
    let foreign = |extension: Option<&String>| !trust.is_member(extension);
    let operators = parts.operators.iter().filter(|one| one.schema == schema && foreign(one.extension.as_ref()));
    let built_in = |name: &str| catalog.functions_named(name).any(|one| one.schema == "pg_catalog");
    let functions = parts.functions.iter().filter(|one| one.schema == schema && foreign(one.extension.as_ref()));
    let functions = functions.filter(|one| built_in(&one.name));
    let whose = |extension: &Option<String>| match extension {
        Some(name) => format!(" of the extension `{name}`, which isn't trusted"),
        None => String::new(),
    };
    let mut all: Vec<String> = operators
        .map(|one| format!("the operator `{}`{}", one.name, whose(&one.extension)))
        .chain(functions.map(|one| format!("the function `{}`{}", one.name, whose(&one.extension))))
        .collect();
    all.sort();
    all.dedup();
    let more = all.len().saturating_sub(LISTED);
    all.truncate(LISTED);
    match (all.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(all.join(", ")),
        (false, _) => Some(format!("{} and {more} more", all.join(", "))),
    }
}

/// `name(argument types)` with the names that the lists use: PostgreSQL writes the schema before types that aren't on
/// the search path.
pub(super) fn signature(catalog: &Catalog, function: &Function) -> String {
    let arguments: Vec<String> = function.arguments.iter().map(|oid| type_name(catalog, *oid)).collect();
    format!("{}({})", function.name, arguments.join(", "))
}

fn type_name(catalog: &Catalog, oid: Oid) -> String {
    let Some(one) = catalog.type_(oid) else { return "?".to_owned() };
    match one.kind {
        TypeKind::Array { element } => format!("{}[]", type_name(catalog, element)),
        _ if one.oid.is_builtin() => display(&one.name).unwrap_or(&one.name).to_owned(),
        // A type of the same name that isn't an extension's is another type.
        _ if one.extension.is_none() => format!("{}.{}", one.schema, one.name),
        _ => one.name.clone(),
    }
}

#[cfg(test)]
mod tests;
