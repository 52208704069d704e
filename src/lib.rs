//! Throughline: who does what, why, for whom and on what evidence, asked over GraphQL.
//!
//! An [`ontology`] in SDL says what may exist; a [`graph`] holds what does, every link with the
//! words of a source that support it; [`graphql`] declares an API from the one and answers from
//! the other; [`http`] carries it outside. Modules stand in dependency order: each uses only
//! those above it. ARCHITECTURE.md is the map, `tests/tidy.rs` its guard.
//!
//! ```
//! use throughline::app::{App, Origin};
//! use throughline::graphql::{Limits, Request};
//!
//! let app = App::open(&Origin::default(), Limits::default())?;
//! let query = "{ links(relations: [INFORMS], basis: STATED, first: 1) { nodes { sentence } } }";
//! let answer = app.execute(&Request { query: query.into(), ..Request::default() }, &app.budget());
//! assert!(String::from_utf8_lossy(&answer.body).contains(" informs "));
//! # Ok::<(), throughline::ontology::Faults>(())
//! ```

pub mod ontology;

pub mod graph;

pub mod query;

pub mod io;

pub mod store;

pub mod graphql;

pub mod app;

pub mod http;

pub mod cli;
