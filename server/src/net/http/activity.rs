//! Does anything go on on a connection?
//!
//! What has opened a connection and asks for nothing, or for nothing more, loses it: connections are scarcer than
//! requests.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::answer::Body;

/// How long a connection may stay open between two requests.
const BETWEEN: Duration = Duration::from_secs(60);

/// The requests of a connection.
pub(super) struct Activity {
    state: Mutex<State>,
    closing: CancellationToken,
}

struct State {
    open: u32,
    /// When it ends if no request is open until then.
    until: Instant,
}

impl Activity {
    /// A connection whose first request has to come in this time.
    pub(super) fn new(first: Duration) -> Arc<Self> {
        let state = Mutex::new(State { open: 0, until: Instant::now() + first });
        Arc::new(Self { state, closing: CancellationToken::new() })
    }

    /// A request begins. It is open until its answer has been sent, or the connection is gone.
    pub(super) fn begin(self: &Arc<Self>) -> Open {
        self.lock().open += 1;
        Open(Arc::clone(self))
    }

    /// No more requests shall come on the connection.
    pub(super) fn close(&self) {
        self.closing.cancel();
    }

    /// Waits until the connection should end.
    pub(super) async fn over(&self) {
        loop {
            let until = {
                let state = self.lock();
                if state.open == 0 { state.until } else { Instant::now() + BETWEEN }
            };
            tokio::select! {
                () = self.closing.cancelled() => return,
                () = tokio::time::sleep_until(until) => {}
            }
            let state = self.lock();
            if state.open == 0 && state.until <= Instant::now() {
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is not answered yet.
pub(super) struct Open(Arc<Activity>);

impl Open {
    /// Holds the request open until the body of its answer has been sent.
    pub(super) fn until_sent(self, body: Body) -> Body {
        Body::new(Held { body, _open: self })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.open -= 1;
        state.until = Instant::now() + BETWEEN;
    }
}

struct Held {
    body: Body,
    _open: Open,
}

impl hyper::body::Body for Held {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use hyper::body::Body as _;

    use super::super::answer::whole;
    use super::*;

    const FIRST: Duration = Duration::from_secs(10);

    /// How long it takes until the connection should end.
    async fn time(activity: &Activity) -> Duration {
        let begun = Instant::now();
        activity.over().await;
        begun.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_request_has_less_time_than_the_next() {
        let activity = Activity::new(FIRST);
        assert_eq!(time(&activity).await.as_secs(), 10);
        let activity = Activity::new(FIRST);
        drop(activity.begin());
        assert_eq!(time(&activity).await.as_secs(), 60);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_lasts_while_a_request_or_its_answer_does() {
        let activity = Activity::new(FIRST);
        let open = activity.begin();
        let answer = open.until_sent(whole("the answer"));
        assert_eq!(answer.size_hint().exact(), Some(10));
        let lasting = tokio::time::timeout(Duration::from_secs(3_600), activity.over()).await;
        assert!(lasting.is_err());
        drop(answer);
        assert_eq!(time(&activity).await.as_secs(), 60);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_is_to_be_closed_ends_at_once() {
        let activity = Activity::new(FIRST);
        let _open = activity.begin();
        activity.close();
        assert_eq!(time(&activity).await, Duration::ZERO);
    }
}
