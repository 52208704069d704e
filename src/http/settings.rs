//! What the outside may ask of the server, with the reason for every number. All of it can be
//! set from the command line; nothing else in this room reads a setting.

use std::time::Duration;

/// Bytes a request body may have: the largest saved query with its variables is far below.
pub const BODY_BYTES: usize = 1 << 20;
/// Bytes of request line and headers together. An address of 64 kB and more is answered 414.
pub const HEADER_BYTES: usize = 128 << 10;
/// Bytes of path and query string: twice what browsers are known to send.
pub const URI_BYTES: usize = 64 << 10;
/// How long a client may take for its headers. A person on a train needs less than one second.
pub const HEADER_TIME: Duration = Duration::from_secs(8);
/// How long a client may take for its body.
pub const BODY_TIME: Duration = Duration::from_secs(8);
/// How long one operation may run. The slowest real question takes milliseconds.
pub const OPERATION_TIME: Duration = Duration::from_secs(5);
/// Connections at once; each costs a few kB.
pub const CONNECTIONS: usize = 4096;
/// Operations that may wait for a processor before the server says it is overloaded.
pub const QUEUE: usize = 256;
/// How long open requests may go on after a signal to stop.
pub const DRAIN_TIME: Duration = Duration::from_secs(8);

/// What can be set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Names this server answers to, besides addresses and `localhost`.
    pub hosts: Vec<String>,
    /// Origins whose pages may read; empty for all.
    pub origins: Vec<String>,
    /// See [`BODY_BYTES`].
    pub body_bytes: usize,
    /// See [`OPERATION_TIME`].
    pub operation_time: Duration,
    /// See [`CONNECTIONS`].
    pub connections: usize,
    /// See [`DRAIN_TIME`].
    pub drain_time: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            hosts: Vec::new(),
            origins: Vec::new(),
            body_bytes: BODY_BYTES,
            operation_time: OPERATION_TIME,
            connections: CONNECTIONS,
            drain_time: DRAIN_TIME,
        }
    }
}
