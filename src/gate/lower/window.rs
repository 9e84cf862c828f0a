//! Windows: PARTITION BY, ORDER BY and frames. Named windows are inlined, by PostgreSQL's rules of inheritance.

use sqlparser::ast::{self, Ident, OrderByExpr, OrderByOptions, OrderBySort, WindowFrameBound, WindowFrameUnits};

use super::{Lowering, not_supported};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{Expr, Frame, FrameBound, FrameUnits, OrderBy, Target, Window};
use crate::gate::source::Span;

impl Lowering<'_> {
    /// What OVER says. `span`: the call's.
    pub(super) fn over(&mut self, over: &ast::WindowType, span: Span) -> Result<Window, Rejection> {
        let window = match over {
            ast::WindowType::WindowSpec(spec) => self.window_spec(spec)?,
            ast::WindowType::NamedWindow(name) => self.named_window(name)?,
        };
        self.count_window(&window, span)?;
        Ok(window)
    }

    /// A copy of the window of that name; as a large one may be used often, the copies are counted.
    fn named_window(&mut self, ident: &Ident) -> Result<Window, Rejection> {
        let name = self.identifier(ident)?;
        let span = self.convert(ident.span);
        let Some(window) = self.scope.window(&name) else {
            return Err(Rejection::new(Reason::InvalidStatement, format!("window `{name}` does not exist")).at(span));
        };
        let mut nodes = 0;
        let by = window.order_by.iter().filter_map(|order| order.target.expr());
        for expr in window.partition_by.iter().chain(by) {
            expr.walk(&mut |_| nodes += 1);
        }
        let window = window.clone();
        self.count_unfolded(nodes, span)?;
        Ok(window)
    }

    /// What stands in the parentheses of OVER or WINDOW.
    pub(super) fn window_spec(&mut self, spec: &ast::WindowSpec) -> Result<Window, Rejection> {
        let ast::WindowSpec { window_name, partition_by, order_by, window_frame } = spec;
        let base = window_name.as_ref().map(|name| Ok((name, self.named_window(name)?))).transpose()?;
        let mut window = Window {
            partition_by: self.exprs(partition_by)?,
            order_by: self.order_list(order_by)?,
            frame: window_frame.as_ref().map(|frame| self.frame(frame)).transpose()?,
        };
        if let Some((name, base)) = base {
            let conflict = if !window.partition_by.is_empty() {
                Some("PARTITION BY")
            } else if !window.order_by.is_empty() && !base.order_by.is_empty() {
                Some("ORDER BY")
            } else if base.frame.is_some() {
                Some("frame")
            } else {
                None
            };
            if let Some(what) = conflict {
                let message = format!("the window can't be built on `{}` because of its {what}", name.value);
                return Err(Rejection::new(Reason::InvalidStatement, message).at(self.convert(name.span)));
            }
            window.partition_by = base.partition_by;
            if window.order_by.is_empty() {
                window.order_by = base.order_by;
            }
        }
        Ok(window)
    }

    /// ORDER BY of windows and aggregates, which takes expressions only: a number there is a constant.
    pub(super) fn order_list(&mut self, list: &[OrderByExpr]) -> Result<Vec<OrderBy>, Rejection> {
        let mut all = Vec::with_capacity(list.len());
        for OrderByExpr { expr, options, with_fill } in list {
            let OrderByOptions { sort, nulls_first } = options;
            if with_fill.is_some() {
                return Err(not_supported("WITH FILL", self.span(expr)));
            }
            let descending = match sort {
                None | Some(OrderBySort::Asc) => false,
                Some(OrderBySort::Desc) => true,
                Some(OrderBySort::Using(_)) => return Err(not_supported("ORDER BY … USING", self.span(expr))),
            };
            all.push(OrderBy { target: Target::Expr(self.expr(expr)?), descending, nulls_first: *nulls_first });
        }
        Ok(all)
    }

    fn frame(&mut self, frame: &ast::WindowFrame) -> Result<Frame, Rejection> {
        let ast::WindowFrame { units, start_bound, end_bound } = frame;
        let units = match units {
            WindowFrameUnits::Rows => FrameUnits::Rows,
            WindowFrameUnits::Range => FrameUnits::Range,
            WindowFrameUnits::Groups => FrameUnits::Groups,
        };
        let start = self.frame_bound(start_bound)?;
        let end = end_bound.as_ref().map(|end| self.frame_bound(end)).transpose()?;
        let impossible = start == FrameBound::UnboundedFollowing || end == Some(FrameBound::UnboundedPreceding);
        if impossible {
            let message = "a frame can't start at UNBOUNDED FOLLOWING or end at UNBOUNDED PRECEDING";
            return Err(Rejection::new(Reason::InvalidStatement, message));
        }
        Ok(Frame { units, start, end })
    }

    fn frame_bound(&mut self, bound: &WindowFrameBound) -> Result<FrameBound, Rejection> {
        match bound {
            WindowFrameBound::CurrentRow => Ok(FrameBound::CurrentRow),
            WindowFrameBound::Preceding(None) => Ok(FrameBound::UnboundedPreceding),
            WindowFrameBound::Following(None) => Ok(FrameBound::UnboundedFollowing),
            WindowFrameBound::Preceding(Some(offset)) => Ok(FrameBound::Preceding(Box::new(self.offset(offset)?))),
            WindowFrameBound::Following(Some(offset)) => Ok(FrameBound::Following(Box::new(self.offset(offset)?))),
        }
    }

    /// The parser takes a string here for an interval, even without the word; for PostgreSQL it is a string, whose
    /// type comes from the column of ORDER BY.
    fn offset(&mut self, offset: &ast::Expr) -> Result<Expr, Rejection> {
        if let ast::Expr::Interval(interval) = offset
            && let ast::Expr::Value(value) = interval.value.as_ref()
        {
            let span = self.convert(value.span);
            if !self.word_before(span).is_some_and(|word| word.eq_ignore_ascii_case("interval")) {
                let ast::Interval {
                    value: _,
                    leading_field: None,
                    leading_precision: None,
                    last_field: None,
                    fractional_seconds_precision: None,
                } = interval
                else {
                    return Err(Rejection::new(Reason::InvalidStatement, "the word INTERVAL is missing here").at(span));
                };
                return self.value(value);
            }
        }
        self.expr(offset)
    }
}
