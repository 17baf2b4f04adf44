//! Are registrations replaced as a whole and forgotten in time?

use crate::harness::on_both;
use crate::{Binding, Registration};

fn binding(record: &[u8], expires: i64) -> Binding {
    Binding { record: record.to_vec(), expires }
}

on_both! {
    async fn the_bindings_of_an_address_are_replaced_in_the_order_given(bed: &Bed) {
        let account = bed.account("alice").await.id;
        let at = |address: &str, bindings| Registration { account, address: address.into(), bindings };
        let first = at("sip:alice@example.org", vec![binding(b"1", 10), binding(b"2", 20)]);
        let other = at("sip:b@example.org", vec![binding(b"\0\xff", 30)]);
        let second = at("sip:alice@example.org", vec![binding(b"3", 5), binding(b"1", 40), binding(b"0", 50)]);
        for registration in [&first, &other, &second] {
            bed.storage.set_registration(registration.clone()).await.unwrap();
        }
        assert_eq!(bed.storage.registrations().await.unwrap(), [second, other.clone()]);
        bed.storage.set_registration(at("sip:alice@example.org", vec![])).await.unwrap();
        assert_eq!(bed.storage.registrations().await.unwrap(), [other]);
    }

    async fn bindings_that_ended_are_removed(bed: &Bed) {
        let account = bed.account("alice").await.id;
        let bindings = vec![binding(b"1", 10), binding(b"2", 11), binding(b"3", 9)];
        let registration = Registration { account, address: "a".into(), bindings };
        bed.storage.set_registration(registration.clone()).await.unwrap();
        assert_eq!(bed.storage.expire_registrations(10).await.unwrap(), 2);
        let bindings = vec![binding(b"2", 11)];
        assert_eq!(bed.storage.registrations().await.unwrap(), [Registration { bindings, ..registration }]);
    }
}
