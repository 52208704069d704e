//! Tools: what an assistant can ask of the data, each a document of the API with a name and prose. Their inputs
//! follow from the variables of the document and so from the ontology, and with each answer comes the evidence
//! of all that it names.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::App;
use crate::graph::Graph;
use crate::graphql::{Outcome, Request, SavedQuery};
use crate::io::json_lines;
use crate::ontology::suggest;
use crate::query::Budget;

/// The documents that come with the program: by name, what is asked.
const DOCUMENTS: [(&str, &str); 9] = [
    ("search", include_str!("../../schema/tools/search.graphql")),
    ("resolve", include_str!("../../schema/tools/resolve.graphql")),
    (ENTITY, include_str!("../../schema/tools/entity.graphql")),
    ("trail", include_str!("../../schema/tools/trail.graphql")),
    ("paths", include_str!("../../schema/tools/paths.graphql")),
    ("neighborhood", include_str!("../../schema/tools/neighborhood.graphql")),
    ("gaps", include_str!("../../schema/tools/gaps.graphql")),
    ("compare", include_str!("../../schema/tools/compare.graphql")),
    ("timeline", include_str!("../../schema/tools/timeline.graphql")),
];

/// The tool that tells all properties of what it is asked of.
const ENTITY: &str = "entity";
/// The tool that asks a saved question.
const QUESTION: &str = "ask_question";
/// The tool that takes any document.
const QUERY: &str = "query";
/// The tool that tells what may be asked.
const TYPES: &str = "describe_types";

/// Entities and links whose evidence comes with an answer; as many as one request may name.
const CITED: usize = 100;

/// Asks for the evidence of what an answer names.
const EVIDENCE: &str = "query Evidence($ids: [ID!]!) { nodes(ids: $ids) { id \
     ... on Entity { name evidence { ...piece } } ... on Link { sentence basis evidence { ...piece } } } } \
     fragment piece on Evidence { quote basis status note href source { id name } }";

/// Something an assistant can ask.
#[derive(Clone, Debug)]
pub struct Tool {
    /// What it is called.
    pub name: String,
    /// The same for people.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// JSON Schema of its arguments.
    pub input: Map<String, Json>,
}

/// What came of asking.
#[derive(Clone, Debug)]
pub struct Told {
    /// For programs: the answer, the evidence of what it names, and the version of the data.
    pub structured: Json,
    /// The same to read: each statement followed by the words it rests on.
    pub text: String,
    /// Whether it could not be answered; the text says why, and what to do.
    pub failed: bool,
}

/// The tools over one instance.
#[derive(Debug)]
pub struct Tools {
    app: Arc<App>,
    queries: Vec<SavedQuery>,
}

impl Tools {
    /// The tools that the instance's ontology can be asked by.
    pub fn new(app: Arc<App>) -> Tools {
        let queries = DOCUMENTS.iter().filter_map(|(name, text)| app.api().saved(name, name, text).ok());
        let queries = queries.collect();
        Tools { app, queries }
    }

    /// What the data are about and how to ask, for an assistant that has just come.
    pub fn instructions(&self) -> String {
        let graph = self.app.view();
        let ontology = graph.ontology();
        let kinds: Vec<String> = ontology
            .kind_indexes()
            .map(|ix| (&ontology.kind(ix).name, graph.of_kind(ix).len()))
            .filter(|(_, count)| *count > 0)
            .map(|(name, count)| format!("{name} ({count})"))
            .collect();
        format!(
            "{}: {} entities and {} links, each with the words of the source it rests on. Kinds: {}. \
             Find ids by `search` or `resolve`, then look closer. Quote the evidence that comes with an answer, \
             and say whether it is STATED or INFERRED and whether its words were found (VERIFIED). What is not \
             here is not stated; that is no statement that it is not so. Data version {}.",
            ontology.title,
            graph.entity_count(),
            graph.link_count(),
            kinds.join(", "),
            graph.version(),
        )
    }

    /// All of them.
    pub fn list(&self) -> Vec<Tool> {
        let of = |query: &SavedQuery| Tool {
            name: query.name.clone(),
            title: query.title.clone(),
            description: format!("{}. {}", query.title, query.description),
            input: self.input(query),
        };
        let mut tools: Vec<Tool> = self.queries.iter().map(of).collect();
        let saved = self.app.saved();
        if !saved.is_empty() {
            let told = saved.values().map(|query| {
                let parameters: Vec<String> =
                    query.parameters.iter().map(|p| format!("{}: {}", p.name, p.of)).collect();
                format!("- {} ({}): {}", query.name, parameters.join(", "), query.title)
            });
            tools.push(Tool {
                name: QUESTION.to_owned(),
                title: "Ask one of the questions that are kept".to_owned(),
                description: format!(
                    "Questions that others ask, worded with care; without parameters, by an example:\n{}",
                    told.collect::<Vec<_>>().join("\n")
                ),
                input: object([
                    ("question", json!({"type": "string", "enum": saved.keys().collect::<Vec<_>>()}), true),
                    (
                        "parameters",
                        json!({"type": "object", "description": "By name; lists as arrays."}),
                        false,
                    ),
                ]),
            });
        }
        tools.push(Tool {
            name: TYPES.to_owned(),
            title: "What may be asked of the API".to_owned(),
            description: "The GraphQL types of these names, as SDL: fields, arguments, enum values. Begin with Query, or with a kind.".to_owned(),
            input: object([("names", json!({"type": "array", "items": {"type": "string"}, "maxItems": 20}), true)]),
        });
        tools.push(Tool {
            name: QUERY.to_owned(),
            title: "Ask by GraphQL".to_owned(),
            description: format!(
                "For what no other tool answers: any query of the API; `{TYPES}` tells its types. The evidence of what it names comes with the answer, asked or not."
            ),
            input: object([
                ("query", json!({"type": "string", "description": "A GraphQL query document."}), true),
                ("variables", json!({"type": "object"}), false),
            ]),
        });
        tools
    }

    /// Answers one call. Blocking and bound to the CPU.
    pub fn call(&self, name: &str, arguments: &Map<String, Json>, budget: &Arc<Budget>) -> Told {
        let told = match name {
            QUERY => {
                let query = arguments.get("query").and_then(Json::as_str).unwrap_or_default();
                let variables = arguments.get("variables").and_then(Json::as_object).cloned();
                self.answer(query, variables.unwrap_or_default(), false, budget)
            }
            TYPES => self.types(arguments),
            QUESTION => {
                let asked = arguments.get("question").and_then(Json::as_str).unwrap_or_default();
                let parameters = arguments.get("parameters").and_then(Json::as_object).cloned();
                match self.app.saved().get(asked) {
                    Some(query) => self.answer(&query.text, parameters.unwrap_or_default(), false, budget),
                    None => Err(format!(
                        "there is no question `{asked}`; {}",
                        suggest(asked, self.app.saved().keys().map(String::as_str))
                    )),
                }
            }
            _ => match self.queries.iter().find(|query| query.name == name) {
                Some(query) => check_names(query, arguments)
                    .and_then(|()| self.answer(&query.text, arguments.clone(), name == ENTITY, budget)),
                None => Err(format!("there is no tool `{name}`")),
            },
        };
        told.unwrap_or_else(|why| Told { structured: json!({"error": why}), text: why, failed: true })
    }

    fn answer(
        &self,
        query: &str,
        variables: Map<String, Json>,
        with_properties: bool,
        budget: &Arc<Budget>,
    ) -> Result<Told, String> {
        let graph = self.app.view();
        let api = self.app.api();
        let request = Request { query: query.to_owned(), variables, read_only: true, ..Request::default() };
        let (outcome, answer, named) = api.execute_and_name(&graph, &request, budget);
        if let Some(errors) = answer["errors"].as_array() {
            let messages = errors.iter().filter_map(|error| error["message"].as_str());
            return Err(messages.collect::<Vec<_>>().join("\n"));
        }
        if outcome != Outcome::Executed {
            return Err("it took longer than it may; ask for less".to_owned());
        }
        let mut data = answer["data"].clone();
        if with_properties {
            properties(&graph, &mut data["node"]);
        }
        // What an answer is about comes before what it mentions on the way: links first.
        let (links, entities): (Vec<&String>, Vec<&String>) =
            named.iter().partition(|id| graph.find_link(id).is_some());
        let ids: Vec<&String> = links.into_iter().chain(entities).collect();
        let cited = &ids[..ids.len().min(CITED)];
        let variables = [("ids".to_owned(), json!(cited))].into_iter().collect();
        let request = Request { query: EVIDENCE.to_owned(), variables, ..Request::default() };
        let evidence = api.execute(&graph, &request, budget);
        let mut evidence: Json = serde_json::from_slice(&evidence.body).unwrap_or_default();
        let evidence: Vec<Json> = match evidence["data"]["nodes"].take() {
            Json::Array(nodes) => nodes.into_iter().filter(|node| node["evidence"][0].is_object()).collect(),
            _ => Vec::new(),
        };
        let left = ids.len() - cited.len();
        let version = graph.version().to_string();
        let text = told(&data, &evidence, left, &version);
        let structured = json!({
            "answer": data, "evidence": evidence, "evidenceLeftOut": left, "dataVersion": version,
        });
        Ok(Told { structured, text, failed: false })
    }

    /// Types of the API as SDL.
    fn types(&self, arguments: &Map<String, Json>) -> Result<Told, String> {
        let schema = self.app.api().schema();
        let names =
            arguments.get("names").and_then(Json::as_array).ok_or("`names` is a list of names of types")?;
        let mut text = String::new();
        for name in names.iter().take(20) {
            let name = name.as_str().unwrap_or_default();
            let known =
                || schema.types.keys().map(|name| name.as_str()).filter(|name| !name.starts_with("__"));
            let of = schema.types.get(name).ok_or_else(|| {
                // All would be hundreds.
                let near: Vec<&str> = known()
                    .filter(|known| known.to_lowercase().contains(&name.to_lowercase()))
                    .take(20)
                    .collect();
                if near.is_empty() {
                    format!("there is no type `{name}`; begin with Query")
                } else {
                    format!("there is no type `{name}`; there are {}", near.join(", "))
                }
            })?;
            text += &format!("{of}\n");
        }
        Ok(Told { structured: json!({"sdl": text}), text, failed: false })
    }

    /// JSON Schema of the variables of a query.
    fn input(&self, query: &SavedQuery) -> Map<String, Json> {
        object(query.parameters.iter().map(|parameter| {
            let mut one = match parameter.of.trim_matches(['[', ']', '!']) {
                "Int" => json!({"type": "integer"}),
                "Float" => json!({"type": "number"}),
                "Boolean" => json!({"type": "boolean"}),
                _ => json!({"type": "string"}),
            };
            if !parameter.words.is_empty() {
                one["enum"] = json!(parameter.words);
                one["description"] = json!(self.meanings(parameter.of.trim_matches(['[', ']', '!'])));
            }
            let mut schema = if parameter.list { json!({"type": "array", "items": one}) } else { one };
            if let Some(default) = parameter.default.as_ref().filter(|_| !parameter.list) {
                schema["default"] = serde_json::from_str(default).unwrap_or_else(|_| json!(default));
            }
            (parameter.name.as_str(), schema, parameter.required)
        }))
    }

    /// What the words of an enum mean.
    fn meanings(&self, of: &str) -> String {
        let schema = self.app.api().schema();
        let words = schema.get_enum(of).into_iter().flat_map(|of| of.values.iter());
        let told = words.filter_map(|(word, value)| Some(format!("{word}: {}", value.description.as_ref()?)));
        told.collect::<Vec<_>>().join(" ")
    }
}

/// A JSON Schema of an object: names, what each is, and whether it must be there.
fn object<'a>(members: impl IntoIterator<Item = (&'a str, Json, bool)>) -> Map<String, Json> {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for (name, schema, needed) in members {
        properties.insert(name.to_owned(), schema);
        if needed {
            required.push(name);
        }
    }
    let schema = json!({
        "type": "object", "properties": properties, "required": required, "additionalProperties": false,
    });
    schema.as_object().cloned().unwrap_or_default()
}

/// GraphQL passes variables over that a document does not have; an assistant is told.
fn check_names(query: &SavedQuery, arguments: &Map<String, Json>) -> Result<(), String> {
    let known: Vec<&str> = query.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    match arguments.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(format!("`{}` has no argument `{name}`; {}", query.name, suggest(name, known))),
        None => Ok(()),
    }
}

/// Puts all properties of the entity that a node is into it, as our lines have them.
fn properties(graph: &Graph, node: &mut Json) {
    let Some(ix) = node["id"].as_str().and_then(|id| graph.find(id)) else { return };
    let mut line = json_lines::entity_line(graph, ix);
    let known = ["source", "entity", "kind", "evidence", "text"];
    line.retain(|key, _| !known.contains(&key.as_str()) && node.get(key).is_none());
    node["properties"] = Json::Object(line);
}

/// An answer to read: what is said with its words, then the answer itself.
fn told(data: &Json, evidence: &[Json], left: usize, version: &str) -> String {
    let mut text = String::new();
    for node in evidence {
        let said = node["sentence"].as_str().or_else(|| node["name"].as_str()).unwrap_or_default();
        let basis = node["basis"].as_str().map(|basis| format!(" [{basis}]")).unwrap_or_default();
        text += &format!("{said}{basis} ({})\n", node["id"].as_str().unwrap_or_default());
        for piece in node["evidence"].as_array().into_iter().flatten() {
            let part = |key: &str| piece[key].as_str();
            let words = part("quote").map_or("no words of its own".to_owned(), |quote| format!("“{quote}”"));
            let source = piece["source"]["name"].as_str().unwrap_or_default();
            let status = part("status").unwrap_or_default();
            let inferred = if part("basis") == Some("INFERRED") { ", INFERRED" } else { "" };
            text += &format!("  {words} — {source}, {status}{inferred}");
            for beside in [part("href"), part("note")].into_iter().flatten() {
                text += &format!(" · {beside}");
            }
            text.push('\n');
        }
    }
    if left > 0 {
        text += &format!(
            "The evidence of {left} more that the answer names is left out; ask for fewer, or for those by id.\n"
        );
    }
    if evidence.is_empty() {
        text.push_str("Nothing that the answer names has evidence of its own.\n");
    }
    text += &format!("\nAnswer: {data}\nData version {version}");
    text
}
