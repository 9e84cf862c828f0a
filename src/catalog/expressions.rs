//! What the stored expressions of users' objects call: defaults, checks, indexes, partition keys, views.

use std::collections::{BTreeSet, HashMap, HashSet};

use tokio_postgres::{Error, Row};

use super::node_tree::{NEXTVAL, Uses};
use super::routines::{letter, oid};
use crate::gate::catalog::{Function, Oid, Operator, Relation, RelationKind, Type, TypeKind, ViewReads};

/// Catalogs by which `pg_depend` names what an expression depends on.
const PG_TYPE: Oid = Oid(1247);
const PG_PROC: Oid = Oid(1255);
const PG_CLASS: Oid = Oid(1259);
const PG_OPERATOR: Oid = Oid(2617);

/// Functions and operators, to tell which calls are fine.
pub(super) struct Routines {
    curated: HashSet<Oid>,
    of_operator: HashMap<Oid, Oid>,
}

impl Routines {
    pub(super) fn new(functions: &[Function], operators: &[Operator]) -> Self {
        Self {
            curated: functions.iter().filter(|one| one.is_curated()).map(|one| one.oid).collect(),
            of_operator: operators.iter().map(|one| (one.oid, one.function)).collect(),
        }
    }

    /// Everything that is called, through operators, too. An operator that isn't known stands for itself, so that it
    /// is taken for a function that isn't known.
    fn called(&self, uses: &Uses) -> BTreeSet<Oid> {
        let through = uses.operators.iter().map(|one| self.of_operator.get(one).copied().unwrap_or(*one));
        uses.functions.iter().copied().chain(through).collect()
    }

    /// Those that aren't curated, in order.
    fn foreign<'f>(&self, functions: impl IntoIterator<Item = &'f Oid>) -> Vec<Oid> {
        functions.into_iter().copied().filter(|one| !self.curated.contains(one)).collect()
    }
}

/// What an expression belongs to.
#[derive(Debug, Clone, Copy)]
enum Owner {
    Default {
        relation: Oid,
        column: i16,
    },
    DomainCheck(Oid),
    /// What a column of the domain takes that has no default of its own.
    DomainDefault(Oid),
    /// A check, an index or a partition key.
    Relation(Oid),
    View(Oid),
}

/// The stored expressions of a database.
pub(super) struct Expressions<'a> {
    routines: &'a Routines,
    of_owner: Vec<(Owner, Uses)>,
    /// What a domain's checks call.
    domain_checks: HashMap<Oid, BTreeSet<Oid>>,
    kinds: HashMap<Oid, TypeKind>,
}

impl<'a> Expressions<'a> {
    /// Reads the rows of the expressions and of their dependencies.
    pub(super) fn read(
        rows: &[Row],
        dependencies: &[Row],
        routines: &'a Routines,
        types: &[Type],
    ) -> Result<Self, Error> {
        let dependencies = group(dependencies)?;
        let mut of_owner = Vec::with_capacity(rows.len());
        for row in rows {
            let object = oid(row, 1)?;
            let owner = match letter(row, 0)? {
                'd' => Owner::Default { relation: object, column: row.try_get(2)? },
                't' => Owner::DomainCheck(object),
                'm' => Owner::DomainDefault(object),
                'v' => Owner::View(object),
                _ => Owner::Relation(object),
            };
            let mut uses = Uses::of(row.try_get(5)?);
            for (class, oid) in dependencies.get(&(oid(row, 3)?, oid(row, 4)?)).into_iter().flatten() {
                match *class {
                    PG_CLASS => uses.relations.insert(*oid),
                    PG_PROC => uses.functions.insert(*oid),
                    PG_OPERATOR => uses.operators.insert(*oid),
                    PG_TYPE => uses.types.insert(*oid),
                    _ => false,
                };
            }
            of_owner.push((owner, uses));
        }
        let mut domain_checks: HashMap<Oid, BTreeSet<Oid>> = HashMap::new();
        for (owner, uses) in &of_owner {
            if let Owner::DomainCheck(domain) = owner {
                domain_checks.entry(*domain).or_default().extend(routines.called(uses));
            }
        }
        let kinds = types.iter().filter(|one| !one.oid.is_builtin()).map(|one| (one.oid, one.kind.clone())).collect();
        Ok(Self { routines, of_owner, domain_checks, kinds })
    }

    /// Tells the domains what of their own checks' calls isn't curated.
    pub(super) fn judge_domains(&self, types: &mut [Type]) {
        for one in types {
            if let TypeKind::Domain { check_calls, .. } = &mut one.kind
                && let Some(called) = self.domain_checks.get(&one.oid)
            {
                *check_calls = self.routines.foreign(called);
            }
        }
    }

    /// Tells the relations what their defaults, checks, indexes and keys call, and what views read. `owners` has each
    /// sequence's relation.
    pub(super) fn judge_relations(&self, relations: &mut [Relation], owners: &HashMap<Oid, Oid>) {
        let sequences = Sequences::of(relations, owners);
        let mut by_oid: HashMap<Oid, &mut Relation> =
            relations.iter_mut().map(|relation| (relation.oid, relation)).collect();
        for (owner, uses) in &self.of_owner {
            let called = self.called(uses);
            match owner {
                Owner::DomainCheck(_) | Owner::DomainDefault(_) => {}
                Owner::Default { relation, column } => {
                    let steps_own = sequences.steps_own(*relation, uses);
                    let rest = called.iter().filter(|one| !(steps_own && **one == NEXTVAL));
                    if let Some(relation) = by_oid.get_mut(relation)
                        && let Some(column) = relation.columns.iter_mut().find(|one| one.number == *column)
                    {
                        column.default_calls = self.routines.foreign(rest);
                        column.default_types = uses.types.iter().copied().collect();
                        if !steps_own && !uses.relations.is_empty() {
                            column.default = None;
                        }
                    }
                }
                Owner::Relation(relation) => {
                    if let Some(relation) = by_oid.get_mut(relation) {
                        relation.write_calls.extend(self.routines.foreign(&called));
                    }
                }
                Owner::View(view) => {
                    if let Some(relation) = by_oid.get_mut(view) {
                        let others = uses.relations.iter().copied().filter(|one| one != view).collect();
                        relation.view = Some(ViewReads {
                            relations: others,
                            functions: called.into_iter().collect(),
                            types: uses.types.iter().copied().collect(),
                        });
                    }
                }
            }
        }
        drop(by_oid);
        self.judge_defaults_of_domains(relations);
    }

    /// Tells the columns that take their domain's default what that calls.
    fn judge_defaults_of_domains(&self, relations: &mut [Relation]) {
        let mut foreign: HashMap<Oid, Vec<Oid>> = HashMap::new();
        let mut own = HashSet::new();
        for (owner, uses) in &self.of_owner {
            match owner {
                Owner::DomainDefault(domain) => {
                    foreign.insert(*domain, self.routines.foreign(&self.called(uses)));
                }
                Owner::Default { relation, column } => {
                    own.insert((*relation, *column));
                }
                Owner::DomainCheck(_) | Owner::Relation(_) | Owner::View(_) => {}
            }
        }
        for relation in relations {
            for column in &mut relation.columns {
                if let Some(calls) = foreign.get(&column.type_oid)
                    && !own.contains(&(relation.oid, column.number))
                {
                    column.default_calls.extend(calls);
                }
            }
        }
    }

    /// Everything that is called, also by the checks of domains that something is converted to.
    fn called(&self, uses: &Uses) -> BTreeSet<Oid> {
        let mut called = self.routines.called(uses);
        let mut seen = HashSet::new();
        let mut waiting: Vec<Oid> = uses.types.iter().copied().collect();
        while let Some(oid) = waiting.pop() {
            if !seen.insert(oid) {
                continue;
            }
            called.extend(self.domain_checks.get(&oid).into_iter().flatten());
            match self.kinds.get(&oid) {
                Some(TypeKind::Array { element }) => waiting.push(*element),
                Some(TypeKind::Composite { fields, .. }) => waiting.extend(fields.iter().map(|(_, field)| *field)),
                Some(TypeKind::Domain { base, .. }) => waiting.push(*base),
                Some(TypeKind::Range { subtype }) => waiting.push(*subtype),
                Some(TypeKind::Multirange { range }) => waiting.push(*range),
                Some(TypeKind::Base | TypeKind::Enum { .. } | TypeKind::Pseudo) | None => {}
            }
        }
        called
    }
}

/// Catalog and OID of an object, as `pg_depend` has them.
type Address = (Oid, Oid);

/// Dependent → what it depends on.
fn group(rows: &[Row]) -> Result<HashMap<Address, Vec<Address>>, Error> {
    let mut grouped: HashMap<Address, Vec<Address>> = HashMap::new();
    for row in rows {
        grouped.entry((oid(row, 0)?, oid(row, 1)?)).or_default().push((oid(row, 2)?, oid(row, 3)?));
    }
    Ok(grouped)
}

/// Which sequences there are, whose they are, and who inherits from whom: a partition's default steps the sequence of
/// the table above.
struct Sequences<'a> {
    all: HashSet<Oid>,
    owners: &'a HashMap<Oid, Oid>,
    parents: HashMap<Oid, Vec<Oid>>,
}

impl<'a> Sequences<'a> {
    fn of(relations: &[Relation], owners: &'a HashMap<Oid, Oid>) -> Self {
        let sequences = relations.iter().filter(|relation| relation.kind == RelationKind::Sequence);
        Self {
            all: sequences.map(|relation| relation.oid).collect(),
            owners,
            parents: relations.iter().map(|relation| (relation.oid, relation.parents.clone())).collect(),
        }
    }

    /// Whether each `nextval` is of a sequence that belongs to the relation or one above it: as many calls as sequences
    /// named, so that no call works out its sequence otherwise.
    fn steps_own(&self, relation: Oid, uses: &Uses) -> bool {
        let mut named = uses.relations.iter().filter(|one| self.all.contains(one));
        uses.nextvals == named.clone().count()
            && named.all(|one| self.owners.get(one).is_some_and(|owner| self.is_self_or_ancestor(*owner, relation)))
    }

    fn is_self_or_ancestor(&self, ancestor: Oid, of: Oid) -> bool {
        let mut seen = HashSet::new();
        let mut waiting = vec![of];
        while let Some(oid) = waiting.pop() {
            if oid == ancestor {
                return true;
            }
            if seen.insert(oid) {
                waiting.extend(self.parents.get(&oid).into_iter().flatten());
            }
        }
        false
    }
}
