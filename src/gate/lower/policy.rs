//! Expressions of the policy itself: row filters and SQL masks over the columns of one relation.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::scope::ScopeItem;
use super::{Lowering, Mode};
use crate::gate::catalog::{Catalog, Relation};
use crate::gate::diagnostic::Rejection;
use crate::gate::ir::Expr;
use crate::gate::parse::parse_expression;
use crate::gate::policy::{BoundPolicy, Policy};
use crate::gate::source::Source;
use crate::gate::stack::on_big_stack;

/// Lowers an expression that a policy writes about a relation. Columns are those of [`BoundPolicy::SELF`], hidden and
/// masked ones included; `:attribute` stands for the principal's attribute. Subqueries read tables, whatever the principal may see of them.
///
/// # Errors
///
/// The expression doesn't parse, names something that isn't there, or says what the IR can't say.
pub fn policy_expression(
    catalog: &Catalog,
    policy: &Policy,
    relation: &Relation,
    sql: &str,
) -> Result<Expr, Rejection> {
    // Rights don't apply in this mode, and the policy isn't bound yet.
    let unbound =
        BoundPolicy { policy: Arc::new(policy.clone()), relations: HashMap::new(), functions: HashSet::new() };
    on_big_stack(|| {
        let source = Source::new(sql);
        let parsed = parse_expression(&source)?;
        let mut lowering = Lowering::new(catalog, &unbound, &source, Mode::Policy, 0);
        let own = ScopeItem::relation(BoundPolicy::SELF, None, relation, None);
        lowering.scope.level_mut().items_mut().push(own);
        lowering.expr(&parsed)
    })
}
