//! Are blobs written whole or not at all, and read as they were written?

use std::io;
use std::path::Path;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use tempfile::TempDir;

use super::{BlobKey, BlobStream, Blobs, PIECE, READ};
use crate::Error;

async fn open(folder: &TempDir) -> Blobs {
    Blobs::open(&folder.path().join("blobs")).await.unwrap()
}

fn pattern(length: usize) -> Vec<u8> {
    (0_u32..).flat_map(u32::to_le_bytes).take(length).collect()
}

async fn all(stream: BlobStream) -> Vec<u8> {
    let pieces: Vec<Bytes> = stream.try_collect().await.unwrap();
    assert!(pieces.iter().all(|piece| !piece.is_empty() && piece.len() <= READ));
    pieces.concat()
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path.display().to_string()) }
    }
    found
}

#[tokio::test]
async fn a_blob_of_any_length_is_read_as_it_was_written() {
    let folder = TempDir::new().unwrap();
    let blobs = open(&folder).await;
    for length in [0, 1, READ, READ + 1, PIECE, PIECE + 1, 3 * PIECE + 7] {
        let bytes = pattern(length);
        let source = stream::iter(bytes.chunks(70_001).map(|piece| Ok(Bytes::copy_from_slice(piece))));
        let streamed = blobs.put(source).await.unwrap();
        let whole = blobs.put_bytes(bytes.clone()).await.unwrap();
        for blob in [streamed, whole] {
            assert_eq!(blob.size, u64::try_from(length).unwrap());
            assert_eq!(blobs.size(blob.key).await.unwrap(), blob.size);
            let reading = blobs.read(blob.key).await.unwrap();
            assert_eq!((reading.size(), reading.range()), (blob.size, 0..blob.size));
            assert!(all(reading).await == bytes, "{length}");
            assert!(blobs.bytes(blob.key, blob.size).await.unwrap() == bytes, "{length}");
        }
    }
}

#[tokio::test]
async fn a_range_is_cut_to_what_there_is() {
    let folder = TempDir::new().unwrap();
    let blobs = open(&folder).await;
    let bytes = pattern(300_000);
    let key = blobs.put_bytes(bytes.clone()).await.unwrap().key;
    for (asked, given) in [
        (0..0, 0..0),
        (5..9, 5..9),
        (100_000..300_000, 100_000..300_000),
        (299_999..u64::MAX, 299_999..300_000),
    ] {
        let reading = blobs.read_range(key, asked).await.unwrap();
        assert_eq!((reading.size(), reading.range()), (300_000, given.clone()));
        let (start, end) = (usize::try_from(given.start).unwrap(), usize::try_from(given.end).unwrap());
        assert!(all(reading).await == bytes[start..end]);
    }
    for beyond in [300_000..300_001, u64::MAX..u64::MAX] {
        let reading = blobs.read_range(key, beyond).await.unwrap();
        assert_eq!((reading.size(), reading.range()), (300_000, 300_000..300_000));
        assert_eq!(all(reading).await, []);
    }
}

#[tokio::test]
async fn nothing_is_left_of_a_source_that_fails() {
    let folder = TempDir::new().unwrap();
    let blobs = open(&folder).await;
    let pieces = [Ok(Bytes::from(pattern(2 * PIECE))), Err(io::Error::other("the peer went away"))];
    let refused = blobs.put(stream::iter(pieces)).await.unwrap_err();
    assert_eq!(refused.to_string(), "the data broke off: the peer went away");
    let mut writer = blobs.create().unwrap();
    writer.write(&pattern(2 * PIECE)).await.unwrap();
    assert_eq!(writer.size(), 2 * u64::try_from(PIECE).unwrap());
    drop(writer);
    // The temporary file is removed behind the scenes.
    while !files(folder.path()).is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_missing_blob_is_told_by_its_key() {
    let folder = TempDir::new().unwrap();
    let blobs = open(&folder).await;
    let missing = BlobKey::new().unwrap();
    let refusals = [
        blobs.read(missing).await.map(drop),
        blobs.read_range(missing, 0..10).await.map(drop),
        blobs.bytes(missing, 10).await.map(drop),
        blobs.size(missing).await.map(drop),
    ];
    for refusal in refusals {
        assert!(matches!(refusal, Err(Error::MissingBlob { key }) if key == missing), "{refusal:?}");
    }
    blobs.delete(missing).await.unwrap();
}

#[tokio::test]
async fn a_blob_that_is_cut_short_while_it_is_read_is_damaged() {
    let folder = TempDir::new().unwrap();
    let blobs = open(&folder).await;
    let key = blobs.put_bytes(pattern(3 * READ)).await.unwrap().key;
    let mut reading = blobs.read(key).await.unwrap();
    reading.next().await.unwrap().unwrap();
    let path = folder.path().join("blobs").join(key.path());
    std::fs::File::options().write(true).open(path).unwrap().set_len(u64::try_from(READ).unwrap()).unwrap();
    let broken = reading.try_collect::<Vec<_>>().await.unwrap_err();
    assert!(matches!(broken, Error::Damaged { .. }), "{broken}");
}

#[tokio::test]
async fn a_blob_larger_than_is_allowed_is_not_read_into_memory() {
    let folder = TempDir::new().unwrap();
    let blobs = open(&folder).await;
    let key = blobs.put_bytes(pattern(11)).await.unwrap().key;
    assert!(matches!(blobs.bytes(key, 10).await, Err(Error::TooLarge { size: 11, limit: 10 })));
}

#[tokio::test]
async fn a_large_upload_and_its_reading_cost_little_memory() {
    let folder = TempDir::new().unwrap();
    let blobs = open(&folder).await;
    let before = resident();
    let piece = Bytes::from(pattern(PIECE));
    let pieces = 256_u64;
    let source = stream::iter((0..pieces).map(|_| Ok(piece.clone())));
    let blob = blobs.put(source).await.unwrap();
    assert_eq!(blob.size, pieces * u64::try_from(PIECE).unwrap());
    let read = blobs.read(blob.key).await.unwrap();
    let read = read.try_fold(0, |sum, piece| async move { Ok(sum + piece.len()) }).await.unwrap();
    assert_eq!(u64::try_from(read).unwrap(), blob.size);
    let grown = resident().saturating_sub(before);
    assert!(grown < 16 * 1024 * 1024, "grown by {grown} bytes");
}

/// The largest share of physical memory that this process has had, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[test]
fn a_key_is_read_back_from_its_text_and_from_no_other() {
    let key = BlobKey::new().unwrap();
    assert_eq!(BlobKey::parse(&key.to_string()), Some(key));
    assert_eq!(key.path(), format!("{}/{key}", &key.to_string()[26..]));
    for wrong in ["", "..", "../../../../../../etc/passwd", "0123456789abcdef0123456789aB"] {
        assert_eq!(BlobKey::parse(wrong), None, "{wrong}");
    }
}
