//! Where operations run: on threads of their own, as many at once as there are processors, so
//! many waiting and no more, each until its deadline.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};

use super::settings::{QUEUE, STOP_TIME};
use crate::graphql::Code;

/// Why there is no outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotRun {
    /// Too many wait already, or the deadline came before its turn.
    #[error("the server has as much to do as it takes on; try again in a second")]
    Overloaded,
    /// It was told to stop at its deadline and did not.
    #[error("the operation took longer than it may; ask for less, or for pages of it")]
    Overdue,
    /// A fault of ours.
    #[error("the operation failed for a reason of ours; it has been logged")]
    Panicked,
}

impl NotRun {
    /// The status and code that say so.
    pub(super) fn told(self) -> (StatusCode, Code) {
        match self {
            NotRun::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, Code::Overloaded),
            NotRun::Overdue => (StatusCode::SERVICE_UNAVAILABLE, Code::Timeout),
            NotRun::Panicked => (StatusCode::INTERNAL_SERVER_ERROR, Code::Internal),
        }
    }
}

/// The places there are. Both are given back when the thread is done, not when the client has
/// left: an operation whose client is gone still holds a processor until it sees its flag.
#[derive(Clone, Debug)]
pub(super) struct Executors {
    /// Running or waiting to.
    admitted: Arc<Semaphore>,
    running: Arc<Semaphore>,
}

impl Executors {
    /// A place for each processor, and a queue.
    pub(super) fn new() -> Executors {
        let processors = std::thread::available_parallelism().map_or(2, |n| n.get());
        Executors::sized(processors, QUEUE)
    }

    fn sized(running: usize, waiting: usize) -> Executors {
        Executors {
            admitted: Arc::new(Semaphore::new(running + waiting)),
            running: Arc::new(Semaphore::new(running)),
        }
    }

    /// Runs `job` on a blocking thread. At the deadline, or when the caller loses interest and
    /// drops this future, `stop` is set; a job that looks at it ends soon, and its own outcome is
    /// what comes back.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        stop: Arc<AtomicBool>,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotRun> {
        let deadline = Instant::now() + limit;
        let admitted = self.admitted.clone().try_acquire_owned().map_err(|_| NotRun::Overloaded)?;
        let running = timeout_at(deadline, self.running.clone().acquire_owned()).await;
        let Ok(Ok(running)) = running else { return Err(NotRun::Overloaded) };
        let stop = StopOnDrop(stop);
        let mut task = tokio::task::spawn_blocking(move || {
            let _places: (OwnedSemaphorePermit, OwnedSemaphorePermit) = (admitted, running);
            job()
        });
        let ended = match timeout_at(deadline, &mut task).await {
            Ok(ended) => ended,
            Err(_) => {
                stop.now();
                timeout(STOP_TIME, task).await.map_err(|_| {
                    tracing::error!(
                        "an operation did not stop when told to; its place is lost until it does"
                    );
                    NotRun::Overdue
                })?
            }
        };
        ended.map_err(|e| {
            tracing::error!(error = %e, "an operation panicked");
            NotRun::Panicked
        })
    }
}

/// Sets the flag when it goes: harmless once the job has ended.
struct StopOnDrop(Arc<AtomicBool>);

impl StopOnDrop {
    fn now(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    /// A job that only its flag ends.
    fn endless(stop: &Arc<AtomicBool>) -> impl FnOnce() -> &'static str + Send + 'static {
        let stop = stop.clone();
        move || {
            while !stop.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            "stopped"
        }
    }

    fn flag() -> Arc<AtomicBool> {
        Arc::new(AtomicBool::new(false))
    }

    #[tokio::test]
    async fn a_job_gives_its_outcome() {
        assert_eq!(Executors::sized(1, 0).run(LONG, flag(), || 7).await, Ok(7));
    }

    #[tokio::test]
    async fn at_its_deadline_a_job_is_told_to_stop_and_its_own_outcome_is_given() {
        let stop = flag();
        assert_eq!(
            Executors::sized(1, 0).run(Duration::ZERO, stop.clone(), endless(&stop)).await,
            Ok("stopped")
        );
    }

    #[tokio::test]
    async fn who_finds_the_queue_full_is_told_at_once_and_places_come_back_when_clients_leave() {
        let executors = Executors::sized(1, 0);
        let stop = flag();
        let mut first = Box::pin(executors.run(LONG, stop.clone(), endless(&stop)));
        assert!(futures_now(&mut first).is_none(), "the first one runs");
        assert_eq!(executors.run(LONG, flag(), || 1).await, Err(NotRun::Overloaded));
        drop(first); // the client left: the flag is set, the thread ends, the place is free
        let again = executors.admitted.acquire().await;
        drop(again);
        assert_eq!(executors.run(LONG, flag(), || 2).await, Ok(2));
    }

    #[tokio::test]
    async fn a_panic_is_an_answer_and_costs_no_place() {
        let executors = Executors::sized(1, 0);
        let panicking = || -> u8 { panic!("on purpose") };
        assert_eq!(executors.run(LONG, flag(), panicking).await, Err(NotRun::Panicked));
        assert_eq!(executors.run(LONG, flag(), || 3).await, Ok(3));
    }

    /// Polls once.
    fn futures_now<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match std::pin::Pin::new(future).poll(&mut context) {
            std::task::Poll::Ready(out) => Some(out),
            std::task::Poll::Pending => None,
        }
    }
}
