//! `fileSubscription`: a file that the user is subscribed to.

use crate::wire::wire;

wire! {
    /// Answers `fileSubList`.
    pub struct FileSubscription "fileSubscription" {
        /// The file's name.
        attribute file_name: String = "fileName";
    }
}
