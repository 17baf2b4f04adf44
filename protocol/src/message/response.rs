//! `response`: the end of a request.

use crate::{ErrorCode, wire::wire};

wire! {
    /// Ends a request: with success, or with `errorText` and `errorNum`.
    pub struct Response "response" {
        /// What went wrong.
        attribute error: Option<String> = "errorText";
        /// Its number.
        attribute number: Option<u16> = "errorNum";
        /// If asked for: the processing time in ms.
        attribute time: Option<u64> = "exeTime";
    }
}

impl Response {
    /// Success.
    pub const OK: Self = Self { error: None, number: None, time: None };

    /// A failure with the text of its code.
    #[must_use]
    pub fn failure(code: ErrorCode) -> Self {
        Self::failure_with(code, code.text())
    }

    /// A failure with a text that says more.
    #[must_use]
    pub fn failure_with(code: ErrorCode, text: impl Into<String>) -> Self {
        Self { error: Some(text.into()), number: Some(code.number()), time: None }
    }
}
