//! Prompts: ways to work with the database that a person can start by name. They are texts for the agent, and show nothing of the
//! database themselves.

use rmcp::model::{GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, Role};
use serde_json::Value;

use super::completions::Names;

/// One prompt as data.
pub(super) struct Definition {
    pub name: &'static str,
    title: &'static str,
    description: &'static str,
    arguments: &'static [Argument],
    /// With `{name}` where an argument's value stands.
    text: &'static str,
}

struct Argument {
    name: &'static str,
    description: &'static str,
    /// What its value names.
    names: Names,
    /// What stands in the text where it isn't given; `None` if it has to be.
    otherwise: Option<&'static str>,
}

const PROMPTS: &[Definition] = &[
    Definition {
        name: "explore_database",
        title: "Explore the database",
        description: "What is in the database, table by table, as far as you may see it.",
        arguments: &[Argument {
            name: "schema",
            description: "Only this schema",
            names: Names::Schema,
            otherwise: Some("every schema that you may see"),
        }],
        text: "Explore the database behind pgwicket: {schema}. List its tables with get_tables, describe the important ones with \
            get_table_schema, and look at a few rows of each with query_execute and LIMIT 5. Then tell what the data is about, \
            how the tables belong together, and which questions they could answer. Say where values are masked or rows are \
            filtered, so that nobody takes a part for the whole.",
    },
    Definition {
        name: "answer_question",
        title: "Answer a question",
        description: "Answer a question from the data, with the queries that show it.",
        arguments: &[Argument {
            name: "question",
            description: "What you want to know",
            names: Names::Nothing,
            otherwise: None,
        }],
        text: "Answer this question from the database behind pgwicket: {question}\n\nFind the tables with search_objects, read their \
            columns with get_table_schema, and check a long query with check_query or explain_query before you run it. Give the \
            answer first, then each query that it rests on, as it was run, with the numbers that it gave. Say so where a result was \
            cut off, where values are masked or rows are filtered, and where the data can't answer.",
    },
    Definition {
        name: "review_table",
        title: "Review a table's quality",
        description: "Look for missing, doubtful and inconsistent data in one table.",
        arguments: &[
            Argument { name: "table", description: "`schema.table`", names: Names::Qualified, otherwise: None },
            Argument {
                name: "column",
                description: "Only this column",
                names: Names::Column,
                otherwise: Some("every column that you may see"),
            },
        ],
        text: "Review the data of the table {table} behind pgwicket: {column}. Read its columns and keys with get_table_schema, then look with \
            aggregates, not by reading all rows: how many rows and distinct values, how many NULLs in each column, the \
            smallest and largest values, values that come up suspiciously often, keys that point nowhere, dates in the \
            future, and duplicates. Report what you found with the query for each finding, the worst first, and leave out columns \
            that are masked.",
    },
];

pub(super) fn list() -> Vec<Prompt> {
    let argument = |one: &Argument| {
        PromptArgument::new(one.name).with_description(one.description).with_required(one.otherwise.is_none())
    };
    let prompt = |one: &Definition| {
        let arguments = one.arguments.iter().map(argument).collect();
        Prompt::new(one.name, Some(one.description), Some(arguments)).with_title(one.title)
    };
    PROMPTS.iter().map(prompt).collect()
}

pub(super) fn find(name: &str) -> Option<&'static Definition> {
    PROMPTS.iter().find(|prompt| prompt.name == name)
}

impl Definition {
    /// What an argument's value names; `None` if there is no such argument.
    pub(super) fn names(&self, argument: &str) -> Option<Names> {
        self.arguments.iter().find(|one| one.name == argument).map(|one| one.names)
    }

    /// The prompt's text for these arguments.
    ///
    /// # Errors
    /// What is wrong with them: a sentence.
    pub(super) fn text(&self, given: &JsonObject) -> Result<GetPromptResult, String> {
        if let Some(name) = given.keys().find(|name| self.arguments.iter().all(|one| one.name != name.as_str())) {
            return Err(format!("the prompt has no argument `{name}`"));
        }
        let mut text = self.text.to_owned();
        for argument in self.arguments {
            let value = match given.get(argument.name) {
                Some(Value::String(value)) if !value.trim().is_empty() => value,
                Some(Value::String(_)) | None => {
                    argument.otherwise.ok_or_else(|| format!("the argument `{}` is missing", argument.name))?
                }
                Some(_) => return Err(format!("`{}` has to be a string", argument.name)),
            };
            text = text.replace(&format!("{{{}}}", argument.name), value);
        }
        Ok(GetPromptResult::new(vec![PromptMessage::new_text(Role::User, text)]).with_description(self.description))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn given(value: Value) -> JsonObject {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn every_argument_stands_in_its_text_and_nothing_else_does() {
        for prompt in PROMPTS {
            let holes: Vec<&str> = prompt.text.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
            let names: Vec<&str> = prompt.arguments.iter().map(|one| one.name).collect();
            assert_eq!(holes, names, "{}", prompt.name);
        }
    }

    #[test]
    fn arguments_are_filled_in_or_told() {
        let question = find("answer_question").unwrap();
        let text = question.text(&given(json!({ "question": "who {schema}?" }))).unwrap();
        assert!(serde_json::to_string(&text.messages).unwrap().contains("behind pgwicket: who {schema}?"));
        assert_eq!(question.text(&given(json!({}))).unwrap_err(), "the argument `question` is missing");
        assert_eq!(
            question.text(&given(json!({ "question": " " }))).unwrap_err(),
            "the argument `question` is missing"
        );
        assert_eq!(question.text(&given(json!({ "question": 7 }))).unwrap_err(), "`question` has to be a string");
        assert_eq!(
            question.text(&given(json!({ "question": "x", "y": "" }))).unwrap_err(),
            "the prompt has no argument `y`"
        );
        assert!(find("explore_database").unwrap().text(&JsonObject::new()).is_ok());
    }
}
