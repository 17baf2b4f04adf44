//! Replays a transcript.

use hyper::Method;
use media::{Local, Negotiation, Proposal};
use protocol::{Element, Limits, Node};

use super::compare::{Names, description, same, sdp_of};
use super::fixtures;
use super::phone::Phone;
use crate::harness::{ALICE, BOB, Client, Gateway, Http, Kind, Login};

/// Replays a transcript over a transport.
pub(super) async fn replay(text: &str, kind: Kind) {
    let name = text.lines().find_map(|line| line.strip_prefix("fixture: ")).expect("a fixture");
    let gateway = Gateway::with(fixtures::fixture(name)).await;
    let client = Client::connect(&gateway, kind, Login::Password(ALICE)).await;
    let mut replay = Replay {
        gateway,
        client,
        names: Names::default(),
        phone: Phone::new(),
        media: None,
        received: None,
        possible: Vec::new(),
        reports: Vec::new(),
        table: None,
    };
    for (number, line) in text.lines().enumerate() {
        let place = format!("line {}: {line}", number + 1);
        replay.line(line, &place).await;
    }
    // What nobody has taken by the end was not shown, or may come some time.
    let mut left = replay.client.rest().await;
    left.retain(|message| !replay.possible.iter().any(|shown| same(&mut replay.names, shown, message)));
    assert_eq!(left, []);
}

struct Replay {
    gateway: Gateway,
    client: Client,
    names: Names,
    phone: Phone,
    /// The client's media.
    media: Option<Negotiation>,
    /// The session description that the client got last.
    received: Option<String>,
    /// Messages that may come.
    possible: Vec<Element>,
    /// Reports of a folderSync that may come in any order.
    reports: Vec<Element>,
    /// The view of a folder before a folderSync.
    table: Option<(String, Vec<String>)>,
}

impl Replay {
    async fn line(&mut self, line: &str, place: &str) {
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        if !self.reports.is_empty() && kind != "S*:" {
            self.compare_reports(place).await;
        }
        match kind {
            "#" | "" | "fixture:" => {}
            "C:" => self.send(&read(rest)).await,
            "S:" => self.expect(&read(rest), place).await,
            // It may come some time; what asks for everything else does not mind.
            "S?" => self.possible.push(read(rest)),
            "S*:" => self.reports.push(read(rest)),
            "SIP>" => self.phone.act(&self.gateway, rest).await,
            "SIP<" => self.phone.see(rest).await,
            "import:" => self.import(rest).await,
            "remove:" => self.remove(rest).await,
            "upload:" => self.upload(rest).await,
            "bob:" => self.run_as_bob(&read(rest), place).await,
            _ => panic!("{place}: not a line of a transcript"),
        }
    }

    async fn send(&mut self, shown: &Element) {
        if shown.is("folderSync") {
            let folder = shown.attribute("folder").expect("a folder").to_owned();
            let table = self.browse(&folder).await;
            self.table = Some((folder, table));
        }
        let mut request = Element::new(shown.name());
        for (name, value) in shown.attributes() {
            request.set(name, self.names.real(name, value));
        }
        match sdp_of(shown) {
            Some(kind) => {
                let text = self.own_description(kind);
                request.push(Element::new("sdpText").with_text(text));
            }
            None => {
                for child in shown.children() {
                    match child {
                        Node::Element(child) => _ = request.push(child.clone()),
                        Node::Text(text) => _ = request.push_text(text),
                    }
                }
            }
        }
        self.client.send(&request.to_xml()).await;
    }

    /// A real offer or answer of the client.
    fn own_description(&mut self, kind: &str) -> String {
        let local = Local::Rtp { address: [127, 0, 0, 1].into(), rtp_port: 5_004, rtcp_port: 5_005 };
        let media = self.media.get_or_insert_with(|| Negotiation::new(local, [3; 32]));
        if kind == "offer" {
            return media.offer(&Proposal::any()).expect("an offer");
        }
        let offer = self.received.as_deref().expect("an offer was received");
        let proposal = media.handle_offer(offer).expect("the gateway's offer can be used");
        media.answer(&proposal).expect("an answer")
    }

    async fn expect(&mut self, shown: &Element, place: &str) {
        let id = shown.attribute("id").map(str::to_owned);
        let real = match &id {
            Some(id) => self.client.message(|message| message.attribute("id") == Some(id)).await,
            None => self.client.notice(shown.name()).await,
        };
        assert!(same(&mut self.names, shown, &real), "{place}\n  came: {}", real.to_xml());
        if let Some(kind) = sdp_of(shown) {
            let text = description(&real).expect("it was compared");
            if kind == "answer"
                && let Some(media) = &mut self.media
            {
                media.handle_answer(&text).expect("the gateway's answer fits the client's offer");
                media.confirm();
            }
            self.received = Some(text);
        }
    }

    /// The reports of a folderSync: the same messages with the same fate and content, the totals at the end as shown, and
    /// the indexes right, as a fresh look at the folder shows.
    async fn compare_reports(&mut self, place: &str) {
        let shown = std::mem::take(&mut self.reports);
        let id = shown[0].attribute("id").expect("reports belong to a request").to_owned();
        let (folder, mut table) = self.table.take().expect("a folderSync came before");
        let mut missing = shown.clone();
        let mut last = None;
        for _ in 0..shown.len() {
            let real = self.client.message(|message| message.attribute("id") == Some(&id)).await;
            let fits = |shown: &&Element| {
                ["UID", "mode"].iter().all(|name| shown.attribute(name) == real.attribute(name))
            };
            let at = missing.iter().position(|shown| fits(&shown));
            let shown = missing.remove(at.unwrap_or_else(|| panic!("{place}\n  came: {}", real.to_xml())));
            assert_eq!(shown.children(), real.children(), "{place}");
            apply(&mut table, &real);
            last = Some(real);
        }
        let totals = |report: &Element| {
            (report.attribute("messages").map(str::to_owned), report.attribute("unseen").map(str::to_owned))
        };
        assert_eq!(last.as_ref().map(totals), shown.last().map(totals), "{place}");
        let response = self.client.message(|message| message.attribute("id") == Some(&id)).await;
        assert!(response.is("response"), "{place}\n  came: {}", response.to_xml());
        assert_eq!(self.browse(&folder).await, table, "{place}");
        // The response was taken out of turn; the next line asks for it.
        self.client.put_back(response);
    }

    /// The UIDs of a folder's view, in order.
    async fn browse(&mut self, folder: &str) -> Vec<String> {
        let request =
            format!("<folderBrowse folder=\"{folder}\"><index from=\"0\" till=\"9999\"/></folderBrowse>");
        let rows = self.client.run(&request).await;
        rows.iter().map(|row| row.attribute("UID").expect("rows have it").to_owned()).collect()
    }

    async fn import(&self, line: &str) {
        let (uid, mailbox) = line.split_once(' ').expect("import: UID MAILBOX");
        assert_eq!(uid, "976", "the fixture's next UID");
        let file = self.gateway.data().join("arrival.mbox");
        std::fs::write(&file, fixtures::arrival()).expect("the folder can be written");
        let file = file.to_str().expect("a path");
        let (out, error, code) = self.gateway.run(&["mail", "import", ALICE, mailbox, file], "").await;
        assert_eq!((out.as_str(), code), ("1 message imported\n", Some(0)), "{error}");
    }

    async fn upload(&self, line: &str) {
        let (id, content) = line.split_once(' ').expect("upload: ID CONTENT");
        let url = format!("/Session/{}/UPLOAD/{id}", self.client.session("urlID"));
        let answer = Http::of(&self.gateway).send(Method::PUT, &url, &[], content.to_owned()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    async fn run_as_bob(&self, request: &Element, place: &str) {
        let mut bob = Client::connect(&self.gateway, Kind::Tcp, Login::Password(BOB)).await;
        bob.send(&request.to_xml()).await;
        let response = bob.message(|message| message.is("response")).await;
        assert_eq!(response.attribute("errorText"), None, "{place}");
        bob.run("<bye/>").await;
    }

    async fn remove(&self, line: &str) {
        let (mailbox, uids) = line.split_once(' ').expect("remove: MAILBOX UID …");
        let mut other = Client::connect(&self.gateway, Kind::Tcp, Login::Password(ALICE)).await;
        other.run(&format!("<folderOpen folder=\"{mailbox}\"><field>FLAGS</field></folderOpen>")).await;
        let set: String = uids.split(' ').map(|uid| format!("<UID>{uid}</UID>")).collect();
        let request =
            format!("<messageRemove folder=\"{mailbox}\" mode=\"Immediately\">{set}</messageRemove>");
        other.run(&request).await;
        // Without a second folder the flag Recent stays until the client's own closes.
        other.run("<bye/>").await;
    }
}

/// What a client does with its table.
fn apply(table: &mut Vec<String>, report: &Element) {
    let index: usize = report.attribute("index").expect("reports have it").parse().expect("a number");
    let uid = report.attribute("UID").expect("reports have it").to_owned();
    match report.attribute("mode") {
        Some("removed") => assert_eq!(table.remove(index), uid),
        Some("added") => table.insert(index, uid),
        Some("updated") => assert_eq!(table[index], uid),
        mode => panic!("{mode:?}"),
    }
}

fn read(text: &str) -> Element {
    Element::read(text.as_bytes(), &Limits::AFTER_LOGIN).unwrap_or_else(|error| panic!("{error}: {text}"))
}
