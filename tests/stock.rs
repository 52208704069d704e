//! Why the HTTP front is ours: the same schema behind async-graphql-axum's stock front lets
//! through what a browser may send without asking, and answers wrong requests with 200. When one
//! of these tests fails, the stock front has been mended: read DESIGN.md and think again.

use std::sync::Arc;

use async_graphql_axum::GraphQL;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use throughline::app::{App, Origin};
use throughline::graphql::Limits;
use throughline::http::{Settings, router};
use tower::ServiceExt;

/// The status and body of one request to both fronts, ours last.
async fn both(content_type: &str, body: &'static str) -> [(StatusCode, String); 2] {
    let app = Arc::new(App::open(&Origin::default(), Limits::default()).expect("the seed is sound"));
    let stock = Router::new().route_service("/graphql", GraphQL::new(app.api().slow_schema().clone()));
    let mut answers = Vec::new();
    for front in [stock, router(app, &Settings::default())] {
        let request = Request::post("/graphql")
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, content_type)
            .header(header::ACCEPT, "application/graphql-response+json")
            .body(Body::from(body))
            .expect("a request");
        let response = front.oneshot(request).await.expect("infallible");
        let status = response.status();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        answers.push((status, String::from_utf8_lossy(&bytes).into_owned()));
    }
    answers.try_into().expect("two")
}

#[tokio::test]
async fn a_simple_cross_site_post_is_executed_by_the_stock_front_and_refused_by_ours() {
    let [stock, ours] = both("text/plain", r#"{"query":"{ __typename }"}"#).await;
    assert_eq!((stock.0, stock.1.as_str()), (StatusCode::OK, r#"{"data":{"__typename":"Query"}}"#));
    assert_eq!(ours.0, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{}", ours.1);
}

#[tokio::test]
async fn a_document_that_does_not_parse_is_a_200_with_data_there_and_a_400_without_here() {
    let [stock, ours] = both("application/json", r#"{"query":"{"}"#).await;
    assert_eq!(stock.0, StatusCode::OK, "{}", stock.1);
    assert!(stock.1.contains(r#""data":null"#), "{}", stock.1);
    assert_eq!(ours.0, StatusCode::BAD_REQUEST);
    assert!(!ours.1.contains(r#""data""#), "{}", ours.1);
}
