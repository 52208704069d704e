//! Null where it may not stand. A nullable variable may stand in a non-null place if it has a default
//! (section 5.8.5 of the specification), and can still be given as null: then the field is in error
//! (section 6.4.1). apollo-compiler takes a default of null for one, and such a null for nothing
//! given.

use apollo_compiler::ast::{Type, Value as AstValue};
use apollo_compiler::executable::{ExecutableDocument, Operation};
use apollo_compiler::{Name, Schema};
use serde_json::{Map, Value as Json};

use super::error::{Code, GraphqlError};

/// The first variable that is null where `ty` takes no null.
pub(super) fn misplaced<'v>(
    schema: &Schema,
    ty: &Type,
    value: &'v AstValue,
    variables: &Map<String, Json>,
) -> Option<&'v Name> {
    let null = |name: &Name| variables.get(name.as_str()).is_some_and(Json::is_null);
    non_null_variables(schema, ty, value, &mut |name, _| null(name).then_some(name))
}

/// The error of a field that is given null where it takes none.
pub(super) fn of_argument(argument: &str, variable: &str) -> GraphqlError {
    let message = format!(
        "${variable} is null, and `{argument}` takes no null there; leave it out for its default, or give a value"
    );
    GraphqlError::new(Code::BadVariable, message)
}

/// `@skip` and `@include` take no null: nobody could say which fields there are.
///
/// # Errors
/// The first such variable.
pub(super) fn check_switches(switches: &[Name], variables: &Map<String, Json>) -> Result<(), GraphqlError> {
    match switches.iter().find(|name| variables.get(name.as_str()).is_some_and(Json::is_null)) {
        Some(name) => Err(of_argument("if", name)),
        None => Ok(()),
    }
}

/// Variables whose default is null, used where no null may stand.
///
/// # Errors
/// The first one, as validation has it.
pub(super) fn check_defaults(
    schema: &Schema,
    document: &ExecutableDocument,
    operation: &Operation,
    switches: &[Name],
) -> Result<(), GraphqlError> {
    let by_null = |name: &Name| {
        let definition = operation.variables.iter().find(|v| v.name == *name);
        definition
            .is_some_and(|v| !v.ty.is_non_null() && v.default_value.as_ref().is_some_and(|d| d.is_null()))
    };
    let refuse = |name: &Name| {
        let message = format!(
            "${name} may be null (its default is), and stands where null may not; give it another default, or declare it non-null"
        );
        Err(GraphqlError::new(Code::ValidationFailed, message))
    };
    if let Some(name) = switches.iter().find(|name| by_null(name)) {
        return refuse(name);
    }
    if !operation.variables.iter().any(|v| by_null(&v.name)) {
        return Ok(());
    }
    for field in operation.all_fields(document) {
        for argument in &field.arguments {
            let Some(definition) = field.definition.argument_by_name(&argument.name) else { continue };
            // A place with a default of its own may be left to it.
            let top = matches!(argument.value.as_ref(), AstValue::Variable(_))
                && definition.default_value.is_some();
            let found =
                non_null_variables(schema, &definition.ty, &argument.value, &mut |name, defaulted| {
                    (by_null(name) && !defaulted && !top).then_some(name)
                });
            if let Some(name) = found {
                return refuse(name);
            }
        }
    }
    Ok(())
}

/// Asks of every variable that stands in a non-null place, and whether that place has a default.
fn non_null_variables<'v>(
    schema: &Schema,
    ty: &Type,
    value: &'v AstValue,
    ask: &mut impl FnMut(&'v Name, bool) -> Option<&'v Name>,
) -> Option<&'v Name> {
    match value {
        AstValue::Variable(name) if ty.is_non_null() => ask(name, false),
        AstValue::List(items) => {
            let item = if ty.is_list() { ty.item_type() } else { ty };
            items.iter().find_map(|value| non_null_variables(schema, item, value, ask))
        }
        AstValue::Object(fields) => {
            let input = schema.get_input_object(ty.inner_named_type())?;
            fields.iter().find_map(|(name, value)| {
                let definition = input.fields.get(name)?;
                match value.as_ref() {
                    AstValue::Variable(variable) if definition.ty.is_non_null() => {
                        ask(variable, definition.default_value.is_some())
                    }
                    value => non_null_variables(schema, &definition.ty, value, ask),
                }
            })
        }
        _ => None,
    }
}
