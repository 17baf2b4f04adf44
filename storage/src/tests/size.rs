//! What does a large mailbox cost? Prints the times; asserts only that it all comes.

use std::time::Instant;

use crate::harness::{message, on_both};
use crate::{SortColumn, SortKey, Uid};

const MANY: u32 = 100_000;

on_both! {
    async fn a_mailbox_of_a_hundred_thousand_messages_is_indexed_and_paged(bed: &Bed) {
        let inbox = bed.inbox().await;
        let started = Instant::now();
        for batch in 0..i64::from(MANY) / 2_000 {
            let messages = (batch * 2_000..(batch + 1) * 2_000).map(message).collect();
            bed.storage.append(inbox, messages).await.unwrap();
        }
        println!("appended in {:.1?}", started.elapsed());
        for column in [SortColumn::Sent, SortColumn::Subject] {
            let started = Instant::now();
            let (mut seen, mut text) = (0, 0);
            let each = |summary: crate::Summary<'_>| {
                seen += 1;
                text += if let SortKey::Text(key) = summary.key { key.len() } else { 0 };
            };
            let mailbox = bed.storage.summaries(inbox, column, each).await.unwrap();
            println!("{seen} summaries with {column:?} in {:.0?} ({text} bytes of text)", started.elapsed());
            assert_eq!((seen, mailbox.counts.messages), (MANY, i64::from(MANY)));
        }
        let page: Vec<Uid> = (0..50).map(|row| Uid(row * (MANY / 50) + 1)).collect();
        let started = Instant::now();
        let rows = bed.storage.messages(inbox, &page).await.unwrap();
        println!("{} rows in {:.1?}", rows.len(), started.elapsed());
        assert_eq!(rows.iter().map(|row| row.uid).collect::<Vec<_>>(), page);
    }
}
