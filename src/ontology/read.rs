//! From SDL to an [`Ontology`]: every fault of all files at once, each with line, column and the
//! way out. The syntax tree is apollo-compiler's and does not leave this file.
//!
//! The dialect differs from plain SDL in one point: kinds inherit the fields of the interfaces
//! they implement and do not repeat them.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use apollo_compiler::ast::{self, Definition, DirectiveLocation, Document, Type};
use apollo_compiler::parser::{Parser, SourceMap, SourceSpan};
use apollo_compiler::{Name, Node};
use sha2::{Digest, Sha256};

use super::*;

/// The directives an ontology may use, in SDL.
pub const DIRECTIVES: &str = include_str!("../../schema/directives.graphql");

/// Names that the API gives to fields of every entity; no property or relation may take them.
pub const RESERVED_FIELDS: [&str; 10] = [
    "id",
    "kind",
    "links",
    "evidence",
    "identifiers",
    "mergedFrom",
    "completeness",
    "text",
    "entity",
    "source",
];

/// Type names that the API declares itself; no type of an ontology may take them.
pub const RESERVED_TYPES: [&str; 12] = [
    "Query",
    "Mutation",
    "Subscription",
    "Node",
    "Link",
    "Evidence",
    "PageInfo",
    "Basis",
    "Kind",
    "Relation",
    "Ontology",
    "Property",
];

/// First parts of ids that entities may not use.
pub const RESERVED_PREFIXES: [&str; 2] = ["link", "evidence"];

/// Nesting beyond which a file is refused unread; real ontologies nest five deep.
const NESTING_LIMIT: usize = 64;

impl Ontology {
    /// Reads an ontology from `files` of (path, SDL text), taken together.
    ///
    /// # Errors
    /// Every fault found, in the order of the files: syntax first, and if there is none, whatever
    /// the texts mean wrongly.
    ///
    /// ```
    /// use throughline::ontology::Ontology;
    /// let sdl = include_str!("../../schema/ontology.graphql");
    /// let ontology = Ontology::read(&[("ontology.graphql".into(), sdl.into())])?;
    /// assert!(ontology.kinds.iter().any(|kind| kind.is_source));
    /// let faults = Ontology::read(&[("mine.graphql".into(), "type A { b: C }".into())]).unwrap_err();
    /// assert!(faults.to_string().contains("mine.graphql:1:"));
    /// # Ok::<(), throughline::ontology::Faults>(())
    /// ```
    pub fn read(files: &[(String, String)]) -> Result<Ontology, Faults> {
        let mut faults = Vec::new();
        let mut documents = Vec::new();
        for (path, text) in files {
            match Parser::new().recursion_limit(NESTING_LIMIT).parse_ast(text.as_str(), path) {
                Ok(document) => documents.push(document),
                Err(with_errors) => {
                    for error in with_errors.errors.iter() {
                        let at = error.line_column_range().map_or((1, 1), |r| (r.start.line, r.start.column));
                        faults.push(Fault {
                            place: Place { file: path.clone(), line: at.0, column: at.1 },
                            what: error.error.to_string(),
                            help: String::new(),
                        });
                    }
                }
            }
        }
        if !faults.is_empty() {
            return Err(Faults(faults));
        }
        let mut hash = Sha256::new();
        for (_, text) in files {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
        let reader = Reader { files, sources: documents.iter().map(|d| &d.sources).collect(), faults };
        reader.read(&documents, hash.finalize().into())
    }
}

/// The definitions of directives.graphql, parsed once.
static DIRECTIVE_DEFINITIONS: LazyLock<Document> = LazyLock::new(|| {
    // Our own file: if it does not parse, the program cannot do anything, and every test fails.
    #[expect(clippy::panic, reason = "embedded at compile time and parsed by every test")]
    Document::parse(DIRECTIVES, "schema/directives.graphql").unwrap_or_else(|e| panic!("{}", e.errors))
});

struct Reader<'a> {
    files: &'a [(String, String)],
    sources: Vec<&'a SourceMap>,
    faults: Vec<Fault>,
}

/// A type or interface definition, whichever.
struct Composite<'a> {
    name: &'a Name,
    description: Option<&'a Node<str>>,
    implements: &'a [Name],
    directives: &'a ast::DirectiveList,
    fields: &'a [Node<ast::FieldDefinition>],
}

impl<'a> Reader<'a> {
    fn read(mut self, documents: &'a [Document], hash: [u8; 32]) -> Result<Ontology, Faults> {
        let mut kinds: Vec<Composite<'a>> = Vec::new();
        let mut families: Vec<Composite<'a>> = Vec::new();
        let mut link_types: Vec<Composite<'a>> = Vec::new();
        let mut enums: Vec<Enumeration> = Vec::new();
        let mut schema_directives: Vec<&'a Node<ast::Directive>> = Vec::new();
        let mut seen: HashMap<&'a str, Place> = HashMap::new();

        for definition in documents.iter().flat_map(|d| &d.definitions) {
            match definition {
                Definition::ObjectTypeDefinition(t) => {
                    self.declare(&mut seen, &t.name);
                    self.directives(&t.directives, DirectiveLocation::Object);
                    let composite = Composite {
                        name: &t.name,
                        description: t.description.as_ref(),
                        implements: &t.implements_interfaces,
                        directives: &t.directives,
                        fields: &t.fields,
                    };
                    match (t.directives.get("kind"), t.directives.get("linkProperties")) {
                        (Some(_), None) => kinds.push(composite),
                        (None, Some(_)) => link_types.push(composite),
                        (Some(_), Some(d)) => self.fault(
                            d.location(),
                            format!("`{}` is both a kind and a list of link properties", t.name),
                            "keep one of @kind and @linkProperties",
                        ),
                        (None, None) => self.fault(
                            t.name.location(),
                            format!("type `{}` has no @kind", t.name),
                            "add @kind(iri: \"…\"), or @linkProperties if links carry these",
                        ),
                    }
                }
                Definition::InterfaceTypeDefinition(t) => {
                    self.declare(&mut seen, &t.name);
                    self.directives(&t.directives, DirectiveLocation::Interface);
                    if t.directives.get("kind").is_none() {
                        self.fault(
                            t.name.location(),
                            format!("interface `{}` has no @kind", t.name),
                            "add @kind(iri: \"…\")",
                        );
                    }
                    families.push(Composite {
                        name: &t.name,
                        description: t.description.as_ref(),
                        implements: &t.implements_interfaces,
                        directives: &t.directives,
                        fields: &t.fields,
                    });
                }
                Definition::EnumTypeDefinition(t) => {
                    self.declare(&mut seen, &t.name);
                    self.directives(&t.directives, DirectiveLocation::Enum);
                    let mut words: Vec<Word> = Vec::new();
                    for value in &t.values {
                        if words.iter().any(|w| w.name == value.value.as_str()) {
                            self.fault(
                                value.location(),
                                format!("`{}.{}` is declared twice", t.name, value.value),
                                "remove one",
                            );
                        }
                        if value.value.chars().any(|c| c.is_ascii_lowercase()) {
                            self.fault(
                                value.location(),
                                format!("enum value `{}` is not in UPPER_CASE", value.value),
                                &format!("write {}", upper_snake(&value.value)),
                            );
                        }
                        let description = self.description(
                            value.description.as_ref(),
                            value.location(),
                            &format!("enum value `{}`", value.value),
                        );
                        words.push(Word { name: value.value.to_string(), description });
                    }
                    let description = self.description(
                        t.description.as_ref(),
                        t.name.location(),
                        &format!("enum `{}`", t.name),
                    );
                    enums.push(Enumeration { name: t.name.to_string(), description, words });
                }
                Definition::SchemaExtension(e) => {
                    self.directives(&e.directives, DirectiveLocation::Schema);
                    schema_directives.extend(e.directives.iter());
                    for root in &e.root_operations {
                        self.fault(
                            root.location(),
                            "an ontology declares no root operations".to_owned(),
                            "remove it; the API's roots follow from the kinds",
                        );
                    }
                }
                other => self.fault(
                    other.location(),
                    format!("{} does not belong in an ontology", definition_word(other)),
                    "an ontology has types, interfaces, enums and `extend schema @relation(…)`",
                ),
            }
        }

        // Whole-ontology statements.
        let namespaces = self.namespaces(&schema_directives);
        let prefixes: Vec<&str> = namespaces.iter().map(|(p, _)| p.as_str()).collect();
        let mut heads = schema_directives.iter().filter(|d| d.name == "ontology");
        let (title, iri, version) = match heads.next() {
            Some(d) => (text(d, "title"), text(d, "iri"), text(d, "version")),
            None => {
                self.fault(
                    None,
                    "no @ontology statement".to_owned(),
                    "add `extend schema @ontology(title: \"…\", iri: \"…\", version: \"1\")`",
                );
                Default::default()
            }
        };
        for again in heads {
            self.fault(again.location(), "a second @ontology statement".to_owned(), "keep one");
        }

        // Families, in an order in which each follows those it implements.
        let family_names: Vec<&str> = families.iter().map(|f| f.name.as_str()).collect();
        let mut properties: Vec<Property> = Vec::new();
        let mut built: Vec<Family> = Vec::new();
        let mut order: Vec<Option<FamilyIx>> = vec![None; families.len()];
        let root_at = families.iter().position(|f| f.name == ROOT);
        if root_at.is_none() {
            self.fault(None, format!("no interface `{ROOT}`"), "declare `interface Entity @kind(iri: \"…\")` with name, aliases, description and url; every kind implements it");
        }
        let enum_names: Vec<String> = enums.iter().map(|e| e.name.clone()).collect();
        for at in 0..families.len() {
            self.family(
                at,
                &families,
                &family_names,
                &enum_names,
                &prefixes,
                &mut properties,
                &mut built,
                &mut order,
                &mut Vec::new(),
            );
        }
        let family_at = |name: &str| family_names.iter().position(|n| *n == name).and_then(|i| order[i]);
        let root = root_at.and_then(|i| order[i]).unwrap_or(FamilyIx(0));
        if root_at.is_some() && !built.is_empty() {
            self.root_properties(
                &built[root.0 as usize].properties.clone(),
                &properties,
                &enums,
                families[root_at.unwrap_or(0)].name,
            );
        }

        // Kinds.
        let mut built_kinds: Vec<Kind> = Vec::new();
        let mut prefix_seen: HashMap<String, String> = HashMap::new();
        let mut plural_seen: HashMap<String, String> = HashMap::new();
        for t in &kinds {
            let Some(directive) = t.directives.get("kind") else { continue };
            self.pascal(t.name);
            let mut parents = self.parents(t, &family_names, &family_at, &built);
            if !parents.contains(&root) {
                if t.implements.is_empty() {
                    self.fault(
                        t.name.location(),
                        format!("kind `{}` implements no interface", t.name),
                        &format!("write `type {} implements {ROOT}` or a narrower interface", t.name),
                    );
                }
                parents.insert(0, root);
            }
            let mut own: Vec<PropertyIx> = Vec::new();
            for parent in &parents {
                if let Some(family) = built.get(parent.0 as usize) {
                    own.extend(
                        family.properties.iter().filter(|p| !own.contains(p)).copied().collect::<Vec<_>>(),
                    );
                }
            }
            self.fields(t, &enum_names, &prefixes, &mut properties, &mut own);
            let prefix = optional_text(directive, "prefix")
                .unwrap_or_else(|| upper_snake(t.name).to_lowercase().replace('_', "-"));
            if !is_slug(&prefix) || RESERVED_PREFIXES.contains(&prefix.as_str()) {
                self.fault(
                    directive.location(),
                    format!("`{prefix}` cannot be the prefix of ids"),
                    "use a-z, 0-9 and -, and neither `link` nor `evidence`",
                );
            }
            if let Some(other) = prefix_seen.insert(prefix.clone(), t.name.to_string()) {
                self.fault(
                    directive.location(),
                    format!("kinds `{other}` and `{}` share the prefix `{prefix}`", t.name),
                    "give one a prefix of its own",
                );
            }
            let plural = optional_text(directive, "plural").unwrap_or_else(|| lower_first(t.name) + "s");
            if !is_camel(&plural) || plural == lower_first(t.name) {
                self.fault(
                    directive.location(),
                    format!("`{plural}` cannot be the plural of `{}`", t.name),
                    "use a camelCase word that differs from the singular",
                );
            }
            if let Some(other) = plural_seen.insert(plural.clone(), t.name.to_string()) {
                self.fault(
                    directive.location(),
                    format!("kinds `{other}` and `{}` share the plural `{plural}`", t.name),
                    "give one a plural of its own",
                );
            }
            let layer = integer(directive, "layer");
            if layer.is_some_and(|l| !(0..=99).contains(&l)) {
                self.fault(
                    directive.location(),
                    format!("layer {} is out of range", layer.unwrap_or(0)),
                    "use 0 to 99",
                );
            }
            let description =
                self.description(t.description, t.name.location(), &format!("kind `{}`", t.name));
            built_kinds.push(Kind {
                name: t.name.to_string(),
                description,
                iri: self.iri(directive, &prefixes),
                plural,
                prefix,
                layer: layer.map(|l| l as u8),
                hub: boolean(directive, "hub", false),
                is_source: word(directive, "role") == Some("SOURCE"),
                families: parents,
                properties: own,
            });
        }
        let sources: Vec<&Kind> = built_kinds.iter().filter(|k| k.is_source).collect();
        match sources.len() {
            1 => {}
            0 => self.fault(
                None,
                "no kind has role SOURCE".to_owned(),
                "mark the kind that evidence quotes: @kind(…, role: SOURCE)",
            ),
            _ => {
                let names = sources.iter().map(|k| k.name.as_str()).collect::<Vec<_>>().join(", ");
                self.fault(
                    None,
                    format!("several kinds have role SOURCE: {names}"),
                    "keep it on the one that evidence quotes",
                );
            }
        }
        for (ix, kind) in built_kinds.iter().enumerate() {
            for family in &kind.families {
                if let Some(family) = built.get_mut(family.0 as usize) {
                    family.kinds.push(KindIx(ix as u16));
                }
            }
        }
        for family in &built {
            if family.kinds.is_empty() {
                let at =
                    families.iter().find(|f| f.name == family.name.as_str()).and_then(|f| f.name.location());
                self.fault(
                    at,
                    format!("no kind implements interface `{}`", family.name),
                    "remove it, or let a kind implement it",
                );
            }
        }

        // Relations.
        let mut relations: Vec<Relation> = Vec::new();
        let mut relation_by_name: HashMap<String, (RelationIx, Direction)> = HashMap::new();
        for d in schema_directives.iter().filter(|d| d.name == "relation") {
            let relation =
                self.relation(d, &built_kinds, &built, &properties, &link_types, &enum_names, &prefixes);
            let ix = RelationIx(relations.len() as u16);
            for direction in relation.directions() {
                let name = relation.name_in(*direction);
                if let Some((other, _)) = relation_by_name.insert(name.to_owned(), (ix, *direction)) {
                    let other =
                        relations.get(other.0 as usize).map_or(name, |r: &Relation| &r.name).to_owned();
                    self.fault(
                        d.location(),
                        format!("the name `{name}` is already taken by relation `{other}`"),
                        "rename one; each direction of each relation has a name of its own",
                    );
                }
            }
            relations.push(relation);
        }
        if relations.is_empty() {
            self.fault(None, "no relations".to_owned(), "add rows such as `extend schema @relation(name: \"…\", inverse: \"…\", from: […], to: […], sentence: \"{from} … {to}\", describe: \"…\")`");
        }

        let gaps = self.gaps(&schema_directives, &built_kinds, &built, &relations, &relation_by_name);

        if !self.faults.is_empty() {
            self.faults.sort();
            self.faults.dedup();
            return Err(Faults(self.faults));
        }
        let property_of_kind: Vec<HashMap<String, PropertyIx>> = built_kinds
            .iter()
            .map(|kind| {
                kind.properties.iter().map(|ix| (properties[ix.0 as usize].name.clone(), *ix)).collect()
            })
            .collect();
        let root_property = |name: &str| {
            property_of_kind.first().and_then(|of| of.get(name)).copied().unwrap_or(PropertyIx(0))
        };
        Ok(Ontology {
            title,
            iri,
            version,
            namespaces,
            name: root_property("name"),
            aliases: root_property("aliases"),
            kind_by_name: built_kinds
                .iter()
                .enumerate()
                .map(|(i, k)| (k.name.clone(), KindIx(i as u16)))
                .collect(),
            kind_by_prefix: built_kinds
                .iter()
                .enumerate()
                .map(|(i, k)| (k.prefix.clone(), KindIx(i as u16)))
                .collect(),
            kinds: built_kinds,
            families: built,
            properties,
            relations,
            enums,
            gaps,
            root,
            hash,
            relation_by_name,
            property_of_kind,
        })
    }

    fn fault(&mut self, at: Option<SourceSpan>, what: String, help: &str) {
        self.faults.push(Fault { place: self.place(at), what, help: help.to_owned() });
    }

    fn place(&self, at: Option<SourceSpan>) -> Place {
        let whole = || Place {
            file: self.files.first().map(|(path, _)| path.clone()).unwrap_or_default(),
            line: 0,
            column: 0,
        };
        let Some(span) = at else { return whole() };
        for sources in &self.sources {
            if let (Some(file), Some(at)) = (sources.get(&span.file_id()), span.line_column(sources)) {
                return Place { file: file.path().display().to_string(), line: at.line, column: at.column };
            }
        }
        whole()
    }

    fn declare(&mut self, seen: &mut HashMap<&'a str, Place>, name: &'a Name) {
        if RESERVED_TYPES.contains(&name.as_str())
            || name.starts_with("__")
            || Datatype::BUILT_IN.iter().any(|(_, n)| *n == name.as_str())
        {
            self.fault(
                name.location(),
                format!("the name `{name}` belongs to the API"),
                "choose another name",
            );
        }
        for suffix in ["Connection", "Edge", "Filter", "Order", "OrderField"] {
            if name.ends_with(suffix) {
                self.fault(
                    name.location(),
                    format!("names that end in {suffix}, such as `{name}`, belong to the API"),
                    "choose another name",
                );
            }
        }
        let place = self.place(name.location());
        if let Some(first) = seen.insert(name.as_str(), place) {
            self.fault(
                name.location(),
                format!("`{name}` is declared twice; first at {first}"),
                "rename or remove one",
            );
        }
    }

    fn description(&mut self, description: Option<&Node<str>>, at: Option<SourceSpan>, what: &str) -> String {
        match description.map(|d| d.trim()) {
            Some(text) if !text.is_empty() => text.to_owned(),
            _ => {
                self.fault(
                    at,
                    format!("{what} has no description"),
                    "write a sentence in quotes before it: readers of the API see it",
                );
                String::new()
            }
        }
    }

    fn pascal(&mut self, name: &Name) {
        if !name.starts_with(|c: char| c.is_ascii_uppercase()) || name.contains('_') {
            self.fault(
                name.location(),
                format!("`{name}` is not in PascalCase"),
                "begin with a capital and leave out underscores",
            );
        }
    }

    /// Checks every use of a directive against directives.graphql: known, in its place, with the
    /// arguments it takes and of their types. What comes later need not look again.
    fn directives(&mut self, directives: &'a ast::DirectiveList, location: DirectiveLocation) {
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

    fn namespaces(&mut self, directives: &[&'a Node<ast::Directive>]) -> Vec<(String, String)> {
        let mut namespaces: Vec<(String, String)> = Vec::new();
        for d in directives.iter().filter(|d| d.name == "namespace") {
            let (prefix, iri) = (text(d, "prefix"), text(d, "iri"));
            if namespaces.iter().any(|(p, _)| *p == prefix) {
                self.fault(d.location(), format!("prefix `{prefix}` is declared twice"), "remove one");
            }
            if let Err(reason) = url::Url::parse(&iri) {
                self.fault(
                    d.location(),
                    format!("`{iri}` is no IRI: {reason}"),
                    "write an absolute one, ending in # or /",
                );
            }
            namespaces.push((prefix, iri));
        }
        namespaces
    }

    fn iri(&mut self, directive: &Node<ast::Directive>, prefixes: &[&str]) -> String {
        let iri = text(directive, "iri");
        match iri.split_once(':') {
            Some((prefix, local)) if prefixes.contains(&prefix) && !local.is_empty() => {}
            Some((prefix, _)) if !prefixes.contains(&prefix) => {
                self.fault(
                    directive.location(),
                    format!("prefix `{prefix}` of `{iri}` is not declared"),
                    &format!(
                        "add @namespace(prefix: \"{prefix}\", iri: \"…\"); {}",
                        suggest(prefix, prefixes.iter().copied())
                    ),
                );
            }
            _ if directive.arguments.iter().any(|a| a.name == "iri") => {
                self.fault(directive.location(), format!("`{iri}` is no prefixed term"), "write prefix:name")
            }
            _ => {}
        }
        iri
    }

    /// The families that `t` belongs to, the root first, each once.
    fn parents(
        &mut self,
        t: &Composite<'a>,
        names: &[&str],
        at: &impl Fn(&str) -> Option<FamilyIx>,
        built: &[Family],
    ) -> Vec<FamilyIx> {
        let mut parents: Vec<FamilyIx> = Vec::new();
        for name in t.implements {
            if name == "Node" {
                continue; // every entity is one; saying so is harmless
            }
            match at(name) {
                Some(ix) => {
                    let above = built.get(ix.0 as usize).map(|f| f.families.clone()).unwrap_or_default();
                    for family in above.into_iter().chain([ix]) {
                        if !parents.contains(&family) {
                            parents.push(family);
                        }
                    }
                }
                None if names.contains(&name.as_str()) => {}
                None => self.fault(
                    name.location(),
                    format!("`{}` implements `{name}`, which is no interface here", t.name),
                    &suggest(name, names.iter().copied()),
                ),
            }
        }
        parents
    }

    #[expect(clippy::too_many_arguments, reason = "the tables under construction, passed instead of shared")]
    fn family(
        &mut self,
        at: usize,
        families: &[Composite<'a>],
        names: &[&str],
        enums: &[String],
        prefixes: &[&str],
        properties: &mut Vec<Property>,
        built: &mut Vec<Family>,
        order: &mut Vec<Option<FamilyIx>>,
        path: &mut Vec<usize>,
    ) {
        if order[at].is_some() {
            return;
        }
        let t = &families[at];
        if path.contains(&at) {
            self.fault(
                t.name.location(),
                format!("interface `{}` implements itself through others", t.name),
                "break the circle",
            );
            return;
        }
        path.push(at);
        for parent in t.implements {
            if let Some(i) = names.iter().position(|n| *n == parent.as_str()) {
                self.family(i, families, names, enums, prefixes, properties, built, order, path);
            }
        }
        path.pop();
        if order[at].is_some() {
            return; // built meanwhile, in a circle that has been reported
        }
        self.pascal(t.name);
        let found = |name: &str| names.iter().position(|n| *n == name).and_then(|i| order[i]);
        let mut parents = self.parents(t, names, &found, built);
        if t.name != ROOT
            && let Some(root) = found(ROOT)
            && !parents.contains(&root)
        {
            parents.insert(0, root);
        }
        let mut own: Vec<PropertyIx> = Vec::new();
        for parent in &parents {
            own.extend(
                built[parent.0 as usize]
                    .properties
                    .iter()
                    .filter(|p| !own.contains(p))
                    .copied()
                    .collect::<Vec<_>>(),
            );
        }
        self.fields(t, enums, prefixes, properties, &mut own);
        let description =
            self.description(t.description, t.name.location(), &format!("interface `{}`", t.name));
        let iri = t.directives.get("kind").map(|d| self.iri(d, prefixes)).unwrap_or_default();
        order[at] = Some(FamilyIx(built.len() as u16));
        built.push(Family {
            name: t.name.to_string(),
            description,
            iri,
            families: parents,
            properties: own,
            kinds: Vec::new(),
        });
    }

    /// Adds the fields of `t` to `properties` and to its `own`.
    fn fields(
        &mut self,
        t: &Composite<'a>,
        enums: &[String],
        prefixes: &[&str],
        properties: &mut Vec<Property>,
        own: &mut Vec<PropertyIx>,
    ) {
        for field in t.fields {
            if let Some(property) = self.property(t.name, field, enums, prefixes) {
                if own.iter().any(|ix| properties[ix.0 as usize].name == property.name) {
                    self.fault(
                        field.location(),
                        format!("`{}.{}` is declared twice, or inherited already", t.name, field.name),
                        "remove it here: kinds inherit the properties of their interfaces",
                    );
                    continue;
                }
                own.push(PropertyIx(properties.len() as u16));
                properties.push(property);
            }
        }
    }

    fn property(
        &mut self,
        owner: &Name,
        field: &'a Node<ast::FieldDefinition>,
        enums: &[String],
        prefixes: &[&str],
    ) -> Option<Property> {
        self.directives(&field.directives, DirectiveLocation::FieldDefinition);
        let what = format!("property `{owner}.{}`", field.name);
        if !field.arguments.is_empty() {
            self.fault(field.location(), format!("{what} has arguments"), "remove them: properties are data");
        }
        if !is_camel(&field.name) {
            self.fault(
                field.name.location(),
                format!("{what} is not in camelCase"),
                "begin with a small letter and leave out underscores",
            );
        }
        if RESERVED_FIELDS.contains(&field.name.as_str()) {
            self.fault(
                field.name.location(),
                format!("the name of {what} belongs to the API"),
                &format!("choose another; taken are {}", RESERVED_FIELDS.join(", ")),
            );
        }
        let description = self.description(field.description.as_ref(), field.name.location(), &what);
        let (name, list, required) = match &field.ty {
            Type::Named(name) => (name, false, false),
            Type::NonNullNamed(name) => (name, false, true),
            Type::List(inner) | Type::NonNullList(inner) => match inner.as_ref() {
                Type::NonNullNamed(name) if field.ty.is_non_null() => (name, true, true),
                _ => {
                    self.fault(
                        field.location(),
                        format!("{what} has type {}", field.ty),
                        "a list is written [T!]!: it has no holes and may be empty",
                    );
                    return None;
                }
            },
        };
        let datatype = match Datatype::BUILT_IN.iter().find(|(_, n)| *n == name.as_str()) {
            Some((datatype, _)) => *datatype,
            None => match enums.iter().position(|e| e == name.as_str()) {
                Some(i) => Datatype::Enum(EnumIx(i as u16)),
                None => {
                    let known: Vec<&str> = Datatype::BUILT_IN
                        .iter()
                        .map(|(_, n)| *n)
                        .chain(enums.iter().map(String::as_str))
                        .collect();
                    self.fault(
                        field.location(),
                        format!("{what} has the unknown datatype `{name}`"),
                        &suggest(name, known),
                    );
                    return None;
                }
            },
        };
        let Some(directive) = field.directives.get("property") else {
            self.fault(
                field.name.location(),
                format!("{what} has no @property"),
                "add @property(iri: \"…\")",
            );
            return None;
        };
        let search = number(directive, "search").unwrap_or(0.0);
        if !(0.0..=100.0).contains(&search) {
            self.fault(
                directive.location(),
                format!("search weight {search} of {what} is out of range"),
                "use 0 to 100",
            );
        }
        Some(Property {
            name: field.name.to_string(),
            description,
            datatype,
            list,
            required: required && !list,
            iri: self.iri(directive, prefixes),
            search,
            identifier: optional_text(directive, "identifier"),
        })
    }

    fn root_properties(
        &mut self,
        of_root: &[PropertyIx],
        properties: &[Property],
        enums: &[Enumeration],
        root: &Name,
    ) {
        for (name, sdl) in ROOT_PROPERTIES {
            let found = of_root.iter().map(|ix| &properties[ix.0 as usize]).find(|p| p.name == name);
            if found.map(|p| sdl_type(p, enums)).as_deref() != Some(sdl) {
                self.fault(
                    root.location(),
                    format!("interface `{ROOT}` lacks `{name}: {sdl}`"),
                    "the API reads it from every entity; declare it there",
                );
            }
        }
    }

    /// Resolves names of kinds and interfaces into kinds, in the order of the ontology.
    fn kinds_named(
        &mut self,
        at: &Node<ast::Directive>,
        argument: &str,
        names: &[String],
        kinds: &[Kind],
        families: &[Family],
    ) -> Vec<KindIx> {
        let mut found: BTreeSet<KindIx> = BTreeSet::new();
        for name in names {
            if let Some(i) = kinds.iter().position(|k| k.name == *name) {
                found.insert(KindIx(i as u16));
            } else if let Some(family) = families.iter().find(|f| f.name == *name) {
                found.extend(&family.kinds);
            } else {
                let known: Vec<&str> = kinds
                    .iter()
                    .map(|k| k.name.as_str())
                    .chain(families.iter().map(|f| f.name.as_str()))
                    .collect();
                self.fault(
                    at.location(),
                    format!("`{name}` in `{argument}` is no kind or interface"),
                    &suggest(name, known),
                );
            }
        }
        if names.is_empty() {
            self.fault(
                at.location(),
                format!("`{argument}` is empty"),
                "name at least one kind or interface",
            );
        }
        found.into_iter().collect()
    }

    #[expect(clippy::too_many_arguments, reason = "the tables under construction, passed instead of shared")]
    fn relation(
        &mut self,
        d: &Node<ast::Directive>,
        kinds: &[Kind],
        families: &[Family],
        properties: &[Property],
        link_types: &[Composite<'a>],
        enums: &[String],
        prefixes: &[&str],
    ) -> Relation {
        let (name, inverse) = (text(d, "name"), text(d, "inverse"));
        let symmetric = boolean(d, "symmetric", false);
        for n in [&name, &inverse] {
            if !is_camel(n) {
                self.fault(
                    d.location(),
                    format!("relation name `{n}` is not in camelCase"),
                    "begin with a small letter and leave out underscores",
                );
            }
            if RESERVED_FIELDS.contains(&n.as_str()) {
                self.fault(
                    d.location(),
                    format!("the relation name `{n}` belongs to the API"),
                    &format!("choose another; taken are {}", RESERVED_FIELDS.join(", ")),
                );
            }
        }
        if symmetric != (name == inverse) {
            self.fault(
                d.location(),
                format!("relation `{name}` has the inverse `{inverse}` and symmetric: {symmetric}"),
                "a symmetric relation is its own inverse, and no other is",
            );
        }
        let from = self.kinds_named(d, "from", &texts(d, "from"), kinds, families);
        let to = self.kinds_named(d, "to", &texts(d, "to"), kinds, families);
        if symmetric && from != to {
            self.fault(
                d.location(),
                format!("the symmetric relation `{name}` has different kinds at its ends"),
                "give `from` and `to` the same kinds",
            );
        }
        for (field, holders) in [(&name, &from), (&inverse, &to)] {
            for kind in holders {
                let kind = &kinds[kind.0 as usize];
                if kind.properties.iter().any(|p| properties[p.0 as usize].name == *field) {
                    self.fault(
                        d.location(),
                        format!("relation `{field}` has the name of a property of `{}`", kind.name),
                        "rename one: both would be the same field",
                    );
                }
            }
        }
        let sentence = text(d, "sentence");
        if !sentence.contains("{from}") || !sentence.contains("{to}") {
            self.fault(
                d.location(),
                format!("the sentence of relation `{name}` lacks {{from}} or {{to}}"),
                "write it with both, such as \"{from} informed {to}\"",
            );
        }
        let max = integer(d, "max");
        if max.is_some_and(|m| m < 1) {
            self.fault(
                d.location(),
                format!("relation `{name}` allows at most {} objects", max.unwrap_or(0)),
                "leave `max` out, or use 1 or more",
            );
        }
        let acyclic = boolean(d, "acyclic", false);
        if acyclic && symmetric {
            self.fault(
                d.location(),
                format!("relation `{name}` is symmetric and acyclic"),
                "a symmetric link is a circle of two; keep one",
            );
        }
        let flow =
            Flow::ALL.iter().find(|(_, n)| Some(*n) == word(d, "flow")).map_or(Flow::None, |(f, _)| *f);
        let description = text(d, "describe");
        if description.trim().is_empty() {
            self.fault(
                d.location(),
                format!("relation `{name}` describes nothing"),
                "say in `describe` what such a link tells",
            );
        }
        let mut own = Vec::new();
        if let Some(wanted) = optional_text(d, "properties") {
            match link_types.iter().find(|t| t.name == wanted.as_str()) {
                Some(t) => {
                    own = t.fields.iter().filter_map(|f| self.property(t.name, f, enums, prefixes)).collect()
                }
                None => self.fault(
                    d.location(),
                    format!("`{wanted}` is no @linkProperties type"),
                    &suggest(&wanted, link_types.iter().map(|t| t.name.as_str()).collect::<Vec<_>>()),
                ),
            }
        }
        let iri = optional_text(d, "iri").map(|_| self.iri(d, prefixes));
        let inverse_description = optional_text(d, "describeInverse")
            .unwrap_or_else(|| format!("Read from the other end of `{name}`: {description}"));
        Relation {
            from,
            to,
            iri,
            flow,
            acyclic,
            max: max.map(|m| m as u32),
            symmetric,
            through_hub: boolean(d, "throughHub", true),
            sentence,
            description,
            inverse_description,
            properties: own,
            name,
            inverse,
        }
    }

    fn gaps(
        &mut self,
        directives: &[&'a Node<ast::Directive>],
        kinds: &[Kind],
        families: &[Family],
        relations: &[Relation],
        by_name: &HashMap<String, (RelationIx, Direction)>,
    ) -> Vec<Gap> {
        let mut gaps: Vec<Gap> = Vec::new();
        for d in directives.iter().filter(|d| d.name == "gap") {
            let name = text(d, "name");
            if name.is_empty()
                || name.chars().any(|c| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
            {
                self.fault(
                    d.location(),
                    format!("gap name `{name}` is not in UPPER_CASE"),
                    "use capitals, digits and underscores",
                );
            }
            if gaps.iter().any(|g| g.name == name) {
                self.fault(d.location(), format!("gap `{name}` is declared twice"), "rename one");
            }
            let of = self.kinds_named(d, "of", &[text(d, "of")], kinds, families);
            let mut fields = |argument: &str| -> Vec<(RelationIx, Direction)> {
                let mut found = Vec::new();
                for relation in texts(d, argument) {
                    match by_name.get(&relation) {
                        Some((ix, direction)) => {
                            let holders = relations[ix.0 as usize].holders(*direction);
                            if !of.is_empty() && !of.iter().any(|k| holders.contains(k)) {
                                self.fault(
                                    d.location(),
                                    format!(
                                        "gap `{name}` asks for `{relation}`, which `{}` never has",
                                        text(d, "of")
                                    ),
                                    "name a relation that the kind has, from either end",
                                );
                            }
                            found.push((*ix, *direction));
                        }
                        None => self.fault(
                            d.location(),
                            format!("`{relation}` in gap `{name}` is no relation"),
                            &suggest(&relation, by_name.keys().map(String::as_str).collect::<Vec<_>>()),
                        ),
                    }
                }
                found
            };
            let (missing, having) = (fields("missing"), fields("having"));
            gaps.push(Gap { name, of, missing, having, description: text(d, "describe") });
        }
        gaps
    }
}

/// A property's type as SDL.
pub fn sdl_type(property: &Property, enums: &[Enumeration]) -> String {
    let name = match property.datatype {
        Datatype::Enum(ix) => enums[ix.0 as usize].name.as_str(),
        built_in => Datatype::BUILT_IN.iter().find(|(d, _)| *d == built_in).map_or("String", |(_, n)| n),
    };
    match (property.list, property.required) {
        (true, _) => format!("[{name}!]!"),
        (false, true) => format!("{name}!"),
        (false, false) => name.to_owned(),
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

fn definition_word(definition: &Definition) -> String {
    match definition.name() {
        Some(name) => format!("the definition of `{name}`"),
        None => "this definition".to_owned(),
    }
}

fn argument<'d>(directive: &'d Node<ast::Directive>, name: &str) -> Option<&'d ast::Value> {
    directive
        .arguments
        .iter()
        .find(|a| a.name == name)
        .map(|a| a.value.as_ref())
        .filter(|v| !matches!(v, ast::Value::Null))
}
fn optional_text(directive: &Node<ast::Directive>, name: &str) -> Option<String> {
    argument(directive, name).and_then(|v| v.as_str()).map(str::to_owned)
}
fn text(directive: &Node<ast::Directive>, name: &str) -> String {
    optional_text(directive, name).unwrap_or_default()
}
fn texts(directive: &Node<ast::Directive>, name: &str) -> Vec<String> {
    match argument(directive, name) {
        Some(ast::Value::List(items)) => items.iter().filter_map(|v| v.as_str()).map(str::to_owned).collect(),
        Some(ast::Value::String(one)) => vec![one.clone()],
        _ => Vec::new(),
    }
}
fn boolean(directive: &Node<ast::Directive>, name: &str, default: bool) -> bool {
    argument(directive, name).and_then(|v| v.to_bool()).unwrap_or(default)
}
fn integer(directive: &Node<ast::Directive>, name: &str) -> Option<i32> {
    argument(directive, name).and_then(|v| v.to_i32())
}
fn number(directive: &Node<ast::Directive>, name: &str) -> Option<f64> {
    argument(directive, name).and_then(|v| v.to_f64())
}
fn word<'d>(directive: &'d Node<ast::Directive>, name: &str) -> Option<&'d str> {
    match argument(directive, name) {
        Some(ast::Value::Enum(word)) => Some(word.as_str()),
        _ => None,
    }
}

fn is_camel(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(|c| c.is_ascii_alphanumeric())
}
fn is_slug(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|c| c.to_ascii_lowercase()).into_iter().chain(chars).collect()
}
