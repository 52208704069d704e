//! `/export?format=…`: the data, a part of them, or what the answer to a query speaks of, in the formats that
//! other tools read; streamed, so that memory does not grow with them. Without `format`, the media type that the
//! client likes best decides.

use std::io::{self, Write};
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::channel::{Channel, Sender};
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::executors::NotRun;
use super::negotiate::{likes, list};
use super::settings::{EXPORT_ENTITIES, EXPORT_TIME};
use super::{PUBLIC, Shared, not_modified, refusal, refusal_to_run, shorten, trusted};
use crate::app::export::{self, FORMATS, Format, NoPart, Options, Part};
use crate::graphql::{self, Code};

/// Bytes that are sent at a time.
const PIECE: usize = 64 << 10;

/// Pieces that wait for a client that reads slowly.
const PIECES: usize = 4;

/// Links from an entity that a part goes, if nobody says, and at most.
const DEPTH: (u32, u32) = (2, 12);

/// What was asked for.
pub(super) struct Asked {
    pub(super) format: &'static Format,
    pub(super) what: What,
    pub(super) options: Options,
}

/// Of what.
pub(super) enum What {
    Part(Part),
    /// What the answer speaks of: what is asked, in words, and the query.
    Answer(String, Box<graphql::Request>),
}

pub(super) async fn export(State(shared): State<Shared>, request: Request) -> Response {
    let (request, _) = request.into_parts();
    let query = request.uri.query().unwrap_or_default();
    let asked = match parse(query, &request.headers) {
        Ok(asked) => asked,
        Err((status, message)) => {
            let code =
                if status == StatusCode::NOT_ACCEPTABLE { Code::NotAcceptable } else { Code::BadArgument };
            return refusal(status, code, &message);
        }
    };
    if let (What::Answer(..), Some(refusal)) = (&asked.what, trusted::closed(&shared)) {
        return refusal;
    }
    let etag = etag(&shared, asked.format, query);
    send(&shared, &request.method, &request.headers, &etag, "throughline", asked).await
}

/// Sends what was asked for; `name` is what a file of it is called.
pub(super) async fn send(
    shared: &Shared,
    method: &Method,
    headers: &HeaderMap,
    etag: &str,
    name: &str,
    asked: Asked,
) -> Response {
    let Asked { format, what, options } = asked;
    if not_modified(headers, etag) {
        return with_headers(StatusCode::NOT_MODIFIED.into_response(), format, name, etag);
    }
    if method == Method::HEAD {
        return with_headers(StatusCode::OK.into_response(), format, name, etag);
    }
    let graph = shared.app.view();
    let budget = shared.app.budget();
    let select = {
        let (app, graph, budget) = (shared.app.clone(), graph.clone(), budget.clone());
        move || match what {
            What::Part(part) => export::select(&graph, &part, EXPORT_ENTITIES, &budget),
            What::Answer(title, request) => export::answer(app.api(), &graph, title, &request, &budget),
        }
    };
    let limit = shared.settings.operation_time;
    let selection = match shared.executors.run(limit, budget.cancel_handle(), select).await {
        Ok(Ok(selection)) => selection,
        Ok(Err(why)) => {
            let (status, code) = match why {
                NoPart::Unknown(_) => (StatusCode::NOT_FOUND, Code::NotFound),
                NoPart::Exhausted(_) => (StatusCode::BAD_REQUEST, Code::LimitExceeded),
                NoPart::NoAnswer(_) => (StatusCode::BAD_REQUEST, Code::BadArgument),
            };
            return refusal(status, code, &why.to_string());
        }
        Err(not_run) => return refusal_to_run(not_run),
    };
    match stream(shared, move |out| format.write(&graph, &selection, &options, out)).await {
        Ok(response) => with_headers(response, format, name, etag),
        Err(refusal) => refusal,
    }
}

// -- what is asked ----------------------------------------------------------------------------

fn parse(query: &str, headers: &HeaderMap) -> Result<Asked, (StatusCode, String)> {
    let bad = |message: String| (StatusCode::BAD_REQUEST, message);
    let (mut format, mut of, mut items, mut trail, mut depth) = (None, Vec::new(), Vec::new(), None, None);
    let (mut asked, mut variables) = (None, None);
    let mut options = Options::default();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let flag = || match &*value {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(bad(format!("`{name}` is true or false"))),
        };
        match &*name {
            "format" => format = Some(Format::named(&value).ok_or_else(|| bad(no_format(&value)))?),
            "neighborhood" => of.push(value.into_owned()),
            "item" => items.push(value.into_owned()),
            "query" => asked = Some(value.into_owned()),
            "variables" => {
                let given = serde_json::from_str(&value).ok();
                variables = Some(given.ok_or_else(|| bad("`variables` is a JSON object".to_owned()))?);
            }
            "trail" => trail = Some(value.into_owned()),
            "depth" => {
                let links = value.parse().ok().filter(|links| (1..=DEPTH.1).contains(links));
                depth = Some(links.ok_or_else(|| bad(format!("`depth` is a number from 1 to {}", DEPTH.1)))?);
            }
            "bom" => options.bom = flag()?,
            "guard" => options.guard = flag()?,
            "of" | "base" => options.args.push((name.into_owned(), value.into_owned())),
            other => {
                let known =
                    "format, neighborhood, trail, item, depth, query, variables, of, base, bom, guard";
                return Err(bad(format!("there is no parameter `{}`; there are {known}", shorten(other))));
            }
        }
    }
    let format = match format {
        Some(format) => format,
        None => liked(list(headers, header::ACCEPT).as_deref())
            .ok_or_else(|| (StatusCode::NOT_ACCEPTABLE, no_format("")))?,
    };
    let depth = depth.unwrap_or(DEPTH.0);
    let what = match (of.as_slice(), trail, items.as_slice(), asked) {
        ([], None, [], None) if variables.is_some() => {
            return Err(bad("`variables` are those of a `query`; name both".to_owned()));
        }
        ([], None, [], None) => What::Part(Part::Whole),
        ([], None, [], Some(query)) => {
            let variables = variables.unwrap_or_default();
            let request = graphql::Request { query, variables, read_only: true, ..Default::default() };
            What::Answer("An answer".to_owned(), Box::new(request))
        }
        ([], Some(of), [], None) => What::Part(Part::Trail { of, depth }),
        (_, None, [], None) => What::Part(Part::Neighborhood { of, depth }),
        ([], None, _, None) => What::Part(Part::Items { of: items }),
        _ => {
            return Err(bad("`neighborhood`, `trail`, `item` and `query` are parts; name one".to_owned()));
        }
    };
    match what {
        What::Answer(..) if !format.takes_selection() && !format.needs_answer() => {
            Err(bad(format!("{} is not written of an answer", format.name)))
        }
        What::Part(_) if format.needs_answer() => {
            Err(bad(format!("{} is of an answer; give a `query`, or take /q/<name>.{0}", format.name)))
        }
        What::Part(ref part) if *part != Part::Whole && !format.takes_selection() => Err(bad(format!(
            "{} is not written of a part; leave `neighborhood`, `trail` and `item` out",
            format.name
        ))),
        what => Ok(Asked { format, what, options }),
    }
}

fn no_format(name: &str) -> String {
    let names: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
    let what = if name.is_empty() {
        "no media type that is accepted can be given".to_owned()
    } else {
        format!("there is no format `{}`", shorten(name))
    };
    format!("{what}; `format` is one of {}", names.join(", "))
}

/// The format whose media type a client likes best; the first of those it likes alike.
fn liked(accept: Option<&str>) -> Option<&'static Format> {
    let formats = FORMATS.iter().filter(|format| !format.needs_answer());
    let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else {
        return formats.into_iter().next();
    };
    let mut best: Option<(&Format, u32)> = None;
    for format in formats {
        let quality = likes(accept, format.media_type);
        if quality > best.map_or(0, |(_, best)| best) {
            best = Some((format, quality));
        }
    }
    best.map(|(format, _)| format)
}

// -- what is sent -----------------------------------------------------------------------------

/// The same data and the same question give the same bytes.
pub(super) fn etag(shared: &Shared, format: &Format, query: &str) -> String {
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(query)[..6]);
    format!("W/\"{}-{}-{}-{hash}\"", shared.app.version(), env!("CARGO_PKG_VERSION"), format.name)
}

fn with_headers(mut response: Response, format: &Format, name: &str, etag: &str) -> Response {
    let charset = if format.media_type.starts_with("text/") { "; charset=utf-8" } else { "" };
    for (name, value) in [
        (header::CONTENT_TYPE, format!("{}{charset}", format.media_type)),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{}\"", format.ending)),
        (header::ETAG, etag.to_owned()),
        (header::CACHE_CONTROL, PUBLIC.to_owned()),
        (header::VARY, "Accept, Accept-Encoding".to_owned()),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Runs `write` on a thread of its own and sends what it writes. What goes wrong before the first piece is
/// full is an error; what goes wrong later breaks the answer off, so that nobody takes it for whole.
async fn stream(
    shared: &Shared,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static,
) -> Result<Response, Response> {
    let Ok(place) = shared.exports.clone().try_acquire_owned() else {
        return Err(refusal_to_run(NotRun::Overloaded));
    };
    let (sender, body) = Channel::<Bytes, io::Error>::new(PIECES);
    let (begun, wait) = oneshot::channel();
    let mut pieces = Pieces {
        sender,
        handle: Handle::current(),
        buffer: Vec::with_capacity(PIECE),
        begun: Some(begun),
        until: Instant::now() + EXPORT_TIME,
    };
    tokio::task::spawn_blocking(move || {
        let _place = place;
        let done = write(&mut pieces);
        pieces.end(done);
    });
    match wait.await {
        Ok(Ok(())) => Ok(Body::new(body).into_response()),
        Ok(Err(e)) => Err(refusal(StatusCode::BAD_REQUEST, Code::BadArgument, &e.to_string())),
        // The thread panicked.
        Err(_) => Err(refusal_to_run(NotRun::Panicked)),
    }
}

/// What is written on a thread and read by a client.
struct Pieces {
    sender: Sender<Bytes, io::Error>,
    handle: Handle,
    buffer: Vec<u8>,
    /// Who waits to hear whether there will be an answer.
    begun: Option<oneshot::Sender<io::Result<()>>>,
    until: Instant,
}

impl Pieces {
    fn send(&mut self) -> io::Result<()> {
        if Instant::now() > self.until {
            return Err(io::ErrorKind::TimedOut.into());
        }
        // Whoever asked may have left.
        self.begun.take().map(|begun| begun.send(Ok(())));
        let piece = Bytes::from(std::mem::replace(&mut self.buffer, Vec::with_capacity(PIECE)));
        let sent = self.handle.block_on(self.sender.send_data(piece));
        sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn end(mut self, done: io::Result<()>) {
        let done = done.and_then(|()| if self.buffer.is_empty() { Ok(()) } else { self.send() });
        match (done, self.begun.take()) {
            (Err(e), None) => {
                tracing::warn!(error = %e, "an export broke off");
                self.sender.abort(e);
            }
            (done, Some(begun)) => drop(begun.send(done)),
            (Ok(()), None) => {}
        }
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PIECE {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
