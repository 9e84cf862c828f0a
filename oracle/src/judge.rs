//! One submission under every policy of the made-up world, and what the two grammars make of it.

use pgwicket::gate::admit::{Submission, admit};
use pgwicket::gate::check::{Schema, World, lowered, parameters, query, read_back, submission, write};

use crate::{client, emitted};

/// What a submission is made up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The grammar that likes trouble, of the fuzz target `gate_grammar`.
    Grammar,
    /// A query with the types right.
    Query,
    /// A write with the types right.
    Write,
}

/// The made-up world, and what statements are made up from.
pub struct Judge {
    world: World,
    readable: Schema,
    writable: Schema,
}

/// What came of a submission.
#[derive(Debug, Default)]
pub struct Judged {
    /// The kind of the statement, once for each policy that admits it.
    pub kinds: Vec<String>,
    /// Emitted texts that were compared.
    pub texts: usize,
    /// How often the client's text was compared.
    pub clients: usize,
    /// What the two grammars read differently.
    pub differences: Vec<String>,
}

impl Judge {
    /// With the made-up catalog.
    pub fn new() -> Self {
        let world = World::new();
        let readable = Schema::of(&world.catalog, |_| Some(Default::default()));
        let writable = Schema::under(&world.catalog, &world.writer);
        Self { world, readable, writable }
    }

    /// A submission by these decisions.
    pub fn make(&self, source: Source, bytes: &[u8]) -> Submission {
        let made = match source {
            Source::Grammar => return submission(&self.world, bytes),
            Source::Query => query(&self.readable, bytes),
            Source::Write => write(&self.writable, bytes).unwrap_or_else(|| query(&self.readable, bytes)),
        };
        Submission::Sql { text: made.sql, parameters: made.parameters }
    }

    /// Asks the gate, and where a policy admits the submission, PostgreSQL's grammar about the text that would be
    /// executed and about the client's.
    pub fn judge(&self, submission: &Submission) -> Judged {
        let world = &self.world;
        let mut judged = Judged::default();
        for (name, policy) in world.policies() {
            let Ok(admitted) = admit(&world.catalog, policy, &world.principal, submission) else { continue };
            judged.kinds.push(format!("{:?}", admitted.permit().kind));
            for text in [Some(admitted.sql()), admitted.text_sql()].into_iter().flatten() {
                judged.texts += 1;
                let read = read_back(world, policy, text, admitted.parameters().len() as u32);
                if let Err(why) = read.and_then(|statement| emitted::agrees(text, &statement)) {
                    judged.differences.push(format!("under `{name}`: {why}: {submission:?}"));
                }
            }
            if let Submission::Sql { text, parameters } = submission {
                judged.clients += 1;
                let read = lowered(world, policy, text, parameters.len() as u32);
                if let Err(why) = read.and_then(|statement| client::agrees(text, &statement)) {
                    judged.differences.push(format!("under `{name}`: {why}"));
                }
            }
        }
        judged
    }
}

impl Default for Judge {
    fn default() -> Self {
        Self::new()
    }
}

/// The text, with a value for each parameter that it seems to use.
pub fn with_values(text: String) -> Submission {
    let parameters = parameters(&text);
    Submission::Sql { text, parameters }
}
