//! Walking the IR: once for reading, once for changing, and once for changing with a choice.

use super::*;

/// What a reading walk meets, parents before children.
#[derive(Debug, Clone, Copy)]
pub enum Node<'a> {
    /// A query.
    Query(&'a Query),
    /// A SELECT.
    Select(&'a Select),
    /// A FROM item.
    From(&'a FromItem),
    /// The target of a write, or the row that ON CONFLICT calls EXCLUDED.
    Target(&'a RelationItem),
    /// An expression.
    Expr(&'a Expr),
}

/// What a changing walk meets, children before parents: what a visit puts in place isn't visited again.
#[derive(Debug)]
pub enum NodeMut<'a> {
    /// A query.
    Query(&'a mut Query),
    /// A SELECT.
    Select(&'a mut Select),
    /// A FROM item.
    From(&'a mut FromItem),
    /// The target of a write, or the row that ON CONFLICT calls EXCLUDED.
    Target(&'a mut RelationItem),
    /// An expression.
    Expr(&'a mut Expr),
}

/// Visits every node of a statement, parents first.
pub fn walk<'a>(statement: &'a Statement, visit: &mut dyn FnMut(Node<'a>)) {
    reading::statement(statement, visit);
}

/// Visits every node of a statement, children first.
pub fn walk_mut(statement: &mut Statement, visit: &mut dyn FnMut(NodeMut<'_>)) {
    changing::statement(statement, visit);
}

impl Expr {
    /// Visits this expression and everything below it, parents first.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(Node<'a>)) {
        reading::expr(self, visit);
    }

    /// Visits this expression and everything below it, children first.
    pub fn walk_mut(&mut self, visit: &mut dyn FnMut(NodeMut<'_>)) {
        changing::expr(self, visit);
    }

    /// Visits this expression and everything below it twice: on the way in, where `false` leaves out the node and all
    /// below it, and on the way out, where the answer means nothing. The second argument tells the way in.
    pub fn walk_in_and_out(&mut self, visit: &mut dyn FnMut(NodeMut<'_>, bool) -> bool) {
        choosing::expr(self, visit);
    }
}

impl Expr {
    /// Whether a column or the whole row of that item is named in it.
    pub fn mentions(&self, item: ItemId) -> bool {
        let mut found = false;
        self.walk(&mut |node| found |= names(node, item));
        found
    }
}

fn names(node: Node<'_>, item: ItemId) -> bool {
    match node {
        Node::Expr(Expr { kind: ExprKind::Column(column), .. }) => column.item == item,
        Node::Expr(Expr { kind: ExprKind::WholeRow { item: row, fields: _ }, .. }) => *row == item,
        Node::Expr(_) | Node::Query(_) | Node::Select(_) | Node::From(_) | Node::Target(_) => false,
    }
}

impl Query {
    /// As [`Expr::mentions`].
    pub fn mentions(&self, item: ItemId) -> bool {
        let mut found = false;
        self.walk(&mut |node| found |= names(node, item));
        found
    }

    /// Visits this query and everything below it, parents first.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(Node<'a>)) {
        reading::query(self, visit);
    }
}

/// All walkers from one text, so that none can forget a field that another knows.
macro_rules! walker {
    ($module:ident, $Node:ident, [$($lt:lifetime)?], [$($m:tt)?], before: $before:tt, after: $after:tt) => {
        #[allow(dead_code, reason = "not every kind of walk begins at a statement")]
        mod $module {
            use super::*;

            type Visit<'v, $($lt)?> = walker!(@visit $module, 'v $(, $lt)?);

            macro_rules! hook {
                (yes, $visit:ident, $kind:ident, $node:ident) => { $visit($Node::$kind($node)) };
                (no, $visit:ident, $kind:ident, $node:ident) => {};
                (enter, $visit:ident, $kind:ident, $node:ident) => {
                    if !$visit($Node::$kind(&mut *$node), true) {
                        return;
                    }
                };
                (leave, $visit:ident, $kind:ident, $node:ident) => {
                    $visit($Node::$kind($node), false);
                };
            }

            pub fn statement<$($lt)?>(s: & $($lt)? $($m)? Statement, visit: Visit<'_, $($lt)?>) {
                match s {
                    Statement::Query(q) => query(q, visit),
                    Statement::Explain(e) => query(& $($m)? e.query, visit),
                    Statement::Insert(i) => {
                        ctes(& $($m)? i.ctes, visit);
                        target(& $($m)? i.target, visit);
                        if let Some(source) = & $($m)? i.source { query(source, visit); }
                        if let Some(Conflict { arbiter: _, update: Some(u) }) = & $($m)? i.conflict {
                            target(& $($m)? u.excluded, visit);
                            for (_, value) in & $($m)? u.assignments { expr(value, visit); }
                            if let Some(filter) = & $($m)? u.filter { expr(filter, visit); }
                        }
                        projections(& $($m)? i.returning, visit);
                    }
                    Statement::Update(u) => {
                        ctes(& $($m)? u.ctes, visit);
                        target(& $($m)? u.target, visit);
                        for (_, value) in & $($m)? u.assignments { expr(value, visit); }
                        for item in & $($m)? u.from { from(item, visit); }
                        if let Some(filter) = & $($m)? u.filter { expr(filter, visit); }
                        projections(& $($m)? u.returning, visit);
                    }
                    Statement::Merge(m) => {
                        ctes(& $($m)? m.ctes, visit);
                        target(& $($m)? m.target, visit);
                        from(& $($m)? m.source, visit);
                        expr(& $($m)? m.on, visit);
                        for clause in & $($m)? m.clauses {
                            if let Some(condition) = & $($m)? clause.condition { expr(condition, visit); }
                            match & $($m)? clause.action {
                                MergeAction::Update(all) | MergeAction::Insert(all) => {
                                    for (_, value) in all { expr(value, visit); }
                                }
                                MergeAction::Delete | MergeAction::Nothing { matched: _ } => {}
                            }
                        }
                    }
                    Statement::Delete(d) => {
                        ctes(& $($m)? d.ctes, visit);
                        target(& $($m)? d.target, visit);
                        for item in & $($m)? d.using { from(item, visit); }
                        if let Some(filter) = & $($m)? d.filter { expr(filter, visit); }
                        projections(& $($m)? d.returning, visit);
                    }
                }
            }

            fn ctes<$($lt)?>(all: & $($lt)? $($m)? Vec<Cte>, visit: Visit<'_, $($lt)?>) {
                for cte in all { query(& $($m)? cte.query, visit); }
            }

            fn target<$($lt)?>(item: & $($lt)? $($m)? RelationItem, visit: Visit<'_, $($lt)?>) {
                hook!($before, visit, Target, item);
                hook!($after, visit, Target, item);
            }

            fn projections<$($lt)?>(all: & $($lt)? $($m)? Vec<Projection>, visit: Visit<'_, $($lt)?>) {
                for one in all { expr(& $($m)? one.expr, visit); }
            }

            pub fn query<$($lt)?>(q: & $($lt)? $($m)? Query, visit: Visit<'_, $($lt)?>) {
                hook!($before, visit, Query, q);
                ctes(& $($m)? q.ctes, visit);
                set_expr(& $($m)? q.body, visit);
                orders(& $($m)? q.order_by, visit);
                if let Some(limit) = & $($m)? q.limit { expr(& $($m)? limit.count, visit); }
                if let Some(offset) = & $($m)? q.offset { expr(offset, visit); }
                hook!($after, visit, Query, q);
            }

            fn set_expr<$($lt)?>(body: & $($lt)? $($m)? SetExpr, visit: Visit<'_, $($lt)?>) {
                match body {
                    SetExpr::Select(s) => select(s, visit),
                    SetExpr::Values(rows) => for row in rows { for value in row { expr(value, visit); } },
                    SetExpr::SetOperation { op: _, all: _, left, right } => {
                        set_expr(left, visit);
                        set_expr(right, visit);
                    }
                    SetExpr::Query(q) => query(q, visit),
                    SetExpr::Write(write) => statement(write, visit),
                }
            }

            fn select<$($lt)?>(s: & $($lt)? $($m)? Select, visit: Visit<'_, $($lt)?>) {
                hook!($before, visit, Select, s);
                match & $($m)? s.distinct {
                    Distinct::All | Distinct::Distinct => {}
                    Distinct::On(list) => targets(list, visit),
                }
                projections(& $($m)? s.projection, visit);
                for item in & $($m)? s.from { from(item, visit); }
                if let Some(filter) = & $($m)? s.filter { expr(filter, visit); }
                if let Some(group) = & $($m)? s.group_by {
                    for element in & $($m)? group.elements {
                        match element {
                            GroupElement::Target(one) => group_target(one, visit),
                            GroupElement::Empty => {}
                            GroupElement::Rollup(sets) | GroupElement::Cube(sets) | GroupElement::Sets(sets) => {
                                for set in sets { targets(set, visit); }
                            }
                        }
                    }
                }
                if let Some(having) = & $($m)? s.having { expr(having, visit); }
                hook!($after, visit, Select, s);
            }

            fn targets<$($lt)?>(all: & $($lt)? $($m)? Vec<Target>, visit: Visit<'_, $($lt)?>) {
                for one in all { group_target(one, visit); }
            }

            fn group_target<$($lt)?>(one: & $($lt)? $($m)? Target, visit: Visit<'_, $($lt)?>) {
                match one {
                    Target::Output(_) => {}
                    Target::Expr(e) => expr(e, visit),
                }
            }

            fn orders<$($lt)?>(all: & $($lt)? $($m)? Vec<OrderBy>, visit: Visit<'_, $($lt)?>) {
                for one in all { group_target(& $($m)? one.target, visit); }
            }

            fn from<$($lt)?>(item: & $($lt)? $($m)? FromItem, visit: Visit<'_, $($lt)?>) {
                hook!($before, visit, From, item);
                match item {
                    FromItem::Relation(_) | FromItem::Cte { .. } => {}
                    FromItem::Derived { id: _, lateral: _, query: q } => query(q, visit),
                    FromItem::Function { id: _, lateral: _, calls, ordinality: _, columns: _ } => {
                        for call in calls { expr(call, visit); }
                    }
                    FromItem::Join { kind: _, left, right, on } => {
                        from(left, visit);
                        from(right, visit);
                        if let Some(on) = on { expr(on, visit); }
                    }
                }
                hook!($after, visit, From, item);
            }

            fn exprs<$($lt)?>(all: & $($lt)? $($m)? Vec<Expr>, visit: Visit<'_, $($lt)?>) {
                for one in all { expr(one, visit); }
            }

            fn call<$($lt)?>(c: & $($lt)? $($m)? Call, visit: Visit<'_, $($lt)?>) {
                exprs(& $($m)? c.arguments, visit);
                orders(& $($m)? c.order_by, visit);
                orders(& $($m)? c.within_group, visit);
                if let Some(filter) = & $($m)? c.filter { expr(filter, visit); }
                if let Some(over) = & $($m)? c.over {
                    exprs(& $($m)? over.partition_by, visit);
                    orders(& $($m)? over.order_by, visit);
                    if let Some(frame) = & $($m)? over.frame {
                        bound(& $($m)? frame.start, visit);
                        if let Some(end) = & $($m)? frame.end { bound(end, visit); }
                    }
                }
            }

            fn bound<$($lt)?>(b: & $($lt)? $($m)? FrameBound, visit: Visit<'_, $($lt)?>) {
                match b {
                    FrameBound::UnboundedPreceding
                    | FrameBound::CurrentRow
                    | FrameBound::UnboundedFollowing => {}
                    FrameBound::Preceding(e) | FrameBound::Following(e) => expr(e, visit),
                }
            }

            pub fn expr<$($lt)?>(e: & $($lt)? $($m)? Expr, visit: Visit<'_, $($lt)?>) {
                hook!($before, visit, Expr, e);
                match & $($m)? e.kind {
                    ExprKind::Column(_)
                    | ExprKind::Literal(_)
                    | ExprKind::Parameter(_)
                    | ExprKind::Attribute(_)
                    | ExprKind::MaskKey
                    | ExprKind::Clock(_)
                    | ExprKind::Default => {}
                    ExprKind::Cast { expr: inner, to: _ }
                    | ExprKind::Not(inner)
                    | ExprKind::Is { expr: inner, test: _, negated: _ }
                    | ExprKind::IsJson { expr: inner, kind: _, unique_keys: _, negated: _ }
                    | ExprKind::Collate { expr: inner, collation: _ }
                    | ExprKind::Field { base: inner, name: _ } => expr(inner, visit),
                    ExprKind::WholeRow { item: _, fields } | ExprKind::Record(fields) => projections(fields, visit),
                    ExprKind::Call(c) => call(c, visit),
                    ExprKind::Operator { symbol: _, left, right } => {
                        if let Some(left) = left { expr(left, visit); }
                        expr(right, visit);
                    }
                    ExprKind::And(all)
                    | ExprKind::Or(all)
                    | ExprKind::Special { form: _, arguments: all }
                    | ExprKind::Array(all)
                    | ExprKind::JsonAbsent { object: _, jsonb: _, values: all }
                    | ExprKind::Row(all)
                    | ExprKind::Grouping(all) => exprs(all, visit),
                    ExprKind::IsDistinct { left, right, negated: _ }
                    | ExprKind::QuantifiedArray { left, symbol: _, all: _, array: right } => {
                        expr(left, visit);
                        expr(right, visit);
                    }
                    ExprKind::JsonPath { form: _, context, path } => {
                        expr(context, visit);
                        expr(path, visit);
                    }
                    ExprKind::Between { expr: inner, low, high, negated: _ } => {
                        expr(inner, visit);
                        expr(low, visit);
                        expr(high, visit);
                    }
                    ExprKind::InList { expr: inner, list, negated: _ } => {
                        expr(inner, visit);
                        exprs(list, visit);
                    }
                    ExprKind::InQuery { expr: left, query: q, negated: _ }
                    | ExprKind::QuantifiedQuery { left, symbol: _, all: _, query: q } => {
                        expr(left, visit);
                        query(q, visit);
                    }
                    ExprKind::Exists(q) | ExprKind::Scalar(q) | ExprKind::ArrayQuery(q) => query(q, visit),
                    ExprKind::Case { operand, arms, otherwise } => {
                        if let Some(operand) = operand { expr(operand, visit); }
                        for (when, then) in arms {
                            expr(when, visit);
                            expr(then, visit);
                        }
                        if let Some(otherwise) = otherwise { expr(otherwise, visit); }
                    }
                    ExprKind::Subscript { base, subscripts } => {
                        expr(base, visit);
                        for subscript in subscripts {
                            match subscript {
                                Subscript::Index(index) => expr(index, visit),
                                Subscript::Slice(low, high) => {
                                    if let Some(low) = low { expr(low, visit); }
                                    if let Some(high) = high { expr(high, visit); }
                                }
                            }
                        }
                    }
                }
                hook!($after, visit, Expr, e);
            }
        }
    };
    (@visit reading, $v:lifetime, $lt:lifetime) => { &$v mut dyn FnMut(Node<$lt>) };
    (@visit changing, $v:lifetime) => { &$v mut dyn FnMut(NodeMut<'_>) };
    (@visit choosing, $v:lifetime) => { &$v mut dyn FnMut(NodeMut<'_>, bool) -> bool };
}

walker!(reading, Node, ['a], [], before: yes, after: no);
walker!(changing, NodeMut, [], [mut], before: no, after: yes);
walker!(choosing, NodeMut, [], [mut], before: enter, after: leave);

impl FromItem {
    /// The item's identity; joins have none of their own.
    pub fn id(&self) -> Option<ItemId> {
        match self {
            Self::Relation(relation) => Some(relation.id),
            Self::Cte { id, .. } | Self::Derived { id, .. } | Self::Function { id, .. } => Some(*id),
            Self::Join { .. } => None,
        }
    }

    /// The item's identity, to change it.
    pub fn id_mut(&mut self) -> Option<&mut ItemId> {
        match self {
            Self::Relation(relation) => Some(&mut relation.id),
            Self::Cte { id, .. } | Self::Derived { id, .. } | Self::Function { id, .. } => Some(id),
            Self::Join { .. } => None,
        }
    }
}
