//! What an operation comes to, worked out once: for each type an object may have, which fields in
//! which order, what answers each, its key as bytes. The execution then only walks.
//!
//! Which selections `@skip` and `@include` leave in is settled when the plan is made: an operation
//! has one plan for each combination of the variables they ask. A plan grows as it is used: the
//! fields of a type are worked out when the first such object turns up.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use apollo_compiler::ast::{self, Type, Value as AstValue};
use apollo_compiler::executable::{
    ExecutableDocument, Field as FieldNode, InlineFragment, Operation, Selection, SelectionSet,
};
use apollo_compiler::schema::{ExtendedType, ObjectType};
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Node, Schema};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};

use super::arguments::{Arguments, PAGE_DEFAULT};
use super::error::GraphqlError;
use super::nulls;
use super::resolvers::{DateReader, Field as Answer, Object, date_reader};
use crate::graph::Graph;
use crate::ontology::{KindIx, Ontology};

/// Every object type of a schema and how its fields are answered.
pub(super) struct Types {
    answers: HashMap<Name, HashMap<Name, Answer>>,
    /// Kinds first, by index, then the other types that an interface may turn out to be.
    concrete: Vec<Name>,
}

/// The types of nodes that are no entities.
const LINK: &str = "Link";
const EVIDENCE: &str = "Evidence";

impl Types {
    /// Finds an answer for every field of the schema.
    ///
    /// # Errors
    /// Every field that nothing answers.
    pub(super) fn new(schema: &Schema, ontology: &Ontology) -> Result<Types, String> {
        let mut answers: HashMap<Name, HashMap<Name, Answer>> = HashMap::new();
        let mut missing = Vec::new();
        for (name, ty) in schema.types.iter().filter(|(_, ty)| !ty.is_built_in()) {
            let ExtendedType::Object(object) = ty else { continue };
            let fields = answers.entry(name.clone()).or_default();
            for field in object.fields.keys() {
                match Answer::lookup(ontology, name, field) {
                    Some(answer) => drop(fields.insert(field.clone(), answer)),
                    None => missing.push(format!("{name}.{field}")),
                }
            }
        }
        if !missing.is_empty() {
            return Err(format!("nothing answers {}", missing.join(", ")));
        }
        let kinds = ontology.kinds.iter().map(|kind| kind.name.as_str());
        let names = kinds
            .chain([LINK, EVIDENCE])
            .map(|name| schema.types.get_key_value(name).map(|(n, _)| n.clone()));
        let concrete = names.collect::<Option<_>>().ok_or("the schema lacks a type of its ontology")?;
        Ok(Types { answers, concrete })
    }

    /// Which of the concrete types an object is, where its declared type is an interface.
    fn index_of(&self, object: &Object, graph: &Graph) -> Option<usize> {
        let kinds = self.concrete.len() - 2;
        match object {
            Object::Entity(ix) => {
                let KindIx(kind) = graph.entity(*ix).kind();
                Some(kind.into())
            }
            Object::Link(_) => Some(kinds),
            Object::Evidence(..) => Some(kinds + 1),
            _ => None,
        }
    }
}

/// The plan of one operation under one choice of selections.
pub(super) struct ExecutionPlan {
    /// Of the variables that `@skip` and `@include` ask, those that are true.
    truths: HashSet<Name>,
    /// The root.
    pub(super) root: Fields,
    /// Fields worked out so far.
    size: Size,
    /// Bytes that the last answer had: the next one begins with room for as many.
    pub(super) bytes: AtomicUsize,
}

/// How many fields a plan has, and all plans of a schema together: what they take in memory is bounded
/// by that.
struct Size {
    own: AtomicUsize,
    all: Arc<AtomicUsize>,
}

impl Size {
    fn add(&self, fields: usize) {
        self.own.fetch_add(fields, Ordering::Relaxed);
        self.all.fetch_add(fields, Ordering::Relaxed);
    }
}

impl Drop for Size {
    fn drop(&mut self) {
        self.all.fetch_sub(*self.own.get_mut(), Ordering::Relaxed);
    }
}

/// What is selected of an object of one type.
pub(super) struct Fields {
    /// The type.
    pub(super) type_name: Name,
    /// In the order of the answer.
    pub(super) fields: Box<[Field]>,
}

/// One field of the answer.
pub(super) struct Field {
    /// The response key.
    pub(super) key: Name,
    /// The key as it is written behind another: a comma, the key in quotes, a colon. Keys are names:
    /// nothing to escape.
    pub(super) lead: Box<[u8]>,
    /// What answers it.
    pub(super) what: What,
    /// Where nulls may stand.
    pub(super) shape: Shape,
    /// How many items of a list are asked for from its start, where it is no other part of it and no
    /// other order; a variable counts as the default.
    pub(super) first: Option<u32>,
    /// What it was made of: the first tells name and arguments, the others only add selections.
    pub(super) nodes: Box<[Node<FieldNode>]>,
    below: Below,
    /// The arguments, where no variable is among them.
    fixed: Option<OnceLock<Arguments>>,
}

/// What answers a field.
pub(super) enum What {
    /// The name of the type.
    TypeName,
    /// The schema.
    Introspection,
    /// A resolver.
    Answer(Answer),
    /// The id or the name of an entity, and a field of its date: what most answers consist of is
    /// written without a call to a resolver, which would give the same.
    Id,
    /// See `Id`.
    Name,
    /// See `Id`.
    Date(Answer, DateReader),
}

/// A type as the completion of values sees it.
pub(super) struct Shape {
    pub(super) non_null: bool,
    /// Of the items, where it is a list.
    pub(super) items: Option<Box<Shape>>,
}

impl Shape {
    fn of(ty: &Type) -> Shape {
        let items = match ty {
            Type::List(inner) | Type::NonNullList(inner) => Some(Box::new(Shape::of(inner))),
            Type::Named(_) | Type::NonNullNamed(_) => None,
        };
        Shape { non_null: ty.is_non_null(), items }
    }
}

/// What is selected of the objects that a field gives.
enum Below {
    /// It gives none.
    Nothing,
    /// Of the one type they all have.
    Object(Name, OnceLock<Fields>),
    /// Of whichever type each has.
    Interface(Box<[OnceLock<Fields>]>),
}

/// What planning reads.
#[derive(Clone, Copy)]
pub(super) struct Planner<'a> {
    pub(super) schema: &'a Schema,
    pub(super) types: &'a Types,
    pub(super) document: &'a Valid<ExecutableDocument>,
}

impl ExecutionPlan {
    /// Plans the root of an operation; its fields count among `all`.
    pub(super) fn new(
        planner: Planner<'_>,
        operation: &Operation,
        truths: HashSet<Name>,
        all: Arc<AtomicUsize>,
    ) -> Option<ExecutionPlan> {
        let size = Size { own: AtomicUsize::new(0), all };
        let root = planner.schema.get_object(operation.object_type())?;
        let root = planner.collect(&truths, &size, root, [&operation.selection_set]);
        Some(ExecutionPlan { truths, root, size, bytes: AtomicUsize::new(0) })
    }

    /// What is selected of an object that `field` gave; none for a type that there is not.
    pub(super) fn below<'p>(
        &self,
        planner: Planner<'_>,
        field: &'p Field,
        object: &Object,
        graph: &Graph,
    ) -> Option<&'p Fields> {
        let (slot, name) = match &field.below {
            Below::Nothing => return None,
            Below::Object(name, slot) => (slot, name),
            Below::Interface(slots) => {
                let at = planner.types.index_of(object, graph)?;
                (&slots[at], &planner.types.concrete[at])
            }
        };
        if let Some(fields) = slot.get() {
            return Some(fields);
        }
        let ty = planner.schema.get_object(name)?;
        let sets = field.nodes.iter().map(|node| &node.selection_set);
        Some(slot.get_or_init(|| planner.collect(&self.truths, &self.size, ty, sets)))
    }
}

impl Planner<'_> {
    /// CollectFields over all of `sets`, with what answers each field.
    fn collect<'s>(
        &self,
        truths: &HashSet<Name>,
        size: &Size,
        ty: &ObjectType,
        sets: impl IntoIterator<Item = &'s SelectionSet>,
    ) -> Fields {
        let mut grouped = IndexMap::new();
        let mut visited = HashSet::new();
        for set in sets {
            self.collect_fields(truths, ty, set, &mut visited, &mut grouped);
        }
        size.add(grouped.len());
        let fields = grouped.into_iter().filter_map(|(key, nodes)| self.field(ty, key, nodes)).collect();
        Fields { type_name: ty.name.clone(), fields }
    }

    fn collect_fields(
        &self,
        truths: &HashSet<Name>,
        ty: &ObjectType,
        set: &SelectionSet,
        visited: &mut HashSet<Name>,
        grouped: &mut IndexMap<Name, Vec<Node<FieldNode>>>,
    ) {
        for selection in &set.selections {
            if !included(selection.directives(), truths) {
                continue;
            }
            match selection {
                Selection::Field(field) => {
                    grouped.entry(field.response_key().clone()).or_default().push(field.clone());
                }
                Selection::FragmentSpread(spread) => {
                    if visited.insert(spread.fragment_name.clone())
                        && let Some(fragment) = self.document.fragments.get(&spread.fragment_name)
                        && self.applies(ty, fragment.type_condition())
                    {
                        self.collect_fields(truths, ty, &fragment.selection_set, visited, grouped);
                    }
                }
                Selection::InlineFragment(fragment) => {
                    if fragment.type_condition.as_ref().is_none_or(|condition| self.applies(ty, condition)) {
                        self.collect_fields(truths, ty, &fragment.selection_set, visited, grouped);
                    }
                }
            }
        }
    }

    /// DoesFragmentTypeApply.
    fn applies(&self, ty: &ObjectType, condition: &str) -> bool {
        ty.name == condition || self.schema.is_subtype(condition, &ty.name)
    }

    fn field(&self, ty: &ObjectType, key: Name, nodes: Vec<Node<FieldNode>>) -> Option<Field> {
        let node = nodes.first()?;
        let what = match node.name.as_str() {
            "__typename" => What::TypeName,
            "__schema" | "__type" => What::Introspection,
            name => {
                let answer = *self.types.answers.get(&ty.name)?.get(name)?;
                let of_kind = self.types.concrete[..self.types.concrete.len() - 2].contains(&ty.name);
                match name {
                    "id" if of_kind => What::Id,
                    "name" if of_kind => What::Name,
                    _ if ty.name == "FuzzyDate" => What::Date(answer, date_reader(name)?),
                    _ => What::Answer(answer),
                }
            }
        };
        let declared = node.ty().inner_named_type();
        let below = match self.schema.types.get(declared) {
            _ if matches!(what, What::TypeName | What::Introspection) => Below::Nothing,
            Some(ExtendedType::Object(_)) => Below::Object(declared.clone(), OnceLock::new()),
            Some(ExtendedType::Interface(_)) => {
                Below::Interface(self.types.concrete.iter().map(|_| OnceLock::new()).collect())
            }
            _ => Below::Nothing,
        };
        let fixed = (!node.arguments.iter().any(|a| has_variable(&a.value))).then(OnceLock::new);
        let lead = format!(",\"{key}\":").into_bytes().into();
        let shape = Shape::of(node.ty());
        let first = match node.arguments.as_slice() {
            [] => Some(PAGE_DEFAULT as u32),
            [one] if one.name == "first" => {
                one.value.to_i32().map_or(Some(PAGE_DEFAULT as u32), |n| n.try_into().ok())
            }
            _ => None,
        };
        Some(Field { key, lead, what, shape, first, below, fixed, nodes: nodes.into() })
    }
}

impl Field {
    /// CoerceArgumentValues, where that needs no variables: once for all requests.
    pub(super) fn fixed_arguments(&self) -> Option<&Arguments> {
        let slot = self.fixed.as_ref()?;
        Some(slot.get_or_init(|| self.with(&Map::new())))
    }

    /// CoerceArgumentValues.
    ///
    /// # Errors
    /// A variable that is null where the argument takes no null.
    pub(super) fn coerce_argument_values(
        &self,
        schema: &Schema,
        variables: &Map<String, Json>,
    ) -> Result<Arguments, GraphqlError> {
        let field = &self.nodes[0];
        for argument in &field.arguments {
            let Some(definition) = field.definition.argument_by_name(&argument.name) else { continue };
            if let Some(name) = nulls::misplaced(schema, &definition.ty, &argument.value, variables) {
                return Err(nulls::of_argument(&argument.name, name));
            }
        }
        Ok(self.with(variables))
    }

    fn with(&self, variables: &Map<String, Json>) -> Arguments {
        let field = &self.nodes[0];
        let mut arguments = Map::new();
        for definition in &field.definition.arguments {
            let given = field.arguments.iter().find(|a| a.name == definition.name);
            let given = given.and_then(|a| value(&a.value, variables));
            let default = || definition.default_value.as_ref().and_then(|v| value(v, variables));
            if let Some(value) = given.or_else(default) {
                arguments.insert(definition.name.to_string(), value);
            }
        }
        Arguments::new(arguments)
    }
}

/// A literal or variable as JSON; none for a variable that is not given.
pub(super) fn value(of: &AstValue, variables: &Map<String, Json>) -> Option<Json> {
    Some(match of {
        AstValue::Null => Json::Null,
        AstValue::Enum(name) => Json::from(name.as_str()),
        AstValue::Variable(name) => return variables.get(name.as_str()).cloned(),
        AstValue::String(text) => Json::from(text.as_str()),
        AstValue::Boolean(truth) => Json::from(*truth),
        AstValue::Int(number) => match number.as_str().parse::<i64>() {
            Ok(number) => Json::from(number),
            // Beyond 64 bits only an ID or a Float may stand; text serves both.
            Err(_) => Json::from(number.as_str()),
        },
        AstValue::Float(number) => number.try_to_f64().map_or(Json::Null, Json::from),
        AstValue::List(items) => {
            items.iter().map(|item| value(item, variables).unwrap_or_default()).collect()
        }
        AstValue::Object(fields) => {
            let given = fields.iter().filter_map(|(name, v)| Some((name.to_string(), value(v, variables)?)));
            Json::Object(given.collect())
        }
    })
}

fn has_variable(of: &AstValue) -> bool {
    match of {
        AstValue::Variable(_) => true,
        AstValue::List(items) => items.iter().any(|item| has_variable(item)),
        AstValue::Object(fields) => fields.iter().any(|(_, value)| has_variable(value)),
        _ => false,
    }
}

/// `@skip` and `@include`.
fn included(directives: &ast::DirectiveList, truths: &HashSet<Name>) -> bool {
    let says = |name: &str| {
        let value = directives.get(name)?.specified_argument_by_name("if")?;
        match value.as_ref() {
            AstValue::Variable(variable) => Some(truths.contains(variable)),
            other => other.to_bool(),
        }
    };
    says("skip") != Some(true) && says("include") != Some(false)
}

/// The variables that `@skip` and `@include` of an operation ask.
pub(super) fn switches(document: &ExecutableDocument, operation: &Operation) -> Vec<Name> {
    fn walk<'d>(
        document: &'d ExecutableDocument,
        set: &'d SelectionSet,
        visited: &mut HashSet<&'d Name>,
        found: &mut Vec<Name>,
    ) {
        for selection in &set.selections {
            for directive in
                selection.directives().iter().filter(|d| matches!(d.name.as_str(), "skip" | "include"))
            {
                if let Some(AstValue::Variable(name)) =
                    directive.specified_argument_by_name("if").map(|v| v.as_ref())
                    && !found.contains(name)
                {
                    found.push(name.clone());
                }
            }
            match selection {
                Selection::Field(field) => walk(document, &field.selection_set, visited, found),
                Selection::InlineFragment(fragment) => {
                    walk(document, &fragment.selection_set, visited, found);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = document.fragments.get(&spread.fragment_name)
                        && visited.insert(&spread.fragment_name)
                    {
                        walk(document, &fragment.selection_set, visited, found);
                    }
                }
            }
        }
    }
    let mut found = Vec::new();
    walk(document, &operation.selection_set, &mut HashSet::new(), &mut found);
    found
}

/// What an operation asks of `__schema` and `__type`, without its other root fields; none where it asks
/// neither. The fragments are free of circles.
pub(super) fn introspection(document: &ExecutableDocument, operation: &Operation) -> Option<Operation> {
    fn only(document: &ExecutableDocument, set: &SelectionSet) -> SelectionSet {
        let kept = |selection: &Selection| match selection {
            Selection::Field(field) => {
                matches!(field.name.as_str(), "__schema" | "__type").then(|| selection.clone())
            }
            Selection::InlineFragment(fragment) => {
                let mut inside = (**fragment).clone();
                inside.selection_set = only(document, &fragment.selection_set);
                Some(Selection::InlineFragment(Node::new(inside)))
            }
            Selection::FragmentSpread(spread) => {
                let fragment = spread.fragment_def(document)?;
                let mut inside = InlineFragment::with_type_condition(fragment.type_condition().clone());
                inside.directives = spread.directives.clone();
                inside.selection_set = only(document, &fragment.selection_set);
                Some(Selection::InlineFragment(Node::new(inside)))
            }
        };
        SelectionSet { ty: set.ty.clone(), selections: set.selections.iter().filter_map(kept).collect() }
    }
    let asks = operation.root_fields(document).any(|f| matches!(f.name.as_str(), "__schema" | "__type"));
    asks.then(|| Operation { selection_set: only(document, &operation.selection_set), ..operation.clone() })
}
