//! Are blobs written whole or not at all, and read as they were written?

use std::io;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{BlobKey, BlobStream, READ};
use crate::harness::{Bed, on_beds};
use crate::{BlobStore, Error, Storage};

/// What a folder takes at once, and a bucket.
const PIECES: [usize; 2] = [1 << 20, 8 << 20];

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

on_beds! {
    [sqlite bucket]

    async fn a_blob_of_any_length_is_read_as_it_was_written(bed: &Bed) {
        let blobs = bed.storage.blobs();
        let piece = PIECES[usize::from(bed.service.is_some())];
        for length in [0, 1, READ, READ + 1, piece, piece + 1, 2 * piece + 7] {
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

    async fn a_range_is_cut_to_what_there_is(bed: &Bed) {
        let blobs = bed.storage.blobs();
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
        for beyond in [300_000..300_001, u64::MAX - 1..u64::MAX, u64::MAX..u64::MAX] {
            let reading = blobs.read_range(key, beyond).await.unwrap();
            assert_eq!((reading.size(), reading.range()), (300_000, 300_000..300_000));
            assert!(all(reading).await.is_empty());
        }
        let empty = blobs.put_bytes(Vec::new()).await.unwrap().key;
        assert!(all(blobs.read_range(empty, 0..10).await.unwrap()).await.is_empty());
    }

    async fn a_missing_blob_is_told_by_its_key(bed: &Bed) {
        let blobs = bed.storage.blobs();
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

    async fn a_blob_larger_than_is_allowed_is_not_read_into_memory(bed: &Bed) {
        let blobs = bed.storage.blobs();
        let key = blobs.put_bytes(pattern(11)).await.unwrap().key;
        assert!(matches!(blobs.bytes(key, 10).await, Err(Error::TooLarge { size: 11, limit: 10 })));
    }

    async fn a_large_upload_and_its_reading_cost_little_memory(bed: &Bed) {
        let blobs = bed.storage.blobs();
        let before = resident();
        let piece = Bytes::from(pattern(PIECES[0]));
        let pieces = if bed.service.is_some() { 96_u64 } else { 256 };
        let source = stream::iter((0..pieces).map(|_| Ok(piece.clone())));
        let blob = blobs.put(source).await.unwrap();
        assert_eq!(blob.size, pieces * u64::try_from(PIECES[0]).unwrap());
        let read = blobs.read(blob.key).await.unwrap();
        let read = read.try_fold(0, |sum, piece| async move { Ok(sum + piece.len()) }).await.unwrap();
        assert_eq!(u64::try_from(read).unwrap(), blob.size);
        let grown = resident().saturating_sub(before);
        let allowed = if bed.service.is_some() { 64 << 20 } else { 16 << 20 };
        assert!(grown < allowed, "grown by {grown} bytes");
    }

    async fn nothing_is_left_of_a_source_that_fails(bed: &Bed) {
        let blobs = bed.storage.blobs();
        let much = 2 * PIECES[1];
        let pieces = [Ok(Bytes::from(pattern(much))), Err(io::Error::other("the peer went away"))];
        let refused = blobs.put(stream::iter(pieces)).await.unwrap_err();
        assert_eq!(refused.to_string(), "the data broke off: the peer went away");
        let mut writer = blobs.create().unwrap();
        writer.write(&pattern(much)).await.unwrap();
        assert_eq!(writer.size(), u64::try_from(much).unwrap());
        writer.abandon().await;
        match &bed.service {
            Some(service) => {
                assert_eq!(service.parts(), 0);
                assert_eq!(files(&bed.path().join("uploading")), Vec::<String>::new());
            }
            // The temporary file is removed behind the scenes.
            None => while !files(&bed.path().join("blobs")).is_empty() {
                tokio::task::yield_now().await;
            },
        }
    }

    async fn what_a_writer_left_that_was_cut_off_is_swept_when_it_is_old(bed: &Bed) {
        let mut writer = bed.storage.blobs().create().unwrap();
        writer.write(&pattern(2 * PIECES[1])).await.unwrap();
        // As it is after a kill: nobody tidies up.
        std::mem::forget(writer);
        let hour = Duration::from_secs(3_600);
        assert_eq!(bed.storage.sweep(hour).await.unwrap().unfinished, 0);
        let left = |bed: &Bed| match &bed.service {
            Some(service) => service.parts(),
            None => files(&bed.path().join("blobs")).len(),
        };
        assert!(left(bed) > 0);
        // The times compared are whole milliseconds.
        let now = crate::clock::now();
        while crate::clock::now() <= now {
            tokio::task::yield_now().await;
        }
        assert_eq!(bed.storage.sweep(Duration::ZERO).await.unwrap().unfinished, 1);
        assert_eq!(left(bed), 0);
    }
}

#[tokio::test]
async fn a_blob_that_is_cut_short_while_it_is_read_is_damaged() {
    let bed = Bed::sqlite().await;
    let blobs = bed.storage.blobs();
    let key = blobs.put_bytes(pattern(3 * READ)).await.unwrap().key;
    let mut reading = blobs.read(key).await.unwrap();
    reading.next().await.unwrap().unwrap();
    let file = std::fs::File::options().write(true).open(bed.blob_file(key)).unwrap();
    file.set_len(u64::try_from(READ).unwrap()).unwrap();
    let broken = reading.try_collect::<Vec<_>>().await.unwrap_err();
    assert!(matches!(broken, Error::Damaged { .. }), "{broken}");
    bed.clear().await;
}

#[tokio::test]
async fn a_service_that_is_out_of_reach_is_told_at_once_and_nothing_half_done_stays() {
    let bed = Bed::bucket().await;
    let (blobs, service) = (bed.storage.blobs(), bed.service.as_ref().unwrap());
    let kept = blobs.put_bytes(b"kept".to_vec()).await.unwrap();
    let mut cut_off = blobs.create().unwrap();
    cut_off.write(&pattern(2 * PIECES[1])).await.unwrap();
    service.stop();
    let refusals = [
        blobs.put_bytes(b"new".to_vec()).await.map(drop),
        blobs.read(kept.key).await.map(drop),
        blobs.read_range(kept.key, 1..3).await.map(drop),
        blobs.size(kept.key).await.map(drop),
        cut_off.finish().await.map(drop),
        bed.storage.ping().await,
        Storage::open(bed.config.clone()).await.map(drop),
    ];
    for refusal in refusals {
        let refusal = refusal.unwrap_err();
        assert!(matches!(refusal, Error::Unreachable { .. }) && refusal.is_temporary(), "{refusal:?}");
        assert_eq!(refusal.to_string(), "the message store is out of reach, try again later");
    }
    service.again();
    bed.storage.ping().await.unwrap();
    assert_eq!(blobs.bytes(kept.key, 10).await.unwrap(), "kept");
    let now = crate::clock::now();
    while crate::clock::now() <= now {
        tokio::task::yield_now().await;
    }
    let swept = bed.storage.sweep(Duration::ZERO).await.unwrap();
    assert_eq!((swept.orphans, swept.unfinished, service.parts()), (1, 1, 0));
    bed.clear().await;
}

#[tokio::test]
async fn a_bucket_that_is_not_there_and_keys_that_are_wrong_are_refused_with_the_reason() {
    let bed = Bed::bucket().await;
    let BlobStore::Bucket(bucket) = &bed.config.blobs else { unreachable!() };
    let nowhere = crate::Bucket { name: "nowhere".into(), ..bucket.clone() };
    let stranger = crate::Bucket { keys: Some(("test".into(), "guessed".into())), ..bucket.clone() };
    let authorities = Some(bed.path().join("gateway.sqlite"));
    let untrusting = crate::Bucket { authorities, ..bucket.clone() };
    for (bucket, words) in
        [(nowhere, "NoSuchBucket"), (stranger, "SignatureDoesNotMatch"), (untrusting, "no PEM file")]
    {
        let config = crate::Config { blobs: BlobStore::Bucket(bucket), ..bed.config.clone() };
        let refused = Storage::open(config).await.unwrap_err();
        assert!(matches!(refused, Error::Refused { .. }), "{refused:?}");
        assert!(refused.to_string().contains(words), "{refused}");
    }
    bed.clear().await;
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
