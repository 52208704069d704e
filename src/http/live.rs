//! What is told as it happens, carried by whatever the client speaks: server-sent events
//! (<https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>, distinct connections) and multipart
//! (<https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol>) here, sockets in
//! [`socket`](super::socket).

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream, StreamExt as _};
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::access::{UNKNOWN, Visitor};
use super::executors::NotRun;
use super::negotiate::likes;
use super::settings::KEEP_ALIVE;
use super::{Shared, graphql_route};
use crate::app::live::{Feed, Next};
use crate::graphql::{self, Code, Outcome, Request};

/// How a client wants to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    /// `text/event-stream`.
    Events,
    /// `multipart/mixed` of Apollo's protocol 1.0.
    Multipart,
}

impl Carrier {
    fn framing(self) -> Framing {
        match self {
            Carrier::Events => Framing {
                content_type: "text/event-stream; charset=utf-8",
                frame: event,
                idle: b":\n\n",
                end: b"event: complete\ndata:\n\n",
            },
            Carrier::Multipart => Framing {
                content_type: "multipart/mixed; boundary=\"graphql\"; subscriptionSpec=\"1.0\"",
                frame: part,
                idle: b"\r\n--graphql\r\nContent-Type: application/json\r\n\r\n{}",
                end: b"\r\n--graphql--\r\n",
            },
        }
    }

    /// The carrier that `accept` names; none where it would rather have one answer.
    pub(super) fn asked(accept: Option<&str>) -> Option<Carrier> {
        let accept = accept?;
        if likes(accept, "text/event-stream") > 0 && accept.contains("text/event-stream") {
            return Some(Carrier::Events);
        }
        let multipart =
            accept.contains("multipart/mixed") && accept.to_ascii_lowercase().contains("subscriptionspec");
        multipart.then_some(Carrier::Multipart)
    }
}

/// How a carrier writes: an answer, a sign of life, the end.
struct Framing {
    content_type: &'static str,
    frame: fn(&[u8]) -> Vec<u8>,
    idle: &'static [u8],
    end: &'static [u8],
}

/// What a request comes to.
pub(super) enum Told {
    /// One answer: it was no subscription, or is refused.
    Once(graphql::Response),
    /// Answers, one after the other.
    Streamed(Box<Answers>),
}

/// Answers to come.
pub(super) struct Answers {
    feed: Option<Feed>,
    shared: Shared,
    /// Asked again before each answer: it may be taken back while the stream is open.
    visitor: Visitor,
    changed: watch::Receiver<u64>,
    draining: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
}

/// Executes a request, or begins to tell what it subscribes to.
pub(super) async fn tell(shared: &Shared, visitor: Visitor, request: Request) -> Result<Told, NotRun> {
    if !shared.app.api().is_subscription(&request) {
        let answer = graphql_route::execute(shared, request).await?;
        visitor.charge(shared, answer.cost);
        return Ok(Told::Once(answer));
    }
    let Ok(place) = shared.streams.clone().try_acquire_owned() else { return Err(NotRun::Overloaded) };
    // Before the feed begins: what is committed meanwhile is a change.
    let changed = shared.changed.subscribe();
    let draining = shared.settings.draining.subscribe();
    let app = shared.app.clone();
    let begun = shared
        .executors
        .run(shared.settings.operation_time, Arc::default(), move || app.subscribe(&request))
        .await?;
    Ok(match begun {
        Ok(feed) => Told::Streamed(Box::new(Answers {
            feed: Some(feed),
            shared: shared.clone(),
            visitor,
            changed,
            draining,
            _place: place,
        })),
        Err(refused) => Told::Once(refused),
    })
}

impl Answers {
    /// The next answer; none when there is nothing more to tell.
    pub(super) async fn next(&mut self) -> Option<graphql::Response> {
        loop {
            if *self.draining.borrow() {
                return None;
            }
            let mut feed = self.feed.take()?;
            let budget = self.shared.app.budget();
            let stop = budget.cancel_handle();
            let told = self.shared.executors.run(self.shared.settings.operation_time, stop, move || {
                let next = feed.next(&budget);
                (feed, next)
            });
            let (feed, next) = match told.await {
                Ok(told) => told,
                Err(not_run) => {
                    let (_, code) = not_run.told();
                    return Some(graphql::Response::request_error(code, not_run.to_string()));
                }
            };
            match next {
                Next::Event(_) if self.visitor.caller(&self.shared).is_err() => {
                    return Some(graphql::Response::request_error(Code::Unauthenticated, UNKNOWN));
                }
                Next::Event(response) => {
                    self.feed = Some(feed);
                    return Some(response);
                }
                Next::End(last) => return last,
                Next::Nothing => {
                    self.feed = Some(feed);
                    tokio::select! {
                        changed = self.changed.changed() => changed.ok()?,
                        _ = self.draining.changed() => return None,
                    }
                }
                Next::Later(time) => {
                    self.feed = Some(feed);
                    tokio::select! {
                        () = tokio::time::sleep(time) => {}
                        _ = self.draining.changed() => return None,
                    }
                }
            }
        }
    }
}

/// The response that carries what a request comes to.
pub(super) async fn respond(
    shared: &Shared,
    carrier: Carrier,
    visitor: Visitor,
    request: Request,
) -> Result<Response, NotRun> {
    let (answers, last) = match tell(shared, visitor, request).await? {
        Told::Streamed(answers) => (Some(answers), None),
        Told::Once(refused) if refused.outcome != Outcome::Executed => {
            // Clients of parts look for errors in an answer that went well.
            let status = match carrier {
                Carrier::Events => StatusCode::BAD_REQUEST,
                Carrier::Multipart => StatusCode::OK,
            };
            let headers = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
            return Ok((status, headers, refused.body).into_response());
        }
        Told::Once(answer) => (None, Some(answer)),
    };
    let Framing { content_type, frame, idle, end } = carrier.framing();
    let once = stream::iter(last.map(|answer| frame(&answer.body)));
    let pieces = once.chain(pieces(answers, frame, idle)).chain(stream::iter([end.to_vec()]));
    let body =
        Body::from_stream(pieces.map(|piece| Ok::<Bytes, std::convert::Infallible>(Bytes::from(piece))));
    let mut response =
        ([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-store")], body).into_response();
    // Proxies that keep back what streams are told not to.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response.extensions_mut().insert(super::layers::AsItIs);
    Ok(response)
}

fn event(answer: &[u8]) -> Vec<u8> {
    // JSON as we write it has no line breaks.
    [b"event: next\ndata: ", answer, b"\n\n"].concat()
}

fn part(answer: &[u8]) -> Vec<u8> {
    [b"\r\n--graphql\r\nContent-Type: application/json\r\n\r\n{\"payload\":", answer, b"}"].concat()
}

/// Answers as they are written, with a sign of life where there is none for a while.
fn pieces(
    answers: Option<Box<Answers>>,
    frame: fn(&[u8]) -> Vec<u8>,
    idle: &'static [u8],
) -> impl Stream<Item = Vec<u8>> {
    // A task of its own, which ends with the client: what waits for an answer is not begun anew after each sign.
    let (send, receive) = tokio::sync::mpsc::channel::<Vec<u8>>(1);
    if let Some(mut answers) = answers {
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    answer = answers.next() => match answer {
                        Some(answer) => if send.send(frame(&answer.body)).await.is_err() { return },
                        None => return,
                    },
                    () = send.closed() => return,
                }
            }
        });
    } else {
        drop(send);
    }
    stream::unfold(receive, move |mut receive| async move {
        match tokio::time::timeout(KEEP_ALIVE, receive.recv()).await {
            Ok(Some(piece)) => Some((piece, receive)),
            Ok(None) => None,
            Err(_) => Some((idle.to_vec(), receive)),
        }
    })
}
