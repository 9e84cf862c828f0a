//! What a policy says of a relation or column by its name alone: default deny, and deny overrides allow. Knows nothing
//! of the catalog: inheritance, views and types are for the binding to judge.

use super::error::PolicyError;
use super::model::{Access, ColumnEffect, ColumnRule, Mask, Policy};
use crate::gate::diagnostic::Rule;

/// What the policy says of a relation's name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RelationOpening<'p> {
    /// It doesn't exist for the principal; the rule that hides it, or `None` for default deny.
    Hidden(Option<&'p Rule>),
    /// It may be read.
    Open {
        /// The rule that also allows writing.
        write: Option<&'p Rule>,
        /// The relation has a section of its own.
        named: bool,
    },
}

/// What the policy says of a column's name in a relation that is open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ColumnOpening<'p> {
    /// The value as it is.
    Open,
    /// It doesn't exist for the principal; the rule that hides it, or `None` where an allow-list leaves it out.
    Denied(Option<&'p Rule>),
    /// Only the mask's value.
    Masked(&'p Mask, &'p Rule),
}

impl Policy {
    /// What the policy says of a relation, by exact schema and name.
    pub fn relation_opening(&self, schema: &str, name: &str) -> RelationOpening<'_> {
        let Some(opened) = self.schemas.get(schema) else { return RelationOpening::Hidden(None) };
        if let Some(deny) = opened.deny.iter().find(|deny| deny.value.matches(name)) {
            return RelationOpening::Hidden(Some(&deny.rule));
        }
        let section = self.tables.get(&(schema.to_owned(), name.to_owned()));
        let own = section.and_then(|section| section.access.as_ref());
        let access = own.unwrap_or(&opened.access);
        let write = match (access.value, section) {
            (Access::Listed, None) => return RelationOpening::Hidden(None),
            (Access::Listed, Some(_)) | (Access::Read, _) => None,
            (Access::Write, _) => Some(&access.rule),
        };
        RelationOpening::Open { write, named: section.is_some() }
    }

    /// What the policy says of a column, by exact names.
    ///
    /// # Errors
    /// Two rules mask the column differently.
    pub fn column_opening(&self, schema: &str, table: &str, column: &str) -> Result<ColumnOpening<'_>, PolicyError> {
        let section = self.tables.get(&(schema.to_owned(), table.to_owned()));
        let patterns = self.columns.iter().filter(|rule| rule.matches(schema, table, column));
        let mut mask: Option<(&Mask, &Rule)> = None;
        let mut denied = section
            .and_then(|section| section.deny_columns.iter().find(|deny| deny.value == column))
            .map(|deny| &deny.rule);
        let own = section.and_then(|section| section.masks.get(column)).map(|mask| (&mask.value, &mask.rule));
        let effects = patterns.filter_map(|rule| match &rule.effect {
            ColumnEffect::Deny => {
                denied = denied.or(Some(&rule.rule));
                None
            }
            ColumnEffect::Mask(mask) => Some((mask, &rule.rule)),
        });
        for (one, rule) in effects.chain(own) {
            if let Some((other, at)) = mask
                && other != one
            {
                let message = format!("the column `{schema}.{table}.{column}` has two different masks");
                return Err(PolicyError::new(rule.clone(), message)
                    .help(format!("the other is at {at}; keep one of them, or deny the column")));
            }
            mask = Some((one, rule));
        }
        if denied.is_some() {
            return Ok(ColumnOpening::Denied(denied));
        }
        if section.and_then(|section| section.columns.as_ref()).is_some_and(|list| !list.value.contains(column)) {
            return Ok(ColumnOpening::Denied(None));
        }
        Ok(mask.map_or(ColumnOpening::Open, |(mask, rule)| ColumnOpening::Masked(mask, rule)))
    }
}

impl ColumnRule {
    /// Whether the pattern fits a column, by exact names.
    pub fn matches(&self, schema: &str, table: &str, column: &str) -> bool {
        self.schema.as_ref().is_none_or(|pattern| pattern.matches(schema))
            && self.table.matches(table)
            && self.column.matches(column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(text: &str) -> Policy {
        let text = format!("version = 1\nname = \"p\"\n{text}");
        Policy::parse("p.toml", &text, &mut |_| Err("no files".to_owned())).unwrap_or_else(|errors| panic!("{errors}"))
    }

    #[test]
    fn what_is_not_opened_is_hidden_and_deny_overrides() {
        let policy = policy(
            "[schemas.a]\naccess = \"read\"\ndeny = [\"secret_*\"]\n[schemas.b]\naccess = \"listed\"\n\
             [schemas.c]\naccess = \"write\"\ndeny = [\"x\"]\n\
             [tables.\"b.one\"]\n[tables.\"b.two\"]\naccess = \"write\"\n[tables.\"c.ro\"]\naccess = \"read\"\n\
             [tables.\"c.x\"]\naccess = \"write\"\n[tables.\"a.w\"]\naccess = \"write\"\n",
        );
        let says = |schema: &str, name: &str| match policy.relation_opening(schema, name) {
            RelationOpening::Hidden(None) => "default deny".to_owned(),
            RelationOpening::Hidden(Some(rule)) => format!("denied on line {}", rule.line),
            RelationOpening::Open { write: None, named } => format!("read{}", if named { ", named" } else { "" }),
            RelationOpening::Open { write: Some(rule), named } => {
                format!("write by line {}{}", rule.line, if named { ", named" } else { "" })
            }
        };
        for (schema, name, expected) in [
            ("a", "open", "read"),
            ("a", "secret_1", "denied on line 5"),
            ("a", "w", "write by line 19, named"),
            ("b", "one", "read, named"),
            ("b", "two", "write by line 13, named"),
            ("b", "three", "default deny"),
            ("c", "any", "write by line 9"),
            ("c", "ro", "read, named"),
            ("c", "x", "denied on line 10"),
            ("d", "any", "default deny"),
            ("A", "open", "default deny"),
        ] {
            assert_eq!(says(schema, name), expected, "{schema}.{name}");
        }
    }

    #[test]
    fn columns_are_denied_before_they_are_masked_and_masked_before_they_are_open() {
        let policy = policy(
            "[columns]\n\"*.ssn\" = \"deny\"\n\"*.email\" = { mask = \"email\" }\n\"s.t?.note*\" = { mask = \"redact\" }\n\
             [schemas.s]\naccess = \"read\"\n\
             [tables.\"s.t\"]\ncolumns = [\"id\", \"email\", \"ssn\", \"phone\"]\ndeny_columns = [\"phone\"]\n\
             mask = { email = \"email\", phone = \"null\", ssn = \"null\" }\n",
        );
        let says = |table: &str, column: &str| match policy.column_opening("s", table, column) {
            Ok(ColumnOpening::Open) => "open".to_owned(),
            Ok(ColumnOpening::Denied(rule)) => format!("denied by {:?}", rule.map(|rule| rule.line)),
            Ok(ColumnOpening::Masked(mask, _)) => format!("{mask:?}"),
            Err(error) => error.to_string(),
        };
        for (table, column, expected) in [
            ("t", "id", "open"),
            ("t", "email", "Email"),
            ("t", "ssn", "denied by Some(4)"),
            ("t", "phone", "denied by Some(11)"),
            ("t", "added_tomorrow", "denied by None"),
            ("other", "added_tomorrow", "open"),
            ("t1", "notes", "Redact"),
            ("t12", "notes", "open"),
        ] {
            assert_eq!(says(table, column), expected, "{table}.{column}");
        }
    }

    #[test]
    fn patterns_that_mask_one_column_differently_are_found_by_its_name() {
        let policy = policy(
            "[columns]\n\"*.email\" = { mask = \"email\" }\n\"c.*\" = { mask = \"redact\" }\n[schemas.s]\naccess = \"read\"\n",
        );
        let error = policy.column_opening("s", "c", "email").expect_err("two masks");
        assert_eq!(error.rule.line, 5);
        assert!(error.help.is_some_and(|help| help.contains("p.toml:4")));
        assert_eq!(policy.column_opening("s", "d", "email").map(|one| one != ColumnOpening::Open), Ok(true));
    }
}
