//! A request as a tree: what the generator makes, how it is printed, and which fields of an object
//! it asks for (CollectFields, written a second time and without looking at the first).

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter, Result, Write};

use apollo_compiler::ast::Type;
use serde_json::{Map, Value as Json, json};
use throughline::graphql::Request;

/// A literal, or a variable in its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Boolean(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Block(String),
    Enum(String),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
    Variable(String),
}

impl Value {
    /// As it stands in `variables`; there are no variables in variables.
    pub(crate) fn to_json(&self) -> Json {
        match self {
            Value::Null | Value::Variable(_) => Json::Null,
            Value::Boolean(truth) => json!(truth),
            Value::Int(number) => json!(number),
            Value::Float(number) => json!(number),
            Value::Text(text) | Value::Block(text) | Value::Enum(text) => json!(text),
            Value::List(items) => items.iter().map(Value::to_json).collect(),
            Value::Object(fields) => {
                Json::Object(fields.iter().map(|(name, value)| (name.clone(), value.to_json())).collect())
            }
        }
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Boolean(truth) => write!(f, "{truth}"),
            Value::Int(number) => write!(f, "{number}"),
            Value::Float(number) => write!(f, "{number:?}"),
            // The escapes of JSON are escapes of GraphQL.
            Value::Text(text) => write!(f, "{}", json!(text)),
            Value::Block(text) => write!(f, "\"\"\"\n    {text}\n  \"\"\""),
            Value::Enum(name) => f.write_str(name),
            Value::Variable(name) => write!(f, "${name}"),
            Value::List(items) => {
                f.write_char('[')?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if i > 0 { ", " } else { "" })?;
                }
                f.write_char(']')
            }
            Value::Object(fields) => {
                f.write_char('{')?;
                for (i, (name, value)) in fields.iter().enumerate() {
                    write!(f, "{}{name}: {value}", if i > 0 { ", " } else { "" })?;
                }
                f.write_char('}')
            }
        }
    }
}

/// `@skip(if:)` or `@include(if:)`.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub(crate) skip: bool,
    pub(crate) value: Value,
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) alias: Option<String>,
    pub(crate) name: String,
    pub(crate) arguments: Vec<(String, Value)>,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) ty: Type,
    pub(crate) selections: Vec<Selection>,
}

impl Field {
    pub(crate) fn key(&self) -> &str {
        self.alias.as_ref().unwrap_or(&self.name)
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Selection {
    Field(Field),
    Inline { on: Option<String>, conditions: Vec<Condition>, selections: Vec<Selection> },
    Spread { name: String, conditions: Vec<Condition> },
}

#[derive(Clone, Debug)]
pub(crate) struct Fragment {
    pub(crate) name: String,
    pub(crate) on: String,
    pub(crate) selections: Vec<Selection>,
}

#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) default: Option<Value>,
    /// None where the request leaves it out.
    pub(crate) given: Option<Json>,
    /// What its value was made for; only the same may use it again.
    pub(crate) purpose: String,
}

impl Variable {
    fn effective(&self) -> Json {
        let default = || self.default.as_ref().map(Value::to_json);
        self.given.clone().or_else(default).unwrap_or_default()
    }
}

/// How the operation is written and picked.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Form {
    /// `{ … }`, or `query (…) { … }` where there are variables.
    #[default]
    Short,
    Named,
    Described,
    /// The second of two, picked by `operationName`.
    Second,
    /// Two, and none is picked: a request error.
    Unpicked,
}

/// Name, arguments and type of a field.
type Key = (String, Vec<(String, Value)>, Type);

#[derive(Clone, Debug, Default)]
pub(crate) struct Document {
    pub(crate) form: Form,
    pub(crate) variables: Vec<Variable>,
    pub(crate) selections: Vec<Selection>,
    pub(crate) fragments: Vec<Fragment>,
    /// Whether a variable is null where null may not stand, which its default lets it.
    pub(crate) nulled: bool,
    /// Whether a field with selections may come again under the same key, so that the two merge.
    pub(crate) repeated: bool,
    /// The name, arguments and type behind each response key: one key never has two, wherever it stands.
    pub(crate) keys: BTreeMap<String, Key>,
}

fn conditions(out: &mut String, all: &[Condition]) {
    for condition in all {
        let name = if condition.skip { "skip" } else { "include" };
        let _ = write!(out, " @{name}(if: {})", condition.value);
    }
}

fn selections(out: &mut String, all: &[Selection]) {
    out.push('{');
    for selection in all {
        out.push(' ');
        match selection {
            Selection::Field(field) => {
                if let Some(alias) = &field.alias {
                    let _ = write!(out, "{alias}: ");
                }
                out.push_str(&field.name);
                for (i, (name, value)) in field.arguments.iter().enumerate() {
                    let _ = write!(out, "{}{name}: {value}", if i > 0 { ", " } else { "(" });
                }
                out.push_str(if field.arguments.is_empty() { "" } else { ")" });
                conditions(out, &field.conditions);
                if !field.selections.is_empty() {
                    out.push(' ');
                    selections(out, &field.selections);
                }
            }
            Selection::Inline { on, conditions: all, selections: inner } => {
                out.push_str("...");
                if let Some(on) = on {
                    let _ = write!(out, " on {on}");
                }
                conditions(out, all);
                out.push(' ');
                selections(out, inner);
            }
            Selection::Spread { name, conditions: all } => {
                let _ = write!(out, "...{name}");
                conditions(out, all);
            }
        }
    }
    out.push_str(" }");
}

impl Document {
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        match self.form {
            Form::Short => out.push_str(if self.variables.is_empty() { "" } else { "query " }),
            Form::Named => out.push_str("query Main"),
            Form::Described => out.push_str("\"What for.\" query Main"),
            Form::Second | Form::Unpicked => {
                out.push_str("query Other { version { label } } query Main");
            }
        }
        for (i, variable) in self.variables.iter().enumerate() {
            let _ = write!(out, "{}${}: {}", if i > 0 { ", " } else { "(" }, variable.name, variable.ty);
            if let Some(default) = &variable.default {
                let _ = write!(out, " = {default}");
            }
        }
        out.push_str(if self.variables.is_empty() { " " } else { ") " });
        selections(&mut out, &self.selections);
        for fragment in &self.fragments {
            let _ = write!(out, "\nfragment {} on {} ", fragment.name, fragment.on);
            selections(&mut out, &fragment.selections);
        }
        out
    }

    pub(crate) fn request(&self) -> Request {
        let given = self.variables.iter().filter_map(|v| Some((v.name.clone(), v.given.clone()?)));
        Request {
            query: self.text(),
            operation_name: (self.form == Form::Second).then(|| "Main".to_owned()),
            variables: given.collect(),
            extensions: Map::from_iter([("cost".to_owned(), Json::Bool(true))]),
            ..Request::default()
        }
    }

    fn included(&self, conditions: &[Condition]) -> bool {
        conditions.iter().all(|condition| {
            let value = match &condition.value {
                Value::Variable(name) => {
                    let variable = self.variables.iter().find(|v| v.name == *name);
                    variable.map(Variable::effective).unwrap_or_default()
                }
                other => other.to_json(),
            };
            value != Json::Bool(condition.skip)
        })
    }

    /// The fields that `sets` ask of an object of type `of`, by response key and in order.
    pub(crate) fn collect<'d>(
        &'d self,
        of: &str,
        sets: &[&'d [Selection]],
        applies: &dyn Fn(&str, &str) -> bool,
    ) -> Vec<(&'d str, Vec<&'d Field>)> {
        let mut found: Vec<(&str, Vec<&Field>)> = Vec::new();
        let mut open: Vec<&Selection> = sets.iter().rev().flat_map(|set| set.iter().rev()).collect();
        let mut seen: Vec<&str> = Vec::new();
        while let Some(selection) = open.pop() {
            match selection {
                Selection::Field(field) if self.included(&field.conditions) => {
                    match found.iter_mut().find(|(key, _)| *key == field.key()) {
                        Some((_, fields)) => fields.push(field),
                        None => found.push((field.key(), vec![field])),
                    }
                }
                Selection::Inline { on, conditions, selections }
                    if self.included(conditions) && on.as_ref().is_none_or(|on| applies(on, of)) =>
                {
                    open.extend(selections.iter().rev());
                }
                Selection::Spread { name, conditions }
                    if self.included(conditions) && !seen.contains(&name.as_str()) =>
                {
                    seen.push(name);
                    let fragment = self.fragments.iter().find(|f| f.name == *name);
                    if let Some(fragment) = fragment.filter(|f| applies(&f.on, of)) {
                        open.extend(fragment.selections.iter().rev());
                    }
                }
                _ => {}
            }
        }
        found
    }
}
