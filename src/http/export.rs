//! `/export?format=…`: the data, or a part of them, in the formats that other tools read; streamed, so that
//! memory does not grow with them. Without `format`, the media type that the client likes best decides.

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
use super::{PUBLIC, Shared, not_modified, refusal, shorten};
use crate::app::export::{FORMATS, Format, NoPart, Options, Part};
use crate::graphql::Code;

/// Bytes that are sent at a time.
const PIECE: usize = 64 << 10;

/// Pieces that wait for a client that reads slowly.
const PIECES: usize = 4;

/// Links from an entity that a part goes, if nobody says, and at most.
const DEPTH: (u32, u32) = (2, 12);

/// What was asked for.
struct Asked {
    format: &'static Format,
    part: Part,
    options: Options,
}

pub(super) async fn export(State(shared): State<Shared>, request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let asked = match parse(query, request.headers()) {
        Ok(asked) => asked,
        Err((status, message)) => {
            let code =
                if status == StatusCode::NOT_ACCEPTABLE { Code::NotAcceptable } else { Code::BadArgument };
            return refusal(status, code, &message);
        }
    };
    let etag = etag(&shared, asked.format, query);
    if not_modified(request.headers(), &etag) {
        return with_headers(StatusCode::NOT_MODIFIED.into_response(), asked.format, &etag);
    }
    if request.method() == Method::HEAD {
        return with_headers(StatusCode::OK.into_response(), asked.format, &etag);
    }
    let Asked { format, part, options } = asked;
    let graph = shared.app.view();
    let budget = shared.app.budget();
    let select = {
        let (graph, budget) = (graph.clone(), budget.clone());
        move || crate::app::export::select(&graph, &part, EXPORT_ENTITIES, &budget)
    };
    let limit = shared.settings.operation_time;
    let selection = match shared.executors.run(limit, budget.cancel_handle(), select).await {
        Ok(Ok(selection)) => selection,
        Ok(Err(why)) => {
            let status = if matches!(why, NoPart::Unknown(_)) {
                StatusCode::NOT_FOUND
            } else {
                StatusCode::BAD_REQUEST
            };
            let code = if status == StatusCode::NOT_FOUND { Code::NotFound } else { Code::LimitExceeded };
            return refusal(status, code, &why.to_string());
        }
        Err(not_run) => return overloaded(not_run),
    };
    match stream(&shared, move |out| format.write(&graph, &selection, &options, out)).await {
        Ok(response) => with_headers(response, format, &etag),
        Err(refusal) => refusal,
    }
}

fn overloaded(not_run: NotRun) -> Response {
    let code = if not_run == NotRun::Overdue { Code::Timeout } else { Code::Overloaded };
    let mut response = refusal(StatusCode::SERVICE_UNAVAILABLE, code, &not_run.to_string());
    if code == Code::Overloaded {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

// -- what is asked ----------------------------------------------------------------------------

fn parse(query: &str, headers: &HeaderMap) -> Result<Asked, (StatusCode, String)> {
    let bad = |message: String| (StatusCode::BAD_REQUEST, message);
    let (mut format, mut of, mut trail, mut depth) = (None, Vec::new(), None, None);
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
            "trail" => trail = Some(value.into_owned()),
            "depth" => {
                let links = value.parse().ok().filter(|links| (1..=DEPTH.1).contains(links));
                depth = Some(links.ok_or_else(|| bad(format!("`depth` is a number from 1 to {}", DEPTH.1)))?);
            }
            "bom" => options.bom = flag()?,
            "guard" => options.guard = flag()?,
            "of" | "base" => options.args.push((name.into_owned(), value.into_owned())),
            other => {
                let known = "format, neighborhood, trail, depth, of, base, bom, guard";
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
    let part = match (of.as_slice(), trail) {
        ([], None) => Part::Whole,
        ([], Some(of)) => Part::Trail { of, depth },
        (_, None) => Part::Neighborhood { of, depth },
        _ => return Err(bad("`neighborhood` and `trail` are two parts; name one".to_owned())),
    };
    if format.is_folder() {
        return Err(bad(format!(
            "{} is several files: `throughline export --format {0} -o FOLDER` writes them; csv-entities, csv-links and csv-evidence are had here one by one",
            format.name
        )));
    }
    if part != Part::Whole && !format.takes_selection() {
        return Err(bad(format!(
            "{} is not written of a part; leave `neighborhood` and `trail` out",
            format.name
        )));
    }
    Ok(Asked { format, part, options })
}

fn no_format(name: &str) -> String {
    let names: Vec<&str> = FORMATS.iter().filter(|f| !f.is_folder()).map(|f| f.name).collect();
    let what = if name.is_empty() {
        "no media type that is accepted can be given".to_owned()
    } else {
        format!("there is no format `{}`", shorten(name))
    };
    format!("{what}; `format` is one of {}", names.join(", "))
}

/// The format whose media type a client likes best; the first of those it likes alike.
fn liked(accept: Option<&str>) -> Option<&'static Format> {
    let formats = FORMATS.iter().filter(|format| !format.is_folder());
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
fn etag(shared: &Shared, format: &Format, query: &str) -> String {
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(query)[..6]);
    format!("W/\"{}-{}-{}-{hash}\"", shared.app.version(), env!("CARGO_PKG_VERSION"), format.name)
}

fn with_headers(mut response: Response, format: &Format, etag: &str) -> Response {
    let charset = if format.media_type.starts_with("text/") { "; charset=utf-8" } else { "" };
    for (name, value) in [
        (header::CONTENT_TYPE, format!("{}{charset}", format.media_type)),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"throughline.{}\"", format.ending)),
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
        return Err(overloaded(NotRun::Overloaded));
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
        Err(_) => Err(overloaded(NotRun::Panicked)),
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
