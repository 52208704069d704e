//! A field that takes its time and a subscription that ticks: what the outside judges of transports need, and nobody
//! else.

use std::time::Duration;

use super::arguments::Arguments;
use super::error::GraphqlError;
use super::resolvers::{Answer, Context, Field, Object, Resolved};

/// What is added to the schema.
pub const SDL: &str = r#"
extend type Query {
  "Answers after so many milliseconds, or when it is told to stop."
  sleep("How many." ms: Int!): Int!
}
extend type Subscription {
  "Counts, with a pause after each number."
  ticks("How many." count: Int!, "Milliseconds between them." everyMs: Int! = 100): Int!
}
"#;

/// Milliseconds between two looks at whether to stop.
const LOOK: u64 = 10;

/// The field that is added.
pub fn field(name: &str) -> Option<Field> {
    (name == "sleep").then_some(Field::Table(sleep))
}

fn sleep<'c>(c: &'c Context, _: &Object, a: &Arguments) -> Answer<'c> {
    let ms = a.given().get("ms").and_then(serde_json::Value::as_u64).unwrap_or(0);
    c.budget.begin_walk().map_err(GraphqlError::from)?;
    for _ in 0..ms / LOOK {
        c.budget.spend(1).map_err(GraphqlError::from)?;
        std::thread::sleep(Duration::from_millis(LOOK));
    }
    Ok(Resolved::Int(ms as i64))
}

/// What ticks.
#[derive(Debug)]
pub struct Ticks {
    next: u64,
    count: u64,
    every: Duration,
    waited: bool,
}

/// What a tick comes to.
#[derive(Debug)]
pub enum Tick {
    /// A value.
    Value(Resolved<'static>),
    /// Nothing, for so long.
    Later(Duration),
    /// Nothing any more.
    End,
}

/// What the arguments ask for.
pub fn ticks(arguments: &Arguments) -> Ticks {
    let number = |name: &str| arguments.given().get(name).and_then(serde_json::Value::as_u64).unwrap_or(0);
    Ticks { next: 0, count: number("count"), every: Duration::from_millis(number("everyMs")), waited: true }
}

impl Ticks {
    /// The next number, or how long until it comes.
    pub fn tick(&mut self) -> Tick {
        if self.next >= self.count {
            return Tick::End;
        }
        self.waited = !self.waited;
        if self.waited {
            return Tick::Later(self.every);
        }
        self.next += 1;
        Tick::Value(Resolved::Int(self.next as i64 - 1))
    }
}
