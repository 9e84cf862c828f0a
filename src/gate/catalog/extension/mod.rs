//! Extensions that a policy may trust: which of their types and functions a statement may use, for PostgreSQL 12 to 18,
//! as data with reasons. Knows names and signatures; [`Trust`] holds them against what a database has.
//!
//! Trusting an extension is believing its code in C. So only what is in C is listed, and of that only what has no side
//! effect, runs no SQL text, reads no relation, file or setting that others may change, and bounds what it takes and
//! gives. Operators, casts and aggregates are judged by the functions behind them.

mod curated_spatial;
mod curated_text;
mod curated_tools;
mod curated_values;
mod curated_vector;
mod trust;

pub use trust::{Trust, Trusted, Untrusted};

use super::Oid;

/// An extension as the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// `pg_extension.oid`.
    pub oid: Oid,
    /// Its name.
    pub name: String,
    /// The schema that its objects are in.
    pub schema: String,
    /// Who may create in that schema beside its owner and superusers: names of roles, `PUBLIC`.
    pub creators: Vec<String>,
    /// Its tables that are nothing but tables: without row security, rules and children.
    pub tables: Vec<String>,
    /// Who may change rows of its tables beside the extension's owner and superusers: names of roles, `PUBLIC`.
    pub editors: Vec<String>,
    /// Changes whenever the extension is re-created, updated or moved, its members, their functions or tables change, an
    /// operator appears, changes or goes in its schema, or that schema gets another name, owner or privileges.
    pub stamp: String,
}

/// What may be used of an extension.
#[derive(Debug)]
pub struct Curated {
    /// `pg_extension.extname`.
    pub name: &'static str,
    /// The library of its functions, behind `$libdir/`.
    pub library: &'static str,
    /// Base types that may be read, cast to and brought as parameters: `pg_type.typname`, sorted.
    pub types: &'static [&'static str],
    /// Words that may stand before the modifiers of these types, as in `geometry(Point, 4326)`, in lower case, sorted.
    pub shapes: &'static [&'static str],
    /// Base types of index keys: their input functions only refuse, and no cast leads to them, so no statement has a
    /// value of one, and PostgreSQL never chooses an operator over one.
    pub keys: &'static [&'static str],
    /// Casts from a built-in type that PostgreSQL applies unasked, by [`Member`]'s names of source and target.
    pub unasked: &'static [(&'static str, &'static str)],
    /// Tables of the extension that its functions read. They have to be plain tables, whose rows nobody but the
    /// extension's owner and superusers may change.
    pub reads: &'static [&'static str],
    /// Functions that may be called, be it by name or behind an operator, cast or aggregate, sorted by signature.
    pub functions: &'static [Member],
    /// The others by name, with reasons.
    pub refused: &'static [Refused],
}

/// A function of an extension that may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// `name(argument types)` as [`builtin`](super::builtin) writes signatures, types of extensions without schema.
    pub signature: &'static str,
    /// How it has to be made.
    pub made: Made,
    /// How many arguments a call may bring, where those behind control how big the result is.
    pub most: Option<u8>,
}

/// How a function is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// In C, in the extension's library.
    Library,
    /// As that, but only for aggregates: it may not be called.
    Step,
    /// A second name for what the server itself has in C under this symbol (`LANGUAGE internal`).
    Internal(&'static str),
    /// An aggregate over functions that are listed.
    Aggregate,
}

/// Functions of an extension that may not be called, for one reason.
#[derive(Debug, Clone, Copy)]
pub struct Refused {
    /// Names; one that ends in `*` stands for every name that begins so. For overloads that aren't listed as allowed.
    pub names: &'static [&'static str],
    /// Why: what "they" do.
    pub reason: &'static str,
}

/// Every extension that can be trusted, sorted by name.
pub static CURATED: &[&Curated] = &[
    &curated_tools::BTREE_GIN,
    &curated_tools::BTREE_GIST,
    &curated_text::CITEXT,
    &curated_values::CUBE,
    &curated_text::FUZZYSTRMATCH,
    &curated_values::HSTORE,
    &curated_values::INTARRAY,
    &curated_values::LTREE,
    &curated_text::PG_TRGM,
    &curated_tools::PGCRYPTO,
    &curated_spatial::POSTGIS,
    &curated_text::UNACCENT,
    &curated_tools::UUID_OSSP,
    &curated_vector::VECTOR,
];

/// The list of that extension; `None` if there is none, so that it can't be trusted.
pub fn curated(name: &str) -> Option<&'static Curated> {
    CURATED.iter().copied().find(|one| one.name == name)
}

/// Nothing. Lists name what they have and take the rest from here.
const NONE: Curated = Curated {
    name: "",
    library: "",
    types: &[],
    shapes: &[],
    keys: &[],
    unasked: &[],
    reads: &[],
    functions: &[],
    refused: &[],
};

impl Curated {
    /// The entry of that signature.
    pub fn function(&self, signature: &str) -> Option<&'static Member> {
        self.functions.iter().find(|one| one.signature == signature)
    }

    /// Why a function of that signature that isn't listed as allowed may not be called; `None` if nobody has said.
    pub fn refusal(&self, signature: &str) -> Option<&'static str> {
        let (name, arguments) = signature.strip_suffix(')')?.split_once('(')?;
        let fits = |pattern: &&str| match pattern.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => *pattern == name,
        };
        let named = self.refused.iter().find(|one| one.names.iter().any(fits)).map(|one| one.reason);
        let support = || arguments.split(", ").any(|one| one == "internal" || one == "cstring");
        named.or_else(|| support().then_some("are for the server's own use"))
    }
}

const fn of(signature: &'static str) -> Member {
    Member { signature, made: Made::Library, most: None }
}

/// What may be called with so many arguments at most.
const fn at_most(most: u8, signature: &'static str) -> Member {
    Member { signature, made: Made::Library, most: Some(most) }
}

const fn step(signature: &'static str) -> Member {
    Member { signature, made: Made::Step, most: None }
}

const fn internal(signature: &'static str, symbol: &'static str) -> Member {
    Member { signature, made: Made::Internal(symbol), most: None }
}

const fn aggregate(signature: &'static str) -> Member {
    Member { signature, made: Made::Aggregate, most: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_and_name_nothing_twice() {
        assert!(CURATED.is_sorted_by_key(|one| one.name));
        for one in CURATED {
            let signatures: Vec<&str> = one.functions.iter().map(|member| member.signature).collect();
            assert!(signatures.windows(2).all(|pair| pair[0] != pair[1]), "{}", one.name);
            assert!(one.types.is_sorted() && one.shapes.is_sorted() && one.keys.is_sorted(), "{}", one.name);
            assert!(one.keys.iter().all(|key| !one.types.contains(key)), "{}", one.name);
        }
    }

    #[test]
    fn nothing_that_is_for_the_server_is_listed() {
        let called = |one: &&Member| one.made != Made::Step;
        for member in CURATED.iter().flat_map(|one| one.functions).filter(called) {
            let (_, arguments) = member.signature.trim_end_matches(')').split_once('(').unwrap();
            let own = |one: &str| {
                matches!(one, "internal" | "cstring" | "regdictionary" | "regconfig" | "anyelement" | "record")
            };
            assert!(!arguments.split(", ").any(own), "{}", member.signature);
        }
    }

    #[test]
    fn a_refusal_says_why() {
        let trgm = curated("pg_trgm").unwrap();
        assert!(trgm.function("similarity(text, text)").is_some());
        assert_eq!(trgm.refusal("set_limit(real)"), Some("read and change settings of the session"));
        assert_eq!(trgm.refusal("new_in_a_later_version(text)"), None);
        assert!(curated("postgis_topology").is_none() && curated("dblink").is_none());
    }
}
