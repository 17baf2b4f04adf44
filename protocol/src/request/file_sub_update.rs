//! `fileSubUpdate`: subscribe to files, or no longer.

use crate::{FileSubscriptionEdit, wire::wire};

wire! {
    /// Adds and removes subscriptions to files and directories: all, or none if one is not possible.
    pub struct FileSubUpdate "fileSubUpdate" {
        /// What changes, in order.
        body subscriptions: Vec<FileSubscriptionEdit> = "subscriptions";
    }
}
