//! What our server is measured against, over the same graph: `POST /derived` is a static schema
//! that async-graphql's macros derive and execute, and takes the very queries ours takes; `POST
//! /plain` is another in the spelling of small servers (lists without connections, `title`,
//! `year`); `POST /static/N` reads the body and answers N bytes, the most that this HTTP stack can
//! give.
//!
//! usage: `cargo bench --bench peers -- --data FILE --listen 127.0.0.1:0`; the first line is the URL.

#![allow(clippy::print_stdout, reason = "a program of its own")]

use std::path::PathBuf;
use std::sync::Arc;

use async_graphql::{
    Context, EmptyMutation, EmptySubscription, ID, Object, OutputType, Schema, SimpleObject,
};
use async_graphql_axum::GraphQL;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{post, post_service};
use throughline::app::{self, Origin};
use throughline::graph::{Datum, EntityIx, Graph};
use throughline::ontology::Direction;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(SimpleObject)]
struct FuzzyDate {
    edtf: String,
}

#[derive(SimpleObject)]
#[graphql(concrete(name = "RecommendationConnection", params(Recommendation)))]
#[graphql(concrete(name = "InitiativeConnection", params(Initiative)))]
#[graphql(concrete(name = "GoalConnection", params(Goal)))]
struct Connection<T: OutputType> {
    nodes: Vec<T>,
}

struct Report(EntityIx);
struct Recommendation(EntityIx);
struct Initiative(EntityIx);
struct Goal(EntityIx);

fn graph<'a>(context: &Context<'a>) -> &'a Graph {
    context.data_unchecked::<Arc<Graph>>()
}

fn date_of(context: &Context<'_>, ix: EntityIx) -> Option<FuzzyDate> {
    let entity = graph(context).entity(ix);
    let property = graph(context).ontology().property_of(entity.kind(), "date")?;
    match entity.property(property) {
        Some(Datum::FuzzyDate(date)) => Some(FuzzyDate { edtf: date.edtf().to_owned() }),
        _ => None,
    }
}

fn follow<T: OutputType>(
    context: &Context<'_>,
    from: EntityIx,
    relation: &str,
    first: i32,
    of: impl Fn(EntityIx) -> T,
) -> Connection<T> {
    let graph = graph(context);
    let Some((relation, _)) = graph.ontology().relation_named(relation) else {
        return Connection { nodes: Vec::new() };
    };
    let links = graph.along(from, relation, Direction::Forward).iter().take(first as usize);
    Connection { nodes: links.map(|linked| of(linked.to)).collect() }
}

macro_rules! entity {
    ($name:ident { $($field:ident: $relation:literal -> $to:ident),* }) => {
        #[Object]
        impl $name {
            async fn id<'a>(&self, context: &Context<'a>) -> &'a str {
                graph(context).entity(self.0).id()
            }
            async fn name<'a>(&self, context: &Context<'a>) -> &'a str {
                graph(context).entity(self.0).name()
            }
            async fn date(&self, context: &Context<'_>) -> Option<FuzzyDate> {
                date_of(context, self.0)
            }
            $(async fn $field(&self, context: &Context<'_>, first: i32) -> Connection<$to> {
                follow(context, self.0, $relation, first, $to)
            })*
        }
    };
}
entity!(Report { recommends: "recommends" -> Recommendation });
entity!(Recommendation { informs: "informs" -> Initiative });
entity!(Initiative { has_goal: "hasGoal" -> Goal });
entity!(Goal {});

struct Query;

#[Object]
impl Query {
    async fn report(&self, context: &Context<'_>, id: ID) -> Option<Report> {
        graph(context).find(&id).map(Report)
    }
    async fn nodes(&self, context: &Context<'_>, ids: Vec<ID>) -> Vec<Option<Report>> {
        ids.iter().map(|id| graph(context).find(id).map(Report)).collect()
    }
}

/// The same walk with nothing between a list and what is in it.
mod plain {
    use super::*;

    pub(super) struct Report(EntityIx);
    pub(super) struct Recommendation(EntityIx);
    pub(super) struct Initiative(EntityIx);
    pub(super) struct Goal(EntityIx);

    macro_rules! entity {
        ($name:ident { $($field:ident: $relation:literal -> $to:ident),* }) => {
            #[Object]
            impl $name {
                async fn id<'a>(&self, context: &Context<'a>) -> &'a str {
                    graph(context).entity(self.0).id()
                }
                async fn title<'a>(&self, context: &Context<'a>) -> &'a str {
                    graph(context).entity(self.0).name()
                }
                async fn year(&self, context: &Context<'_>) -> Option<i32> {
                    date_of(context, self.0)?.edtf.get(..4)?.parse().ok()
                }
                $(async fn $field(&self, context: &Context<'_>, first: i32) -> Vec<$to> {
                    follow(context, self.0, $relation, first, $to).nodes
                })*
            }
        };
    }
    entity!(Report { recommends: "recommends" -> Recommendation });
    entity!(Recommendation { informs: "informs" -> Initiative });
    entity!(Initiative { goals: "hasGoal" -> Goal });
    entity!(Goal {});

    pub(super) struct Query;

    #[Object]
    impl Query {
        async fn report(&self, context: &Context<'_>, id: ID) -> Option<Report> {
            graph(context).find(&id).map(Report)
        }
        async fn reports(&self, context: &Context<'_>, first: i32) -> Vec<Report> {
            let graph = graph(context);
            let Some(kind) = graph.find("report/0").map(|ix| graph.entity(ix).kind()) else {
                return Vec::new();
            };
            graph.of_kind(kind).iter().take(first as usize).map(|ix| Report(*ix)).collect()
        }
    }
}

/// A JSON text and then blanks, so that it is JSON at every length from 2 on.
async fn fixed(State(filler): State<Bytes>, Path(length): Path<usize>, _body: Bytes) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], filler.slice(..length.min(filler.len())))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let value = |name: &str| arguments.iter().skip_while(|a| *a != name).nth(1).cloned();
    let Some(data) = value("--data") else {
        println!("usage: cargo bench --bench peers -- --data FILE [--listen ADDRESS:PORT]");
        return Ok(());
    };
    let origin = Origin { data: vec![PathBuf::from(data)], ..Origin::default() };
    let graph = Arc::new(app::load(&origin).expect("the workload is sound"));
    let schema = Schema::build(Query, EmptyMutation, EmptySubscription).data(graph.clone()).finish();
    let plain = Schema::build(plain::Query, EmptyMutation, EmptySubscription).data(graph).finish();
    let filler = Bytes::from(format!("{{}}{}", " ".repeat(1 << 20)));
    let router = Router::new()
        .route("/derived", post_service(GraphQL::new(schema)))
        .route("/plain", post_service(GraphQL::new(plain)))
        .route("/static/{length}", post(fixed))
        .with_state(filler);
    let listener = tokio::net::TcpListener::bind(value("--listen").unwrap_or("127.0.0.1:0".into())).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, router).await
}
