//! What a policy names has to exist: a rule about a misspelt or renamed table would hide nothing and say nothing.

use std::collections::BTreeSet;

use super::{Binder, nearest};
use crate::gate::catalog::Relation;
use crate::gate::policy::model::{ColumnRule, Glob};

impl Binder<'_> {
    /// Schemas, tables and columns that the policy names have to exist. A pattern with a wildcard may fit nothing yet.
    pub(super) fn names(&mut self) {
        self.schemas();
        self.tables();
        self.denied_relations();
        self.column_patterns();
    }

    fn schemas(&mut self) {
        let policy = self.policy;
        let known: BTreeSet<&str> = self.catalog.parts().schemas.iter().map(String::as_str).collect();
        let opened = policy.schemas.iter().map(|(schema, rule)| (schema, &rule.access.rule));
        let path = policy.search_path.iter().zip(policy.search_path_rule.iter().cycle());
        for (schema, rule) in opened.chain(path).filter(|(schema, _)| !known.contains(schema.as_str())) {
            let help = nearest(schema, known.iter().copied()).map(|name| format!("did you mean `{name}`?"));
            self.error(rule, format!("schema `{schema}` does not exist in the database"), help);
        }
    }

    fn tables(&mut self) {
        let policy = self.policy;
        for ((schema, name), table) in &policy.tables {
            if self.has_schema(schema) && self.catalog.relation_named(schema, name).is_none() {
                self.no_table(&table.rule, schema, name);
            }
        }
    }

    fn denied_relations(&mut self) {
        let policy = self.policy;
        for (schema, rule) in policy.schemas.iter().filter(|(schema, _)| self.has_schema(schema)).collect::<Vec<_>>() {
            for deny in rule.deny.iter().filter(|deny| deny.value.is_name()) {
                if self.catalog.relation_named(schema, &deny.value.0).is_none() {
                    self.no_table(&deny.rule, schema, &deny.value.0);
                }
            }
        }
    }

    fn column_patterns(&mut self) {
        let policy = self.policy;
        let catalog = self.catalog;
        for rule in policy.columns.iter().filter(|rule| rule.table.is_name()) {
            let fits = |relation: &&Relation| {
                rule.table.matches(&relation.name)
                    && rule.schema.as_ref().is_none_or(|one| one.matches(&relation.schema))
            };
            let relations: Vec<&Relation> = catalog.parts().relations.iter().filter(fits).collect();
            if relations.is_empty() {
                let names = catalog.parts().relations.iter().map(|relation| relation.name.as_str());
                let help = nearest(&rule.table.0, names).map(|name| format!("did you mean `{name}`?"));
                self.error(&rule.rule, format!("no table of the database fits `{}`", written(rule)), help);
            } else if rule.column.is_name() && !relations.iter().any(|one| one.column(&rule.column.0).is_some()) {
                let columns = relations.iter().flat_map(|relation| &relation.columns);
                let help = nearest(&rule.column.0, columns.map(|column| column.name.as_str()))
                    .map(|name| format!("did you mean `{name}`?"));
                self.error(&rule.rule, format!("no column of the database fits `{}`", written(rule)), help);
            }
        }
    }

    fn has_schema(&self, schema: &str) -> bool {
        self.catalog.parts().schemas.iter().any(|known| known == schema)
    }

    fn no_table(&mut self, rule: &crate::gate::diagnostic::Rule, schema: &str, name: &str) {
        let relations = self.catalog.parts().relations.iter().filter(|relation| relation.schema == *schema);
        let help = nearest(name, relations.map(|relation| relation.name.as_str()))
            .map(|name| format!("did you mean `{schema}.{name}`?"));
        self.error(rule, format!("table `{schema}.{name}` does not exist in the database"), help);
    }
}

fn written(rule: &ColumnRule) -> String {
    let parts: Vec<&str> =
        rule.schema.iter().chain([&rule.table, &rule.column]).map(|Glob(pattern)| pattern.as_str()).collect();
    parts.join(".")
}
