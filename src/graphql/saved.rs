//! Saved queries: a file is a question with a name, its words and its parameters. Its first comment
//! lines are its prose (the first of them its title), its variables are its parameters, and their
//! defaults make it answer with nothing given.

use apollo_compiler::ExecutableDocument;
use apollo_compiler::Schema;
use apollo_compiler::ast::{Type, Value as AstValue};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;
use data_encoding::HEXLOWER;
use serde_json::map::Entry;
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use super::arguments::{bad, shown};
use super::error::GraphqlError;
use crate::ontology::{Fault, Location, suggest};

/// A question that can be asked by its name.
#[derive(Clone, Debug)]
pub struct SavedQuery {
    /// What it is called: letters, digits and hyphens.
    pub name: String,
    /// What it asks, in one sentence.
    pub title: String,
    /// What is worth knowing before; perhaps nothing.
    pub description: String,
    /// The document: one query.
    pub text: String,
    /// SHA-256 of the text, in hex: what names it in the place of the text.
    pub sha256: String,
    /// What it can be asked about.
    pub parameters: Vec<Parameter>,
}

/// A variable of a saved query, as something to fill in.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The variable.
    pub name: String,
    /// Its type, as GraphQL writes it.
    pub of: String,
    /// What stands if nothing is given: as GraphQL writes it, text without its quotes.
    pub default: Option<String>,
    /// Whether it must be given.
    pub required: bool,
    /// The words it may be, where it is an enum.
    pub words: Vec<String>,
    /// Whether it takes several values: the parameter several times, or commas between them.
    pub list: bool,
    reading: Reading,
}

/// How the text of a parameter is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Text,
    Integer,
    Number,
    Boolean,
    /// An input object, as JSON.
    Object,
}

impl SavedQuery {
    /// Reads one. `name` is its file's, without the ending.
    ///
    /// # Errors
    /// Every fault, with its place in `file`: a name that no address can have, no title, a document that
    /// does not fit the schema or is not one query.
    pub fn read(
        schema: &Valid<Schema>,
        name: &str,
        file: &str,
        text: &str,
    ) -> Result<SavedQuery, Vec<Fault>> {
        let at = |line: usize, column: usize, what: String, help: &str| Fault {
            place: Location { file: file.to_owned(), line, column },
            what,
            help: help.to_owned(),
        };
        let mut faults = Vec::new();
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            let what = format!("`{}` cannot be the name of a saved query", shown(name));
            faults.push(at(0, 0, what, "name the file with letters, digits and hyphens"));
        }
        let prose: Vec<&str> = text.lines().map_while(|line| line.strip_prefix('#')).map(str::trim).collect();
        let title = prose.first().copied().unwrap_or_default();
        if title.is_empty() {
            let help = "write what it asks in a comment on the first line: # Which reports …?";
            faults.push(at(1, 1, "a saved query begins with its title".to_owned(), help));
        }
        let checked = ExecutableDocument::parse_and_validate(schema, text, file);
        let document = match checked {
            Ok(document) => document,
            Err(refused) => {
                for diagnostic in refused.errors.iter() {
                    let place = diagnostic.line_column_range().map(|range| range.start);
                    let (line, column) = place.map_or((0, 0), |place| (place.line, place.column));
                    let help = "ask for what the schema has: throughline schema prints it";
                    faults.push(at(line, column, diagnostic.error.to_string(), help));
                }
                return Err(faults);
            }
        };
        let operations: Vec<_> = document.operations.iter().collect();
        let [operation] = operations.as_slice() else {
            let what = format!("a saved query is one operation; this file has {}", operations.len());
            faults.push(at(1, 1, what, "give each its own file"));
            return Err(faults);
        };
        if !operation.is_query() {
            let what = "a saved query changes nothing".to_owned();
            faults.push(at(1, 1, what, "make it a query"));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let parameter = |variable: &apollo_compiler::Node<apollo_compiler::ast::VariableDefinition>| {
            Parameter::of(schema, variable.name.as_str(), &variable.ty, variable.default_value.as_deref())
        };
        Ok(SavedQuery {
            name: name.to_owned(),
            title: title.to_owned(),
            description: prose.get(1..).unwrap_or_default().join(" "),
            text: text.to_owned(),
            sha256: HEXLOWER.encode(&Sha256::digest(text)),
            parameters: operation.variables.iter().map(parameter).collect(),
        })
    }

    /// The variables that the parameters of an address come to; a list takes its parameter several
    /// times, or values with commas between. A parameter without text counts as not given.
    ///
    /// # Errors
    /// Every parameter that is not there, given twice, missing, or not of its type, in one sentence each.
    pub fn variables(&self, given: &[(String, String)]) -> Result<Map<String, Json>, Vec<GraphqlError>> {
        let mut variables = Map::new();
        let mut errors = Vec::new();
        for (key, text) in given.iter().filter(|(_, text)| !text.is_empty()) {
            let Some(parameter) = self.parameters.iter().find(|p| p.name == *key) else {
                let known: Vec<&str> = self.parameters.iter().map(|p| p.name.as_str()).collect();
                let way = if known.is_empty() { "it takes none".to_owned() } else { suggest(key, known) };
                let (name, key) = (&self.name, shown(key));
                errors.push(bad(format!("the question `{name}` has no parameter `{key}`; {way}")));
                continue;
            };
            if !parameter.list && variables.contains_key(key) {
                errors.push(bad(format!("the parameter `{key}` is given twice; give it once")));
                continue;
            }
            // Objects have commas of their own.
            let several = parameter.list && parameter.reading != Reading::Object;
            let texts: Vec<&str> = if several { text.split(',').collect() } else { vec![text] };
            for text in texts.into_iter().map(str::trim).filter(|text| !text.is_empty()) {
                match (parameter.read(text), variables.entry(key.as_str())) {
                    (Err(error), _) => errors.push(error),
                    (Ok(value), Entry::Vacant(free)) => {
                        free.insert(if parameter.list { Json::Array(vec![value]) } else { value });
                    }
                    (Ok(value), Entry::Occupied(mut taken)) => {
                        if let Json::Array(all) = taken.get_mut() {
                            all.push(value);
                        }
                    }
                }
            }
        }
        let missing = self.parameters.iter().filter(|p| p.required && !variables.contains_key(&p.name));
        errors.extend(
            missing.map(|p| {
                bad(format!("the parameter `{}` is missing; it is {} {}", p.name, p.article(), p.of))
            }),
        );
        if errors.is_empty() { Ok(variables) } else { Err(errors) }
    }
}

impl Parameter {
    fn of(schema: &Schema, name: &str, ty: &Type, default: Option<&AstValue>) -> Parameter {
        let named = ty.inner_named_type().as_str();
        let (words, reading) = match (named, schema.types.get(named)) {
            (_, Some(ExtendedType::Enum(of))) => {
                (of.values.keys().map(|word| word.to_string()).collect(), Reading::Text)
            }
            (_, Some(ExtendedType::InputObject(_))) => (Vec::new(), Reading::Object),
            ("Int", _) => (Vec::new(), Reading::Integer),
            ("Float", _) => (Vec::new(), Reading::Number),
            ("Boolean", _) => (vec!["true".to_owned(), "false".to_owned()], Reading::Boolean),
            _ => (Vec::new(), Reading::Text),
        };
        let default = default.filter(|value| !value.is_null()).map(|value| match value {
            AstValue::String(text) => text.clone(),
            AstValue::List(items) => {
                let text = |item: &AstValue| item.as_str().map_or_else(|| item.to_string(), str::to_owned);
                items.iter().map(|item| text(item)).collect::<Vec<_>>().join(", ")
            }
            other => other.to_string(),
        });
        Parameter {
            name: name.to_owned(),
            of: ty.to_string(),
            required: ty.is_non_null() && default.is_none(),
            default,
            words,
            list: ty.is_list(),
            reading,
        }
    }

    fn article(&self) -> &'static str {
        if self.of.starts_with(['A', 'E', 'I', 'O', 'U']) { "an" } else { "a" }
    }

    fn read(&self, text: &str) -> Result<Json, GraphqlError> {
        let text = text.trim();
        let read = match self.reading {
            Reading::Text if self.words.is_empty() => Some(Json::from(text)),
            Reading::Text => {
                self.words.iter().find(|word| *word == text).map(|word| Json::from(word.as_str()))
            }
            Reading::Integer => text.parse::<i32>().ok().map(Json::from),
            Reading::Number => text.parse::<f64>().ok().filter(|n| n.is_finite()).map(Json::from),
            Reading::Boolean => text.parse::<bool>().ok().map(Json::from),
            Reading::Object => serde_json::from_str(text).ok().filter(Json::is_object),
        };
        read.ok_or_else(|| {
            let words = self.words.iter().map(String::as_str).collect::<Vec<_>>();
            let way = match (self.reading, words.is_empty()) {
                (Reading::Object, _) => "give a JSON object".to_owned(),
                (_, true) => "give a number".to_owned(),
                (_, false) => suggest(text, words),
            };
            let (name, text) = (&self.name, shown(text));
            bad(format!(
                "the parameter `{name}` is {} {}, and `{text}` is none; {way}",
                self.article(),
                self.of
            ))
        })
    }
}
