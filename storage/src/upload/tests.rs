//! Does an upload set hold what was put into it, and let go of the rest?

use crate::harness::{everywhere, message, unwritten};
use crate::{Aggregate, Error, NewMessage, Room, Upload};

const AMPLE: Room = Room { files: 100, bytes: 1_000 };

fn upload(id: &str, size: u64) -> Upload {
    Upload { id: id.into(), content_type: format!("text/plain; name={id}"), blob: unwritten(size) }
}

everywhere! {
    async fn a_file_replaces_the_one_of_its_id_in_its_session_only(bed: &Bed) {
        let (first, second, third) = (upload("x", 1), upload("x", 2), upload("a", 3));
        for one in [&first, &second, &third] {
            bed.storage.set_upload("one", one.clone(), AMPLE).await.unwrap();
        }
        bed.storage.set_upload("two", first.clone(), AMPLE).await.unwrap();
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
            bed.storage.set_upload("one", one.clone(), AMPLE).await.unwrap();
        }
        bed.storage.set_upload("two", sent.clone(), AMPLE).await.unwrap();
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

    async fn of_uploads_that_come_at_once_only_those_are_taken_for_which_there_is_room(bed: &Bed) {
        let taken = async |session: &'static str, sizes: [u64; 5], room: Room| {
            let put = |(n, size): (usize, u64)| bed.storage.set_upload(session, upload(&n.to_string(), size), room);
            let done = futures_util::future::join_all(sizes.into_iter().enumerate().map(put)).await;
            assert!(done.iter().all(|done| matches!(done, Ok(()) | Err(Error::NoRoom))), "{done:?}");
            done.iter().filter(|done| done.is_ok()).count()
        };
        assert_eq!(taken("bytes", [40; 5], Room { files: 9, bytes: 100 }).await, 2);
        assert_eq!(taken("files", [1; 5], Room { files: 3, bytes: 100 }).await, 3);
        let held: u64 = bed.storage.uploads("bytes").await.unwrap().iter().map(|one| one.blob.size).sum();
        assert_eq!(held, 80);
        bed.assert_sound().await;
    }

    async fn a_file_takes_the_room_of_the_one_that_it_replaces_and_a_refused_one_leaves_no_blob(bed: &Bed) {
        let room = Room { files: 1, bytes: 10 };
        let file = |blob| Upload { blob, ..upload("x", 0) };
        let first = bed.storage.blobs().put_bytes(vec![1; 10]).await.unwrap();
        bed.storage.set_upload("one", file(first), room).await.unwrap();
        let second = bed.storage.blobs().put_bytes(vec![2; 10]).await.unwrap();
        bed.storage.set_upload("one", file(second), room).await.unwrap();
        let large = bed.storage.blobs().put_bytes(vec![3; 11]).await.unwrap();
        let refused = bed.storage.set_upload("one", file(large), room).await.unwrap_err();
        assert!(matches!(refused, Error::NoRoom), "{refused}");
        assert!(matches!(bed.storage.blobs().read(large.key).await, Err(Error::MissingBlob { .. })));
        assert_eq!(bed.storage.upload("one", "x").await.unwrap().blob, second);
        bed.assert_sound().await;
    }
}
