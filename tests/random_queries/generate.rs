//! Random documents that are valid by construction. Every choice is a number from a list, and a
//! list that has ended gives zeros, which choose the simplest; so a shorter list with smaller
//! numbers is a smaller document, and failures shrink.

use apollo_compiler::ast::{InputValueDefinition, Type};
use apollo_compiler::schema::ExtendedType;
use serde_json::Value as Json;

use super::document::{Condition, Document, Field, Form, Fragment, Selection, Value, Variable};
use super::world::World;

/// Fields that one document has at most, more or less.
const FIELDS: usize = 60;
/// Fields within fields.
const DEPTH: usize = 9;
/// Percent of documents in which things are done that end as errors.
const FAULTY: usize = 40;

pub(crate) fn document(world: &World, choices: &[u16]) -> Document {
    let mut choices = Choices { left: choices.iter() };
    let faulty = choices.chance(FAULTY);
    let form = match choices.below(20) {
        0..7 => Form::Short,
        7..14 => Form::Named,
        14..16 => Form::Described,
        16..19 => Form::Second,
        _ if faulty => Form::Unpicked,
        _ => Form::Named,
    };
    let mut generator = Generator {
        world,
        choices,
        faulty,
        fields_left: FIELDS,
        document: Document { form, ..Document::default() },
        names: 0,
    };
    let selections = generator.selections("Query", 0);
    Document { selections, ..generator.document }
}

struct Choices<'c> {
    left: std::slice::Iter<'c, u16>,
}

impl Choices<'_> {
    /// A number below `n`; 0 once all choices are made.
    fn below(&mut self, n: usize) -> usize {
        usize::from(*self.left.next().unwrap_or(&0)) % n.max(1)
    }

    /// True in so many cases of a hundred; false once all choices are made.
    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) >= 100 - percent
    }

    fn of<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len())]
    }

    fn text<T: AsRef<str>>(&mut self, all: &[T]) -> Value {
        Value::Text(self.of(all).as_ref().to_owned())
    }
}

/// Where a value is wanted.
#[derive(Clone, Copy)]
struct Place<'p> {
    /// The argument or field of an input.
    name: &'p str,
    /// What it is an argument of.
    field: &'p str,
    /// The type that the field gives.
    gives: &'p str,
    /// Whether the schema has a default there.
    has_default: bool,
    /// Whether variables may stand there.
    variables: bool,
    /// Whether null may not stand there, whatever the type says.
    strict: bool,
    depth: usize,
}

struct Generator<'w> {
    world: &'w World,
    choices: Choices<'w>,
    faulty: bool,
    fields_left: usize,
    document: Document,
    names: usize,
}

impl<'w> Generator<'w> {
    fn fresh(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    /// Whether to do something that ends as an error.
    fn faults(&mut self, percent: usize) -> bool {
        self.faulty && self.choices.chance(percent)
    }

    fn selections(&mut self, of: &str, depth: usize) -> Vec<Selection> {
        let count = 1 + self.choices.below(if depth == 0 { 4 } else { 6 });
        let mut all: Vec<Selection> = Vec::new();
        if self.world.is_composite(of) && !self.world.is_object(of) && self.choices.chance(75) {
            all.push(Selection::Field(self.typename()));
        }
        for _ in 0..count {
            let selection = match self.choices.below(100) {
                0..60 => Selection::Field(self.field(of, depth)),
                60..72 => self.again(&all, depth).unwrap_or_else(|| Selection::Field(self.typename())),
                72..81 => {
                    let conditions = self.conditions();
                    let on = self.narrower(of);
                    let selections = self.selections(&on, depth + 1);
                    Selection::Inline { on: Some(on), conditions, selections }
                }
                81..86 => {
                    let conditions = self.conditions();
                    Selection::Inline { on: None, conditions, selections: self.selections(of, depth + 1) }
                }
                86..96 => self.spread(of, depth),
                _ => Selection::Field(self.typename()),
            };
            all.push(selection);
        }
        all
    }

    fn typename(&mut self) -> Field {
        let ty = Type::NonNullNamed(name("String"));
        let alias = self.choices.chance(10).then(|| self.fresh("t"));
        let field = Field {
            alias,
            name: "__typename".to_owned(),
            arguments: Vec::new(),
            conditions: Vec::new(),
            ty,
            selections: Vec::new(),
        };
        self.know(&field);
        field
    }

    fn know(&mut self, field: &Field) {
        let entry = (field.name.clone(), field.arguments.clone(), field.ty.clone());
        self.document.keys.insert(field.key().to_owned(), entry);
    }

    /// One of the types that a fragment may be on; often one that says something new.
    fn narrower(&mut self, of: &str) -> String {
        let all = self.world.conditions(of);
        let here: Vec<&str> = all
            .iter()
            .copied()
            .filter(|on| self.world.entities.contains_key(*on) || ["Link", "Evidence"].contains(on))
            .collect();
        let all = if !here.is_empty() && self.choices.chance(60) { here } else { all };
        (*self.choices.of(&all)).to_owned()
    }

    fn spread(&mut self, of: &str, depth: usize) -> Selection {
        let conditions = self.conditions();
        let known: Vec<String> = self
            .document
            .fragments
            .iter()
            .filter(|f| self.world.overlap(&f.on, of))
            .map(|f| f.name.clone())
            .collect();
        if !known.is_empty() && self.choices.chance(50) {
            self.document.repeated = true;
            return Selection::Spread { name: self.choices.of(&known).clone(), conditions };
        }
        let name = self.fresh("F");
        let on = self.narrower(of);
        // Known only when it is whole, so that no fragment comes to spread itself.
        let selections = self.selections(&on, depth + 1);
        self.document.fragments.push(Fragment { name: name.clone(), on, selections });
        Selection::Spread { name, conditions }
    }

    /// A field that is there already, with the same arguments: the two have to merge.
    fn again(&mut self, all: &[Selection], depth: usize) -> Option<Selection> {
        let fields: Vec<&Field> = all
            .iter()
            .filter_map(|s| match s {
                Selection::Field(field) => Some(field),
                _ => None,
            })
            .collect();
        if fields.is_empty() {
            return None;
        }
        let field = (*self.choices.of(&fields)).clone();
        let conditions = self.conditions();
        let selections = match field.selections.is_empty() {
            true => Vec::new(),
            false => {
                self.document.repeated = true;
                self.selections(field.ty.inner_named_type(), depth + 1)
            }
        };
        Some(Selection::Field(Field { conditions, selections, ..field }))
    }

    fn conditions(&mut self) -> Vec<Condition> {
        let mut all: Vec<Condition> = Vec::new();
        if self.choices.chance(12) {
            let skip = self.choices.chance(50);
            let place = Place {
                name: "if",
                field: "",
                gives: "",
                has_default: false,
                variables: true,
                strict: false,
                depth: 0,
            };
            let value = self.value(&Type::NonNullNamed(name("Boolean")), place);
            all.push(Condition { skip, value });
            if self.choices.chance(20) {
                let value = Value::Boolean(self.choices.chance(50));
                all.push(Condition { skip: !skip, value });
            }
        }
        all
    }

    fn field(&mut self, of: &str, depth: usize) -> Field {
        self.fields_left = self.fields_left.saturating_sub(1);
        if of == "Query" && self.choices.chance(6) {
            return self.introspection(depth);
        }
        let world = self.world;
        let fields = world.fields(of).expect("fields are asked of composite types");
        let deep = depth >= DEPTH || self.fields_left == 0;
        let asks = |ty: &Type| world.is_composite(ty.inner_named_type());
        let fits: Vec<_> = fields
            .values()
            .filter(|f| !deep || !asks(&f.ty))
            .filter(|f| !of.starts_with("__") || introspected(&f.name))
            .collect();
        if fits.is_empty() {
            return self.typename();
        }
        // Lists of links and entities hold most of what there is to ask for.
        let rich: Vec<_> = fits
            .iter()
            .filter(|f| {
                ["links", "entities", "nodes", "node", "edges", "from", "to"].contains(&f.name.as_str())
            })
            .copied()
            .collect();
        let fits = if !rich.is_empty() && self.choices.chance(35) { rich } else { fits };
        let definition = *self.choices.of(&fits);
        self.field_of(&definition.name, &definition.ty, &definition.arguments, depth)
    }

    /// `__type` or `__schema`; what is below is ours to choose, but for what would be a book.
    fn introspection(&mut self, depth: usize) -> Field {
        let depth = depth.max(DEPTH - 4);
        if self.choices.chance(40) {
            return self.field_of("__schema", &Type::NonNullNamed(name("__Schema")), &[], depth);
        }
        let of = match self.choices.chance(15) {
            true => "Nothing".to_owned(),
            false => self.choices.of(&self.world.types).clone(),
        };
        let mut field = self.field_of("__type", &Type::Named(name("__Type")), &[], depth);
        self.document.keys.remove(field.key());
        field.arguments.push(("name".to_owned(), Value::Text(of)));
        field.alias = Some(self.fresh("type"));
        self.know(&field);
        field
    }

    fn field_of(
        &mut self,
        field: &str,
        ty: &Type,
        arguments: &[apollo_compiler::Node<InputValueDefinition>],
        depth: usize,
    ) -> Field {
        let arguments = self.arguments(field, ty, arguments);
        let known = self.document.keys.get(field);
        let (again, same) =
            (known.is_some(), known.is_none_or(|k| k.1 == arguments && k.0 == field && k.2 == *ty));
        let alias = (!same || self.choices.chance(15)).then(|| self.fresh("a"));
        self.document.repeated |= again && alias.is_none() && self.world.is_composite(ty.inner_named_type());
        let conditions = self.conditions();
        let mut out = Field {
            alias,
            name: field.to_owned(),
            arguments,
            conditions,
            ty: ty.clone(),
            selections: Vec::new(),
        };
        self.know(&out);
        if self.world.is_composite(ty.inner_named_type()) {
            out.selections = self.selections(ty.inner_named_type(), depth + 1);
        }
        out
    }

    fn arguments(
        &mut self,
        field: &str,
        ty: &Type,
        definitions: &[apollo_compiler::Node<InputValueDefinition>],
    ) -> Vec<(String, Value)> {
        let mut out: Vec<(String, Value)> = Vec::new();
        let gives = ty.inner_named_type().as_str();
        for definition in definitions {
            let wanted = match definition.name.as_str() {
                _ if definition.is_required() => 100,
                "first" => 65,
                "where" => 30,
                "after" | "before" if !self.may_have_cursor(field, &out) => 0,
                "property" => 35,
                _ => 12,
            };
            if wanted == 100 || self.choices.chance(wanted) {
                let place = Place {
                    name: &definition.name,
                    field,
                    gives,
                    has_default: definition.default_value.is_some(),
                    variables: true,
                    // `Boolean!` since September 2025, which apollo-compiler does not know.
                    strict: definition.name == "includeDeprecated",
                    depth: 0,
                };
                let value = self.value(&definition.ty, place);
                out.push((definition.name.to_string(), value));
            }
        }
        if self.choices.chance(20) {
            out.reverse();
        }
        out
    }

    /// A cursor fits its own list in its own order; elsewhere it is an error.
    fn may_have_cursor(&self, field: &str, given: &[(String, Value)]) -> bool {
        let plain = given.iter().all(|(name, _)| ["first", "last", "after"].contains(&name.as_str()));
        self.faulty || plain && field != "links" && self.world.cursors.contains_key(field)
    }

    // -- values --------------------------------------------------------------------------------

    fn value(&mut self, ty: &Type, place: Place<'_>) -> Value {
        if place.variables && self.choices.chance(18) {
            return self.variable(ty, place);
        }
        if !ty.is_non_null() && !place.strict && self.choices.chance(5) {
            return Value::Null;
        }
        let ty = match ty {
            Type::List(inner) | Type::NonNullList(inner) => {
                let inner_place = Place { has_default: false, strict: false, ..place };
                // One value stands for a list of one; null would stand for no list.
                if self.choices.chance(20) {
                    let place = Place { variables: false, ..inner_place };
                    return self.value(&inner.as_ref().clone().non_null(), place);
                }
                let many = match self.faults(6) {
                    // Too many ids for `nodes`, or enough for more errors than an answer lists.
                    true => *self.choices.of(&[101, 40]),
                    false => self.choices.below(4),
                };
                return Value::List((0..many).map(|_| self.value(inner, inner_place)).collect());
            }
            Type::Named(name) | Type::NonNullNamed(name) => name.as_str(),
        };
        match self.world.schema().types.get(ty) {
            Some(ExtendedType::Enum(words)) => {
                let words: Vec<&str> = words.values.keys().map(|k| k.as_str()).collect();
                Value::Enum((*self.choices.of(&words)).to_owned())
            }
            Some(ExtendedType::InputObject(input)) => {
                let fields: Vec<_> = input.fields.values().collect();
                let inner = |name, has_default, strict| Place {
                    name,
                    has_default,
                    strict,
                    depth: place.depth + 1,
                    ..place
                };
                if input.directives.has("oneOf") {
                    let field = *self.choices.of(&fields);
                    let value = self.value(&field.ty, inner(&field.name, false, true));
                    return Value::Object(vec![(field.name.to_string(), value)]);
                }
                let mut out: Vec<(String, Value)> = Vec::new();
                let more = if place.depth < 4 { self.choices.below(3) } else { 0 };
                let mut wanted: Vec<_> = fields.iter().filter(|f| f.is_required()).copied().collect();
                wanted.extend((0..more).map(|_| *self.choices.of(&fields)));
                let pattern = fields.iter().find(|f| f.name == "matches").filter(|_| self.choices.chance(15));
                wanted.extend(pattern);
                for field in wanted {
                    if out.iter().all(|(name, _)| *name != field.name.as_str()) {
                        let place = inner(&field.name, field.default_value.is_some(), false);
                        out.push((field.name.to_string(), self.value(&field.ty, place)));
                    }
                }
                Value::Object(out)
            }
            _ => self.scalar(ty, place),
        }
    }

    fn variable(&mut self, ty: &Type, place: Place<'_>) -> Value {
        let purpose = format!("{} {}", place.name, if ty.is_named() { place.gives } else { "" });
        let fits = |v: &&Variable| v.purpose == purpose && v.ty == *ty;
        let known: Vec<String> =
            self.document.variables.iter().filter(fits).map(|v| v.name.clone()).collect();
        if !known.is_empty() && self.choices.chance(40) {
            return Value::Variable(self.choices.of(&known).clone());
        }
        let place = Place { variables: false, ..place };
        let strict = ty.clone().non_null();
        let mut default = self.choices.chance(30).then(|| self.value(&strict, place));
        let ty_of = match self.choices.below(3) {
            1 => strict.clone(),
            // A default, there or here, lets a nullable variable stand for what may not be null.
            2 if !place.strict && (default.is_some() || place.has_default) => ty.clone().nullable(),
            _ => ty.clone(),
        };
        let ty_of = if place.strict { strict.clone() } else { ty_of };
        if default.is_some() && place.name == "first" && self.choices.chance(5) {
            default = Some(Value::Int(3));
        }
        let may_miss = !ty_of.is_non_null() || default.is_some();
        // Null where the place may not be null: a field error.
        let may_be_null = !ty_of.is_non_null() && (!ty.is_non_null() || self.faults(30));
        let given = match self.choices.below(10) {
            8 if may_miss => None,
            9 if may_be_null => {
                self.document.nulled |= ty.is_non_null();
                Some(Json::Null)
            }
            _ => Some(self.value(&strict, place).to_json()),
        };
        let name = self.fresh("v");
        let variable = Variable { name: name.clone(), ty: ty_of, default, given, purpose };
        self.document.variables.push(variable);
        Value::Variable(name)
    }

    fn scalar(&mut self, ty: &str, place: Place<'_>) -> Value {
        let world = self.world;
        match (ty, place.name) {
            ("Boolean", _) => Value::Boolean(self.choices.chance(50)),
            ("Int", "first" | "last") if self.faults(8) => {
                Value::Int(*self.choices.of(&[-1, 101, 2_147_483_647, -2_147_483_648]))
            }
            ("Int", "first" | "last") => match self.choices.chance(4) {
                true => Value::Int(*self.choices.of(&[100, 40, 21])),
                false => Value::Int(self.choices.below(6) as i64),
            },
            ("Int", "maxHops" | "depth" | "perRelation") if !self.faults(10) => {
                Value::Int(1 + self.choices.below(3) as i64)
            }
            ("Int", _) => Value::Int(*self.choices.of(&[0, 1, 2, 10, 2020, -5])),
            ("Float", _) if self.choices.chance(50) => Value::Float(*self.choices.of(&[0.5, 1e3, -2.25])),
            ("Float", _) => Value::Int(self.choices.below(100) as i64),
            ("ID", "of" | "from" | "to" | "via" | "except" | "a" | "b") if !self.faults(10) => self.entity(),
            ("ID", "ids") if place.gives == "Comparison" && !self.faults(10) => self.entity(),
            ("ID", "ids") if !self.faulty => self.choices.text(&world.ids),
            ("ID", _) => self.id(place),
            ("Date" | "EDTF", _) if self.faults(10) => Value::Text("the day after".to_owned()),
            ("Date", _) => self.choices.text(&["2023-07-14", "2020-02-29", "2031-03-01"]),
            ("EDTF", _) => self.choices.text(&[
                "2023",
                "2023-07",
                "2023-07-14~",
                "2021/2023",
                "2022/..",
                "2031-03",
                "2019?",
            ]),
            (_, "after" | "before") => self.cursor(place.field),
            (_, "matches") if self.faults(20) => self.choices.text(&["(", "[a", "a{2,1}", "(?P<"]),
            (_, "matches") => self.choices.text(&["a", "^r", "[a-m]{3}", "(?i)THE", "\\bof\\b", "é|ü"]),
            (_, "names") if place.gives == "Gap" && !world.gaps.is_empty() && !self.faults(10) => {
                self.choices.text(&world.gaps)
            }
            (_, "property") if self.faults(30) => self.choices.text(&["nope", "url", "aliases"]),
            (_, "property") => Value::Text("name".to_owned()),
            (_, "scheme") if !world.identifiers.is_empty() => {
                Value::Text(self.choices.of(&world.identifiers).0.clone())
            }
            (_, "value") if !world.identifiers.is_empty() => {
                Value::Text(self.choices.of(&world.identifiers).1.clone())
            }
            _ => {
                let odd = ["", "a", "the ", "\"quoted\"", "ü", "back\\slash", "line\nbreak", "\u{1F600}"];
                match self.choices.below(4) {
                    0 => self.choices.text(&odd),
                    1 => Value::Block(self.choices.of(&world.words).clone()),
                    _ => self.choices.text(&world.words),
                }
            }
        }
    }

    fn entity(&mut self) -> Value {
        let kinds: Vec<&Vec<String>> = self.world.entities.values().collect();
        let of = *self.choices.of(&kinds);
        self.choices.text(of)
    }

    fn id(&mut self, place: Place<'_>) -> Value {
        let world = self.world;
        if let Some(own) = world.entities.get(place.gives).filter(|_| !self.choices.chance(15)) {
            return Value::Text(self.choices.of(own).clone());
        }
        match self.choices.below(12) {
            10 => self.choices.text(&["nobody/nowhere", "", "link/x", "evidence/y"]),
            11 => Value::Int(7),
            _ => Value::Text(self.choices.of(&world.ids).clone()),
        }
    }

    fn cursor(&mut self, list: &str) -> Value {
        let own = self.world.cursors.get(list).filter(|all| !all.is_empty());
        if self.faults(30) {
            return self.choices.text(&["nonsense", "", "AAAA"]);
        }
        match own.or_else(|| self.world.cursors.values().find(|all| !all.is_empty())) {
            Some(all) => Value::Text(self.choices.of(all).clone()),
            None => Value::Null,
        }
    }
}

fn name(text: &str) -> apollo_compiler::Name {
    apollo_compiler::Name::new(text).expect("a name")
}

/// What of introspection is asked for: it goes in circles, and lists of it multiply. Nor are both
/// roads right in the rest: async-graphql gives the schema the description of `__Schema`, breaks
/// the lines of built-in descriptions elsewhere and forgets the interfaces of interfaces.
fn introspected(field: &str) -> bool {
    !["types", "directives", "possibleTypes", "interfaces", "description"].contains(&field)
}
