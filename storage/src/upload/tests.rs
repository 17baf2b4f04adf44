//! Does an upload set hold what was put into it, and let go of the rest?

use crate::harness::{message, on_both, unwritten};
use crate::{Aggregate, Error, NewMessage, Upload};

fn upload(id: &str, size: u64) -> Upload {
    Upload { id: id.into(), content_type: format!("text/plain; name={id}"), blob: unwritten(size) }
}

on_both! {
    async fn a_file_replaces_the_one_of_its_id_in_its_session_only(bed: &Bed) {
        let (first, second, third) = (upload("x", 1), upload("x", 2), upload("a", 3));
        for one in [&first, &second, &third] {
            bed.storage.set_upload("one", one.clone()).await.unwrap();
        }
        bed.storage.set_upload("two", first.clone()).await.unwrap();
        assert_eq!(bed.storage.upload("one", "x").await.unwrap(), second);
        assert_eq!(bed.storage.upload("two", "x").await.unwrap(), first);
        assert_eq!(bed.storage.uploads("one").await.unwrap(), [third, second]);
        let refused = bed.storage.upload("one", "y").await.unwrap_err();
        assert!(matches!(refused, Error::NotFound { what: Aggregate::Upload }), "{refused}");
        bed.assert_sound().await;
    }

    async fn a_set_that_is_dropped_lets_go_of_its_blobs_but_not_of_those_used_elsewhere(bed: &Bed) {
        let inbox = bed.inbox().await;
        let (sent, unsent) = (upload("a", 10), upload("b", 20));
        for one in [&sent, &unsent] {
            bed.storage.set_upload("one", one.clone()).await.unwrap();
        }
        bed.storage.set_upload("two", sent.clone()).await.unwrap();
        bed.storage.append(inbox, vec![NewMessage { blob: sent.blob, ..message(1) }]).await.unwrap();
        bed.storage.drop_uploads("one").await.unwrap();
        assert_eq!(bed.storage.uploads("one").await.unwrap(), []);
        assert_eq!(bed.storage.uploads("two").await.unwrap(), [sent]);
        assert_eq!(bed.count("SELECT COUNT(*) FROM blob WHERE refs = 0").await, 1);
        bed.storage.drop_all_uploads().await.unwrap();
        assert_eq!(bed.storage.uploads("two").await.unwrap(), []);
        assert_eq!(bed.count("SELECT refs FROM blob WHERE refs > 0").await, 1);
        bed.assert_sound().await;
    }
}
