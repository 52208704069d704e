//! What a server counts of itself, in the text that Prometheus reads (OpenMetrics,
//! <https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md>). Labels are words of ours alone:
//! what clients choose would make as many series as there are clients.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::app::App;

/// Bounds of times in seconds: from what a look-up takes to what an operation may.
const SECONDS: [f64; 11] = [0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0];
/// Bounds of costs in nodes.
const NODES: [f64; 6] = [1.0, 10.0, 100.0, 1_000.0, 10_000.0, 100_000.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    route: &'static str,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByRoute {
    route: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByOperation {
    /// What sort of operation it is.
    operation: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByCode {
    code: String,
}

/// The counts of one server.
pub struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    seconds: Family<ByRoute, Histogram>,
    operations: Family<ByOperation, Histogram>,
    cost: Histogram,
    refusals: Family<ByCode, Counter>,
    open: Gauge<f64, AtomicU64>,
    /// Of the data, set when they are asked.
    entities: Gauge,
    links: Gauge,
    version: Gauge,
    read_only: Gauge,
    unimaged: Gauge,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Default for Metrics {
    fn default() -> Metrics {
        let times = || Histogram::new(SECONDS);
        let mut metrics = Metrics {
            registry: Registry::with_prefix("throughline"),
            requests: Family::default(),
            seconds: Family::new_with_constructor(times),
            operations: Family::new_with_constructor(times),
            cost: Histogram::new(NODES),
            refusals: Family::default(),
            open: Gauge::default(),
            entities: Gauge::default(),
            links: Gauge::default(),
            version: Gauge::default(),
            read_only: Gauge::default(),
            unimaged: Gauge::default(),
        };
        let registry = &mut metrics.registry;
        registry.register(
            "requests",
            "Requests answered, by route, method and status",
            metrics.requests.clone(),
        );
        registry.register_with_unit(
            "request_duration",
            "How long answers took, to their last byte",
            Unit::Seconds,
            metrics.seconds.clone(),
        );
        registry.register_with_unit(
            "operation_duration",
            "How long operations took",
            Unit::Seconds,
            metrics.operations.clone(),
        );
        registry.register(
            "operation_cost_nodes",
            "Nodes that operations could have held, by static cost",
            metrics.cost.clone(),
        );
        registry.register(
            "refusals",
            "Requests refused, by the code of their first error",
            metrics.refusals.clone(),
        );
        registry.register("requests_open", "Requests that are being answered", metrics.open.clone());
        registry.register("entities", "Entities of the newest version", metrics.entities.clone());
        registry.register("links", "Links of the newest version", metrics.links.clone());
        registry.register("version", "The newest version's number", metrics.version.clone());
        registry.register(
            "read_only",
            "Whether the store failed and nothing can be changed (1)",
            metrics.read_only.clone(),
        );
        registry.register(
            "store_batches_unimaged",
            "Batches that a start now would replay",
            metrics.unimaged.clone(),
        );
        metrics
    }
}

impl Metrics {
    /// A request has come.
    pub(super) fn begin(&self) {
        self.open.inc();
    }

    /// It has gone: it was answered, or its client has left.
    pub(super) fn close(&self) {
        self.open.dec();
    }

    /// It was answered.
    pub(super) fn end(&self, route: &'static str, method: &str, status: StatusCode, took: Duration) {
        let known = ["GET", "HEAD", "POST", "OPTIONS"];
        let method = known.into_iter().find(|one| *one == method).unwrap_or("other");
        self.requests.get_or_create(&Answered { route, method, status: status.as_u16() }).inc();
        self.seconds.get_or_create(&ByRoute { route }).observe(took.as_secs_f64());
    }

    /// An operation ran: of which sort, how long, and what it could have cost, where that is known.
    pub(super) fn operation(&self, operation: &'static str, took: Duration, cost: Option<u64>) {
        self.operations.get_or_create(&ByOperation { operation }).observe(took.as_secs_f64());
        if let Some(cost) = cost {
            self.cost.observe(cost as f64);
        }
    }

    /// Something was refused with that code.
    pub(super) fn refused(&self, code: &str) {
        self.refusals.get_or_create(&ByCode { code: code.to_owned() }).inc();
    }

    fn text(&self, app: &App) -> String {
        let view = app.view();
        self.entities.set(view.entity_count() as i64);
        self.links.set(view.link_count() as i64);
        self.version.set(view.version().sequence as i64);
        self.read_only.set(app.failed().is_some().into());
        self.unimaged.set(app.unimaged() as i64);
        let mut out = String::new();
        // Writing into memory does not fail.
        let _ = encode(&mut out, &self.registry);
        out
    }
}

/// What is served where counts are asked: they are for whoever runs the server, and have an address of their own, so
/// that no rule about paths has to keep them from others.
pub fn router(app: Arc<App>, metrics: Arc<Metrics>) -> Router {
    let answer = move || {
        let text = metrics.text(&app);
        async move { text_of(text) }
    };
    Router::new().route("/metrics", get(answer))
}

fn text_of(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
        .into_response()
}
