//! What holds for a statement under every policy: a stable verdict, an honest rejection, and an admitted text that says
//! what the policy lets it say.

use serde_json::{Value, json};

use super::emitted::{Admission, admission};
use super::world::{World, hidden_names, other_name, renamed_word};
use crate::gate::admit::{Admitted, Submission, admit};
use crate::gate::diagnostic::{Concealed, Place, Reason, Rejection};
use crate::gate::parse::parse;
use crate::gate::policy::BoundPolicy;
use crate::gate::source::Source;
use crate::gate::stack::on_big_stack;

/// The worlds that statements are tried in.
pub struct Worlds {
    /// The world.
    pub world: World,
    /// The same with other names for what is hidden.
    pub renamed: World,
    /// The one in which every policy trusts extensions.
    pub trusting: World,
}

impl Worlds {
    /// All of them.
    pub fn new() -> Self {
        Self { world: World::new(), renamed: World::renamed(), trusting: World::trusting() }
    }

    /// Checks a submission under every policy that trusts extensions; how many of them admit it.
    ///
    /// # Panics
    /// A property doesn't hold.
    pub fn check_trusting(&self, submission: &Submission) -> usize {
        let policies = self.trusting.policies().into_iter();
        policies.filter(|(name, policy)| judge(&self.trusting, name, policy, submission).is_ok()).count()
    }

    /// Checks a text with values for its parameters under every policy.
    ///
    /// # Panics
    /// A property doesn't hold.
    pub fn check_text(&self, text: &str) {
        let submission = Submission::Sql { text: text.to_owned(), parameters: parameters(text) };
        let parses = on_big_stack(|| parse(&Source::new(text)).is_ok());
        if parses {
            self.check(&submission);
        } else {
            // What can't be read is refused alike, whatever the policy.
            let _ = judge(&self.world, "protected", &self.world.protected, &submission);
        }
    }

    /// Checks a submission under every policy; how many of them admit it.
    ///
    /// # Panics
    /// A property doesn't hold.
    pub fn check(&self, submission: &Submission) -> usize {
        let mut admitted = 0;
        for (name, policy) in self.world.policies() {
            let verdict = judge(&self.world, name, policy, submission);
            admitted += usize::from(verdict.is_ok());
            if name == "protected" {
                let other = admit(&self.renamed.catalog, &self.renamed.protected, &self.renamed.principal, submission);
                hidden_names_tell_nothing(submission, &verdict, &other);
            }
        }
        admitted
    }
}

impl Default for Worlds {
    fn default() -> Self {
        Self::new()
    }
}

/// A value for each parameter that the text seems to use, of every kind in turn.
pub fn parameters(text: &str) -> Vec<Value> {
    let kinds = [
        json!(1),
        json!("a'b\\\"c"),
        json!(null),
        json!(true),
        json!([1, null]),
        json!({"a": [1]}),
        json!(1.5),
        json!("2024-02-29"),
    ];
    let used = text.split('$').skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse::<usize>().ok()
    });
    let most = used.filter(|number| *number <= kinds.len()).max().unwrap_or(0);
    kinds.into_iter().take(most).collect()
}

fn judge(world: &World, name: &str, policy: &BoundPolicy, submission: &Submission) -> Result<Admitted, Rejection> {
    let verdict = admit(&world.catalog, policy, &world.principal, submission);
    // The second time it may be kept from the first; the third time it is, if it was admitted.
    for again in [world.gate(name).admit(submission), world.gate(name).admit(submission)] {
        match (&verdict, &again) {
            (Ok(first), Ok(second)) => {
                assert_eq!(first.sql(), second.sql(), "another text under `{name}` the next time: {submission:?}");
                assert_eq!(first.text_sql(), second.text_sql(), "{name}: {submission:?}");
                assert_eq!(first.parameters(), second.parameters(), "{name}: {submission:?}");
                assert_eq!(first.permit(), second.permit(), "{name}: {submission:?}");
                assert_eq!(first.verification(), second.verification(), "{name}: {submission:?}");
                assert_eq!(first.literals(), second.literals(), "{name}: {submission:?}");
            }
            (Err(first), Err(second)) => {
                assert_eq!(first, second, "another rejection under `{name}` the next time: {submission:?}");
            }
            _ => panic!("another verdict under `{name}` the next time: {submission:?}"),
        }
    }
    match &verdict {
        Ok(admitted) => admission(&Admission { world, name, policy, submission, admitted }),
        Err(refused) => rejection(submission, refused, name),
    }
    verdict
}

/// A rejection points into what was submitted, and isn't a failure of pgwicket's own.
fn rejection(submission: &Submission, rejection: &Rejection, policy: &str) {
    assert_ne!(rejection.reason, Reason::InternalError, "under `{policy}`: {rejection:?}: {submission:?}");
    assert!(!rejection.message.is_empty() && !rejection.message.ends_with('.'), "{rejection:?}: {submission:?}");
    if let (Place::Sql(span), Submission::Sql { text, .. }) = (&rejection.place, submission) {
        let inside = text.get(span.start as usize..span.end as usize).is_some();
        assert!(inside, "under `{policy}` the place {span:?} isn't in the text: {rejection:?}: {submission:?}");
    }
    for other in &rejection.also {
        self::rejection(submission, other, policy);
    }
}

/// Where something is called otherwise that the principal can't see, the answers are the same.
fn hidden_names_tell_nothing(
    submission: &Submission,
    verdict: &Result<Admitted, Rejection>,
    other: &Result<Admitted, Rejection>,
) {
    let text = written(submission);
    let mentions = mentions(&text);
    // NATURAL names columns without writing them: one that is hidden, too.
    let natural = text.to_ascii_lowercase().contains("natural");
    let comparable = mentions == 0 || mentions == 1 && !natural;
    match (verdict, other) {
        (Err(this), Err(other)) if comparable || is_concealed(this) && is_concealed(other) => {
            let (this, other) = (public(submission, this), public(submission, other));
            assert_eq!(this, other, "the rejection depends on a hidden name: {submission:?}");
        }
        (Ok(this), Ok(other)) if mentions == 0 => {
            let renamed = hidden_names().fold(this.sql().to_owned(), |text, hidden| {
                renamed_word(&text, hidden, other_name(hidden).unwrap_or(hidden))
            });
            assert_eq!(renamed, other.sql(), "the text depends on a hidden name: {submission:?}");
            assert_eq!(this.parameters(), other.parameters(), "{submission:?}");
        }
        (Ok(_), Err(rejection)) | (Err(rejection), Ok(_)) if comparable => {
            panic!("the verdict depends on a hidden name: {rejection:?}: {submission:?}");
        }
        _ => {}
    }
}

fn is_concealed(rejection: &Rejection) -> bool {
    matches!(rejection.concealed.as_deref(), Some(Concealed { .. }))
}

fn public(submission: &Submission, rejection: &Rejection) -> String {
    match submission {
        Submission::Sql { text, .. } | Submission::Page { text, .. } | Submission::Explain { text, .. } => {
            rejection.to_json(Some(&Source::new(text))).to_string()
        }
        Submission::Change(_) => rejection.to_json(None).to_string(),
    }
}

fn written(submission: &Submission) -> String {
    match submission {
        Submission::Sql { text, .. } | Submission::Page { text, .. } | Submission::Explain { text, .. } => text.clone(),
        Submission::Change(change) => format!("{change:?}"),
    }
}

/// How many of the text's words are hidden names, in either world.
fn mentions(text: &str) -> usize {
    let text = text.to_lowercase();
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    words.filter(|word| hidden_names().any(|hidden| *word == hidden || Some(*word) == other_name(hidden))).count()
}
