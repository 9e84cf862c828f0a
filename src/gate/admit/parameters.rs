//! The client's parameters: which types their values have, as far as the statement says.

use std::collections::{BTreeMap, BTreeSet};

use crate::gate::catalog::{Catalog, Oid};
use crate::gate::diagnostic::{Place, Reason, Rejection};
use crate::gate::ir::{Expr, ExprKind, FromItem, ItemId, Node, Statement, TypeRef, walk};
use crate::gate::lower::has_corners;

/// For each of the client's values the type that the statement casts it to. A value that the statement doesn't use is a
/// mistake, and PostgreSQL couldn't tell its type.
pub(super) fn client_types(
    statement: &Statement,
    parameters: usize,
    catalog: &Catalog,
) -> Result<Vec<Option<Oid>>, Rejection> {
    let mut used = BTreeMap::new();
    walk(statement, &mut |node| match node {
        Node::Expr(Expr { kind: ExprKind::Parameter(number), .. }) => {
            used.entry(*number).or_insert(None);
        }
        Node::Expr(Expr { kind: ExprKind::Cast { expr, to }, .. }) => {
            if let ExprKind::Parameter(number) = expr.kind {
                let known = used.entry(number).or_insert(None);
                // What bounds its length counts most.
                if !known.is_some_and(|known: &TypeRef| has_corners(&known.schema, &known.name)) {
                    *known = Some(to);
                }
            }
        }
        _ => {}
    });
    let one = |number: u32| match used.get(&number) {
        Some(cast) => Ok(cast.and_then(|to| {
            let one = catalog.type_(to.oid)?;
            Some(if to.array { one.array } else { one.oid })
        })),
        None => {
            Err(Rejection::new(Reason::InvalidParameter, format!("the statement does not use parameter `${number}`"))
                .at(Place::Json(format!("/params/{}", number - 1)))
                .help("leave the value out, or use it as in `WHERE id = $1`"))
        }
    };
    (1..).take(parameters).map(one).collect()
}

/// The parameters that the client's statement uses as one thing here and as another there, if it matters: rewrite adds
/// places, but none that tells another type.
pub(super) fn doubtful(statement: &Statement, catalog: &Catalog) -> BTreeSet<u32> {
    if catalog.parts().user_casts.is_empty() { BTreeSet::new() } else { Uses::of(statement).doubtful() }
}

/// PostgreSQL gives a parameter one type, by whatever it reads first of all that says one. Where the parameter is used
/// as one thing here and as another there, the gate doesn't know which it was; so nothing that may hang on it is cast to
/// a type to which a user's cast leads, from whatever type.
pub(super) fn certain_types(
    statement: &Statement,
    doubtful: &BTreeSet<u32>,
    catalog: &Catalog,
) -> Result<(), Rejection> {
    if doubtful.is_empty() {
        return Ok(());
    }
    let uses = Uses::of(statement);
    let hangs_on_one = |expr: &Expr| {
        let mut hangs = false;
        expr.walk(&mut |node| {
            hangs |= match node {
                Node::Expr(Expr { kind: ExprKind::Parameter(number), .. }) => doubtful.contains(number),
                // What a subquery or a function gives may have its type from a parameter.
                Node::Expr(Expr { kind: ExprKind::Column(column), .. }) => !uses.relations.contains(&column.item),
                _ => false,
            }
        });
        hangs
    };
    for (expr, to) in uses.casts {
        let target = catalog.type_(to.oid).map(|one| one.oid);
        if catalog.has_user_cast(None, target) && hangs_on_one(expr) {
            let numbers: Vec<String> = doubtful.iter().map(|number| format!("`${number}`")).collect();
            return Err(Rejection::new(
                Reason::TypeNotAllowed,
                format!("the cast might run a user-defined cast function: {} may be of any type", numbers.join(", ")),
            )
            .at(expr.origin.0)
            .help("cast the parameter to the same type wherever it is used, as in `$1::text`"));
        }
    }
    Ok(())
}

/// How a statement uses its parameters, and what it casts.
#[derive(Default)]
struct Uses<'a> {
    counts: BTreeMap<u32, usize>,
    casts: Vec<(&'a Expr, &'a TypeRef)>,
    /// The items whose columns have the types that the catalog says.
    relations: BTreeSet<ItemId>,
}

impl<'a> Uses<'a> {
    fn of(statement: &'a Statement) -> Self {
        let mut uses = Self::default();
        walk(statement, &mut |node| match node {
            Node::Expr(Expr { kind: ExprKind::Parameter(number), .. }) => *uses.counts.entry(*number).or_default() += 1,
            Node::Expr(Expr { kind: ExprKind::Cast { expr, to }, .. }) => uses.casts.push((expr, to)),
            Node::From(FromItem::Relation(item)) | Node::Target(item) => {
                uses.relations.insert(item.id);
            }
            Node::Expr(_) | Node::From(_) | Node::Query(_) | Node::Select(_) => {}
        });
        uses
    }

    /// The parameters that are used more than once, and not as one type each time.
    fn doubtful(&self) -> BTreeSet<u32> {
        let mut cast: BTreeMap<u32, Vec<&TypeRef>> = BTreeMap::new();
        for (expr, to) in &self.casts {
            if let ExprKind::Parameter(number) = expr.kind {
                cast.entry(number).or_default().push(to);
            }
        }
        let is_doubtful = |(number, count): (&u32, &usize)| {
            let to = cast.get(number).map_or(&[][..], Vec::as_slice);
            let one_type = to.len() == *count && to.windows(2).all(|pair| pair.first() == pair.last());
            (*count > 1 && !one_type).then_some(*number)
        };
        self.counts.iter().filter_map(is_doubtful).collect()
    }
}
