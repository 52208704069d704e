//! GraphQL over WebSocket: the sub-protocol `graphql-transport-ws`, message for message and close code for close
//! code (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>).

use std::collections::HashMap;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Json, json};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until, timeout};

use super::access::{self, Visitor};
use super::graphql_route::from_json;
use super::layers::foreign_origin;
use super::live::{self, Told};
use super::{Shared, refusal, trusted};
use crate::graphql::{Asking, Code, GraphqlError, Outcome, Request, Scope};

/// Where sockets are opened: the address of the API.
pub(super) const PATH: &str = "/graphql";
/// The sub-protocol.
const PROTOCOL: &str = "graphql-transport-ws";
/// How long a client may take to say who it is.
const INIT_TIME: Duration = Duration::from_secs(5);
/// How long a socket may be silent before it is asked whether it lives.
const PING: Duration = Duration::from_secs(20);
/// Operations of one socket at once.
const OPERATIONS: usize = 100;
/// Messages that wait for a socket to take them: a reader that is slower is waited for, not stored for.
const WAITING: usize = 16;

/// Closes with a code of the protocol and a reason, which a close frame has little room for.
struct Close(u16, &'static str);

const BAD_MESSAGE: Close = Close(4400, "the message is none of graphql-transport-ws");
const UNAUTHORIZED: Close = Close(4401, "Unauthorized");
const FORBIDDEN: Close = Close(4403, "Forbidden");
const INIT_TIMEOUT: Close = Close(4408, "Connection initialisation timeout");
const TWICE: Close = Close(4429, "Too many initialisation requests");
const GOING: Close = Close(close_code::AWAY, "the server stops");

/// Whether a request asks for a socket.
pub(super) fn asked(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::GET && headers.contains_key(header::UPGRADE)
}

/// Answers a request for a socket.
pub(super) async fn open(shared: Shared, mut parts: Parts) -> Response {
    let (asking, visitor) = (access::asking(&parts.extensions), Visitor::of(&parts.extensions));
    let foreign = foreign_origin(&parts.headers, &shared.settings.origins).is_some();
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let offered = parts.headers.get_all("sec-websocket-protocol").iter().filter_map(|v| v.to_str().ok());
    if !offered.flat_map(|list| list.split(',')).any(|one| one.trim() == PROTOCOL) {
        let message = format!("the sub-protocol here is {PROTOCOL}");
        return refusal(StatusCode::BAD_REQUEST, Code::BadRequest, &message);
    }
    let bytes = shared.settings.body_bytes;
    upgrade
        .protocols([PROTOCOL])
        .max_message_size(bytes)
        .max_frame_size(bytes)
        .on_upgrade(move |socket| serve(shared, socket, asking, visitor, foreign))
}

/// What an operation says, for the socket to write.
struct Say {
    id: String,
    message: String,
    /// Whether it says nothing after that.
    last: bool,
}

async fn serve(
    shared: Shared,
    mut socket: WebSocket,
    mut asking: Asking,
    mut visitor: Visitor,
    foreign: bool,
) {
    let (send, mut said) = mpsc::channel::<Say>(WAITING);
    let mut open: HashMap<String, AbortHandle> = HashMap::new();
    let mut draining = shared.settings.draining.subscribe();
    let mut known = false;
    let (began, mut heard, mut pinged) = (Instant::now(), Instant::now(), false);
    let close = loop {
        if *draining.borrow() {
            break Some(GOING);
        }
        let alarm = if known { heard + PING } else { began + INIT_TIME };
        let message = tokio::select! {
            message = socket.recv() => message,
            Some(said) = said.recv() => {
                // What the client has ended says nothing more.
                let known = if said.last { open.remove(&said.id).is_some() } else { open.contains_key(&said.id) };
                if !known {
                    continue;
                }
                // Whoever does not read is cut off.
                match timeout(shared.settings.write_time, socket.send(Message::Text(said.message.into()))).await {
                    Ok(Ok(())) => continue,
                    _ => break None,
                }
            }
            _ = draining.changed() => break Some(GOING),
            () = sleep_until(alarm) => {
                if !known {
                    break Some(INIT_TIMEOUT);
                }
                if pinged {
                    break None; // it did not answer: nobody is there
                }
                // What it came with is asked again before anything is told; a silent one is not kept for long.
                if visitor.caller(&shared).is_err() {
                    break Some(FORBIDDEN);
                }
                (pinged, heard) = (true, Instant::now());
                if socket.send(Message::Ping(Default::default())).await.is_err() {
                    break None;
                }
                continue;
            }
        };
        (pinged, heard) = (false, Instant::now());
        let text = match message {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Binary(_))) => break Some(BAD_MESSAGE),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
            Some(Ok(Message::Close(_)) | Err(_)) | None => break None,
        };
        let Ok(Json::Object(mut message)) = serde_json::from_str::<Json>(&text) else {
            break Some(BAD_MESSAGE);
        };
        let answer = match message.get("type").and_then(Json::as_str) {
            Some("connection_init") if known => break Some(TWICE),
            Some("connection_init") => {
                if let Some(token) = token_of(message.get("payload")) {
                    visitor = visitor.with(token);
                }
                match visitor.caller(&shared) {
                    Ok(caller) if caller.scope >= Scope::Read => asking.caller = caller,
                    _ => break Some(FORBIDDEN),
                }
                known = true;
                json!({"type": "connection_ack"})
            }
            Some("ping") => match message.remove("payload") {
                Some(payload) => json!({"type": "pong", "payload": payload}),
                None => json!({"type": "pong"}),
            },
            Some("pong") => continue,
            Some("complete") => {
                let Some(id) = message.get("id").and_then(Json::as_str) else { break Some(BAD_MESSAGE) };
                if let Some(task) = open.remove(id) {
                    task.abort();
                }
                continue;
            }
            Some("subscribe") if !known => break Some(UNAUTHORIZED),
            Some("subscribe") => {
                // It may have been taken back, or have ended, since the socket was opened.
                match visitor.caller(&shared) {
                    Ok(caller) => asking.caller = caller,
                    Err(_) => break Some(FORBIDDEN),
                }
                let id =
                    message.get("id").and_then(Json::as_str).filter(|id| !id.is_empty()).map(str::to_owned);
                let (Some(id), Some(payload)) = (id, message.remove("payload")) else {
                    break Some(BAD_MESSAGE);
                };
                if open.contains_key(&id) {
                    // The reason is the protocol's own, with the id, where that fits.
                    let reason = format!("Subscriber for {id:.60} already exists");
                    let frame = CloseFrame { code: 4409, reason: reason.into() };
                    let _ = socket.send(Message::Close(Some(frame))).await;
                    break None;
                }
                if open.len() >= OPERATIONS {
                    let message =
                        format!("a socket has {OPERATIONS} operations at once; end one, or open another");
                    let error = GraphqlError::limit(
                        "operations of one socket",
                        OPERATIONS as u64 + 1,
                        OPERATIONS as u64,
                        &message,
                    );
                    json!({"type": "error", "id": id, "payload": [error.to_json()]})
                } else if let Err(too_much) = visitor.count(&shared) {
                    json!({"type": "error", "id": id, "payload": [too_much.error().to_json()]})
                } else {
                    let mut request = match from_json(payload) {
                        Ok(request) => request,
                        Err(_) => break Some(BAD_MESSAGE),
                    };
                    request.read_only = foreign;
                    request.asking = Asking { at: access::now(), ..asking.clone() };
                    let task =
                        tokio::spawn(run(shared.clone(), id.clone(), visitor.clone(), request, send.clone()));
                    open.insert(id, task.abort_handle());
                    continue;
                }
            }
            _ => break Some(BAD_MESSAGE),
        };
        if socket.send(Message::Text(answer.to_string().into())).await.is_err() {
            break None;
        }
    };
    open.values().for_each(AbortHandle::abort);
    if let Some(Close(code, reason)) = close {
        let frame = CloseFrame { code, reason: reason.into() };
        // Gone already: then nobody needs to be told.
        let _ = timeout(shared.settings.write_time, socket.send(Message::Close(Some(frame)))).await;
    }
}

/// The token that a client says who it is with: a page cannot send headers with a socket.
fn token_of(payload: Option<&Json>) -> Option<&str> {
    let payload = payload?.as_object()?;
    let named = |name: &str| {
        payload.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).and_then(|(_, v)| v.as_str())
    };
    named("token").or_else(|| {
        let (scheme, token) = named("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    })
}

/// One operation, from its first answer to its last.
async fn run(shared: Shared, id: String, visitor: Visitor, mut request: Request, send: mpsc::Sender<Say>) {
    let next = |body: &[u8]| {
        let head = json!({"type": "next", "id": id}).to_string();
        // The answer goes in as it is: it is JSON already, in its own order.
        format!("{},\"payload\":{}}}", head.trim_end_matches('}'), String::from_utf8_lossy(body))
    };
    let refuse = |body: &[u8]| {
        let errors = serde_json::from_slice::<Json>(body)
            .ok()
            .and_then(|mut answer| answer.get_mut("errors").map(Json::take));
        json!({"type": "error", "id": id, "payload": errors.unwrap_or_else(|| json!([]))}).to_string()
    };
    let complete = json!({"type": "complete", "id": id}).to_string();
    // A socket that has gone is told nothing.
    let say =
        async |message: String, last: bool| send.send(Say { id: id.clone(), message, last }).await.is_ok();
    if let Err(refused) = trusted::admit(&shared, &mut request) {
        say(refuse(&refused.body), true).await;
        return;
    }
    match live::tell(&shared, visitor, request).await {
        Ok(Told::Once(answer)) if answer.outcome == Outcome::Executed => {
            let _ = say(next(&answer.body), false).await && say(complete, true).await;
        }
        Ok(Told::Once(refused)) => {
            say(refuse(&refused.body), true).await;
        }
        Ok(Told::Streamed(mut answers)) => {
            while let Some(answer) = answers.next().await {
                let goes_on = answer.outcome == Outcome::Executed;
                let message = if goes_on { next(&answer.body) } else { refuse(&answer.body) };
                if !say(message, !goes_on).await || !goes_on {
                    return;
                }
            }
            say(complete, true).await;
        }
        Err(not_run) => {
            let (_, code) = not_run.told();
            let error = GraphqlError::new(code, not_run.to_string());
            say(json!({"type": "error", "id": id, "payload": [error.to_json()]}).to_string(), true).await;
        }
    }
}
