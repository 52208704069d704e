//! What the outside judges of transports need is not here: see the feature `conformance`.

use std::time::Duration;

use super::arguments::Arguments;
use super::resolvers::{Field, Resolved};

/// Nothing is added to the schema.
pub const SDL: &str = "";

/// No field is added.
pub fn field(_name: &str) -> Option<Field> {
    None
}

/// What would tick.
#[derive(Debug)]
pub struct Ticks;

/// What a tick would come to.
#[derive(Debug)]
pub enum Tick {
    /// A value.
    Value(Resolved<'static>),
    /// Nothing, for so long.
    Later(Duration),
    /// Nothing any more.
    End,
}

/// Nothing ticks.
pub fn ticks(_arguments: &Arguments) -> Ticks {
    Ticks
}

impl Ticks {
    /// Nothing comes.
    pub fn tick(&mut self) -> Tick {
        Tick::End
    }
}
