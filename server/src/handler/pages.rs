//! How are many data messages sent? In pages, each when there is room for it.

use std::collections::VecDeque;
use std::future::ready;

use protocol::Message;

use crate::session::Step;

/// Messages sent at once.
const PAGE: usize = 100;

/// Sends them all, and answers the request.
pub(super) fn send_all<M: Into<Message> + Send + 'static>(mut messages: VecDeque<M>) -> Step {
    if messages.is_empty() {
        return Step::Done;
    }
    let page: Vec<M> = messages.drain(..PAGE.min(messages.len())).collect();
    Step::after(ready(page), move |session, reply, page| {
        for message in page {
            session.send(reply, message);
        }
        Ok(send_all(messages))
    })
}
