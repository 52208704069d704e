//! The slow road: async-graphql's `dynamic` schema over the same resolvers. It answers what is
//! asked of the schema in words newer than apollo-compiler's, and is the oracle that our own
//! execution is tested against.
//!
//! Built from the declared schema, type by type; no type or field is named here.

use std::sync::Arc;

use apollo_compiler::Schema as DeclaredSchema;
use apollo_compiler::ast::{FieldDefinition, InputValueDefinition, Type, Value as AstValue};
use apollo_compiler::schema::ExtendedType;
use async_graphql::dynamic as dy;
use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextResolve, ResolveInfo};
use async_graphql::{
    ErrorExtensions, Name, PathSegment, QueryPathNode, QueryPathSegment, ServerResult, ValidationMode, Value,
};
use futures_util::stream;
use serde_json::{Map, Value as Json};

use super::arguments::Arguments;
use super::error::{Code, GraphqlError};
use super::resolvers::{Context, Field, Object, Resolved};
use crate::ontology::Ontology;

/// The root of what is told as it happens.
const SUBSCRIPTION: &str = "Subscription";

/// Fields deep that async-graphql itself would stop at; the guard stops earlier.
const RECURSION: usize = 64;

/// Builds the executable schema.
///
/// # Errors
/// A field of the schema that nothing answers; what async-graphql refuses.
pub(super) fn build(declared: &DeclaredSchema, ontology: &Ontology) -> Result<dy::Schema, String> {
    let mut schema = dy::Schema::build(
        "Query",
        declared.get_object("Mutation").map(|_| "Mutation"),
        declared.get_object(SUBSCRIPTION).map(|_| SUBSCRIPTION),
    )
    .validation_mode(ValidationMode::Strict)
    .limit_recursive_depth(RECURSION)
    .extension(Paths);
    for (name, ty) in &declared.types {
        if ty.is_built_in() {
            continue;
        }
        let name = name.as_str();
        let description = ty.description().map(|d| d.to_string()).unwrap_or_default();
        schema = match ty {
            ExtendedType::Object(object) if name == SUBSCRIPTION => {
                let mut out = dy::Subscription::new(name).description(description);
                for field in object.fields.values() {
                    // It is declared here, for introspection, and told along our own road.
                    let mut told =
                        dy::SubscriptionField::new(field.name.as_str(), type_ref(&field.ty), |_| {
                            dy::SubscriptionFieldFuture::new(async {
                                Ok(stream::empty::<async_graphql::Result<Value>>())
                            })
                        });
                    if let Some(text) = &field.description {
                        told = told.description(text.to_string());
                    }
                    for argument in &field.arguments {
                        told = told.argument(input_value(argument));
                    }
                    out = out.field(told);
                }
                schema.register(out)
            }
            ExtendedType::Object(object) => {
                let mut out = dy::Object::new(name).description(description);
                for interface in &object.implements_interfaces {
                    out = out.implement(interface.as_str());
                }
                for (field_name, field) in &object.fields {
                    let answer = Field::lookup(ontology, name, field_name)
                        .ok_or_else(|| format!("nothing answers the field {name}.{field_name}"))?;
                    out = out.field(field_of(declared, field, answer));
                }
                schema.register(out)
            }
            ExtendedType::Interface(interface) => {
                let mut out = dy::Interface::new(name).description(description);
                for above in &interface.implements_interfaces {
                    out = out.implement(above.as_str());
                }
                for field in interface.fields.values() {
                    let mut field_out = dy::InterfaceField::new(field.name.as_str(), type_ref(&field.ty));
                    if let Some(text) = &field.description {
                        field_out = field_out.description(text.to_string());
                    }
                    for argument in &field.arguments {
                        field_out = field_out.argument(input_value(argument));
                    }
                    out = out.field(field_out);
                }
                schema.register(out)
            }
            ExtendedType::Enum(enumeration) => {
                let mut out = dy::Enum::new(name).description(description);
                for value in enumeration.values.values() {
                    let item = dy::EnumItem::new(value.value.as_str());
                    out = out.item(match &value.description {
                        Some(text) => item.description(text.to_string()),
                        None => item,
                    });
                }
                schema.register(out)
            }
            ExtendedType::InputObject(input) => {
                let mut out = dy::InputObject::new(name).description(description);
                for field in input.fields.values() {
                    out = out.field(input_value(field));
                }
                schema.register(if input.directives.has("oneOf") { out.oneof() } else { out })
            }
            ExtendedType::Scalar(scalar) => {
                let mut out = dy::Scalar::new(name).description(description);
                let url =
                    scalar.directives.get("specifiedBy").and_then(|d| d.specified_argument_by_name("url"));
                if let Some(url) = url.and_then(|v| v.as_str()) {
                    out = out.specified_by_url(url);
                }
                schema.register(out)
            }
            ExtendedType::Union(_) => return Err(format!("{name} is a union; this API has interfaces")),
        };
    }
    schema.finish().map_err(|e| e.to_string())
}

fn field_of(declared: &DeclaredSchema, definition: &FieldDefinition, answer: Field) -> dy::Field {
    let abstract_type = declared.get_interface(definition.ty.inner_named_type()).is_some();
    let mut field = dy::Field::new(definition.name.as_str(), type_ref(&definition.ty), move |ctx| {
        dy::FieldFuture::new(async move {
            let context = ctx.data::<Context>()?;
            let root = Object::Query;
            let object = ctx.parent_value.downcast_ref::<Object>().unwrap_or(&root);
            let mut arguments = Map::new();
            for (name, value) in ctx.args.as_index_map() {
                arguments.insert(name.to_string(), value.clone().into_json()?);
            }
            // A look at the clock's flag, so that wide selections stop too.
            context.budget.spend(1).map_err(|e| extended(e.into()))?;
            let resolved =
                answer.resolve(context, object, &Arguments::new(arguments)).map_err(|e| extended(*e))?;
            value_of(context, resolved, abstract_type)
        })
    });
    if let Some(text) = &definition.description {
        field = field.description(text.to_string());
    }
    for argument in &definition.arguments {
        field = field.argument(input_value(argument));
    }
    field
}

fn extended(error: GraphqlError) -> async_graphql::Error {
    async_graphql::Error::new(error.message).extend_with(|_, extensions| {
        extensions.set("code", error.code.text());
        for (key, value) in error.details {
            extensions.set(key, Value::from_json(value).unwrap_or_default());
        }
    })
}

fn value_of<'a>(
    context: &Context,
    resolved: Resolved<'_>,
    abstract_type: bool,
) -> async_graphql::Result<Option<dy::FieldValue<'a>>> {
    Ok(match resolved {
        Resolved::Null => None,
        Resolved::Text(text) | Resolved::Plain(text) => Some(dy::FieldValue::value(text)),
        Resolved::Made(text) => Some(dy::FieldValue::value(text)),
        Resolved::Int(number) => Some(dy::FieldValue::value(number)),
        Resolved::Float(number) => Some(dy::FieldValue::value(number)),
        Resolved::Boolean(truth) => Some(dy::FieldValue::value(truth)),
        Resolved::Object(object) => {
            let concrete =
                abstract_type.then(|| object.type_name(&context.graph).map(str::to_owned)).flatten();
            let value = dy::FieldValue::owned_any(object);
            Some(match concrete {
                Some(name) => value.with_type(name),
                None => value,
            })
        }
        Resolved::List(items) => {
            let item = |at| {
                let value = value_of(context, items.get(context, at), abstract_type)?;
                Ok(value.unwrap_or(dy::FieldValue::NULL))
            };
            Some(dy::FieldValue::list((0..items.len()).map(item).collect::<async_graphql::Result<Vec<_>>>()?))
        }
    })
}

fn type_ref(ty: &Type) -> dy::TypeRef {
    match ty {
        Type::Named(name) => dy::TypeRef::named(name.as_str()),
        Type::NonNullNamed(name) => dy::TypeRef::named_nn(name.as_str()),
        Type::List(inner) => dy::TypeRef::List(Box::new(type_ref(inner))),
        Type::NonNullList(inner) => {
            dy::TypeRef::NonNull(Box::new(dy::TypeRef::List(Box::new(type_ref(inner)))))
        }
    }
}

fn input_value(definition: &InputValueDefinition) -> dy::InputValue {
    let mut input = dy::InputValue::new(definition.name.as_str(), type_ref(&definition.ty));
    if let Some(text) = &definition.description {
        input = input.description(text.to_string());
    }
    if let Some(default) = &definition.default_value {
        input = input.default_value(constant(default));
    }
    input
}

/// A default value; those of our schema are scalars and enum values.
fn constant(value: &AstValue) -> Value {
    match value {
        AstValue::Enum(name) => Value::Enum(Name::new(name.as_str())),
        AstValue::String(text) => Value::String(text.clone()),
        AstValue::Boolean(truth) => Value::Boolean(*truth),
        other => other.to_i32().map_or(Value::Null, Value::from),
    }
}

/// Gives resolver errors their path, which `dynamic` leaves out.
struct Paths;

impl ExtensionFactory for Paths {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Paths)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for Paths {
    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        let path = path_of(info.path_node);
        // Introspection fields have no resolver of ours that would look at the clock's flag.
        if info.is_for_introspection
            && let Ok(context) = ctx.data::<Context>()
        {
            context.budget.spend(1).map_err(|e| async_graphql::ServerError::new(e.to_string(), None))?;
        }
        next.run(ctx, info).await.map_err(|mut error| {
            if error.path.is_empty() {
                error.path = path;
            }
            error
        })
    }
}

fn path_of(node: &QueryPathNode<'_>) -> Vec<PathSegment> {
    let mut path = Vec::new();
    let mut at = Some(node);
    while let Some(node) = at {
        path.push(match node.segment {
            QueryPathSegment::Name(name) => PathSegment::Field(name.to_owned()),
            QueryPathSegment::Index(index) => PathSegment::Index(index),
        });
        at = node.parent;
    }
    path.reverse();
    path
}

/// Runs one operation of a guarded document. Gives `data` as its JSON bytes, none for a request
/// error, and the errors.
pub(super) fn execute(
    schema: &dy::Schema,
    context: Context,
    query: &str,
    operation_name: Option<&str>,
    variables: &Map<String, Json>,
) -> (Option<Vec<u8>>, Vec<GraphqlError>) {
    let variables = async_graphql::Variables::from_json(Json::Object(variables.clone()));
    let mut request = async_graphql::Request::new(query).variables(variables).data(context);
    if let Some(name) = operation_name {
        request = request.operation_name(name);
    }
    let response = futures_executor::block_on(schema.execute(request));
    let errors: Vec<GraphqlError> = response.errors.iter().map(error_of).collect();
    let never_ran = response.data == Value::Null && response.errors.iter().any(|e| e.path.is_empty());
    let data = if never_ran { None } else { serde_json::to_vec(&response.data).ok() };
    (data, errors)
}

fn error_of(error: &async_graphql::ServerError) -> GraphqlError {
    let code = error.extensions.as_ref().and_then(|e| e.get("code"));
    let code = match code {
        Some(Value::String(text)) => {
            Code::ALL.iter().find(|(_, t, _)| t == text).map_or(Code::Internal, |(code, ..)| *code)
        }
        _ if error.path.is_empty() => Code::ValidationFailed,
        _ => Code::Internal,
    };
    let mut out = GraphqlError::new(code, error.message.clone());
    out.locations = error.locations.iter().map(|p| (p.line, p.column)).collect();
    out.path = error
        .path
        .iter()
        .map(|segment| match segment {
            PathSegment::Field(name) => Json::from(name.as_str()),
            PathSegment::Index(index) => Json::from(*index),
        })
        .collect();
    if let Some(Ok(limit)) =
        error.extensions.as_ref().and_then(|e| e.get("limit")).map(|v| v.clone().into_json())
    {
        out.details.push(("limit".to_owned(), limit));
    }
    out
}
