//! A granted request as long as it runs: what quotas of how many at once count.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::response::Response;
use caltrop::guard::Held;
use caltrop_host::{HostGuard, clock};
use http_body::{Frame, SizeHint};

/// Gives the places of a request back when it is dropped: behind the last byte of its answer, or when the connection is gone.
#[derive(Debug)]
pub(crate) struct Running {
    guard: Arc<HostGuard>,
    held: Held,
}

impl Running {
    pub(crate) const fn new(guard: Arc<HostGuard>, held: Held) -> Self {
        Self { guard, held }
    }

    /// The answer, which keeps the places as long as it is sent.
    pub(crate) fn until_sent(self, response: Response) -> Response {
        if self.held.is_empty() { response } else { response.map(|body| Body::new(Sending { body, _running: self })) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that had lapsed is back already.
        let _ = self.guard.guard().release(std::mem::take(&mut self.held), clock::now());
    }
}

struct Sending {
    body: Body,
    _running: Running,
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
