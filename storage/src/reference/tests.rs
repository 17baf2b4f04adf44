//! Is swept what nobody names, and nothing else?

use std::time::Duration;

use crate::harness::{message, on_both};
use crate::{Blob, Error, NewMessage, Swept, Uid};

const NONE: Duration = Duration::ZERO;
const HOUR: Duration = Duration::from_secs(3_600);

on_both! {
    async fn what_nobody_names_is_swept_after_the_grace_and_not_before(bed: &Bed) {
        let inbox = bed.inbox().await;
        let put = async |byte| bed.storage.blobs().put_bytes(vec![byte; 10]).await.unwrap();
        let (kept, removed, orphan) = (put(1).await, put(2).await, put(3).await);
        let of = |blob: Blob| NewMessage { blob, ..message(1) };
        bed.storage.append(inbox, vec![of(kept), of(removed)]).await.unwrap();
        bed.storage.remove(inbox, &[Uid(2)]).await.unwrap();
        let staged = bed.path().join("blobs").join(format!("{}#1", orphan.key.path()));
        std::fs::write(&staged, b"cut off").unwrap();
        let foreign = staged.with_file_name("README");
        std::fs::write(&foreign, b"not ours").unwrap();

        assert_eq!(bed.storage.sweep(HOUR).await.unwrap(), Swept::default());
        assert_eq!(bed.storage.blobs().size(orphan.key).await.unwrap(), 10);

        // The times compared are whole milliseconds.
        while crate::clock::now() <= crate::clock::at(std::fs::metadata(&foreign).unwrap().modified().unwrap()) {
            tokio::task::yield_now().await;
        }
        let swept = bed.storage.sweep(NONE).await.unwrap();
        assert_eq!(swept, Swept { released: 1, orphans: 1, unfinished: 1 });
        assert_eq!(bed.storage.blobs().size(kept.key).await.unwrap(), 10);
        for gone in [removed, orphan] {
            let missing = bed.storage.blobs().size(gone.key).await.unwrap_err();
            assert!(matches!(missing, Error::MissingBlob { key } if key == gone.key), "{missing}");
        }
        assert!(!staged.exists() && foreign.exists());
        assert_eq!(bed.count("SELECT COUNT(*) FROM blob").await, 1);
        assert_eq!(bed.storage.sweep(NONE).await.unwrap(), Swept::default());
    }
}
