//! Which objects a stored expression names, read out of PostgreSQL's own node tree (`pg_node_tree` as text).
//!
//! `pg_depend` tells only of users' objects, since PostgreSQL's own can't be dropped; the tree tells of all. It is a
//! nesting of `{NODE :field value …}`. Names in it are escaped (a space as `\ `, braces likewise), so a field of ours
//! that stands alone, followed by a number, is that field. A name that contains other white space can at worst add an
//! object that isn't there, never hide one.

use std::collections::BTreeSet;

use crate::gate::catalog::Oid;

/// `nextval(regclass)`.
pub(super) const NEXTVAL: Oid = Oid(1574);

/// What an expression names.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Uses {
    /// Relations, system catalogs included.
    pub(super) relations: BTreeSet<Oid>,
    /// Functions, aggregates and window functions.
    pub(super) functions: BTreeSet<Oid>,
    /// Operators, also those of sorting and grouping.
    pub(super) operators: BTreeSet<Oid>,
    /// Users' types that something is converted to. Trees are not read for them, `pg_depend` has them all.
    pub(super) types: BTreeSet<Oid>,
    /// How often `nextval` is called.
    pub(super) nextvals: usize,
}

/// What a field's number is the OID of.
#[derive(Clone, Copy)]
enum Field {
    Relation,
    Function,
    Operator,
    /// A list: `(o 97 98)`.
    Operators,
}

impl Field {
    fn named(token: &str) -> Option<Self> {
        Some(match token {
            ":relid" => Self::Relation,
            ":funcid" | ":opfuncid" | ":aggfnoid" | ":winfnoid" | ":hashfuncid" | ":negfuncid" | ":tsmhandler" => {
                Self::Function
            }
            ":opno" | ":eqop" | ":sortop" => Self::Operator,
            ":opnos" => Self::Operators,
            _ => return None,
        })
    }
}

impl Uses {
    /// What the tree names.
    pub(super) fn of(tree: &str) -> Self {
        let mut uses = Self::default();
        let mut field = None;
        for token in tree.split_ascii_whitespace() {
            let number = token.trim_start_matches('(').trim_end_matches([')', '}']).parse::<u32>();
            field = match (field, number) {
                (Some(field), Ok(number)) => {
                    uses.add(field, Oid(number));
                    matches!(field, Field::Operators).then_some(field)
                }
                // The list's kind stands before its first number.
                (Some(Field::Operators), Err(_)) if token == "(o" => Some(Field::Operators),
                _ => Field::named(token),
            };
        }
        uses
    }

    fn add(&mut self, field: Field, oid: Oid) {
        // Zero is what isn't there or isn't worked out yet.
        if oid == Oid(0) {
            return;
        }
        match field {
            Field::Relation => self.relations.insert(oid),
            Field::Function => self.functions.insert(oid),
            Field::Operator | Field::Operators => self.operators.insert(oid),
        };
        if matches!(field, Field::Function) && oid == NEXTVAL {
            self.nextvals += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oids(of: &[u32]) -> BTreeSet<Oid> {
        of.iter().copied().map(Oid).collect()
    }

    #[test]
    fn every_kind_of_call_is_seen() {
        let uses = Uses::of(
            "({QUERY :rtable ({RTE :rtekind 0 :relid 16400 :relkind r}) :quals {OPEXPR :opno 96 :opfuncid 65 :args \
             ({FUNCEXPR :funcid 871 :funcresulttype 25} {AGGREF :aggfnoid 2147 :aggtype 20} {WINDOWFUNC :winfnoid 3100} \
             {SCALARARRAYOPEXPR :opno 98 :opfuncid 67 :hashfuncid 0 :negfuncid 0} \
             {ROWCOMPAREEXPR :rctype 1 :opnos (o 97 521) :opfamilies (o 1976)})} \
             :sortClause ({SORTGROUPCLAUSE :tleSortGroupRef 1 :eqop 410 :sortop 412}) \
             :tablesample {TABLESAMPLECLAUSE :tsmhandler 3313}})",
        );
        assert_eq!(uses.relations, oids(&[16400]));
        assert_eq!(uses.functions, oids(&[65, 67, 871, 2147, 3100, 3313]));
        assert_eq!(uses.operators, oids(&[96, 97, 98, 410, 412, 521]));
    }

    #[test]
    fn a_number_that_ends_a_node_is_read() {
        assert_eq!(Uses::of("{X :funcid 871}").functions, oids(&[871]));
        assert_eq!(Uses::of("{X :opnos (o 97)}").operators, oids(&[97]));
    }

    #[test]
    fn a_name_that_looks_like_a_field_hides_nothing() {
        let uses =
            Uses::of(r"{RTE :alias {ALIAS :aliasname :funcid :colnames <>} :eref :opnos :relid 16400 :inh true}");
        assert_eq!(uses.relations, oids(&[16400]));
        let uses = Uses::of(r"{ALIAS :aliasname a\ :relid\ 1259 :colnames (:relid\ 1260)}");
        assert_eq!(uses, Uses::default());
    }

    #[test]
    fn calls_of_nextval_are_counted() {
        let uses = Uses::of("{OPEXPR :opno 684 :args ({FUNCEXPR :funcid 1574} {FUNCEXPR :funcid 1574})}");
        assert_eq!(uses.nextvals, 2);
        assert_eq!(uses.functions, oids(&[1574]));
    }
}
