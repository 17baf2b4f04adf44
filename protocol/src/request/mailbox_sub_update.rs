//! `mailboxSubUpdate`: subscribe to mailboxes, or no longer.

use crate::{SubscriptionEdit, wire::wire};

wire! {
    /// Adds and removes subscriptions: all, or none if one is not possible.
    pub struct MailboxSubUpdate "mailboxSubUpdate" {
        /// What changes, in order.
        body subscriptions: Vec<SubscriptionEdit> = "subscriptions";
    }
}
