//! Text search configurations and dictionaries: the only names of database objects that a statement may write as a
//! string, and only those of PostgreSQL's own.

use sqlparser::ast::{DataType, ObjectName, ObjectNamePart};

use super::function::Callee;
use super::type_name::TypeName;
use super::{Lowering, not_yet};
use crate::gate::catalog::{Function, Oid};
use crate::gate::diagnostic::Rejection;
use crate::gate::ir::{Expr, ExprKind, Literal, TypeRef};
use crate::gate::source::Span;

/// The configurations that PostgreSQL 12 to 18 bring; each language has a dictionary `…_stem`.
const CONFIGURATIONS: &[&str] = &[
    "arabic",
    "armenian",
    "basque",
    "catalan",
    "danish",
    "dutch",
    "english",
    "estonian",
    "finnish",
    "french",
    "german",
    "greek",
    "hindi",
    "hungarian",
    "indonesian",
    "irish",
    "italian",
    "lithuanian",
    "nepali",
    "norwegian",
    "portuguese",
    "romanian",
    "russian",
    "serbian",
    "simple",
    "spanish",
    "swedish",
    "tamil",
    "turkish",
    "yiddish",
];

/// What a name in a string can stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SearchObject {
    Configuration,
    Dictionary,
}

/// Whether values of the type name objects of text search.
pub(super) fn names_search_objects(type_name: &str) -> bool {
    SearchObject::of_type(type_name).is_some()
}

impl SearchObject {
    fn of_type(name: &str) -> Option<Self> {
        match name {
            "regconfig" => Some(Self::Configuration),
            "regdictionary" => Some(Self::Dictionary),
            _ => None,
        }
    }

    fn has(self, name: &str) -> bool {
        let name = name.strip_prefix("pg_catalog.").unwrap_or(name);
        match self {
            Self::Configuration => CONFIGURATIONS.contains(&name),
            Self::Dictionary => {
                name == "simple"
                    || name
                        .strip_suffix("_stem")
                        .is_some_and(|language| language != "simple" && CONFIGURATIONS.contains(&language))
            }
        }
    }
}

impl Lowering<'_> {
    /// `'english'::regconfig`: the only cast to a type of object names.
    pub(super) fn search_object_type(&self, expr: &Expr, data_type: &DataType) -> Option<TypeRef> {
        let DataType::Custom(ObjectName(parts), modifiers) = data_type else { return None };
        let name = match parts.as_slice() {
            [ObjectNamePart::Identifier(name)] => name,
            [ObjectNamePart::Identifier(schema), ObjectNamePart::Identifier(name)]
                if schema.value.eq_ignore_ascii_case("pg_catalog") =>
            {
                name
            }
            _ => return None,
        };
        let name = name.value.to_ascii_lowercase();
        let object = SearchObject::of_type(&name)?;
        let ExprKind::Literal(Literal::String(text)) = &expr.kind else { return None };
        let oid = self.builtin_type(&name).filter(|oid| oid.is_builtin())?;
        (modifiers.is_empty() && object.has(text)).then(|| TypeName::builtin(&name).into_ref(oid))
    }

    /// Where an overload wants a configuration, the argument must be a literal that names one of PostgreSQL's own, or
    /// of a type that can't become one.
    pub(super) fn search_objects(&self, callee: &Callee<'_>, arguments: &[&Expr], span: Span) -> Result<(), Rejection> {
        if callee.schema != "pg_catalog" {
            return Ok(());
        }
        for one in &callee.candidates {
            for (wanted, argument) in one.arguments.iter().zip(arguments) {
                let object = self.catalog.type_(*wanted).and_then(|one| SearchObject::of_type(&one.name));
                if object.is_some_and(|object| !self.is_safe(object, *wanted, argument)) {
                    let message = format!("`{}` with a text search configuration that isn't a literal", callee.written);
                    return Err(not_yet(&message, span).help("write one of PostgreSQL's own, as in 'english'"));
                }
            }
        }
        Ok(())
    }

    /// Takes note of the casts to a type of object names that stand where an overload asks for one.
    pub(super) fn search_objects_taken(&mut self, callee: &Callee<'_>, arguments: &[Expr]) {
        for (at, argument) in arguments.iter().enumerate() {
            let ExprKind::Cast { to, .. } = &argument.kind else { continue };
            let wanted = |one: &&Function| one.arguments.get(at) == Some(&to.oid);
            if SearchObject::of_type(&to.name).is_some() && callee.candidates.iter().any(wanted) {
                self.stray_search_objects = self.stray_search_objects.saturating_sub(1);
            }
        }
    }

    /// A cast to a type of object names anywhere else would lend its type to a string beside it (`COALESCE`, UNION,
    /// an array), whose input then tells which objects there are in schemas that may be hidden.
    pub(super) fn refuse_stray_search_objects(&self) -> Result<(), Rejection> {
        if self.stray_search_objects == 0 {
            return Ok(());
        }
        let what = "a text search configuration or dictionary that isn't the argument of a function";
        Err(not_yet(what, Span::default()).help("write it in the call, as in to_tsvector('english', x)"))
    }

    fn is_safe(&self, object: SearchObject, wanted: Oid, argument: &Expr) -> bool {
        match &argument.kind {
            ExprKind::Literal(Literal::String(text)) => object.has(text),
            ExprKind::Cast { expr, to } if to.oid == wanted => {
                matches!(&expr.kind, ExprKind::Literal(Literal::String(text)) if object.has(text))
            }
            // Integers and OIDs become configurations by themselves; text and documents don't.
            _ => argument.ty.is_some_and(|ty| {
                ["text", "varchar", "bpchar", "json", "jsonb", "tsvector", "tsquery"]
                    .iter()
                    .any(|name| self.builtin_type(name) == Some(ty))
            }),
        }
    }
}
