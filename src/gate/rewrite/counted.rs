//! Statements whose CTEs write. PostgreSQL tells how many rows the statement itself touched, and of its CTEs nothing. So the
//! statement becomes one more CTE, and a SELECT over it brings the counts that the executor asks for before it commits:
//!
//! ```sql
//! WITH q1 AS (DELETE … RETURNING a, (filter) IS TRUE), q2 AS (INSERT … SELECT … FROM q1 RETURNING b, 1)
//! SELECT m.b, (SELECT count(*) FROM q2), (SELECT count(*) FROM q1), (SELECT count(*) FILTER (WHERE visible) FROM q1), …
//!   FROM (SELECT 1) AS one LEFT JOIN q2 AS m ON true
//! ```
//!
//! There is a row also where the statement gives none, and the rows keep their order: only a nested loop can do such a join,
//! and it reads the one row first.

use super::{fence, internal, number, shape};
use crate::gate::admit::WriteCheck;
use crate::gate::catalog::Catalog;
use crate::gate::diagnostic::Rejection;
use crate::gate::ir::{
    ColumnRef, Cte, CteId, Delete, Expr, ExprKind, FromItem, Insert, ItemId, JoinKind, Literal, OutputColumn,
    Projection, Query, SetExpr, Statement, Update,
};
use crate::gate::source::Origin;

/// What the columns that only count are called; they reach no client.
const COUNT: &str = "count";

/// Makes the statement one that counts what its writes touch; how many columns it has behind the client's. `next_item` and
/// `next_cte` are the highest numbers in use.
pub(super) fn count(
    statement: &mut Statement,
    checks: &[WriteCheck],
    catalog: &Catalog,
    next_item: u32,
    next_cte: u32,
) -> Result<usize, Rejection> {
    let mut counting = Counting { catalog, next_item };
    let mut ctes = std::mem::take(statement.ctes_mut());
    let client = statement.output().to_vec();
    let mut main = std::mem::replace(statement, Statement::Query(shape::select(Vec::new(), Vec::new())));
    // The check of visibility is behind what the client asked for.
    let writes_itself = main.target().is_some();
    let checked = writes_itself && checks.last().is_some_and(|check| check.row_check.is_some());
    let shown = client.len() - usize::from(checked);
    let mut query = match main {
        Statement::Query(query) => query,
        Statement::Explain(_) | Statement::Merge(_) => {
            return Err(internal("a statement that can't stand in a CTE has CTEs that write"));
        }
        Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_) => {
            give_rows(&mut main);
            let columns = main.output().to_vec();
            Query { columns, ..shape::query(SetExpr::Write(Box::new(main))) }
        }
    };
    query.ctes = Vec::new();
    query.recursive = false;
    let main = CteId(next_cte + 1);
    let materialized = (!writes_itself).then_some(true);
    ctes.push(Cte { id: main, materialized, query });

    let row = counting.item();
    let mut projection: Vec<Projection> = Vec::new();
    for (at, OutputColumn { name, ty }) in client.iter().take(shown).enumerate() {
        let column = ColumnRef { item: row, column: at as u32, name: None };
        projection.push(Projection { expr: Expr::new(ExprKind::Column(column)).typed(*ty), name: name.clone() });
    }
    // Of a write that the client asked no columns of, no row is the client's; of a SELECT without columns all are.
    let rows = if writes_itself && shown == 0 { Rows::None } else { Rows::All };
    projection.push(counting.of(main, rows)?);
    let mut checks = checks.iter();
    for cte in &mut ctes {
        let SetExpr::Write(write) = &mut cte.query.body else { continue };
        let check = checks.next().ok_or_else(|| internal("a write without a check"))?;
        give_rows(write);
        cte.query.columns = write.output().to_vec();
        projection.push(counting.of(cte.id, Rows::All)?);
        if check.row_check.is_some() {
            projection.push(counting.of(cte.id, Rows::Visible(cte.query.columns.len() - 1))?);
        }
    }
    let helpers = projection.len() - shown;
    let one = shape::select(vec![Projection { expr: number(1), name: "one".to_owned() }], Vec::new());
    let left = FromItem::Derived { id: counting.item(), lateral: false, query: Box::new(one) };
    let right = FromItem::Cte { id: row, cte: main, origin: Origin::default() };
    let on = Some(Expr::new(ExprKind::Literal(Literal::Bool(true))));
    let join = FromItem::Join { kind: JoinKind::Left, left: Box::new(left), right: Box::new(right), on };
    *statement = Statement::Query(Query { ctes, ..shape::select(projection, vec![join]) });
    Ok(helpers)
}

/// A write that gives no rows can't be counted.
fn give_rows(write: &mut Statement) {
    match write {
        Statement::Insert(Insert { returning, output, .. })
        | Statement::Update(Update { returning, output, .. })
        | Statement::Delete(Delete { returning, output, .. })
            if returning.is_empty() =>
        {
            returning.push(Projection { expr: number(1), name: COUNT.to_owned() });
            output.push(OutputColumn { name: COUNT.to_owned(), ty: None });
        }
        Statement::Insert(_)
        | Statement::Update(_)
        | Statement::Delete(_)
        | Statement::Query(_)
        | Statement::Explain(_)
        | Statement::Merge(_) => {}
    }
}

/// Which rows are counted.
enum Rows {
    All,
    None,
    /// Those of which this column is true.
    Visible(usize),
}

struct Counting<'a> {
    catalog: &'a Catalog,
    next_item: u32,
}

impl Counting<'_> {
    fn item(&mut self) -> ItemId {
        self.next_item += 1;
        ItemId(self.next_item)
    }

    /// `(SELECT count(*) FROM cte)`, or of those rows.
    fn of(&mut self, cte: CteId, rows: Rows) -> Result<Projection, Rejection> {
        let id = self.item();
        let mut call = fence::builtin(self.catalog, "count")?;
        call.star = true;
        call.filter = match rows {
            Rows::All => None,
            Rows::None => Some(Expr::new(ExprKind::Literal(Literal::Bool(false)))),
            Rows::Visible(at) => {
                let column = ColumnRef { item: id, column: at as u32, name: None };
                Some(Expr::new(ExprKind::Column(column)))
            }
        };
        let count = Projection { expr: Expr::new(ExprKind::Call(Box::new(call))), name: COUNT.to_owned() };
        let query = shape::select(vec![count], vec![FromItem::Cte { id, cte, origin: Origin::default() }]);
        let bigint = self.catalog.type_named("pg_catalog", "int8").map(|one| one.oid);
        let expr = Expr::new(ExprKind::Scalar(Box::new(query))).typed(bigint);
        Ok(Projection { expr, name: COUNT.to_owned() })
    }
}
