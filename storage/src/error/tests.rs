//! Is what may be done about an error told right?

use std::io;
use std::sync::Arc;

use super::{Error, from_postgres, from_sqlite};
use crate::blob::BlobKey;

fn of_store(kind: io::ErrorKind) -> Error {
    let source = Box::new(io::Error::from(kind));
    Error::from_blob_store(BlobKey::new().unwrap(), object_store::Error::Generic { store: "test", source })
}

#[test]
fn a_full_disk_under_the_blobs_is_told_from_a_forbidden_one() {
    assert!(matches!(of_store(io::ErrorKind::StorageFull), Error::Full));
    assert!(matches!(of_store(io::ErrorKind::QuotaExceeded), Error::Full));
    assert!(matches!(of_store(io::ErrorKind::ReadOnlyFilesystem), Error::Unwritable { .. }));
    assert!(matches!(of_store(io::ErrorKind::Other), Error::BlobStore { .. }));
}

#[test]
fn the_codes_of_both_databases_map_to_what_can_be_done_about_them() {
    let reason = || Arc::from("said");
    let text = |error: Option<Error>| error.map(|error| error.to_string());
    assert_eq!(text(from_sqlite("517", reason)).as_deref(), Some("the storage is busy: said"));
    assert_eq!(text(from_sqlite("13", reason)).as_deref(), Some("the disk is full"));
    assert_eq!(text(from_sqlite("26", reason)).as_deref(), Some("the stored data is damaged: said"));
    assert_eq!(text(from_sqlite("19", reason)), None);
    assert_eq!(
        text(from_postgres("40P01", reason)).as_deref(),
        Some("the change collided with others: said")
    );
    assert_eq!(text(from_postgres("53100", reason)).as_deref(), Some("the disk is full"));
    assert_eq!(text(from_postgres("57P03", reason)).as_deref(), Some("the storage is busy: said"));
    assert_eq!(text(from_postgres("23505", reason)), None);
}
