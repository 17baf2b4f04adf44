//! Where one message ends and the next begins on a byte stream.

use bytes::{Bytes, BytesMut};

use crate::error::{Defect, ParseError};
use crate::header::HeaderName;
use crate::layout::Layout;
use crate::message::{MAX_MESSAGE, Message};

/// Cuts a stream into messages by their Content-Length (RFC 3261 §18.3).
#[derive(Debug, Default)]
pub struct Framer {
    buffer: BytesMut,
    /// The bytes in which no end of the header fields was found.
    searched: usize,
    /// The message whose body is still coming: its layout, and its length with the body.
    head: Option<(Layout, usize)>,
}

/// What was found on the stream.
#[derive(Debug)]
pub enum Frame {
    /// A message.
    Message(Message),
    /// A message that cannot be used; the next one begins where it should.
    Malformed(ParseError),
    /// A keep-alive, to be answered with one CRLF (RFC 5626 §3.5.1).
    Ping,
}

impl Framer {
    /// Takes in what was read from the connection.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Whether a message has begun and not ended.
    pub fn is_within_message(&self) -> bool {
        self.buffer.iter().any(|byte| !b"\r\n".contains(byte))
    }

    /// The next frame, or `None` when more bytes are needed. After an error the stream is of no more use: nobody can
    /// tell where the next message begins.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, ParseError> {
        if self.head.is_none() {
            match self.line_ends() {
                Some(true) => return Ok(Some(Frame::Ping)),
                Some(false) => {}
                None => return Ok(None),
            }
            self.head = self.find_head()?;
        }
        match self.head.take() {
            Some((layout, length)) if self.buffer.len() >= length => {
                let bytes = self.take(length);
                Ok(Some(match crate::parse::assemble(layout, bytes) {
                    Ok(message) => Frame::Message(message),
                    Err(error) => Frame::Malformed(error),
                }))
            }
            head => {
                self.head = head;
                Ok(None)
            }
        }
    }

    /// Drops the line ends before a message: `Some(true)` if two of them make a ping, `Some(false)` when something
    /// else follows, `None` when that cannot be told yet.
    fn line_ends(&mut self) -> Option<bool> {
        loop {
            match self.buffer.get(..) {
                Some([b'\r', b'\n', b'\r', b'\n', ..]) => {
                    let _ = self.take(4);
                    return Some(true);
                }
                None | Some([] | [b'\r'] | [b'\r', b'\n'] | [b'\r', b'\n', b'\r']) => return None,
                Some([b'\r', b'\n', ..]) => {
                    let _ = self.take(2);
                }
                Some(_) => return Some(false),
            }
        }
    }

    /// Finds the end of the header fields and from them the length of the message.
    fn find_head(&mut self) -> Result<Option<(Layout, usize)>, ParseError> {
        let from = self.searched.saturating_sub(3);
        let unsearched = self.buffer.get(from..).unwrap_or_default();
        let Some(offset) = unsearched.windows(4).position(|window| window == b"\r\n\r\n") else {
            self.searched = self.buffer.len();
            return if self.searched > MAX_MESSAGE { Err(Defect::MessageTooLarge.into()) } else { Ok(None) };
        };
        self.searched = 0;
        let length = from + offset + 4;
        let head = self.buffer.get(..length).unwrap_or_default();
        let layout = Layout::scan(head);
        let defect = match (&layout.defect, layout.content_length(head)) {
            (Some(defect), _) => defect.clone(),
            (None, Ok(Some(body))) if body <= MAX_MESSAGE.saturating_sub(length) => {
                return Ok(Some((layout, length + body)));
            }
            (None, Ok(Some(_))) => Defect::MessageTooLarge,
            (None, Ok(None)) => Defect::Missing(HeaderName::ContentLength),
            (None, Err(defect)) => defect,
        };
        let head = self.take(length);
        Err(crate::parse::refuse(layout, head, defect))
    }

    fn take(&mut self, length: usize) -> Bytes {
        self.buffer.split_to(length.min(self.buffer.len())).freeze()
    }
}

#[cfg(test)]
mod tests;
