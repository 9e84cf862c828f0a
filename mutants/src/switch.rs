//! Writes mutants into sources, each behind `crate::mutant(number)`. Numbers begin with 1; 0 is none of them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use syn::spanned::Spanned;
use syn::visit::Visit;

use crate::compile::Fault;
use crate::edits::{Edit, Placed, apply};
use crate::list::{Mutant, Position};

/// Which mutant is on is said by the environment, once.
const SWITCH: &str = "
/// Whether this mutant is the one that is tried.
pub(crate) fn mutant(number: u32) -> bool {
    static ON: std::sync::LazyLock<u32> =
        std::sync::LazyLock::new(|| std::env::var(\"PGWICKET_MUTANT\").map_or(0, |number| number.parse().unwrap_or(0)));
    *ON == number
}
";
const ROOT: &str = "src/lib.rs";

/// The files that mutants are in, as they are.
pub struct Sources(BTreeMap<String, String>);

/// The files with their switches.
pub struct Switched(BTreeMap<String, (String, Vec<Placed>)>);

impl Sources {
    pub fn read(tree: &Path, mutants: &[Mutant]) -> Result<Self, String> {
        let files: BTreeSet<&str> = mutants.iter().map(|mutant| mutant.file.as_str()).chain([ROOT]).collect();
        let read = |file: &str| std::fs::read_to_string(tree.join(file)).map_err(|error| format!("{file}: {error}"));
        files.into_iter().map(|file| Ok((file.to_owned(), read(file)?))).collect::<Result<_, _>>().map(Self)
    }

    /// With all mutants but those left out; those that this can't switch are left out from now on.
    pub fn switched(&self, mutants: &[Mutant], left_out: &mut BTreeSet<usize>) -> Result<Switched, String> {
        let mut all = BTreeMap::new();
        for (file, text) in &self.0 {
            let mut wanted = Wanted::default();
            for (at, mutant) in mutants.iter().enumerate() {
                if mutant.file == *file && !left_out.contains(&at) {
                    wanted.add(text, at, mutant);
                }
            }
            let parsed = syn::parse_file(text).map_err(|error| format!("{file}: {error}"))?;
            wanted.text = text;
            wanted.visit_file(&parsed);
            let mut edits = wanted.edits;
            let switched: BTreeSet<usize> = edits.iter().flat_map(|edit| edit.mutants.iter().copied()).collect();
            left_out.extend((0..mutants.len()).filter(|at| mutants[*at].file == *file && !switched.contains(at)));
            if file == ROOT {
                let end = text.len();
                edits.push(Edit {
                    at: end..end,
                    text: SWITCH.to_owned(),
                    before: false,
                    extent: 0,
                    mutants: Vec::new(),
                });
            }
            all.insert(file.clone(), apply(text, edits).map_err(|why| format!("{file}: {why}"))?);
        }
        Ok(Switched(all))
    }
}

impl Switched {
    pub fn write(&self, tree: &Path) -> Result<(), String> {
        for (file, (text, _)) in &self.0 {
            std::fs::write(tree.join(file), text).map_err(|error| format!("{file}: {error}"))?;
        }
        Ok(())
    }

    /// The mutants whose text an error of the compiler points at; of what stands around the place, the innermost.
    pub fn blamed(&self, fault: &Fault) -> Vec<usize> {
        let Some((_, placed)) = self.0.get(&fault.file) else { return Vec::new() };
        let touches = |one: &&Placed| one.at.start < fault.at.end && fault.at.start < one.at.end;
        let mut touched: Vec<&Placed> = placed.iter().filter(touches).collect();
        if touched.is_empty() {
            let around = |one: &&Placed| one.mutants.iter().any(|at| encloses(placed, *at, &fault.at));
            touched = placed.iter().filter(around).collect();
        }
        let innermost = touched.iter().map(|one| one.extent).min();
        let inner = touched.into_iter().filter(|one| Some(one.extent) == innermost);
        inner.flat_map(|one| one.mutants.iter().copied()).collect()
    }
}

/// Whether the place is between the first and the last text of a mutant.
fn encloses(placed: &[Placed], mutant: usize, place: &Range<usize>) -> bool {
    let of_it = || placed.iter().filter(|one| one.mutants.contains(&mutant));
    let start = of_it().map(|one| one.at.start).min();
    let end = of_it().map(|one| one.at.end).max();
    start.is_some_and(|start| start <= place.start) && end.is_some_and(|end| place.end <= end)
}

/// What is to be switched in one file, and the edits for it.
#[derive(Default)]
struct Wanted<'a> {
    text: &'a str,
    /// By the byte at which their operator begins.
    operators: BTreeMap<usize, Vec<(usize, String)>>,
    /// By the byte at which their arm begins.
    arms: BTreeMap<usize, usize>,
    edits: Vec<Edit>,
}

/// The condition under which a mutant is on.
fn on(at: usize) -> String {
    format!("crate::mutant({})", at + 1)
}

/// The byte at a position.
fn byte(text: &str, position: Position) -> usize {
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines.by_ref().take(position.line - 1).map(str::len).sum();
    let line = lines.next().unwrap_or_default();
    before + line.char_indices().nth(position.column - 1).map_or(line.len(), |(byte, _)| byte)
}

impl Wanted<'_> {
    fn add(&mut self, text: &str, at: usize, mutant: &Mutant) {
        let (start, end) = (byte(text, mutant.span.start), byte(text, mutant.span.end));
        match mutant.genre.as_str() {
            // An opaque return type is one type, so it can't have a second value of another.
            "FnValue" if mutant.replacement.contains("::std::iter::") => {}
            "FnValue" => {
                let first = format!("if {} {{ return {}; }} ", on(at), mutant.replacement);
                self.before(start, usize::MAX, first, &[at]);
            }
            "MatchArmGuard" => {
                // Around whatever the guard itself is.
                let extent = end - start + 1;
                let (before, after) = match mutant.replacement.as_str() {
                    "true" => (format!("({} || (", on(at)), "))".to_owned()),
                    "false" => (format!("(!{} && (", on(at)), "))".to_owned()),
                    _ => return,
                };
                self.around(start..end, extent, (before, after), &[at]);
            }
            "MatchArm" => _ = self.arms.insert(start, at),
            "BinaryOperator" | "UnaryOperator" => {
                self.operators.entry(start).or_default().push((at, mutant.replacement.clone()));
            }
            _ => {}
        }
    }

    fn before(&mut self, at: usize, extent: usize, text: String, mutants: &[usize]) {
        self.edits.push(Edit { at: at..at, text, before: true, extent, mutants: mutants.to_vec() });
    }

    fn after(&mut self, at: usize, extent: usize, text: String, mutants: &[usize]) {
        self.edits.push(Edit { at: at..at, text, before: false, extent, mutants: mutants.to_vec() });
    }

    fn around(&mut self, range: Range<usize>, extent: usize, (before, after): (String, String), mutants: &[usize]) {
        self.before(range.start, extent, before, mutants);
        self.after(range.end, extent, after, mutants);
    }

    fn binary(&mut self, binary: &syn::ExprBinary, wanted: &[(usize, String)]) {
        let [whole, left, operator, right] = [
            binary.span().byte_range(),
            binary.left.span().byte_range(),
            binary.op.span().byte_range(),
            binary.right.span().byte_range(),
        ];
        let extent = whole.len();
        let numbers: Vec<usize> = wanted.iter().map(|(at, _)| *at).collect();
        let symbol = self.text[operator.clone()].to_owned();
        match (&binary.op, wanted) {
            // `a || b` is `!(!a && !b)`: both sides and the whole are turned round, and each is evaluated when it was.
            (syn::BinOp::And(_) | syn::BinOp::Or(_), [(at, _)]) => {
                if has_let(&binary.left) || has_let(&binary.right) {
                    return;
                }
                let turned = format!(") ^ {})", on(*at));
                self.around(left, extent, ("((((".to_owned(), turned.clone()), &numbers);
                self.around(right, extent, ("((".to_owned(), format!("{turned}{turned}")), &numbers);
            }
            (syn::BinOp::Eq(_) | syn::BinOp::Ne(_), [(at, _)]) => {
                self.around(whole, extent, ("((".to_owned(), format!(") ^ {})", on(*at))), &numbers);
            }
            (syn::BinOp::Lt(_) | syn::BinOp::Le(_) | syn::BinOp::Gt(_) | syn::BinOp::Ge(_), _) => {
                self.operands(whole, operator, "&", &choice(wanted, &symbol, "l__", "r__"), &numbers);
            }
            (one, _) if is_assignment(one) => {
                let place = self.text[left.clone()].to_owned();
                let gone = left.start..operator.end;
                let text = "{ let r__ = ".to_owned();
                self.edits.push(Edit { at: gone, text, before: true, extent, mutants: numbers.clone() });
                self.after(whole.end, extent, format!("; {} }}", choice(wanted, &symbol, &place, "r__")), &numbers);
            }
            _ => self.operands(whole, operator, "", &choice(wanted, &symbol, "l__", "r__"), &numbers),
        }
    }

    /// `match (left, right) { (l__, r__) => choice }`, so that each side is evaluated once.
    fn operands(&mut self, whole: Range<usize>, operator: Range<usize>, by: &str, choice: &str, numbers: &[usize]) {
        let extent = whole.len();
        let after = format!(")) {{ (l__, r__) => {choice} }})");
        self.around(whole, extent, (format!("(match ({by}("), after), numbers);
        let text = format!("), {by}(");
        self.edits.push(Edit { at: operator, text, before: true, extent, mutants: numbers.to_vec() });
    }
}

/// `if mutant(1) { l - r } else if … else { l + r }`
fn choice(wanted: &[(usize, String)], symbol: &str, left: &str, right: &str) -> String {
    let mut text = String::new();
    for (at, other) in wanted {
        text.push_str(&format!("if {} {{ {left} {other} {right} }} else ", on(*at)));
    }
    text + &format!("{{ {left} {symbol} {right} }}")
}

fn is_assignment(op: &syn::BinOp) -> bool {
    use syn::BinOp::*;
    matches!(
        op,
        AddAssign(_)
            | SubAssign(_)
            | MulAssign(_)
            | DivAssign(_)
            | RemAssign(_)
            | BitXorAssign(_)
            | BitAndAssign(_)
            | BitOrAssign(_)
            | ShlAssign(_)
            | ShrAssign(_)
    )
}

/// Whether a condition has a `let` beside others, which no parentheses may stand around.
fn has_let(expr: &syn::Expr) -> bool {
    match expr {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Wanted<'_> {
    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        if let Some(wanted) = self.operators.remove(&binary.op.span().byte_range().start) {
            self.binary(binary, &wanted);
        }
        syn::visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        let range = unary.span().byte_range();
        if let Some(wanted) = self.operators.remove(&range.start)
            && let (syn::UnOp::Not(_), [(at, _)]) = (&unary.op, wanted.as_slice())
        {
            let extent = range.len();
            self.around(range, extent, ("((".to_owned(), format!(") ^ {})", on(*at))), &[*at]);
        }
        syn::visit::visit_expr_unary(self, unary);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        if let Some(at) = self.arms.remove(&arm.span().byte_range().start) {
            match &arm.guard {
                Some((_, guard)) => {
                    let range = guard.span().byte_range();
                    let extent = range.len() + 2;
                    self.around(range, extent, (format!("(!{} && (", on(at)), "))".to_owned()), &[at]);
                }
                None => {
                    let range = arm.pat.span().byte_range();
                    self.after(range.end, range.len(), format!(" if !{}", on(at)), &[at]);
                }
            }
        }
        syn::visit::visit_arm(self, arm);
    }
}
