//! What the outside may ask of the server, with the reason for every number. What is in
//! [`Settings`] comes from outside; nothing else in this room reads a setting.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::keys::Keys;
use super::metrics::Metrics;
use super::rates::Rates;
use crate::app::access::Access;

/// Bytes a request body may have: the largest saved query with its variables is far below.
pub const BODY_BYTES: usize = 1 << 20;
/// Bytes of request line and headers together: room for the longest address that is taken, and
/// as much again.
pub const HEADER_BYTES: usize = 128 << 10;
/// Bytes of path and query string, twice what browsers are known to send; more is answered 414.
pub const URI_BYTES: usize = 60 << 10;
/// How long a client may take for its headers, and how long a kept connection may say nothing. A
/// person on a train needs less than one second.
pub const HEADER_TIME: Duration = Duration::from_secs(8);
/// How long a client may take for its body.
pub const BODY_TIME: Duration = Duration::from_secs(8);
/// How long a client may take no byte of an answer before it is cut off: whoever asks and never
/// reads would hold a connection for ever.
pub const WRITE_TIME: Duration = Duration::from_secs(20);
/// How long one operation may run, its waiting included. The slowest real question takes
/// milliseconds.
pub const OPERATION_TIME: Duration = Duration::from_secs(5);
/// How long an operation that was told to stop may take to do so, before the client is answered
/// without it. Its place is free only once it has stopped.
pub const STOP_TIME: Duration = Duration::from_secs(2);
/// Connections at once; each costs a few kB.
pub const CONNECTIONS: usize = 4096;
/// Steps (fields and items) that an operation may take on the thread that read it: about a
/// millisecond. Handing it to another thread costs as much as a small one takes.
pub const BRIEF_STEPS: u64 = 10_000;
/// Operations that may wait for a processor before the server says it is overloaded.
pub const QUEUE: usize = 256;
/// Streams of events at once, over whatever carries them: each costs some kB, and work only when something happens.
pub const STREAMS: usize = 1024;
/// How long a stream may be silent before it shows that it lives: less than proxies wait.
pub const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// Exports at once, each on a thread of its own: they are read as fast as clients read.
pub const EXPORTS: usize = 8;
/// How long an export may take, its client's reading included: gigabytes over a slow line.
pub const EXPORT_TIME: Duration = Duration::from_secs(600);
/// Entities of a part that is exported; the whole has no limit.
pub const EXPORT_ENTITIES: usize = 5_000;
/// How long open requests may go on after a signal to stop: longer than an operation can take,
/// shorter than the ten seconds after which supervisors kill.
pub const DRAIN_TIME: Duration = Duration::from_secs(8);
/// Requests a second of one client, steadily: ten people who click as fast as they can, behind one address.
pub const RATE: u64 = 100;
/// Nodes by static cost a second of one client, steadily: one answer of the largest size allowed each second.
pub const RATE_COST: u64 = 100_000;
/// How many seconds' worth a client may ask at once: a page that draws a graph asks in bursts.
pub const RATE_SECONDS: f64 = 10.0;
/// Clients whose rates are known at once; each takes some hundred bytes.
pub const RATE_CLIENTS: usize = 1 << 16;
/// Bytes from which an answer is compressed; below, the headers outweigh what is saved.
pub const COMPRESS_FROM: u64 = 1024;

/// What can be set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Names this server answers to, besides addresses and `localhost`.
    pub hosts: Vec<String>,
    /// Origins whose pages may read and write. If empty, the pages of all may read, and only our
    /// own may write.
    pub origins: Vec<String>,
    /// Who is known.
    pub access: Arc<Access>,
    /// The keys of an identity provider, where one vouches for callers.
    pub keys: Option<Keys>,
    /// Whether saved questions alone are executed for clients.
    pub only_saved_queries: bool,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What each client may ask in a while.
    pub rates: Arc<Rates>,
    /// How many proxies stand before this server and tell whom they speak for.
    pub proxies: usize,
    /// Whether whoever is not known may not even read.
    pub private: bool,
    /// See [`BODY_BYTES`].
    pub body_bytes: usize,
    /// See [`HEADER_TIME`].
    pub header_time: Duration,
    /// See [`BODY_TIME`].
    pub body_time: Duration,
    /// See [`WRITE_TIME`].
    pub write_time: Duration,
    /// See [`OPERATION_TIME`].
    pub operation_time: Duration,
    /// See [`CONNECTIONS`].
    pub connections: usize,
    /// See [`DRAIN_TIME`].
    pub drain_time: Duration,
    /// Whether the server is stopping: streams and sockets end, and it is not ready any more.
    pub draining: watch::Sender<bool>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            hosts: Vec::new(),
            origins: Vec::new(),
            access: Arc::default(),
            keys: None,
            only_saved_queries: false,
            metrics: Arc::default(),
            rates: Arc::new(Rates::of(RATE, RATE_COST)),
            proxies: 0,
            private: false,
            body_bytes: BODY_BYTES,
            header_time: HEADER_TIME,
            body_time: BODY_TIME,
            write_time: WRITE_TIME,
            operation_time: OPERATION_TIME,
            connections: CONNECTIONS,
            drain_time: DRAIN_TIME,
            draining: watch::Sender::new(false),
        }
    }
}
