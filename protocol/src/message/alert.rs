//! `alert`: something for the user to read.

use crate::{Time, wire::wire};

wire! {
    /// A text for the user.
    pub struct Alert "alert" {
        /// When.
        attribute time: Time = "gmtTime";
        /// When, on the user's clock.
        attribute local_time: String = "localTime";
        /// The text.
        body text: String = "text";
    }
}
