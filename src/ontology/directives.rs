//! The directives an ontology may use: each use is checked against directives.graphql, so that
//! whoever reads an argument afterwards need not look again.

use std::sync::LazyLock;

use apollo_compiler::Node;
use apollo_compiler::ast::{self, Definition, DirectiveLocation, Document, Type};

use super::read::Reader;
use super::suggest;

/// The directives an ontology may use, in SDL.
pub const DIRECTIVES: &str = include_str!("../../schema/directives.graphql");

/// The definitions of directives.graphql, parsed once.
static DIRECTIVE_DEFINITIONS: LazyLock<Document> = LazyLock::new(|| {
    // Our own file: if it does not parse, the program cannot do anything, and every test fails.
    #[expect(clippy::panic, reason = "embedded at compile time and parsed by every test")]
    Document::parse(DIRECTIVES, "schema/directives.graphql").unwrap_or_else(|e| panic!("{}", e.errors))
});

impl<'a> Reader<'a> {
    /// Checks every use of a directive against directives.graphql: known, in its place, with the
    /// arguments it takes and of their types. What comes later need not look again.
    pub(super) fn directives(&mut self, directives: &'a ast::DirectiveList, location: DirectiveLocation) {
        let definitions: Vec<&Node<ast::DirectiveDefinition>> = DIRECTIVE_DEFINITIONS
            .definitions
            .iter()
            .filter_map(|d| match d {
                Definition::DirectiveDefinition(d) => Some(d),
                _ => None,
            })
            .collect();
        for (i, directive) in directives.iter().enumerate() {
            let Some(definition) = definitions.iter().find(|d| d.name == directive.name) else {
                self.fault(
                    directive.location(),
                    format!("unknown directive @{}", directive.name),
                    &suggest(
                        &directive.name,
                        definitions.iter().map(|d| d.name.as_str()).collect::<Vec<_>>(),
                    ),
                );
                continue;
            };
            if !definition.locations.contains(&location) {
                let places = definition.locations.iter().map(|l| l.name()).collect::<Vec<_>>().join(", ");
                self.fault(
                    directive.location(),
                    format!("@{} does not belong on {}", directive.name, location.name()),
                    &format!("it belongs on {places}"),
                );
                continue;
            }
            if !definition.repeatable && directives.iter().take(i).any(|d| d.name == directive.name) {
                self.fault(
                    directive.location(),
                    format!("@{} twice in one place", directive.name),
                    "keep one",
                );
            }
            for argument in &directive.arguments {
                match definition.arguments.iter().find(|a| a.name == argument.name) {
                    None => self.fault(
                        argument.location(),
                        format!("@{} has no argument `{}`", directive.name, argument.name),
                        &suggest(
                            &argument.name,
                            definition.arguments.iter().map(|a| a.name.as_str()).collect::<Vec<_>>(),
                        ),
                    ),
                    Some(a) => {
                        if !conforms(&argument.value, &a.ty) {
                            self.fault(
                                argument.value.location(),
                                format!(
                                    "argument `{}` of @{} is {}",
                                    argument.name, directive.name, argument.value
                                ),
                                &format!("it takes {}", a.ty),
                            );
                        }
                    }
                }
            }
            for required in
                definition.arguments.iter().filter(|a| a.ty.is_non_null() && a.default_value.is_none())
            {
                if !directive.arguments.iter().any(|a| a.name == required.name) {
                    self.fault(
                        directive.location(),
                        format!("@{} lacks `{}`", directive.name, required.name),
                        &format!("add {}: {}", required.name, example(&required.ty)),
                    );
                }
            }
        }
    }
}

fn conforms(value: &ast::Value, ty: &Type) -> bool {
    match (value, ty) {
        (ast::Value::Null, ty) => !ty.is_non_null(),
        (ast::Value::List(items), Type::List(inner) | Type::NonNullList(inner)) => {
            items.iter().all(|v| conforms(v, inner))
        }
        (value, Type::Named(name) | Type::NonNullNamed(name)) => match (value, name.as_str()) {
            (ast::Value::String(_), "String")
            | (ast::Value::Boolean(_), "Boolean")
            | (ast::Value::Int(_), "Int" | "Float")
            | (ast::Value::Float(_), "Float") => true,
            (ast::Value::Enum(word), enumeration) => {
                DIRECTIVE_DEFINITIONS.definitions.iter().any(|d| match d {
                    Definition::EnumTypeDefinition(e) => {
                        e.name == enumeration && e.values.iter().any(|v| v.value == *word)
                    }
                    _ => false,
                })
            }
            _ => false,
        },
        _ => false,
    }
}

fn example(ty: &Type) -> &'static str {
    match (ty.is_list(), ty.inner_named_type().as_str()) {
        (true, _) => "[\"…\"]",
        (false, "Int" | "Float") => "1",
        (false, "Boolean") => "true",
        _ => "\"…\"",
    }
}

pub(super) fn argument<'d>(directive: &'d Node<ast::Directive>, name: &str) -> Option<&'d ast::Value> {
    directive
        .arguments
        .iter()
        .find(|a| a.name == name)
        .map(|a| a.value.as_ref())
        .filter(|v| !matches!(v, ast::Value::Null))
}
pub(super) fn optional_text(directive: &Node<ast::Directive>, name: &str) -> Option<String> {
    argument(directive, name).and_then(|v| v.as_str()).map(str::to_owned)
}
pub(super) fn text(directive: &Node<ast::Directive>, name: &str) -> String {
    optional_text(directive, name).unwrap_or_default()
}
pub(super) fn texts(directive: &Node<ast::Directive>, name: &str) -> Vec<String> {
    match argument(directive, name) {
        Some(ast::Value::List(items)) => items.iter().filter_map(|v| v.as_str()).map(str::to_owned).collect(),
        Some(ast::Value::String(one)) => vec![one.clone()],
        _ => Vec::new(),
    }
}
pub(super) fn boolean(directive: &Node<ast::Directive>, name: &str, default: bool) -> bool {
    argument(directive, name).and_then(|v| v.to_bool()).unwrap_or(default)
}
pub(super) fn integer(directive: &Node<ast::Directive>, name: &str) -> Option<i32> {
    argument(directive, name).and_then(|v| v.to_i32())
}
pub(super) fn number(directive: &Node<ast::Directive>, name: &str) -> Option<f64> {
    argument(directive, name).and_then(|v| v.to_f64())
}
pub(super) fn word<'d>(directive: &'d Node<ast::Directive>, name: &str) -> Option<&'d str> {
    match argument(directive, name) {
        Some(ast::Value::Enum(word)) => Some(word.as_str()),
        _ => None,
    }
}
