//! How do the pieces of a message get into its blobs?

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use storage::{Blob, BlobWriter, Blobs};

use super::source::{Attachments, Place, taken_out};
use crate::content::decoded;
use crate::failure::Failure;
use crate::hub::{Hub, Taken};
use crate::mail::{BASE64_LINE, Composed, Piece, Transfer, append_base64};

/// Longest piece of a content that is in memory, in bytes.
const PIECE: usize = 1 << 20;

/// The blob of the author's own copy and, if others get another one, theirs.
pub(super) struct Writers {
    own: BlobWriter,
    sent: Option<BlobWriter>,
}

impl Writers {
    /// Begins one blob, or two.
    pub(super) fn new(blobs: &Blobs, is_twofold: bool) -> storage::Result<Self> {
        let sent = if is_twofold { Some(blobs.create()?) } else { None };
        Ok(Self { own: blobs.create()?, sent })
    }

    /// Writes a message.
    pub(super) async fn write(
        &mut self,
        hub: &Hub,
        composed: &Composed,
        attachments: &mut Attachments,
    ) -> Result<(), Failure> {
        for piece in composed.pieces() {
            match piece {
                Piece::Bytes(bytes) => self.push(bytes).await?,
                Piece::Secret(bytes) => self.own.write(bytes).await?,
                Piece::Attached(number, transfer) => {
                    if let Some((_, place)) = attachments.found.get_mut(*number) {
                        self.copy(hub, place, *transfer).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds bytes to both.
    pub(super) async fn push(&mut self, bytes: &[u8]) -> storage::Result<()> {
        self.own.write(bytes).await?;
        match &mut self.sent {
            Some(sent) => sent.write(bytes).await,
            None => Ok(()),
        }
    }

    /// Adds a content to both.
    pub(super) async fn copy(
        &mut self,
        hub: &Hub,
        place: &mut Place,
        transfer: Transfer,
    ) -> Result<(), Failure> {
        let mut pieces = place.pieces(hub).await?;
        // What does not fill a line of base64 waits for more.
        let mut rest = Vec::new();
        let mut encoded = Vec::new();
        while let Some(piece) = pieces.try_next().await? {
            if transfer != Transfer::Base64 {
                self.push(&piece).await?;
                continue;
            }
            rest.extend_from_slice(&piece);
            let whole = rest.len() - rest.len() % BASE64_LINE;
            encoded.clear();
            append_base64(rest.get(..whole).unwrap_or_default(), &mut encoded);
            rest.drain(..whole);
            self.push(&encoded).await?;
        }
        encoded.clear();
        append_base64(&rest, &mut encoded);
        Ok(self.push(&encoded).await?)
    }

    /// Makes them durable: the author's own, and the one that others get, which may be the same.
    pub(super) async fn finish(self) -> storage::Result<(Blob, Blob)> {
        let own = self.own.finish().await?;
        let sent = match self.sent {
            Some(sent) => sent.finish().await?,
            None => own,
        };
        Ok((own, sent))
    }
}

impl Place {
    /// The content, piece by piece.
    pub(super) async fn pieces(
        &mut self,
        hub: &Hub,
    ) -> Result<BoxStream<'static, storage::Result<Bytes>>, Failure> {
        let blobs = hub.storage.blobs().clone();
        Ok(match self {
            Self::File(file) => match file.take() {
                Some(file) => file.boxed(),
                None => stream::empty().boxed(),
            },
            Self::Nested(blob, at) => {
                // The room is held until the last piece was read.
                let whole = taken_out(hub, *blob, *at).await?;
                let piece = |(mut rest, room): (Bytes, Taken)| {
                    let piece = rest.split_to(rest.len().min(PIECE));
                    std::future::ready((!piece.is_empty()).then_some((Ok(piece), (rest, room))))
                };
                stream::unfold(whole, piece).boxed()
            }
            Self::Ranges(blob, ranges) => {
                let (key, ranges) = (blob.key, ranges.clone());
                let read = move |range| {
                    let blobs = blobs.clone();
                    async move { blobs.read_range(key, range).await }
                };
                stream::iter(ranges).then(read).try_flatten().boxed()
            }
            Self::Encoded(part) => decoded(blobs, part.clone(), 0..u64::MAX).boxed(),
        })
    }
}
