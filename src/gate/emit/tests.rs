//! Forms that no statement of a client's has yet, or that go elsewhere.

use super::emit_native_condition;
use crate::gate::check::{desk::Desk, shown};
use crate::gate::ir::{Call, Expr, ExprKind, Literal};

const POLICY: &str = "
[statements]
allow = [\"select\"]
[schemas.sales]
access = \"read\"
[schemas.scratch]
access = \"read\"
[tables.\"scratch.notes\"]
rows = \"id < :tenant AND EXISTS (SELECT 1 FROM sales.orders AS o WHERE o.id = notes.id)\"
";

/// A native policy names its own columns by the relation's full name, which nothing inside it can hide.
#[test]
fn a_filter_is_written_as_the_condition_of_a_native_policy() {
    let desk = Desk::new(POLICY);
    let notes = desk.catalog.relation_named("scratch", "notes").unwrap();
    let filter = desk.policy.rights(notes.oid).and_then(|rights| rights.filter.as_ref()).unwrap();
    let attributes = &desk.policy.policy().attributes;
    let text = emit_native_condition(&filter.condition, "scratch", "notes", attributes).replace("\"pg_catalog\".", "");
    assert!(text.contains("\"scratch\".\"notes\".\"id\" < ") && text.contains("'pgwicket.tenant'"), "{text}");
    assert!(
        text.contains("FROM \"sales\".\"orders\" AS t") && text.contains(".\"id\" = \"scratch\".\"notes\".\"id\""),
        "{text}"
    );
    assert_eq!(text.matches("\"scratch\".\"notes\"").count(), 2, "{text}");
}

#[test]
fn the_last_argument_is_the_variadic_one() {
    let number = |text: &str| Expr::new(ExprKind::Literal(Literal::Number(text.to_owned())));
    let call = |variadic| Call { variadic, ..Call::of_builtin("f", Vec::new(), vec![number("1"), number("2")]) };
    let text = |variadic| shown(&Expr::new(ExprKind::Call(Box::new(call(variadic)))));
    assert!(text(true).contains("\"f\"(1, VARIADIC 2)"), "{}", text(true));
    assert!(text(false).contains("\"f\"(1, 2)"), "{}", text(false));
}
