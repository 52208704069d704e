//! Room 7: the outside. [`router`] is the list of routes and needs no socket; [`serve`] listens.

mod access;
mod assets;
mod examples;
mod executors;
mod explorer;
mod export;
mod feed;
mod front;
mod graphql_route;
pub mod keys;
mod layers;
mod live;
pub mod mcp;
pub mod metrics;
pub mod negotiate;
pub mod rates;
mod reconcile;
mod saved;
pub mod serve;
pub mod settings;
mod socket;
mod trusted;

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, watch};

use self::executors::NotRun;
use crate::app::{App, Overview};
use crate::graphql::{Code, GraphqlError};
pub use access::now;
pub use settings::Settings;

/// What our own pages may load and do: nothing but our style sheet.
const SITE_CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// Anyone may keep it, and asks before using it again: data change, and no address carries a version.
const PUBLIC: &str = "public, no-cache";
/// Letters of a client's own words that a message repeats.
const REPEATED: usize = 120;

/// What every handler gets: one count to take at each request, and not one for each part.
pub(crate) type Shared = Arc<Server>;

/// What a server is made of.
pub(crate) struct Server {
    app: Arc<App>,
    settings: Arc<Settings>,
    executors: executors::Executors,
    /// The tools for assistants.
    mcp: mcp::OverHttp,
    /// Streams of events: they are open for as long as their clients like.
    streams: Arc<Semaphore>,
    /// Another number after every change.
    changed: watch::Sender<u64>,
    /// Exports under way: they take as long as their clients read, so they have places of their own.
    exports: Arc<Semaphore>,
    /// [`ROUTES`] without their handlers, which may not name the list they stand in.
    addresses: Arc<[Address]>,
    /// Questions that this ontology can be asked.
    examples: Arc<[Json]>,
    /// Counting the data takes as long as there are data: once a version is enough.
    overview: Arc<Mutex<Option<Arc<Overview>>>>,
}

/// A path, its methods and what it is for.
type Address = (&'static str, &'static [Method], &'static str);

/// One address and what it is for. The router, the front page and the Allow header read this list.
struct Route {
    path: &'static str,
    methods: &'static [Method],
    purpose: &'static str,
    handler: fn(MethodFilter) -> MethodRouter<Shared>,
}

const READ: &[Method] = &[Method::GET, Method::HEAD];
const ASK: &[Method] = &[Method::GET, Method::HEAD, Method::POST];

/// Every address there is, but those of the explorer.
const ROUTES: &[Route] = &[
    Route {
        path: "/developers",
        methods: READ,
        purpose: "What is here for programs",
        handler: |m| on(m, front_page),
    },
    Route {
        path: socket::PATH,
        methods: ASK,
        purpose: "The API: GraphQL by GET and POST; subscriptions by WebSocket, server-sent events and multipart",
        handler: |m| on(m, graphql_route::handle),
    },
    Route {
        path: "/graphiql",
        methods: READ,
        purpose: "Write queries in the browser",
        handler: |m| on(m, graphiql),
    },
    Route {
        path: "/q",
        methods: READ,
        purpose: "Questions with an address",
        handler: |m| on(m, saved::index),
    },
    Route {
        path: "/q/{name}",
        methods: READ,
        purpose: "The answer to one of them, as a page or as JSON",
        handler: |m| on(m, saved::answer),
    },
    Route {
        path: "/export",
        methods: READ,
        purpose: "The data, or a part of them, in the formats of other tools: ?format=",
        handler: |m| on(m, export::export),
    },
    Route {
        path: "/changes.atom",
        methods: READ,
        purpose: "What was changed, newest first, for readers of feeds: ?id= for one entity or link",
        handler: |m| on(m, feed::changes),
    },
    Route {
        path: "/mcp",
        methods: &[Method::POST],
        purpose: "Tools for assistants: the Model Context Protocol, streamable HTTP",
        handler: |m| on(m, mcp::handle),
    },
    Route {
        path: "/reconcile",
        methods: ASK,
        purpose: "Which entities the names of a table mean: the Reconciliation API 0.2, for OpenRefine",
        handler: |m| on(m, reconcile::service),
    },
    Route {
        path: "/reconcile/suggest/{of}",
        methods: READ,
        purpose: "Entities, types and properties for who types: ?prefix=",
        handler: |m| on(m, reconcile::suggest),
    },
    Route {
        path: "/reconcile/properties",
        methods: READ,
        purpose: "Properties of a type that may be fetched: ?type=",
        handler: |m| on(m, reconcile::properties),
    },
    Route {
        path: "/reconcile/preview",
        methods: READ,
        purpose: "An entity in a few words, as a page: ?id=",
        handler: |m| on(m, reconcile::preview),
    },
    Route {
        path: "/reconcile/flyout",
        methods: READ,
        purpose: "The same as JSON",
        handler: |m| on(m, reconcile::flyout),
    },
    Route {
        path: "/schema.graphql",
        methods: READ,
        purpose: "The schema, every element described",
        handler: |m| on(m, schema),
    },
    Route {
        path: "/healthz",
        methods: READ,
        purpose: "Whether the process lives",
        handler: |m| on(m, healthz),
    },
    Route {
        path: "/readyz",
        methods: READ,
        purpose: "Whether it answers, and from which data",
        handler: |m| on(m, readyz),
    },
    Route {
        path: "/assets/{*path}",
        methods: READ,
        purpose: "Styles and scripts of these pages",
        handler: |m| on(m, asset),
    },
];

/// The whole server as one service: routes and what lies around them. It needs no socket, but a
/// tokio runtime with time.
///
/// ```
/// # use std::sync::Arc;
/// # use throughline::{app::{App, Origin}, graphql::Limits, http};
/// use tower::ServiceExt as _;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let app = App::open(&Origin::default(), Limits::default()).expect("the embedded data are good");
/// let router = http::router(Arc::new(app), &http::Settings::default());
/// let request = axum::http::Request::get("/healthz").body(axum::body::Body::empty()).expect("a request");
/// assert_eq!(router.oneshot(request).await.expect("it never fails").status(), 200);
/// # }
/// ```
pub fn router(app: Arc<App>, settings: &Settings) -> Router {
    let executors = executors::Executors::new();
    let assistants = mcp::Handler::new(app.clone(), executors.clone(), settings.operation_time);
    let changed = watch::Sender::new(0_u64);
    let tell = changed.clone();
    app.on_change(move || tell.send_modify(|count| *count += 1));
    keep_images(&app, changed.subscribe());
    let shared = Arc::new(Server {
        examples: examples::fitting(&app).into(),
        app,
        settings: Arc::new(settings.clone()),
        executors,
        mcp: assistants.over_http(settings.body_bytes),
        streams: Arc::new(Semaphore::new(settings::STREAMS)),
        changed,
        exports: Arc::new(Semaphore::new(settings::EXPORTS)),
        addresses: routes().map(|r| (r.path, r.methods, r.purpose)).collect(),
        overview: Arc::default(),
    });
    keys::keep(&shared);
    let mut router = Router::new();
    for route in routes() {
        let filters = route.methods.iter().filter_map(|m| MethodFilter::try_from(m.clone()).ok());
        let filter = filters.reduce(MethodFilter::or).unwrap_or(MethodFilter::GET);
        router = router.route(route.path, (route.handler)(filter).fallback(async |m| other_method(route, m)));
    }
    layers::around(router.fallback(not_found), &shared).with_state(shared)
}

/// Has images of the graph written while the server goes on, for the next start. Ends with the instance.
fn keep_images(app: &Arc<App>, mut changed: watch::Receiver<u64>) {
    let app = Arc::downgrade(app);
    tokio::spawn(async move {
        while changed.changed().await.is_ok() {
            let Some(app) = app.upgrade() else { return };
            if let Some(why) = app.failed() {
                tracing::error!(%why, "nothing can be changed until this is started again");
                return;
            }
            if app.wants_image() && tokio::task::spawn_blocking(move || app.keep_image()).await.is_err() {
                return;
            }
        }
    });
}

fn routes() -> impl Iterator<Item = &'static Route> {
    explorer::PAGES.iter().chain(ROUTES)
}

/// OPTIONS tells the methods there are; every other method is none of them.
fn other_method(route: &Route, method: Method) -> Response {
    let allow = route.methods.iter().map(Method::as_str).chain(["OPTIONS"]).collect::<Vec<_>>().join(", ");
    let mut response = if method == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        let method = shorten(method.as_str());
        let message = format!("{method} is not taken at {}; use one of {allow}", route.path);
        refusal(StatusCode::METHOD_NOT_ALLOWED, Code::MethodNotAllowed, &message)
    };
    if let Ok(value) = HeaderValue::from_str(&allow) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}

/// An error outside `/graphql`, in the shape of one inside.
fn refusal(status: StatusCode, code: Code, message: &str) -> Response {
    let body = json!({"errors": [GraphqlError::new(code, message).to_json()]}).to_string();
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response()
}

/// That nothing was run, and when to come again.
fn refusal_to_run(not_run: NotRun) -> Response {
    let (status, code) = not_run.told();
    let mut response = refusal(status, code, &not_run.to_string());
    if not_run == NotRun::Overloaded {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// Whether the client has what `etag` names, by RFC 9110 section 13.1.2 (weak comparison).
fn not_modified(headers: &HeaderMap, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let wanted = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok());
    wanted.flat_map(|v| v.split(',')).any(|tag| opaque(tag) == opaque(etag))
}

/// A document: sent with the hash of its content, or not sent where the client has it.
fn document(headers: &HeaderMap, content_type: &str, csp: &str, body: impl Into<Bytes>) -> Response {
    let body = body.into();
    let etag = etag_of(&body);
    let mut response = if not_modified(headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(body).into_response()
    };
    for (name, value) in [
        (header::CONTENT_TYPE, content_type),
        (header::ETAG, &etag),
        (header::CACHE_CONTROL, PUBLIC),
        (header::VARY, "Accept-Encoding"),
        (header::CONTENT_SECURITY_POLICY, csp),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Weak, since the same content is sent packed and unpacked.
fn etag_of(content: &[u8]) -> String {
    format!("W/\"{}\"", data_encoding::HEXLOWER.encode(&Sha256::digest(content)[..8]))
}

/// What the data hold, counted at the first request after they changed, off the async threads.
async fn overview(shared: &Shared) -> Result<Arc<Overview>, NotRun> {
    let version = shared.app.version();
    let known = shared.overview.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(known) = known.filter(|o| o.version == version) {
        return Ok(known);
    }
    let (app, slot) = (shared.app.clone(), shared.overview.clone());
    let count = move || {
        let counted = Arc::new(app.overview());
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(counted.clone());
        counted
    };
    // Counting looks at no flag: it is kept for the next who asks, even if this one has left.
    shared.executors.run(shared.settings.operation_time, Arc::default(), count).await
}

/// Asks what counts all there is, and builds what the first look-up would, so that no reader waits for it. Blocking:
/// where there are half a million links, for a second.
pub fn warm(app: &App) {
    let view = app.view();
    // What is found does not matter: looking for it builds the index.
    let _ = view.links().next().and_then(|ix| view.find_link(&view.link_id(ix)));
    for request in explorer::costly(view.ontology()) {
        app.execute(&request, &app.budget());
    }
}

async fn front_page(visit: explorer::Visit, State(shared): State<Shared>, headers: HeaderMap) -> Response {
    match overview(&shared).await {
        Ok(overview) => {
            let page = front::page(
                &overview,
                layers::host(&headers).unwrap_or("localhost:4000"),
                &shared.addresses,
                &shared.examples,
            );
            visit.for_programs(page)
        }
        Err(not_run) => refusal_to_run(not_run),
    }
}

async fn graphiql(headers: HeaderMap) -> Response {
    document(&headers, "text/html; charset=utf-8", assets::GRAPHIQL_CSP.trim(), assets::GRAPHIQL_PAGE)
}

async fn schema(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    document(&headers, "text/plain; charset=utf-8", SITE_CSP, shared.app.sdl().to_owned())
}

async fn healthz() -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], "alive\n")
}

/// Ready is who takes what may be asked: not while stopping. A server whose store failed still answers what it
/// knows, and says that it takes no changes.
async fn readyz(State(shared): State<Shared>) -> impl IntoResponse {
    let version = shared.app.version().to_string();
    let draining = *shared.settings.draining.borrow();
    let read_only = shared.app.failed().is_some();
    let status = if draining { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let told = json!({"ready": !draining, "draining": draining, "readOnly": read_only, "version": version});
    (status, [(header::CACHE_CONTROL, "no-store")], axum::Json(told))
}

async fn asset(State(shared): State<Shared>, Path(path): Path<String>, headers: HeaderMap) -> Response {
    if path == "graphiql/examples.json" {
        let examples = Json::from(shared.examples.to_vec()).to_string();
        return document(&headers, "application/json", assets::GRAPHIQL_CSP.trim(), examples);
    }
    let missing = || {
        let message = format!("there is no file /assets/{}", shorten(&path));
        refusal(StatusCode::NOT_FOUND, Code::NotFound, &message)
    };
    assets::asset(&path, &headers).unwrap_or_else(missing)
}

async fn not_found(visit: explorer::Visit, headers: HeaderMap, uri: Uri) -> Response {
    let path = shorten(uri.path());
    let accept = negotiate::list(&headers, header::ACCEPT);
    let mut response = if negotiate::prefers_html(accept.as_deref()) {
        visit.nothing_at(&path)
    } else {
        let message =
            format!("there is nothing at {path}; the API is at /graphql, a list of addresses at /developers");
        refusal(StatusCode::NOT_FOUND, Code::NotFound, &message)
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept, Accept-Language"));
    response
}

/// A client's own words as they appear in a message.
fn shorten(words: &str) -> String {
    words.chars().take(REPEATED).collect()
}
