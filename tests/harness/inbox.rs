//! The INBOX of an account, seen by a client: what is in it, as it was stored.

use protocol::Element;

use super::{Client, Gateway, Http, Kind, Login};

/// An open INBOX.
pub(crate) struct Inbox {
    client: Client,
    http: Http,
    base: String,
}

impl Inbox {
    /// Logs in, and opens it.
    pub(crate) async fn open(gateway: &Gateway, account: &'static str) -> Self {
        let mut client = Client::connect(gateway, Kind::WebSocket, Login::Password(account)).await;
        client
            .run(r#"<folderOpen folder="INBOX" sortField="INTERNALDATE"><field>FLAGS</field></folderOpen>"#)
            .await;
        let base = format!("/Session/{}/MIME/INBOX", client.session("urlID"));
        Self { client, http: Http::of(gateway), base }
    }

    /// Its messages, once there are so many; more than that are too many.
    pub(crate) async fn messages(&mut self, count: usize) -> Vec<String> {
        while self.rows().await.len() < count {
            self.client.notice("folderReport").await;
            self.client.run(r#"<folderSync folder="INBOX"/>"#).await;
        }
        let messages = self.all().await;
        assert_eq!(messages.len(), count, "{messages:#?}");
        messages
    }

    /// Its messages as they are now.
    pub(crate) async fn all(&mut self) -> Vec<String> {
        let mut messages = Vec::new();
        for row in self.rows().await {
            let uid = row.attribute("UID").expect("rows have it");
            let whole = self.http.get(&format!("{}/{uid}-P.txt", self.base)).await;
            assert_eq!(whole.status, 200, "{uid}");
            messages.push(whole.text());
        }
        messages
    }

    /// Its flags, message by message.
    pub(crate) async fn flags(&mut self) -> Vec<String> {
        let text = |row: &Element| row.child("FLAGS").map(|flags| flags.text().into_owned());
        self.rows().await.iter().map(|row| text(row).unwrap_or_default()).collect()
    }

    async fn rows(&mut self) -> Vec<Element> {
        let browse = r#"<folderBrowse folder="INBOX"><index from="0" till="99999"/></folderBrowse>"#;
        self.client.run(browse).await
    }
}
