//! Tests of the table of requests.

use super::*;
use crate::*;

fn element(text: &str) -> Element {
    Element::read(text.as_bytes(), &Limits::AFTER_LOGIN).unwrap()
}

fn decode(text: &str) -> Result<Request, RequestError> {
    Request::decode(&element(text))
}

fn leg(name: &str) -> CallLeg {
    CallLeg::from_wire(name).unwrap()
}

/// One full example of each request, as it goes over the wire.
const EXAMPLES: &[&str] = &[
    r#"<listFeatures id="1" domain="example.org"/>"#,
    r#"<starttls id="1"/>"#,
    r#"<login id="1" authData="alice@localhost" password="a&lt;b" ticket="t" method="PLAIN" value="AA==" numbered="yes"/>"#,
    r#"<auth id="1" value="AA=="/>"#,
    r#"<resume id="1" urlID="123456-ABC" ticket="t" ackSeq="17"/>"#,
    r#"<noop id="1"/>"#,
    r#"<bye id="1"/>"#,
    r#"<setSessionOption id="1" name="idleTimeout" value="60"/>"#,
    r#"<setClientName id="1" name="Test 1.0"/>"#,
    r#"<prefsRead id="1" type="custom"><name>Language</name><name>TimeZone</name></prefsRead>"#,
    r#"<prefsStore id="1" type="custom"><Language>en</Language></prefsStore>"#,
    r#"<mailboxList id="1" filter="*" pureFolder="yes" mailboxClass="IPF.Contact"/>"#,
    r#"<mailboxCreate id="1" mailbox="Work" mailboxClass="IPF.Contact"/>"#,
    r#"<mailboxRename id="1" mailbox="Work" newName="Play" children="yes"/>"#,
    r#"<mailboxRemove id="1" mailbox="Work" children="yes"/>"#,
    r#"<mailboxRightsGet id="1" mailbox="~bob@localhost/Work"/>"#,
    r#"<mailboxRightsList id="1" mailbox="Work"/>"#,
    r#"<mailboxRightsSet id="1" mailbox="Work"><mailboxRights account="bob@localhost">lrs</mailboxRights><mailboxRights account="anyone"/></mailboxRightsSet>"#,
    r#"<mailboxSubList id="1" filter="*"/>"#,
    r#"<mailboxSubUpdate id="1"><mailboxSubscription mailbox="Work" mode="add"/></mailboxSubUpdate>"#,
    r#"<folderOpen id="1" folder="F" mailbox="INBOX" mailboxClass="" sortField="Date" sortOrder="desc" filter="Media,Unseen" filterField="FLAGS" hideDeleted="no" UIDValidity="7" UIDMin="8"><field>FLAGS</field><field>E-From</field></folderOpen>"#,
    r#"<folderReopen id="1" folder="F" sortField="Date" sortOrder="desc" filter="x" filterField="Subject" hideDeleted="no" UIDValidity="7" UIDMin="8"><field>FLAGS</field></folderReopen>"#,
    r#"<folderBrowse id="1" folder="F"><index from="0" till="3"/></folderBrowse>"#,
    r#"<folderSync id="1" folder="F" limit="10"/>"#,
    r#"<folderRead id="1" folder="F" UID="5" partID="01-02" totalSizeLimit="-1"/>"#,
    r#"<folderSearch id="1" folder="F" filter="UNSEEN FROM &quot;ann&quot;" limit="10" timeout="5"/>"#,
    r#"<folderExpunge id="1" folder="F"/>"#,
    r#"<folderClose id="1" folder="F"/>"#,
    r#"<messageMark id="1" folder="F" flags="Seen,Unflagged"><UID>5</UID></messageMark>"#,
    r#"<messageRemove id="1" folder="F" mode="Move To Trash"><UID>5</UID></messageRemove>"#,
    r#"<messageCopy id="1" folder="F" targetMailbox="Archive" mailboxClass="" report="uid" encrypt="yes" decrypt="yes"><index>0</index></messageCopy>"#,
    r#"<messageMove id="1" folder="F" targetMailbox="Archive" mailboxClass="" report="uid" encrypt="yes" decrypt="yes"><index>0</index></messageMove>"#,
    r#"<messageAppend id="1" folder="F" targetMailbox="Drafts" mailboxClass="" flags="Seen,Draft" internalDate="20240229T120000Z" report="uid" replacesUID="5" uploadID="u"><EMail><Subject>a</Subject></EMail></messageAppend>"#,
    r#"<messageSubmit id="1" noSentCopy="yes" replyFolder="F" replyUID="5" draftFolder="D" draftUID="6"><EMail><To realName="Bob">bob@localhost</To><MIME type="text" subtype="plain" estimatedSize="0">hello</MIME></EMail></messageSubmit>"#,
    r#"<messageRedirect id="1" folder="F"><UID>5</UID><To realName="Bob">bob@localhost</To><To>carol@localhost</To></messageRedirect>"#,
    r#"<emptyTrash id="1"/>"#,
    r#"<emptyMailbox id="1" mailbox="Archive" duration="86400"/>"#,
    r#"<fileList id="1" directory="docs/" fileName="a.txt" position="100" limit="50"/>"#,
    r#"<fileDirInfo id="1" directory="docs/"/>"#,
    r#"<fileDirCreate id="1" fileName="docs"/>"#,
    r#"<fileRead id="1" fileName="docs/a.txt" type="binary" position="10" limit="5"/>"#,
    r#"<fileWrite id="1" fileName="docs/a.txt" type="binary" position="append"><base64>AA==</base64></fileWrite>"#,
    r#"<fileRename id="1" fileName="docs/a.txt" newFileName="b.txt"/>"#,
    r#"<fileRemove id="1" fileName="docs" children="yes"/>"#,
    r#"<fileStore id="1" fileName="docs/a.png" uploadID="u1"/>"#,
    r#"<fileAttrRead id="1" fileName="docs"/>"#,
    r#"<fileAttrWrite id="1" fileName="docs"><ACL><subKey key="bob">lr</subKey></ACL><accessPwd><key>secret</key></accessPwd></fileAttrWrite>"#,
    r#"<fileSubList id="1"/>"#,
    r#"<fileSubUpdate id="1"><fileSubscription fileName="docs" mode="add"/></fileSubUpdate>"#,
    r#"<signalBind id="1" clientID="desk" mode="kill" presence="yes" readIM="yes"><sdpText>v=0&#13;
</sdpText></signalBind>"#,
    r#"<signalUnbind id="1"/>"#,
    r#"<callStart id="1" callLeg="c1" peer="bob@localhost" peerName="Bob"><sdp ip="[192.0.2.1]" origUser="-" sessionID="1" sessionVersion="1" origIP="[192.0.2.1]"/></callStart>"#,
    r#"<callProvision id="1" callLeg="inp1"/>"#,
    r#"<callAccept id="1" callLeg="inp1"/>"#,
    r#"<callReject id="1" callLeg="inp1" signalCode="486"/>"#,
    r#"<callUpdateAccept id="1" callLeg="c1"/>"#,
    r#"<callUpdateReject id="1" callLeg="c1" signalCode="488" errorText="no video"/>"#,
    r#"<callKill id="1" callLeg="c1"/>"#,
];

#[test]
fn every_request_reads_back_as_it_was_written() {
    for text in EXAMPLES {
        let request = decode(text).unwrap();
        assert_eq!(request.encode("1").to_xml(), *text);
    }
}

#[test]
fn every_request_has_an_example_with_all_of_its_attributes() {
    assert_eq!(EXAMPLES.len(), Request::SCHEMAS.len());
    for (schema, text) in Request::SCHEMAS.iter().zip(EXAMPLES) {
        let example = element(text);
        assert_eq!(example.name(), schema.name);
        for property in schema.properties {
            if let Form::Attribute { .. } = property.form {
                assert!(example.attribute(property.name).is_some(), "{} {}", schema.name, property.name);
            }
        }
    }
}

#[test]
fn names_match_in_any_case_and_the_old_name_of_folder_close_too() {
    let close = Request::FolderClose(FolderClose { folder: "F".to_owned() });
    for name in ["folderClose", "FOLDERCLOSE", "closeMailbox"] {
        assert_eq!(decode(&format!("<{name} FOLDER='F'/>")), Ok(close.clone()));
    }
}

#[test]
fn an_unknown_name_is_told_apart_from_a_wrong_request() {
    assert_eq!(decode("<frobnicate/>"), Err(RequestError::Unknown("frobnicate".to_owned())));
    assert_eq!(
        decode("<folderBrowse><index>0</index></folderBrowse>"),
        Err(RequestError::Invalid(DecodeError::MissingAttribute("folder")))
    );
}

#[test]
fn a_wrong_attribute_is_named_with_what_is_allowed() {
    let text = |request: &str| decode(request).unwrap_err().to_string();
    assert_eq!(
        text("<folderSync folder='F' limit='many'/>"),
        "the attribute limit cannot be \"many\": it should be a number from 0 to 4294967295"
    );
    assert_eq!(
        text("<messageRemove folder='F' mode='Shred'><UID>1</UID></messageRemove>"),
        "the attribute mode cannot be \"Shred\": it should be Immediately, Move To Trash or Mark"
    );
    assert_eq!(
        text("<callReject callLeg='inp1' signalCode='200'/>"),
        "the attribute signalCode cannot be \"200\": it should be a SIP failure status, from 300 to 699"
    );
    assert_eq!(text("<folderRead folder='F'/>"), "the attribute UID is missing");
}

#[test]
fn an_absent_message_set_is_refused() {
    let wrong = Err(RequestError::Invalid(DecodeError::NoMessageSet));
    assert_eq!(decode("<messageMark folder='F' flags='Seen'/>"), wrong);
}

#[test]
fn the_header_is_read_from_any_request() {
    let header = |text: &str| RequestHeader::decode(&element(text));
    let expected = RequestHeader { id: Some("a\"1".to_owned()), wants_time: true, acknowledged: Some(7) };
    assert_eq!(header("<noop id='a&quot;1' exeTime='1' ackSeq='7'/>"), Ok(expected));
    assert_eq!(header("<noop exeTime='0'/>"), Ok(RequestHeader::default()));
    assert_eq!(header("<noop ackSeq='x'/>"), Err(DecodeError::attribute("ackSeq", "x", u64::ALLOWED)));
}

#[test]
fn a_leg_is_a_token_and_its_kind_is_known() {
    assert!(leg("inp01").is_incoming());
    assert!(!leg("c1").is_incoming());
    assert_eq!(CallLeg::from_wire(""), None);
    assert_eq!(CallLeg::from_wire(&"x".repeat(129)), None);
}
