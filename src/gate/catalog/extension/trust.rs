//! What a policy trusts of a database's extensions, and on which conditions.
//!
//! Every session of such a policy looks operators up in the extensions' schemas, too, behind `pg_catalog`. So these
//! schemas have to be closed: nobody but their owners and superusers may create there, and nothing there that isn't an
//! extension's can be chosen in place of what is PostgreSQL's.

use std::collections::HashSet;

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
    types: HashSet<Oid>,
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
        let Extension { oid, name, schema, stamp, creators: _ } = extension;
        if self.extensions.iter().any(|one| one.oid == *oid) {
            return;
        }
        let parts = catalog.parts();
        let ours = |belongs: &Option<String>, in_schema: &str| belongs.as_ref() == Some(name) && in_schema == schema;
        for one in parts.types.iter().filter(|one| ours(&one.extension, &one.schema)) {
            if one.kind == TypeKind::Base && curated.types.contains(&one.name.as_str()) {
                self.types.insert(one.oid);
            }
        }
        let functions = || parts.functions.iter().filter(|one| ours(&one.extension, &one.schema));
        let listed = |one: &Function| curated.function(&signature(catalog, one)).map(|member| member.made);
        for one in functions() {
            let compiled = match (listed(one), &one.body) {
                (Some(Made::Library), Body::Library(library)) => {
                    library.strip_prefix("$libdir/") == Some(curated.library)
                }
                (Some(Made::Internal(wanted)), Body::Internal(symbol)) => wanted == symbol,
                _ => false,
            };
            if compiled {
                self.functions.insert(one.oid);
            }
        }
        for one in functions() {
            if let (Some(Made::Aggregate), Body::Aggregate(steps)) = (listed(one), &one.body)
                && steps.iter().all(|step| self.functions.contains(step))
            {
                self.functions.insert(one.oid);
            }
        }
        let (name, schema, stamp) = (name.clone(), schema.clone(), stamp.clone());
        self.extensions.push(Trusted { oid: *oid, name, schema, stamp });
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
    pub fn has_cast(&self, one: &UserCast) -> bool {
        self.is_member(one.extension.as_ref())
            && (self.has_type(one.source) || self.has_type(one.target))
            && (one.function == Oid(0) || self.has_function(one.function))
            && !(one.implicit && one.source.is_builtin())
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
            _ if list.is_some_and(|list| list.function(&signature).is_some()) => {
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
    Ok((curated, extension))
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
