//! Who gets an answer?

use protocol::Header as Field;

use super::super::address::{self, Address};
use super::super::header::Header;

/// Most recipients of an answer.
const RECIPIENT_CAP: usize = 1_000;

/// `To` and `Cc` of an answer. Nobody gets it twice, and the user gets none, unless there is nobody else.
pub(super) fn recipients(header: &Header<'_>, all: bool, own: &[String]) -> Vec<Field> {
    let is_own = |address: &Address| own.iter().any(|own| own.eq_ignore_ascii_case(&address.address));
    let of = |name: &str| -> Vec<Address> {
        address::of(header, name).into_iter().filter(|address| !address.address.is_empty()).collect()
    };
    let authors = [of("Reply-To"), of("From"), of("Sender")].into_iter().find(|authors| !authors.is_empty());
    let authors = authors.unwrap_or_default();
    let is_from_user = !authors.is_empty() && authors.iter().all(is_own);
    let mut list = List::default();
    // Who answers to what they have written themselves writes to the same people again.
    let first = if is_from_user { of("To") } else { authors.clone() };
    list.take("To", first, &is_own);
    if all {
        list.take("To", of("To"), &is_own);
        list.take("Cc", of("Cc"), &is_own);
    }
    if list.fields.is_empty() {
        list.take("To", authors, &|_| false);
    }
    list.fields
}

/// The recipients so far.
#[derive(Default)]
struct List {
    known: std::collections::HashSet<String>,
    fields: Vec<Field>,
}

impl List {
    fn take(&mut self, name: &str, addresses: Vec<Address>, is_left_out: &dyn Fn(&Address) -> bool) {
        for entry in addresses {
            let has_room = self.fields.len() < RECIPIENT_CAP;
            if has_room && !is_left_out(&entry) && self.known.insert(entry.address.to_ascii_lowercase()) {
                let Address { name: real_name, address } = entry;
                self.fields.push(Field::Address { name: name.to_owned(), real_name, address });
            }
        }
    }
}
