//! Are preferences kept apart and changed together?

use crate::harness::on_both;
use crate::{Aggregate, Error, Preference};

fn preference(name: &str, value: &str) -> Preference {
    Preference { name: name.into(), value: value.into() }
}

fn change(name: &str, value: Option<&str>) -> (String, Option<String>) {
    (name.into(), value.map(str::to_owned))
}

on_both! {
    async fn preferences_are_set_replaced_and_removed_each_in_its_scope(bed: &Bed) {
        let (alice, bob) = (bed.account("alice").await.id, bed.account("bob").await.id);
        let both = vec![change("b", Some("2")), change("a", Some("{\"x\":1}"))];
        bed.storage.set_preferences(alice, "custom", both).await.unwrap();
        bed.storage.set_preferences(alice, "default", vec![change("a", Some(""))]).await.unwrap();
        let again = vec![change("b", Some("3")), change("c", None)];
        bed.storage.set_preferences(alice, "custom", again).await.unwrap();
        let custom = bed.storage.preferences(alice, "custom").await.unwrap();
        assert_eq!(custom, [preference("a", "{\"x\":1}"), preference("b", "3")]);
        assert_eq!(bed.storage.preferences(alice, "default").await.unwrap(), [preference("a", "")]);
        assert_eq!(bed.storage.preferences(bob, "custom").await.unwrap(), []);
        bed.storage.set_preferences(alice, "custom", vec![change("a", None)]).await.unwrap();
        assert_eq!(bed.storage.preferences(alice, "custom").await.unwrap(), [preference("b", "3")]);
    }

    async fn when_one_name_is_none_no_preference_is_set(bed: &Bed) {
        let alice = bed.account("alice").await.id;
        let changes = vec![change("a", Some("1")), change("", Some("2"))];
        let refused = bed.storage.set_preferences(alice, "custom", changes).await.unwrap_err();
        assert!(matches!(refused, Error::InvalidName { what: Aggregate::Preference, .. }), "{refused}");
        assert_eq!(bed.storage.preferences(alice, "custom").await.unwrap(), []);
    }
}
