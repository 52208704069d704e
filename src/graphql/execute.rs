//! Our own execution: synchronous, over one view, JSON bytes written straight into the answer.
//! Functions carry the names of section 6 of the GraphQL specification
//! (<https://spec.graphql.org/September2025/#sec-Execution>). What could not be written is rolled
//! back to a mark when null propagates.

use std::collections::{HashMap, HashSet};

use apollo_compiler::ast::{self, Type, Value as AstValue};
use apollo_compiler::executable::{
    ExecutableDocument, Field as FieldNode, Operation, Selection, SelectionSet,
};
use apollo_compiler::schema::{ExtendedType, ObjectType};
use apollo_compiler::{Node, Schema};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};

use super::arguments::Arguments;
use super::error::{Code, GraphqlError};
use super::resolvers::{Context, Field, Object, Resolved};
use crate::ontology::Ontology;

/// Errors kept of one answer: more than are listed, so that the rest is counted up to here.
const ERRORS_KEPT: usize = 1_000;

/// How every field of every object type is answered.
#[derive(Default)]
pub(super) struct FieldTable(HashMap<String, HashMap<String, Field>>);

impl FieldTable {
    /// Finds an answer for every field of the schema.
    ///
    /// # Errors
    /// Every field that nothing answers.
    pub(super) fn new(schema: &Schema, ontology: &Ontology) -> Result<FieldTable, String> {
        let mut table = FieldTable::default();
        let mut missing = Vec::new();
        for (name, ty) in schema.types.iter().filter(|(_, ty)| !ty.is_built_in()) {
            let ExtendedType::Object(object) = ty else { continue };
            let fields = table.0.entry(name.to_string()).or_default();
            for field in object.fields.keys() {
                match Field::lookup(ontology, name, field) {
                    Some(answer) => drop(fields.insert(field.to_string(), answer)),
                    None => missing.push(format!("{name}.{field}")),
                }
            }
        }
        if missing.is_empty() { Ok(table) } else { Err(format!("nothing answers {}", missing.join(", "))) }
    }
}

/// A null that has to go to the parent: the position is non-null.
struct Propagated;
type Written = Result<(), Propagated>;

/// One execution of one operation.
pub(super) struct Execution<'a> {
    /// The schema the document was validated against.
    pub(super) schema: &'a Schema,
    /// The document.
    pub(super) document: &'a ExecutableDocument,
    /// Coerced.
    pub(super) variables: &'a Map<String, Json>,
    /// What the fields read.
    pub(super) context: &'a Context,
    /// What answers them.
    pub(super) fields: &'a FieldTable,
    /// Answers to `__schema` and `__type`, by response key.
    pub(super) introspection: &'a Map<String, Json>,
    /// Bytes `data` may have.
    pub(super) answer_bytes: usize,
}

impl Execution<'_> {
    /// ExecuteQuery: `data` as JSON bytes (`null` where null went all the way up), and the errors.
    pub(super) fn execute_query(&self, operation: &Operation) -> (Vec<u8>, Vec<GraphqlError>) {
        let mut run = Run {
            of: self,
            out: Vec::with_capacity(4096),
            errors: Vec::new(),
            path: Vec::new(),
            full: false,
        };
        let root = self.schema.get_object(operation.object_type());
        let written = match root {
            Some(root) => run.execute_selection_set(root, &Object::Query, &[&operation.selection_set]),
            None => Err(Propagated),
        };
        if written.is_err() {
            run.out.clear();
            run.out.extend_from_slice(b"null");
        }
        (run.out, run.errors)
    }
}

struct Run<'a> {
    of: &'a Execution<'a>,
    out: Vec<u8>,
    errors: Vec<GraphqlError>,
    path: Vec<Json>,
    /// Whether the answer has grown beyond its limit: nothing is written any more.
    full: bool,
}

impl<'a> Run<'a> {
    fn execute_selection_set(
        &mut self,
        ty: &'a ObjectType,
        object: &Object,
        sets: &[&'a SelectionSet],
    ) -> Written {
        let mut grouped: IndexMap<&'a str, Vec<&'a Node<FieldNode>>> = IndexMap::new();
        let mut visited = HashSet::new();
        for set in sets {
            self.collect_fields(ty, set, &mut visited, &mut grouped);
        }
        self.out.push(b'{');
        for (i, (key, fields)) in grouped.iter().enumerate() {
            if i > 0 {
                self.out.push(b',');
            }
            // Response keys are names: nothing in them needs escaping.
            self.out.push(b'"');
            self.out.extend_from_slice(key.as_bytes());
            self.out.extend_from_slice(b"\":");
            self.path.push(Json::from(*key));
            let written = self.execute_field(ty, object, fields);
            self.path.pop();
            written?;
        }
        self.out.push(b'}');
        Ok(())
    }

    fn collect_fields(
        &self,
        ty: &'a ObjectType,
        set: &'a SelectionSet,
        visited: &mut HashSet<&'a str>,
        grouped: &mut IndexMap<&'a str, Vec<&'a Node<FieldNode>>>,
    ) {
        for selection in &set.selections {
            if !self.included(selection.directives()) {
                continue;
            }
            match selection {
                Selection::Field(field) => {
                    grouped.entry(field.response_key().as_str()).or_default().push(field);
                }
                Selection::FragmentSpread(spread) => {
                    if visited.insert(spread.fragment_name.as_str())
                        && let Some(fragment) = self.of.document.fragments.get(&spread.fragment_name)
                        && self.applies(ty, fragment.type_condition())
                    {
                        self.collect_fields(ty, &fragment.selection_set, visited, grouped);
                    }
                }
                Selection::InlineFragment(fragment) => {
                    if fragment.type_condition.as_ref().is_none_or(|condition| self.applies(ty, condition)) {
                        self.collect_fields(ty, &fragment.selection_set, visited, grouped);
                    }
                }
            }
        }
    }

    /// DoesFragmentTypeApply.
    fn applies(&self, ty: &ObjectType, condition: &str) -> bool {
        ty.name == condition || self.of.schema.is_subtype(condition, &ty.name)
    }

    /// `@skip` and `@include`.
    fn included(&self, directives: &ast::DirectiveList) -> bool {
        let says = |name: &str| {
            let value = directives.get(name)?.specified_argument_by_name("if")?;
            match value.as_ref() {
                AstValue::Variable(variable) => self.of.variables.get(variable.as_str())?.as_bool(),
                other => other.to_bool(),
            }
        };
        says("skip") != Some(true) && says("include") != Some(false)
    }

    fn execute_field(
        &mut self,
        ty: &'a ObjectType,
        object: &Object,
        fields: &[&'a Node<FieldNode>],
    ) -> Written {
        let field = fields[0];
        match field.name.as_str() {
            "__typename" => {
                self.write(&Json::from(ty.name.as_str()));
                return Ok(());
            }
            "__schema" | "__type" => {
                let answer =
                    self.of.introspection.get(field.response_key().as_str()).cloned().unwrap_or_default();
                self.write(&answer);
                return Ok(());
            }
            _ => {}
        }
        let mark = self.out.len();
        if mark > self.of.answer_bytes {
            self.full = true;
            let help = "ask for smaller pages or fewer fields";
            let error =
                GraphqlError::limit("bytes of one answer", mark as u64, self.of.answer_bytes as u64, help);
            self.error(error, field);
            return Err(Propagated);
        }
        let written = match self.resolve_field_value(ty, object, field) {
            Ok(resolved) => self.complete_value(field.ty(), fields, resolved),
            Err(error) => {
                self.error(error, field);
                Err(Propagated)
            }
        };
        self.settle(written, field.ty(), mark)
    }

    /// Null where the type allows it, else the parent's problem.
    fn settle(&mut self, written: Written, ty: &Type, mark: usize) -> Written {
        match written {
            Err(Propagated) if !ty.is_non_null() && !self.full => {
                self.out.truncate(mark);
                self.out.extend_from_slice(b"null");
                Ok(())
            }
            other => other,
        }
    }

    fn resolve_field_value(
        &self,
        ty: &ObjectType,
        object: &Object,
        field: &FieldNode,
    ) -> Result<Resolved, GraphqlError> {
        self.of.context.budget.spend(1)?;
        let answer =
            self.of.fields.0.get(ty.name.as_str()).and_then(|fields| fields.get(field.name.as_str()));
        let answer = answer.ok_or_else(|| GraphqlError::new(Code::Internal, "a field without an answer"))?;
        answer.resolve(self.of.context, object, &self.coerce_argument_values(field))
    }

    fn coerce_argument_values(&self, field: &FieldNode) -> Arguments {
        let mut arguments = Map::new();
        for definition in &field.definition.arguments {
            let given = field.arguments.iter().find(|a| a.name == definition.name);
            let value = given.and_then(|a| self.value(&a.value));
            if let Some(value) =
                value.or_else(|| definition.default_value.as_ref().and_then(|v| self.value(v)))
            {
                arguments.insert(definition.name.to_string(), value);
            }
        }
        Arguments(arguments)
    }

    /// A literal or variable as JSON; none for a variable that is not given.
    fn value(&self, value: &AstValue) -> Option<Json> {
        Some(match value {
            AstValue::Null => Json::Null,
            AstValue::Enum(name) => Json::from(name.as_str()),
            AstValue::Variable(name) => return self.of.variables.get(name.as_str()).cloned(),
            AstValue::String(text) => Json::from(text.as_str()),
            AstValue::Boolean(truth) => Json::from(*truth),
            AstValue::Int(number) => match number.as_str().parse::<i64>() {
                Ok(number) => Json::from(number),
                // Beyond 64 bits only an ID or a Float may stand; text serves both.
                Err(_) => Json::from(number.as_str()),
            },
            AstValue::Float(number) => number.try_to_f64().map_or(Json::Null, Json::from),
            AstValue::List(items) => items.iter().map(|item| self.value(item).unwrap_or_default()).collect(),
            AstValue::Object(fields) => {
                let given =
                    fields.iter().filter_map(|(name, value)| Some((name.to_string(), self.value(value)?)));
                Json::Object(given.collect())
            }
        })
    }

    fn complete_value(&mut self, ty: &Type, fields: &[&'a Node<FieldNode>], resolved: Resolved) -> Written {
        let mark = self.out.len();
        match (resolved, ty) {
            (Resolved::Null, ty) if ty.is_non_null() => {
                self.error(
                    GraphqlError::new(Code::Internal, "there is no value where there must be one"),
                    fields[0],
                );
                Err(Propagated)
            }
            (Resolved::Null, _) => {
                self.out.extend_from_slice(b"null");
                Ok(())
            }
            (Resolved::Leaf(json), _) => {
                self.write(&json);
                Ok(())
            }
            (Resolved::List(items), Type::List(inner) | Type::NonNullList(inner)) => {
                self.out.push(b'[');
                for (i, item) in items.into_iter().enumerate() {
                    if i > 0 {
                        self.out.push(b',');
                    }
                    self.path.push(Json::from(i));
                    let mark = self.out.len();
                    let written = self.complete_value(inner, fields, item);
                    let written = self.settle(written, inner, mark);
                    self.path.pop();
                    written?;
                }
                self.out.push(b']');
                Ok(())
            }
            (Resolved::Object(object), ty) => {
                let declared = ty.inner_named_type();
                let name = match self.of.schema.get_interface(declared) {
                    Some(_) => object.type_name(&self.of.context.graph).unwrap_or(declared),
                    None => declared,
                };
                let Some(concrete) = self.of.schema.get_object(name) else {
                    self.error(GraphqlError::new(Code::Internal, "an object of no type"), fields[0]);
                    return Err(Propagated);
                };
                let sets: Vec<&SelectionSet> = fields.iter().map(|f| &f.selection_set).collect();
                self.execute_selection_set(concrete, &object, &sets)
            }
            (Resolved::List(_), _) => {
                self.out.truncate(mark);
                self.error(GraphqlError::new(Code::Internal, "a list where one value belongs"), fields[0]);
                Err(Propagated)
            }
        }
    }

    fn error(&mut self, mut error: GraphqlError, field: &Node<FieldNode>) {
        if self.errors.len() >= ERRORS_KEPT {
            return;
        }
        error.path = self.path.clone();
        if let Some(at) = field.location().and_then(|span| span.line_column(&self.of.document.sources)) {
            error.locations.push((at.line, at.column));
        }
        self.errors.push(error);
    }

    fn write(&mut self, json: &Json) {
        // Writing into memory fails only for maps with keys that are no text; JSON has none.
        let _ = serde_json::to_writer(&mut self.out, json);
    }
}
