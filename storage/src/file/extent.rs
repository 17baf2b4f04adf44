//! Of which bytes of which blobs does a file consist?

use std::collections::BTreeMap;
use std::ops::Range;

use crate::blob::{Blob, BlobKey, read_size};
use crate::error::Result;
use crate::id::FileId;
use crate::reference;
use crate::statement::{Connection, Row, Sql};

const LIST: Sql = Sql::same(
    "SELECT position, length, blob, blob_size, start FROM file_extent WHERE file = $1 ORDER BY position",
);
const ADD: Sql = Sql::same(
    "INSERT INTO file_extent (file, position, length, blob, blob_size, start) VALUES ($1, $2, $3, $4, $5, $6)",
);
const DROP: Sql = Sql::same("DELETE FROM file_extent WHERE file = $1 AND position = $2");

/// A file of more extents than this is gathered.
const MANY: usize = 256;
/// Bytes that a file may hold in its blobs beyond twice its size, before it is gathered.
const WASTE: u64 = 64 * 1024;

/// A part of a file, which is a part of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) position: u64,
    pub(super) length: u64,
    pub(super) blob: Blob,
    /// Where in the blob it begins.
    pub(super) start: u64,
}

impl Extent {
    /// A whole blob, at a place of the file.
    pub(super) const fn whole(position: u64, blob: Blob) -> Self {
        Self { position, length: blob.size, blob, start: 0 }
    }

    const fn end(&self) -> u64 {
        self.position.saturating_add(self.length)
    }

    /// What of it lies in a range of the file.
    pub(super) fn within(&self, range: &Range<u64>) -> Option<Self> {
        let (from, till) = (self.position.max(range.start), self.end().min(range.end));
        (from < till).then(|| Self {
            position: from,
            length: till - from,
            blob: self.blob,
            start: self.start.saturating_add(from - self.position),
        })
    }
}

/// The extents of a file after `new` was written over it. It begins within the file, or at its end.
pub(super) fn overlay(extents: &[Extent], new: Extent) -> Vec<Extent> {
    let (before, after) = (0..new.position, new.end()..u64::MAX);
    let kept = |range: &Range<u64>| extents.iter().filter_map(|one| one.within(range)).collect::<Vec<_>>();
    let mut result = kept(&before);
    result.extend((new.length > 0).then_some(new));
    result.extend(kept(&after));
    result
}

/// Which extents of a file should become one: those from a place on, because there are too many, or all, because it holds
/// much more in its blobs than it has. Of many, the large ones at the beginning are left alone, so that what is added to
/// the end of a file bit by bit is copied few times, however large the file is.
pub(super) fn scattered(extents: &[Extent]) -> Option<&[Extent]> {
    let size = extents.last().map_or(0, Extent::end);
    let blobs: BTreeMap<BlobKey, u64> = extents.iter().map(|one| (one.blob.key, one.blob.size)).collect();
    if blobs.values().sum::<u64>() > size.saturating_mul(2).saturating_add(WASTE) {
        return Some(extents);
    }
    if extents.len() <= MANY {
        return None;
    }
    let from = extents.iter().position(|one| one.length < size.saturating_sub(one.end()))?;
    extents.get(from..)
}

pub(super) async fn list(connection: &mut Connection<'_>, file: FileId) -> Result<Vec<Extent>> {
    connection.rows(LIST, &[file.into()], from_row).await
}

fn from_row(row: &Row) -> Result<Extent> {
    Ok(Extent {
        position: read_size(row.integer(0)?)?,
        length: read_size(row.integer(1)?)?,
        blob: Blob::from_row(row.text(2)?, row.integer(3)?)?,
        start: read_size(row.integer(4)?)?,
    })
}

/// Makes `new` of the extents `old` of a file. Blobs that are not named any more are let go.
pub(super) async fn replace(
    connection: &mut Connection<'_>,
    file: FileId,
    old: &[Extent],
    new: &[Extent],
) -> Result<()> {
    let stored = |number: u64| i64::try_from(number).unwrap_or(i64::MAX).into();
    for gone in old.iter().filter(|one| !new.contains(one)) {
        connection.execute(DROP, &[file.into(), stored(gone.position)]).await?;
        reference::release(connection, gone.blob.key).await?;
    }
    for added in new.iter().filter(|one| !old.contains(one)) {
        reference::hold(connection, &added.blob).await?;
        let values = [
            file.into(),
            stored(added.position),
            stored(added.length),
            added.blob.key.into(),
            added.blob.stored_size().into(),
            stored(added.start),
        ];
        connection.execute(ADD, &values).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::unwritten;

    fn at(position: u64, length: u64) -> Extent {
        Extent::whole(position, unwritten(length))
    }

    fn spans(extents: &[Extent]) -> Vec<(u64, u64, u64)> {
        extents.iter().map(|one| (one.position, one.length, one.start)).collect()
    }

    #[test]
    fn what_is_written_over_a_file_cuts_what_was_there() {
        let old = [at(0, 10), at(10, 10)];
        assert_eq!(spans(&overlay(&old, at(20, 5))), [(0, 10, 0), (10, 10, 0), (20, 5, 0)]);
        assert_eq!(spans(&overlay(&old, at(8, 4))), [(0, 8, 0), (8, 4, 0), (12, 8, 2)]);
        assert_eq!(spans(&overlay(&old, at(2, 3))), [(0, 2, 0), (2, 3, 0), (5, 5, 5), (10, 10, 0)]);
        assert_eq!(spans(&overlay(&old, at(0, 30))), [(0, 30, 0)]);
        assert_eq!(spans(&overlay(&old, at(5, 0))), [(0, 5, 0), (5, 5, 5), (10, 10, 0)]);
        assert_eq!(spans(&overlay(&[], at(0, 0))), []);
    }

    #[test]
    fn many_small_extents_at_the_end_are_gathered_and_large_ones_before_them_are_left_alone() {
        let mut extents = vec![at(0, 1 << 30)];
        for n in 0..255 {
            extents.push(at((1 << 30) + n, 1));
        }
        assert_eq!(scattered(&extents), None);
        extents.push(at((1 << 30) + 255, 1));
        assert_eq!(scattered(&extents), extents.get(1..));
    }

    #[test]
    fn a_file_that_holds_much_more_than_it_has_is_gathered_whole() {
        let large = unwritten(10 << 20);
        let rest = Extent { position: 0, length: 1, blob: large, start: 5 };
        let extents = [rest, at(1, 100)];
        assert_eq!(scattered(&extents), Some(&extents[..]));
        let halves = [
            Extent { position: 0, length: 5 << 20, blob: large, start: 0 },
            Extent { position: 5 << 20, length: 5 << 20, blob: large, start: 5 << 20 },
        ];
        assert_eq!(scattered(&halves), None);
    }
}
