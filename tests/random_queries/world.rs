//! What random documents are made over: an instance, its schema, and ids, cursors and names that
//! are really there, each asked for over the API.

use std::collections::{BTreeMap, BTreeSet};

use apollo_compiler::Name;
use apollo_compiler::Schema;
use apollo_compiler::collections::IndexMap;
use apollo_compiler::schema::{Component, ExtendedType, FieldDefinition};
use serde_json::Value as Json;
use throughline::app::{App, Origin};
use throughline::graphql::{Limits, Request};

pub(crate) struct World {
    pub(crate) app: App,
    /// Ids of entities by the name of their type.
    pub(crate) entities: BTreeMap<String, Vec<String>>,
    /// Ids of everything that is a node.
    pub(crate) ids: Vec<String>,
    /// Cursors of each list at the root, in its default order.
    pub(crate) cursors: BTreeMap<String, Vec<String>>,
    /// Pieces of names.
    pub(crate) words: Vec<String>,
    /// Names of gaps.
    pub(crate) gaps: Vec<String>,
    /// Schemes and values of identifiers.
    pub(crate) identifiers: Vec<(String, String)>,
    /// Names of types that something leads to; the others are not there for async-graphql.
    pub(crate) types: Vec<String>,
    /// Object types by composite type.
    possible: BTreeMap<String, Vec<String>>,
}

impl World {
    pub(crate) fn open(origin: &Origin) -> World {
        let app = App::open(origin, Limits::default()).expect("the data are sound");
        let mut world = World {
            possible: possible(app.api().schema()),
            types: types(app.api().schema()),
            app,
            entities: BTreeMap::new(),
            ids: Vec::new(),
            cursors: BTreeMap::new(),
            words: Vec::new(),
            gaps: Vec::new(),
            identifiers: Vec::new(),
        };
        world.look();
        world
    }

    pub(crate) fn schema(&self) -> &Schema {
        self.app.api().schema()
    }

    fn ask(&self, query: String) -> Json {
        let request = Request { query, ..Request::default() };
        let answer: Json = serde_json::from_slice(&self.app.execute(&request, &self.app.budget()).body)
            .expect("answers are JSON");
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"].clone()
    }

    fn look(&mut self) {
        let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
        let asked = "nodes { __typename id mergedFrom identifiers { scheme value } evidence { id } }";
        let mut after = Json::Null;
        loop {
            let page = &self.ask(format!(
                "{{ entities(first: 100, after: {after}) {{ {asked} pageInfo {{ hasNextPage endCursor }} }} }}"
            ))["entities"];
            for node in page["nodes"].as_array().into_iter().flatten() {
                let id = text(&node["id"]);
                self.words.extend(id.split(['/', '-']).next_back().map(str::to_owned));
                self.ids.push(id.clone());
                self.entities.entry(text(&node["__typename"])).or_default().push(id);
                let merged = node["mergedFrom"].as_array().into_iter().flatten();
                self.ids.extend(merged.map(text));
                self.ids.extend(node["evidence"][0]["id"].as_str().map(str::to_owned));
                for name in node["identifiers"].as_array().into_iter().flatten() {
                    self.identifiers.push((text(&name["scheme"]), text(&name["value"])));
                }
            }
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] != true {
                break;
            }
        }
        let gaps = self.ask("{ gaps { name } }".to_owned());
        self.gaps = gaps["gaps"].as_array().into_iter().flatten().map(|gap| text(&gap["name"])).collect();
        let links = self.ask("{ links(first: 100) { nodes { id evidence { id } } } }".to_owned());
        for link in links["links"]["nodes"].as_array().into_iter().flatten() {
            self.ids.push(text(&link["id"]));
            self.ids.push(text(&link["evidence"][0]["id"]));
        }
        assert!(self.ids.len() > 20, "only {} ids", self.ids.len());
        let lists: Vec<String> = self
            .fields("Query")
            .into_iter()
            .flatten()
            .filter(|(_, f)| f.ty.inner_named_type().ends_with("Connection"))
            .filter(|(_, f)| f.arguments.iter().all(|argument| !argument.is_required()))
            .map(|(name, _)| name.to_string())
            .collect();
        for list in lists {
            let page = self.ask(format!("{{ {list}(first: 7) {{ edges {{ cursor }} }} }}"));
            let edges = page[&list]["edges"].as_array().cloned().unwrap_or_default();
            self.cursors.insert(list, edges.iter().map(|e| text(&e["cursor"])).collect());
        }
    }

    /// The fields of an object or interface.
    pub(crate) fn fields(&self, of: &str) -> Option<&IndexMap<Name, Component<FieldDefinition>>> {
        match self.schema().types.get(of)? {
            ExtendedType::Object(ty) => Some(&ty.fields),
            ExtendedType::Interface(ty) => Some(&ty.fields),
            _ => None,
        }
    }

    pub(crate) fn is_composite(&self, name: &str) -> bool {
        self.possible.contains_key(name)
    }

    pub(crate) fn is_object(&self, name: &str) -> bool {
        self.schema().get_object(name).is_some()
    }

    /// Whether an object type is `on`, or implements it.
    pub(crate) fn applies(&self, on: &str, object: &str) -> bool {
        self.possible.get(on).is_some_and(|all| all.iter().any(|o| o == object))
    }

    /// Whether some object may be of both types.
    pub(crate) fn overlap(&self, one: &str, other: &str) -> bool {
        self.possible[one].iter().any(|object| self.applies(other, object))
    }

    /// The types that a fragment within `of` may be on.
    pub(crate) fn conditions(&self, of: &str) -> Vec<&str> {
        self.possible.keys().map(String::as_str).filter(|name| self.overlap(of, name)).collect()
    }
}

fn possible(schema: &Schema) -> BTreeMap<String, Vec<String>> {
    let mut possible: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, ty) in &schema.types {
        if let ExtendedType::Interface(_) = ty {
            possible.entry(name.to_string()).or_default();
        }
        let ExtendedType::Object(object) = ty else { continue };
        let above = object.implements_interfaces.iter().map(|i| i.to_string());
        for on in above.chain([name.to_string()]) {
            possible.entry(on).or_default().push(name.to_string());
        }
    }
    possible
}

fn types(schema: &Schema) -> Vec<String> {
    let fields = |ty: &ExtendedType| match ty {
        ExtendedType::Object(ty) => ty.fields.values().cloned().collect(),
        ExtendedType::Interface(ty) => ty.fields.values().cloned().collect(),
        _ => Vec::new(),
    };
    let fields: Vec<_> = schema.types.values().filter(|t| !t.is_built_in()).flat_map(fields).collect();
    let given = fields.iter().map(|f| f.ty.inner_named_type());
    let taken = fields.iter().flat_map(|f| &f.arguments).map(|a| a.ty.inner_named_type());
    let all: BTreeSet<String> = given.chain(taken).map(|name| name.to_string()).collect();
    all.into_iter().collect()
}
