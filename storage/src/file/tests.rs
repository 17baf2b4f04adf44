//! Are files what was written to them, whoever writes at once and whatever fails?

mod kill;
mod model;

use futures_util::TryStreamExt;

use crate::harness::{Bed, new_account, on_both};
use crate::{
    AccountId, Aggregate, Database, Error, FileGrant, FilePath, FileRoom, FileSource, FileUsage, Grantee,
    Place, Result, Room, Stored, Upload,
};

const AMPLE: FileRoom = FileRoom { files: 100_000, bytes: 1 << 40 };

fn path(text: &str) -> FilePath {
    FilePath::parse(text).unwrap()
}

/// Writes bytes to a file, as a caller does: the blob first.
async fn write(
    bed: &Bed,
    account: AccountId,
    name: &str,
    place: Place,
    bytes: &[u8],
    room: FileRoom,
) -> Result<Stored> {
    let blob = bed.storage.blobs().put_bytes(bytes.to_vec()).await?;
    bed.storage.write_file(account, path(name), place, FileSource::Blob(blob), room).await
}

async fn read(bed: &Bed, account: AccountId, name: &str, range: std::ops::Range<u64>) -> Result<Vec<u8>> {
    let (_, stream) = bed.storage.read_file(account, &path(name), range).await?;
    let length = stream.len();
    let pieces: Vec<_> = stream.try_collect().await?;
    let bytes = pieces.concat();
    assert_eq!(u64::try_from(bytes.len()).unwrap(), length);
    Ok(bytes)
}

const ALL: std::ops::Range<u64> = 0..u64::MAX;

async fn names(bed: &Bed, account: AccountId, directory: &str) -> Vec<String> {
    let files = bed.storage.files(account, &path(directory), 0, 1_000).await.unwrap();
    files.iter().map(|file| file.path.to_string()).collect()
}

on_both! {
    async fn a_file_is_written_added_to_and_read_in_part(bed: &Bed) {
        let alice = bed.account("alice").await.id;
        let first = write(bed, alice, "Notes/today.txt", Place::Whole, b"hello", AMPLE).await.unwrap();
        assert_eq!((first.before, first.after), (FileUsage::default(), FileUsage { files: 2, bytes: 5 }));
        write(bed, alice, "Notes/today.txt", Place::End, b" world", AMPLE).await.unwrap();
        let third = write(bed, alice, "Notes/today.txt", Place::At(4), b"0, W", AMPLE).await.unwrap();
        assert_eq!((third.file.size, third.file.version - first.file.version), (11, 2));
        assert_eq!(read(bed, alice, "Notes/today.txt", ALL).await.unwrap(), b"hell0, Wrld");
        assert_eq!(read(bed, alice, "Notes/today.txt", 3..6).await.unwrap(), b"l0,");
        assert_eq!(read(bed, alice, "Notes/today.txt", 11..90).await.unwrap(), b"");
        assert_eq!(read(bed, alice, "Notes/today.txt", 90..99).await.unwrap(), b"");
        write(bed, alice, "Notes/today.txt", Place::Whole, b"", AMPLE).await.unwrap();
        assert_eq!(read(bed, alice, "Notes/today.txt", ALL).await.unwrap(), b"");
        assert_eq!(bed.storage.file_usage(alice).await.unwrap(), FileUsage { files: 2, bytes: 0 });
        bed.assert_sound().await;
    }

    async fn what_is_listed_is_ordered_by_bytes_and_comes_in_pages(bed: &Bed) {
        let alice = bed.account("alice").await.id;
        for name in ["b", "B", "a b", "É", "a/z", "📝", "_", "a-"] {
            write(bed, alice, name, Place::Whole, b"x", AMPLE).await.unwrap();
        }
        let all = ["B", "_", "a", "a b", "a-", "b", "É", "📝"];
        assert_eq!(names(bed, alice, "").await, all);
        let page = bed.storage.files(alice, &FilePath::root(), 2, 3).await.unwrap();
        assert_eq!(page.iter().map(|file| file.path.name()).collect::<Vec<_>>(), all[2..5]);
        assert_eq!(names(bed, alice, "a/").await, ["a/z"]);
        let missing = bed.storage.files(alice, &path("c"), 0, 9).await.unwrap_err();
        assert!(matches!(missing, Error::NotFound { what: Aggregate::File }), "{missing}");
        let file = bed.storage.files(alice, &path("b"), 0, 9).await.unwrap_err();
        assert!(matches!(file, Error::Unsuitable { .. }), "{file}");
    }

    async fn a_directory_is_renamed_with_all_below_it_or_not_at_all(bed: &Bed) {
        let alice = bed.account("alice").await.id;
        for name in ["a/b/c", "a/d", "ab/x", "a!/y"] {
            write(bed, alice, name, Place::Whole, name.as_bytes(), AMPLE).await.unwrap();
        }
        let rename = async |from, to| bed.storage.rename_file(alice, path(from), path(to), AMPLE).await;
        rename("a", "Ünder/a").await.unwrap();
        assert_eq!(names(bed, alice, "").await, ["a!", "ab", "Ünder"]);
        assert_eq!(read(bed, alice, "Ünder/a/b/c", ALL).await.unwrap(), b"a/b/c");
        rename("Ünder/a", "a").await.unwrap();
        assert_eq!(read(bed, alice, "a/b/c", ALL).await.unwrap(), b"a/b/c");
        for (from, to, expected) in [
            ("a", "a/b/a", "it would be below itself"),
            ("a", "ab", "this file exists already"),
            ("a", "a", "this file exists already"),
            ("a", "ab/x/a", "it is a file, and not a directory"),
            ("z", "y", "there is no such file"),
            ("a", "", "this file exists already"),
        ] {
            let refused = rename(from, to).await.unwrap_err().to_string();
            assert!(refused.contains(expected), "{from} to {to}: {refused}");
        }
        // What is below would have a path that is too long.
        let deep = vec!["d"; 31].join("/");
        let refused = rename("a", &deep).await.unwrap_err();
        assert!(matches!(refused, Error::InvalidName { .. }), "{refused}");
        assert_eq!(names(bed, alice, "").await, ["a", "a!", "ab", "Ünder"]);
        assert_eq!(names(bed, alice, "a").await, ["a/b", "a/d"]);
        bed.assert_sound().await;
    }

    async fn a_directory_goes_when_it_is_empty_or_with_all_that_is_in_it(bed: &Bed) {
        let alice = bed.account("alice").await.id;
        for name in ["a/b/c", "a/d", "ab"] {
            write(bed, alice, name, Place::Whole, b"1234", AMPLE).await.unwrap();
        }
        let remove = async |name, children| bed.storage.remove_file(alice, path(name), children).await;
        let refused = remove("a", false).await.unwrap_err().to_string();
        assert!(refused.contains("not empty"), "{refused}");
        assert_eq!(
            bed.storage.directory_usage(alice, &path("a")).await.unwrap(),
            FileUsage { files: 3, bytes: 8 }
        );
        remove("a", true).await.unwrap();
        assert_eq!(names(bed, alice, "").await, ["ab"]);
        assert_eq!(bed.storage.file_usage(alice).await.unwrap(), FileUsage { files: 1, bytes: 4 });
        assert!(matches!(remove("a", true).await, Err(Error::NotFound { .. })));
        assert!(matches!(remove("", true).await, Err(Error::Unsuitable { .. })));
        bed.storage.create_directory(alice, path("e/f"), AMPLE).await.unwrap();
        let again = bed.storage.create_directory(alice, path("e/f"), AMPLE).await.unwrap_err();
        assert!(matches!(again, Error::AlreadyExists { what: Aggregate::File }), "{again}");
        remove("e/f", false).await.unwrap();
        bed.assert_sound().await;
    }

    async fn what_goes_beyond_the_room_is_refused_and_leaves_no_blob(bed: &Bed) {
        let alice = bed.account("alice").await.id;
        let room = FileRoom { files: 3, bytes: 10 };
        write(bed, alice, "a", Place::Whole, &[1; 8], room).await.unwrap();
        let blob = bed.storage.blobs().put_bytes(vec![2; 3]).await.unwrap();
        let refused = bed.storage.write_file(alice, path("a"), Place::End, FileSource::Blob(blob), room).await;
        assert!(matches!(refused, Err(Error::FilesFull)), "{refused:?}");
        assert!(matches!(bed.storage.blobs().read(blob.key).await, Err(Error::MissingBlob { .. })));
        let refused = write(bed, alice, "b/c/d", Place::Whole, b"", room).await;
        assert!(matches!(refused, Err(Error::FilesFull)), "{refused:?}");
        assert_eq!(names(bed, alice, "").await, ["a"]);
        // What shrinks is taken, even when the room has become smaller than what is there.
        let less = FileRoom { files: 0, bytes: 1 };
        write(bed, alice, "a", Place::Whole, &[3; 7], less).await.unwrap();
        assert_eq!(bed.storage.file_usage(alice).await.unwrap(), FileUsage { files: 1, bytes: 7 });
        bed.assert_sound().await;
    }

    async fn of_writes_that_come_at_once_only_those_are_taken_for_which_there_is_room(bed: &Bed) {
        let alice = bed.account("alice").await.id;
        let room = FileRoom { files: 100, bytes: 1_000 };
        let put = |n: usize| async move {
            write(bed, alice, &format!("f{n}"), Place::Whole, &[7; 300], room).await.map(drop)
        };
        let done = futures_util::future::join_all((0..8).map(put)).await;
        assert!(done.iter().all(|done| matches!(done, Ok(()) | Err(Error::FilesFull))), "{done:?}");
        assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 3);
        assert_eq!(bed.storage.file_usage(alice).await.unwrap(), FileUsage { files: 3, bytes: 900 });
        bed.assert_sound().await;
    }

    async fn of_two_who_replace_a_file_at_once_one_wins_whole_and_all_who_append_are_there(bed: &Bed) {
        let alice = bed.account("alice").await.id;
        write(bed, alice, "log", Place::Whole, b"", AMPLE).await.unwrap();
        let whole = |n: u8| async move {
            write(bed, alice, "one", Place::Whole, &vec![n; 3_000 + usize::from(n)], AMPLE).await.map(drop)
        };
        let added = |n: u8| async move { write(bed, alice, "log", Place::End, &[n; 10], AMPLE).await.map(drop) };
        let (wholes, addeds) = tokio::join!(
            futures_util::future::join_all((1..9).map(whole)),
            futures_util::future::join_all((1..33).map(added))
        );
        assert!(wholes.iter().chain(&addeds).all(Result::is_ok), "{wholes:?} {addeds:?}");
        let one = read(bed, alice, "one", ALL).await.unwrap();
        assert!(one.iter().all(|byte| *byte == one[0]) && one.len() == 3_000 + usize::from(one[0]));
        let log = read(bed, alice, "log", ALL).await.unwrap();
        let mut seen: Vec<u8> = log.chunks(10).map(|record| record[0]).collect();
        assert!(log.chunks(10).all(|record| record.len() == 10 && record.iter().all(|byte| *byte == record[0])));
        seen.sort_unstable();
        assert_eq!(seen, Vec::from_iter(1..33));
        bed.assert_sound().await;
    }

    async fn a_file_that_grows_bit_by_bit_stays_in_few_extents(bed: &Bed) {
        let alice = bed.account("alice").await.id;
        let mut expected = vec![0; 100_000];
        write(bed, alice, "log", Place::Whole, &expected, AMPLE).await.unwrap();
        for n in 0..600_u32 {
            let record = n.to_le_bytes();
            write(bed, alice, "log", Place::End, &record, AMPLE).await.unwrap();
            expected.extend_from_slice(&record);
        }
        assert!(bed.count("SELECT COUNT(*) FROM file_extent").await <= 257);
        assert!(read(bed, alice, "log", ALL).await.unwrap() == expected);
        // Written over again and again, it does not hold the blobs of before.
        for n in 0..5_u8 {
            write(bed, alice, "log", Place::At(1 + u64::from(n)), &vec![n; 102_000], AMPLE).await.unwrap();
        }
        (0..5).for_each(|n| expected[1 + usize::from(n)..102_001 + usize::from(n)].fill(n));
        assert!(read(bed, alice, "log", ALL).await.unwrap() == expected);
        let held = bed.count("SELECT CAST(SUM(size) AS BIGINT) FROM blob WHERE refs > 0").await;
        assert!(held <= 2 * 102_400 + 65_536, "{held}");
        bed.assert_sound().await;
    }

    async fn an_upload_is_stored_by_its_blob_and_outlives_its_session(bed: &Bed) {
        let alice = bed.account("alice").await.id;
        let blob = bed.storage.blobs().put_bytes("photo").await.unwrap();
        let upload = Upload { id: "u".into(), content_type: "image/png".into(), blob };
        bed.storage.set_upload("s", upload, Room { files: 9, bytes: 99 }).await.unwrap();
        let store = async |id: &str| {
            let source = FileSource::Upload { session: "s".into(), id: id.into() };
            bed.storage.write_file(alice, path("photos/1.png"), Place::Whole, source, AMPLE).await
        };
        store("u").await.unwrap();
        let gone = store("v").await.unwrap_err();
        assert!(matches!(gone, Error::NotFound { what: Aggregate::Upload }), "{gone}");
        assert_eq!(bed.count("SELECT refs FROM blob").await, 2);
        bed.storage.drop_uploads("s").await.unwrap();
        assert_eq!(read(bed, alice, "photos/1.png", ALL).await.unwrap(), b"photo");
        bed.assert_sound().await;
        bed.storage.remove_account(alice).await.unwrap();
        assert_eq!(bed.count("SELECT refs FROM blob").await, 0);
        assert_eq!(bed.count("SELECT COUNT(*) FROM file_extent").await, 0);
    }

    async fn a_removed_domain_lets_go_of_the_files_of_its_accounts(bed: &Bed) {
        let alice = bed.account("alice").await;
        write(bed, alice.id, "a/b", Place::Whole, b"x", AMPLE).await.unwrap();
        bed.storage.remove_domain(alice.domain).await.unwrap();
        assert_eq!(bed.count("SELECT refs FROM blob").await, 0);
        assert_eq!(bed.count("SELECT COUNT(*) FROM file").await, 0);
    }

    async fn what_a_directory_grants_holds_for_all_below_it_and_rights_add_up(bed: &Bed) {
        let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| bed.account(name));
        let (alice, bob, carol) = (alice.await.id, bob.await.id, carol.await.id);
        write(bed, alice, "a/b/c", Place::Whole, b"x", AMPLE).await.unwrap();
        let set = async |name: &str, grants: Option<Vec<(Grantee, &str)>>, passwords| {
            let grants = grants.map(|all| all.into_iter().map(|(who, what)| (who, what.to_owned())).collect());
            bed.storage.set_file_attributes(alice, path(name), grants, passwords).await
        };
        set("a", Some(vec![(Grantee::Account(bob), "l"), (Grantee::Anyone, "r")]), None).await.unwrap();
        let passwords = Some(vec![b"one".to_vec(), b"two".to_vec()]);
        set("a/b/c", Some(vec![(Grantee::Account(bob), "w")]), passwords.clone()).await.unwrap();
        let at = async |name: &str, user| {
            let mut letters: Vec<char> =
                bed.storage.file_rights(alice, &path(name), user).await.unwrap().chars().collect();
            letters.sort_unstable();
            String::from_iter(letters)
        };
        assert_eq!((at("a", bob).await, at("a/b/none", bob).await), ("lr".into(), "lr".into()));
        assert_eq!((at("a/b/c", bob).await, at("a/b/c", carol).await), ("lrw".into(), "r".into()));
        assert_eq!((at("", bob).await, at("ab", bob).await), (String::new(), String::new()));
        assert_eq!(bed.storage.file_rights(bob, &path("a"), carol).await.unwrap(), "");
        // Not those of another domain.
        let other = bed.storage.create_domain("example.com").await.unwrap();
        let stranger = bed.storage.create_account(new_account(&other, "bob")).await.unwrap().id;
        assert_eq!(at("a/b/c", stranger).await, "");
        let (own, kept) = bed.storage.file_attributes(alice, &path("a/b/c")).await.unwrap();
        let address = Some(("bob".to_owned(), "example.org".to_owned()));
        assert_eq!(own, [FileGrant { grantee: Grantee::Account(bob), address, rights: "w".into() }]);
        assert_eq!(Some(kept), passwords);
        // They go where their file goes, and with whom they were granted to.
        bed.storage.rename_file(alice, path("a/b/c"), path("d"), AMPLE).await.unwrap();
        assert_eq!(at("d", bob).await, "w");
        set("d", None, Some(vec![])).await.unwrap();
        assert_eq!(bed.storage.file_attributes(alice, &path("d")).await.unwrap().1, Vec::<Vec<u8>>::new());
        bed.storage.remove_account(bob).await.unwrap();
        let again = bed.account("bob").await.id;
        assert_eq!((at("d", again).await, at("a", again).await), (String::new(), "r".into()));
        let missing = set("nothing", None, None).await.unwrap_err();
        assert!(matches!(missing, Error::NotFound { what: Aggregate::File }), "{missing}");
        let nobody = set("a", Some(vec![(Grantee::Account(bob), "l")]), None).await.unwrap_err();
        assert!(matches!(nobody, Error::NotFound { what: Aggregate::Account }), "{nobody}");
        assert_eq!(at("a", carol).await, "r");
    }

    async fn file_subscriptions_are_added_and_dropped_by_name(bed: &Bed) {
        let (alice, bob) = (bed.account("alice").await.id, bed.account("bob").await.id);
        let set = async |changes: &[(&str, bool)]| {
            let changes = changes.iter().map(|(name, wanted)| ((*name).to_owned(), *wanted)).collect();
            bed.storage.set_file_subscriptions(alice, changes).await.unwrap();
        };
        set(&[("docs", true), ("~bob@x/docs", true), ("docs", true), ("a", false)]).await;
        assert_eq!(bed.storage.file_subscriptions(alice).await.unwrap(), ["docs", "~bob@x/docs"]);
        set(&[("docs", false)]).await;
        assert_eq!(bed.storage.file_subscriptions(alice).await.unwrap(), ["~bob@x/docs"]);
        assert_eq!(bed.storage.file_subscriptions(bob).await.unwrap(), Vec::<String>::new());
    }

    async fn a_blob_that_is_lost_is_told_when_the_file_is_opened(bed: &Bed) {
        let alice = bed.account("alice").await.id;
        let blob = bed.storage.blobs().put_bytes("x").await.unwrap();
        let source = FileSource::Blob(blob);
        bed.storage.write_file(alice, path("a"), Place::Whole, source, AMPLE).await.unwrap();
        bed.storage.blobs().delete(blob.key).await.unwrap();
        let lost = read(bed, alice, "a", ALL).await.unwrap_err();
        assert!(matches!(lost, Error::MissingBlob { .. }), "{lost}");
    }
}

#[tokio::test]
async fn a_full_database_refuses_a_write_whole() {
    let bed = Bed::sqlite().await;
    let Database::Sqlite { .. } = &bed.config.database else { unreachable!() };
    let alice = bed.account("alice").await.id;
    write(&bed, alice, "log", Place::Whole, b"before", AMPLE).await.unwrap();
    // The limit of SQLite itself gives the same error as a disk without space.
    bed.change("PRAGMA max_page_count = 1").await.unwrap();
    let mut refused = None;
    for n in 0..1_000 {
        // Some fit into pages that there are.
        let done = write(&bed, alice, &format!("{n}/{}", "x".repeat(200)), Place::Whole, b"x", AMPLE).await;
        if let Err(error) = done {
            refused = Some((n, error));
            break;
        }
    }
    let (n, error) = refused.expect("the database is full");
    assert!(matches!(error, Error::Full), "{error}");
    assert!(matches!(bed.storage.file(alice, &path(&n.to_string())).await, Err(Error::NotFound { .. })));
    bed.assert_sound().await;
    assert_eq!(read(&bed, alice, "log", ALL).await.unwrap(), b"before");
    bed.change("PRAGMA max_page_count = 1000000").await.unwrap();
    write(&bed, alice, "log", Place::End, b" and after", AMPLE).await.unwrap();
    assert_eq!(read(&bed, alice, "log", ALL).await.unwrap(), b"before and after");
    bed.clear().await;
}
