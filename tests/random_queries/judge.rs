//! What must hold of an answer, judged by the document that asked for it: keys in order, null only
//! where null may be, errors at the nulls they made, and no more objects than the cost foretold.

use serde_json::Value as Json;

use apollo_compiler::ast::Type;

use super::document::{Document, Field, Selection};
use super::world::World;

/// Judges `data` of an executed answer.
pub(crate) fn shape(world: &World, document: &Document, data: &Json) -> Result<(), String> {
    if data.is_null() {
        return Ok(());
    }
    object(world, document, "Query", &[&document.selections], data).map_err(|e| format!("data{e}"))
}

fn object(
    world: &World,
    document: &Document,
    ty: &str,
    sets: &[&[Selection]],
    data: &Json,
) -> Result<(), String> {
    let map = data.as_object().ok_or(": no object")?;
    let concrete = match world.is_object(ty) {
        true => ty,
        // Only an object that says what it is can be judged.
        false => match map.get("__typename").and_then(Json::as_str) {
            Some(name) if world.applies(ty, name) => name,
            Some(name) => return Err(format!(": a {name} is no {ty}")),
            None => return Ok(()),
        },
    };
    let wanted = document.collect(concrete, sets, &|on, of| world.applies(on, of));
    let found: Vec<&str> = map.keys().map(String::as_str).collect();
    let keys: Vec<&str> = wanted.iter().map(|(key, _)| *key).collect();
    if found != keys {
        return Err(format!(": has the keys {found:?}, and should have {keys:?}"));
    }
    for (key, fields) in &wanted {
        value(world, document, &fields[0].ty, fields, &map[*key]).map_err(|e| format!(".{key}{e}"))?;
    }
    Ok(())
}

fn value(
    world: &World,
    document: &Document,
    ty: &Type,
    fields: &[&Field],
    data: &Json,
) -> Result<(), String> {
    if data.is_null() {
        return if ty.is_non_null() { Err(format!(": null for {ty}")) } else { Ok(()) };
    }
    if let Type::List(inner) | Type::NonNullList(inner) = ty {
        let items = data.as_array().ok_or(": no list")?;
        for (i, item) in items.iter().enumerate() {
            value(world, document, inner, fields, item).map_err(|e| format!("[{i}]{e}"))?;
        }
        return Ok(());
    }
    let name = ty.inner_named_type().as_str();
    if world.is_composite(name) {
        let sets: Vec<&[Selection]> = fields.iter().map(|f| f.selections.as_slice()).collect();
        return object(world, document, name, &sets, data);
    }
    let fits = match name {
        "Int" => data.is_i64(),
        "Float" => data.is_number(),
        "Boolean" => data.is_boolean(),
        _ => data.is_string(),
    };
    if fits { Ok(()) } else { Err(format!(": {data} is no {name}")) }
}

/// Null goes up from each error to the nearest place that may be null, and no further.
pub(crate) fn propagation(document: &Document, data: &Json, errors: &[Json]) -> Result<(), String> {
    let mut nulls: Vec<(usize, bool, Vec<Json>)> = Vec::new();
    // Only the count of those that are not listed has no path.
    for error in errors.iter().filter(|e| e.get("path").is_some() || errors.len() == 1) {
        let path = error["path"].as_array().cloned().unwrap_or_default();
        let mut types: Vec<Type> = Vec::new();
        for segment in &path {
            let ty = match (segment, types.last()) {
                (Json::String(key), _) => document.keys.get(key).map(|(_, _, ty)| ty.clone()),
                (_, Some(Type::List(inner) | Type::NonNullList(inner))) => Some((**inner).clone()),
                _ => None,
            };
            types.push(ty.ok_or_else(|| format!("the path {path:?} leads nowhere"))?);
        }
        let mut at = data;
        let mut depth = 0;
        while !at.is_null() {
            let next = path.get(depth).ok_or_else(|| format!("{path:?} is an error and not null: {at}"))?;
            at = match next {
                Json::String(key) => &at[key.as_str()],
                other => &at[other.as_u64().unwrap_or_default() as usize],
            };
            depth += 1;
        }
        let nearest = types[depth..].iter().all(Type::is_non_null);
        nulls.push((depth, nearest, path[..depth].to_vec()));
    }
    // An error whose null another one has taken further up does not tell.
    for (_, nearest, place) in &nulls {
        if !nearest && !nulls.iter().any(|(_, nearest, other)| *nearest && other == place) {
            return Err(format!("null at {place:?}, though something below may be null"));
        }
    }
    Ok(())
}

/// Objects in `data`, without itself and without introspection.
pub(crate) fn objects(document: &Document, data: &Json) -> u64 {
    fn below(json: &Json) -> u64 {
        match json {
            Json::Object(map) => 1 + map.values().map(below).sum::<u64>(),
            Json::Array(items) => items.iter().map(below).sum(),
            _ => 0,
        }
    }
    let introspects = |key: &str| {
        document.keys.get(key).is_some_and(|(name, ..)| ["__schema", "__type"].contains(&&**name))
    };
    let root = data.as_object().into_iter().flatten();
    root.filter(|(key, _)| !introspects(key)).map(|(_, value)| below(value)).sum()
}
