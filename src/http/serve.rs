//! Listening: an accept loop of our own, since the stock one has no time limit on headers, no
//! limit on connections and no end to draining. It ends when told to: every request that has begun
//! is answered, every connection that waits is closed, and what is open at the deadline is cut.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;

use super::rates::Peer;
use super::settings::{HEADER_BYTES, Settings};

/// How long the loop waits after the system has no descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Opens a socket; port 0 picks a free one.
///
/// # Errors
/// Who and why, with the way out.
pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|e| {
        let help = match e.kind() {
            io::ErrorKind::AddrInUse => {
                "; another process listens there: stop it, or choose another port (0 picks a free one)"
            }
            io::ErrorKind::PermissionDenied => "; ports below 1024 need privileges: choose another",
            _ => "",
        };
        io::Error::new(e.kind(), format!("cannot listen on {address}: {e}{help}"))
    })
}

/// Serves until `stop` is done, then takes no more connections, lets open requests finish, and
/// returns after [`Settings::drain_time`] at the latest.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    settings: &Settings,
    stop: impl Future<Output = ()>,
) {
    let connections = Arc::new(Semaphore::new(settings.connections));
    let (draining, on_drain) = watch::channel(false);
    let times = Times { header: settings.header_time, write: settings.write_time };
    // Dropped at the end, which cuts what is still open.
    let mut open = JoinSet::new();
    tokio::pin!(stop);
    loop {
        while open.try_join_next().is_some() {}
        let permit = tokio::select! {
            permit = connections.clone().acquire_owned() => permit,
            () = &mut stop => break,
        };
        let Ok(permit) = permit else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                open.spawn(connection(
                    stream,
                    Peer(peer.ip()),
                    router.clone(),
                    times,
                    on_drain.clone(),
                    permit,
                ));
            }
            // A client that left, or no descriptors: neither is a reason to stop listening.
            Err(e) => {
                tracing::warn!(error = %e, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    settings.draining.send_replace(true);
    draining.send_replace(true);
    let all = u32::try_from(settings.connections).unwrap_or(u32::MAX);
    if tokio::time::timeout(settings.drain_time, connections.acquire_many(all)).await.is_err() {
        tracing::warn!("connections were still open at the deadline; they are cut");
    }
}

/// How long a client may take to say what it wants, and to take what it gets.
#[derive(Clone, Copy)]
struct Times {
    header: Duration,
    write: Duration,
}

/// One connection, from its first byte to its last.
async fn connection(
    stream: TcpStream,
    peer: Peer,
    router: Router,
    times: Times,
    mut draining: watch::Receiver<bool>,
    _permit: OwnedSemaphorePermit,
) {
    // Small answers should not wait for more to come; if it cannot be set, they only come later.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(times.write));
    // HTTP/1 alone and not hyper's `auto`, whose header time does not begin before the first byte.
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(times.header)
        .max_buf_size(HEADER_BYTES)
        .serve_connection(
            TokioIo::new(Box::pin(stream)),
            From { peer, router: TowerToHyperService::new(router) },
        )
        .with_upgrades();
    tokio::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => Some(ended),
        _ = draining.changed() => None, // it changes once, or its sender is gone
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(e) = ended {
        tracing::debug!(error = %e, "a connection ended early");
    }
}

/// The routes, told with each request where it comes from.
struct From {
    peer: Peer,
    router: TowerToHyperService<Router>,
}

impl Service<Request<Incoming>> for From {
    type Response = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Response;
    type Error = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Error;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer);
        self.router.call(request)
    }
}

/// Done at the first SIGINT or SIGTERM; the second ends the process at once.
///
/// # Errors
/// Where the system does not let us listen for signals.
pub fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping: open requests may finish");
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            std::process::exit(130);
        });
    })
}
