//! What the gate lowers from a client's own text, before any policy is applied: for whoever compares it with the opinion
//! of another parser.

use super::world::World;
use crate::gate::ir::{Statement, renumber};
use crate::gate::lower::{Lowering, Mode};
use crate::gate::parse::parse;
use crate::gate::policy::BoundPolicy;
use crate::gate::source::Source;
use crate::gate::stack::on_big_stack;

/// The statement as a client's text is read, with so many parameters; the error is a sentence.
///
/// # Errors
/// The text can't be read.
pub fn lowered(world: &World, policy: &BoundPolicy, text: &str, parameters: u32) -> Result<Statement, String> {
    on_big_stack(|| {
        let source = Source::new(text);
        let parsed = parse(&source).map_err(|why| format!("{why:?}"))?;
        let mut lowering = Lowering::new(&world.catalog, policy, &source, Mode::Client, parameters);
        let mut statement = lowering.statement(&parsed.statement).map_err(|why| format!("{why:?}"))?;
        renumber(&mut statement);
        Ok(statement)
    })
}
