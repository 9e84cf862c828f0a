//! stub
use super::model::Mask; use crate::gate::catalog::{Catalog, Column}; use crate::gate::ir::Expr;
/// stub
pub fn mask_expression(_m: &Mask, _c: &Column, e: Expr, _k: &Catalog) -> Result<Expr, String> { Ok(e) }
/// stub
pub fn is_total(_e: &Expr) -> Result<(), String> { Ok(()) }
/// stub
pub fn cast_to_column(e: Expr, _c: &Column, _k: &Catalog) -> Result<Expr, String> { Ok(e) }
impl Mask { /// stub
 pub fn name(&self) -> &'static str { "x" } }
