//! The properties of kinds, families and links, read from the fields of their types.

use apollo_compiler::ast::{self, DirectiveLocation, Type};
use apollo_compiler::{Name, Node};

use super::directives::{number, optional_text};
use super::read::{Composite, Reader, is_camel};
use super::*;

impl<'a> Reader<'a> {
    /// Adds the fields of `t` to `properties` and to its `own`.
    pub(super) fn fields(
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

    pub(super) fn property(
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

    pub(super) fn root_properties(
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
