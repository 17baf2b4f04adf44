//! `fileSubList`: which files is the user subscribed to?

use crate::wire::wire;

wire! {
    /// Lists subscriptions to files and directories. Answered by one `fileSubscription` for each; the file need not
    /// exist.
    pub struct FileSubList "fileSubList" {}
}
