//! Filters of our own for programs that make lines, and those that all programs have.

use jaq_core::native::{Fun, bome, run, v};
use jaq_json::Val;

use super::{Kind, object, text};
use crate::io::words::{fold, slug};

/// What every program has.
pub(super) fn both() -> impl Iterator<Item = Fun<Kind>> {
    [
        run(("fold", v(0), |cv| bome(of_text(&cv.1, "fold", fold)))),
        run(("slug", v(0), |cv| bome(of_text(&cv.1, "slug", slug)))),
        run(("compact", v(0), |cv| bome(compact(cv.1)))),
    ]
    .into_iter()
}

/// What programs that read rows have.
pub(super) fn of_rows() -> Vec<Fun<Kind>> {
    vec![
        run(("quoted_at", v(3), |mut cv| {
            let [row, quote, source] = [cv.0.pop_var(), cv.0.pop_var(), cv.0.pop_var()];
            bome(quoted(source, &quote, &row))
        })),
        run(("entity", v(3), |mut cv| {
            let [name, kind, id] = [cv.0.pop_var(), cv.0.pop_var(), cv.0.pop_var()];
            bome(
                of_text(&name, "entity", fold)
                    .map(|name| object([("entity", id), ("kind", kind), ("name", name)])),
            )
        })),
        run(("link", v(4), |mut cv| {
            let [evidence, to] = [cv.0.pop_var(), cv.0.pop_var()];
            let [relation, from] = [cv.0.pop_var(), cv.0.pop_var()];
            let all =
                if matches!(evidence, Val::Arr(_)) { evidence } else { [evidence].into_iter().collect() };
            let ends: Val = [from, relation, to].into_iter().collect();
            bome(Ok(object([("link", ends), ("evidence", all)])))
        })),
    ]
}

/// An error that a program throws.
pub(super) fn refused(what: String) -> jaq_json::Error {
    jaq_core::Error::new(text(what))
}

fn of_text(value: &Val, name: &str, f: fn(&str) -> String) -> jaq_json::ValR {
    match value {
        Val::TStr(bytes) => Ok(text(f(&String::from_utf8_lossy(bytes)))),
        other => Err(refused(format!("`{name}` takes text, not {other}"))),
    }
}

/// An object without members that say nothing.
fn compact(value: Val) -> jaq_json::ValR {
    let Val::Obj(all) = &value else {
        return Err(refused(format!("`compact` takes an object, not {value}")));
    };
    let says = |value: &Val| match value {
        Val::Null => false,
        Val::TStr(text) => !text.is_empty(),
        Val::Arr(members) => !members.is_empty(),
        _ => true,
    };
    let kept = all.iter().filter(|(_, value)| says(value));
    Ok(Val::obj(kept.map(|(key, value)| (key.clone(), value.clone())).collect()))
}

/// Evidence that quotes a row.
fn quoted(source: Val, quote: &Val, row: &Val) -> jaq_json::ValR {
    let Val::TStr(words) = quote else { return Err(refused(format!("the quote is {quote}, not text"))) };
    let words = fold(&String::from_utf8_lossy(words));
    if words.is_empty() {
        return Err(refused("the quote is empty".to_owned()));
    }
    Ok(object([
        ("source", source),
        ("quote", text(words)),
        ("fragment", text(format!("row={row}"))),
        ("basis", text("STATED")),
    ]))
}
