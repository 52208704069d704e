//! Room 7: the outside. [`router`] is the list of routes and needs no socket; [`serve`] listens.

mod assets;
mod front;
mod graphql_route;
mod layers;
pub mod negotiate;
pub mod serve;
pub mod settings;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use serde_json::json;

use crate::app::App;
use crate::graphql::{Code, GraphqlError};
pub use settings::Settings;

/// What our own pages may load and do: nothing but our style sheet.
const SITE_CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// What every handler gets.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    app: Arc<App>,
    settings: Arc<Settings>,
    executors: Arc<graphql_route::Executors>,
    addresses: Arc<[Address]>,
}

/// A path, its methods and what it is for.
type Address = (&'static str, &'static [Method], &'static str);

/// One address and what it is for. The router, the front page and the Allow header read this list.
struct Route {
    path: &'static str,
    methods: &'static [Method],
    purpose: &'static str,
    handler: fn() -> MethodRouter<Shared>,
}

const READ: &[Method] = &[Method::GET, Method::HEAD];
const ASK: &[Method] = &[Method::GET, Method::HEAD, Method::POST];

macro_rules! handler {
    ($methods:expr, $f:path) => {
        || on($methods, $f)
    };
}

/// Every address there is.
const ROUTES: &[Route] = &[
    Route {
        path: "/",
        methods: READ,
        purpose: "What is here",
        handler: handler!(MethodFilter::GET, front_page),
    },
    Route {
        path: "/graphql",
        methods: ASK,
        purpose: "The API: GraphQL by GET and POST",
        handler: handler!(MethodFilter::GET.or(MethodFilter::POST), graphql_route::handle),
    },
    Route {
        path: "/graphiql",
        methods: READ,
        purpose: "Write queries in the browser",
        handler: handler!(MethodFilter::GET, graphiql),
    },
    Route {
        path: "/schema.graphql",
        methods: READ,
        purpose: "The schema, every element described",
        handler: handler!(MethodFilter::GET, schema),
    },
    Route {
        path: "/healthz",
        methods: READ,
        purpose: "Whether the process lives",
        handler: handler!(MethodFilter::GET, healthz),
    },
    Route {
        path: "/readyz",
        methods: READ,
        purpose: "Whether it answers, and from which data",
        handler: handler!(MethodFilter::GET, readyz),
    },
    Route {
        path: "/assets/{*path}",
        methods: READ,
        purpose: "Styles and scripts of these pages",
        handler: handler!(MethodFilter::GET, asset),
    },
];

/// The whole server as one service: routes and what lies around them.
pub fn router(app: Arc<App>, settings: &Settings) -> Router {
    let shared = Shared {
        app,
        settings: Arc::new(settings.clone()),
        executors: Arc::new(graphql_route::Executors::new()),
        addresses: ROUTES.iter().map(|r| (r.path, r.methods, r.purpose)).collect(),
    };
    let mut router = Router::new();
    for route in ROUTES {
        let allow =
            route.methods.iter().map(Method::as_str).chain(["OPTIONS"]).collect::<Vec<_>>().join(", ");
        let purpose = route.purpose;
        let refuse = move |method: Method| {
            let allow = allow.clone();
            async move {
                let message = format!("{method} is not taken here ({purpose}); use {allow}");
                let mut response = refusal(StatusCode::METHOD_NOT_ALLOWED, Code::MethodNotAllowed, &message);
                if let Ok(value) = HeaderValue::from_str(&allow) {
                    response.headers_mut().insert(header::ALLOW, value);
                }
                response
            }
        };
        router = router.route(route.path, (route.handler)().fallback(refuse));
    }
    layers::around(router.fallback(not_found), &shared).with_state(shared)
}

/// An error outside `/graphql`, in the shape of one inside.
fn refusal(status: StatusCode, code: Code, message: &str) -> Response {
    let body = json!({"errors": [GraphqlError::new(code, message).to_json()]}).to_string();
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response()
}

/// Whether the client has what `etag` names, by RFC 9110 section 13.1.2 (weak comparison).
fn not_modified(headers: &HeaderMap, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let wanted = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok());
    wanted.flat_map(|v| v.split(',')).any(|tag| tag.trim() == "*" || opaque(tag) == opaque(etag))
}

/// Something that follows from the data version alone.
fn versioned(
    shared: &Shared,
    headers: &HeaderMap,
    what: &str,
    content_type: &'static str,
    csp: &str,
    body: impl FnOnce() -> String,
) -> Response {
    let etag = format!("W/\"{}-{what}\"", shared.app.version());
    let mut response = if not_modified(headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(body()).into_response()
    };
    for (name, value) in [
        (header::CONTENT_TYPE, content_type),
        (header::ETAG, etag.as_str()),
        (header::CACHE_CONTROL, "public, no-cache"),
        (header::CONTENT_SECURITY_POLICY, csp),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

async fn front_page(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let page = || front::page(&shared.app.overview(), shared.addresses.iter().copied());
    versioned(&shared, &headers, "front", "text/html; charset=utf-8", SITE_CSP, page)
}

async fn graphiql(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    versioned(&shared, &headers, "graphiql", "text/html; charset=utf-8", assets::GRAPHIQL_CSP.trim(), || {
        assets::GRAPHIQL_PAGE.to_owned()
    })
}

async fn schema(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    versioned(&shared, &headers, "sdl", "text/plain; charset=utf-8", SITE_CSP, || shared.app.sdl().to_owned())
}

async fn healthz() -> &'static str {
    "alive\n"
}

async fn readyz(State(shared): State<Shared>) -> Response {
    axum::Json(json!({"ready": true, "version": shared.app.version().to_string()})).into_response()
}

async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    assets::asset(&path, &headers).unwrap_or_else(|| {
        refusal(
            StatusCode::NOT_FOUND,
            Code::NotFound,
            &format!("there is no file /assets/{}", shorten(&path)),
        )
    })
}

async fn not_found(request: Request) -> Response {
    let accept = request.headers().get(header::ACCEPT).and_then(|v| v.to_str().ok());
    if negotiate::prefers_html(accept) {
        let headers =
            [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, SITE_CSP)];
        return (StatusCode::NOT_FOUND, headers, front::not_found(request.uri().path())).into_response();
    }
    let message = format!(
        "there is nothing at {}; the API is at /graphql, a list of addresses at /",
        shorten(request.uri().path())
    );
    refusal(StatusCode::NOT_FOUND, Code::NotFound, &message)
}

/// A path as it appears in a message.
fn shorten(path: &str) -> String {
    path.chars().take(120).collect()
}
