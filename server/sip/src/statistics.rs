//! What was counted since the start.

use std::collections::BTreeMap;

/// Counters and gauges for the operator. Counters only grow; none has a label that a peer can make up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Requests received, retransmissions included, by method (`other` for unknown ones).
    pub requests_received: BTreeMap<&'static str, u64>,
    /// Requests sent, without retransmissions, by method.
    pub requests_sent: BTreeMap<&'static str, u64>,
    /// Responses received, retransmissions included, by class 1 to 6.
    pub responses_received: BTreeMap<u16, u64>,
    /// Responses sent, without retransmissions, by class 1 to 6.
    pub responses_sent: BTreeMap<u16, u64>,
    /// Messages that could not be read.
    pub parse_errors: u64,
    /// Requests that came again.
    pub retransmissions_received: u64,
    /// Requests and responses sent again.
    pub retransmissions_sent: u64,
    /// What was dropped without an answer, by reason.
    pub dropped: BTreeMap<DropReason, u64>,
    /// Requests refused because a table was full.
    pub overload: u64,
    /// Requests of ours under way now.
    pub client_transactions: usize,
    /// Requests of others under way now.
    pub server_transactions: usize,
    /// Calls now, in every state.
    pub calls: usize,
    /// Dialogs that are confirmed now.
    pub dialogs: usize,
    /// Connections now, those being opened included.
    pub connections: usize,
    /// Bindings of phones now.
    pub bindings: usize,
    /// Requests that wait for the credentials of an account now.
    pub authentications: usize,
}

/// Why something was dropped without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DropReason {
    /// Nothing but line ends: a keep-alive.
    KeepAlive,
    /// No message, and nothing in it that could be answered.
    Unreadable,
    /// A response whose Via names someone else, or that has more than one (RFC 3261 §18.1.2, §8.1.3.3).
    ForeignResponse,
    /// A response to nothing that was asked.
    StrayResponse,
    /// An ACK for nothing that is known. Every challenge to an INVITE brings one: it was sent without being stored.
    StrayAck,
    /// Bytes for a connection that is gone.
    NoConnection,
    /// A connection whose next message cannot be found, or that took too long.
    BrokenStream,
    /// A command for a call that is over, or in a state that the command does not fit.
    StaleCommand,
}

impl DropReason {
    /// The reason in a word, for a metric's label.
    pub fn label(self) -> &'static str {
        match self {
            Self::KeepAlive => "keep_alive",
            Self::Unreadable => "unreadable",
            Self::ForeignResponse => "foreign_response",
            Self::StrayResponse => "stray_response",
            Self::StrayAck => "stray_ack",
            Self::NoConnection => "no_connection",
            Self::BrokenStream => "broken_stream",
            Self::StaleCommand => "stale_command",
        }
    }
}

impl Statistics {
    pub(crate) fn drop(&mut self, reason: DropReason) {
        *self.dropped.entry(reason).or_default() += 1;
    }
}
