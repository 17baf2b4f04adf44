//! Does a calendar say the same in text and in XML?

use protocol::Limits;

use super::*;

const TEXT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nMETHOD:REQUEST\r\nX-WR-CALNAME:Work\r\n\
    BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19961027T030000\r\n\
    RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n\
    BEGIN:VEVENT\r\nUID:1@x\r\nDTSTART;TZID=Europe/Berlin:20240229T130000\r\nSUMMARY:Lunch\\, \\nthen work\r\n\
    ORGANIZER;CN=\"Doe, J.\":MAILTO:j@example.org\r\nATTENDEE;CN=A;ROLE=REQ-PARTICIPANT;RSVP=TRUE;PARTSTAT=NEEDS-ACTION:\
    MAILTO:a@e.o\r\nLAST-MODIFIED:20240101T000000Z\r\nX-MICROSOFT-CDO-BUSYSTATUS:BUSY\r\n\
    BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\n\
    BEGIN:VTODO\r\nPERCENT-COMPLETE:50\r\nEND:VTODO\r\nEND:VCALENDAR\r\n";

const XML: &str = "<iCalendar xmlns=\"urn:ietf:params:xml:ns:xcal\"><vCalendar version=\"2.0\" prodid=\"-//x//EN\" \
    method=\"REQUEST\"><x-wr-calname>Work</x-wr-calname><vtimezone><tzid>Europe/Berlin</tzid><standard>\
    <dtstart>19961027T030000</dtstart><rrule>FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10</rrule><tzoffsetfrom>+0200</tzoffsetfrom>\
    <tzoffsetto>+0100</tzoffsetto></standard></vtimezone><vevent><uid>1@x</uid>\
    <dtstart TZID=\"Europe/Berlin\">20240229T130000</dtstart><summary>Lunch, \nthen work</summary>\
    <organizer CN=\"Doe, J.\">MAILTO:j@example.org</organizer>\
    <attendee CN=\"A\" ROLE=\"REQ-PARTICIPANT\" RSVP=\"TRUE\" PARTSTAT=\"NEEDS-ACTION\">MAILTO:a@e.o</attendee>\
    <lastModified>20240101T000000Z</lastModified><busyStatus>BUSY</busyStatus><valarm><action>DISPLAY</action>\
    <trigger>-PT5M</trigger></valarm></vevent><vtodo><percent-complete>50</percent-complete></vtodo></vCalendar></iCalendar>";

fn xml(text: &str) -> Element {
    Element::read(text.as_bytes(), &Limits::AFTER_LOGIN).unwrap()
}

fn unfolded(text: &str) -> String {
    text.replace("\r\n ", "")
}

#[test]
fn a_calendar_reads_back_as_written_in_text_and_in_xml() {
    assert_eq!(to_element(TEXT.as_bytes(), None, &mut Room::default()).unwrap().to_xml(), XML);
    assert_eq!(unfolded(&to_text(&xml(XML)).unwrap()), TEXT);
}

#[test]
fn what_clients_leave_out_is_supplied() {
    let text =
        to_text(&xml("<iCalendar><vCalendar><vevent><uid>1</uid></vevent></vCalendar></iCalendar>")).unwrap();
    let expected = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//ximss-gateway//EN\r\nBEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\n\
        END:VCALENDAR\r\n";
    assert_eq!(text, expected);
}

#[test]
fn components_that_are_not_ended_or_not_begun_are_taken_as_far_as_they_go() {
    let read =
        |text: &str| to_element(text.as_bytes(), None, &mut Room::default()).map(|element| element.to_xml());
    let inner = |xml: &str| Ok(format!("<iCalendar xmlns=\"{NAMESPACE}\">{xml}</iCalendar>"));
    assert_eq!(
        read("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1"),
        inner("<vCalendar><vevent><uid>1</uid></vevent></vCalendar>")
    );
    let forgotten = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nBEGIN:VALARM\nEND:VEVENT\nEND:X\nX:1\nEND:VCALENDAR\nY:2";
    assert_eq!(read(forgotten), inner("<vCalendar><vevent><valarm/></vevent><x>1</x></vCalendar>"));
    assert_eq!(read("BEGIN:VCARD\nEND:VCARD"), Err(Unreadable::NoCalendar));
    let deep = format!("BEGIN:VCALENDAR\n{}", "BEGIN:A\n".repeat(50_000));
    assert!(read(&deep).unwrap().len() < 1_000);
}

#[test]
fn categories_are_one_by_one_and_old_calendars_are_read() {
    let text = "BEGIN:VCALENDAR\nVERSION:1.0\nBEGIN:VEVENT\nCATEGORIES:A,B\nSUMMARY;ENCODING=QUOTED-PRINTABLE:=41=\nB\nEND:VEVENT\n\
        END:VCALENDAR";
    let element = to_element(text.as_bytes(), None, &mut Room::default()).unwrap();
    assert!(element.to_xml().ends_with(
        "<vevent><categories>A</categories><categories>B</categories><summary>AB</summary></vevent></vCalendar></iCalendar>"
    ));
    assert!(to_text(&element).unwrap().contains("VERSION:2.0"));
}

#[test]
fn an_element_that_is_no_calendar_is_refused() {
    assert_eq!(to_text(&xml("<vCalendar/>")), Err(WrongCalendar::Name));
    assert_eq!(to_text(&xml("<iCalendar/>")), Err(WrongCalendar::Name));
    let wrong = "<iCalendar><vCalendar><a.b/></vCalendar></iCalendar>";
    assert_eq!(to_text(&xml(wrong)), Err(WrongCalendar::Property("A.B".to_owned())));
}

#[test]
fn nothing_in_a_value_becomes_another_line() {
    let evil = "<iCalendar><vCalendar method=\"A&#10;B:1\"><vevent><dtstart X=\"a&#10;b\">1\nEND:VEVENT</dtstart></vevent>\
        </vCalendar></iCalendar>";
    let text = to_text(&xml(evil)).unwrap();
    assert_eq!(text.matches("END:VEVENT\r\n").count(), 2, "one of them within a line: {text}");
    assert!(text.contains("DTSTART;X=a^nb:1END:VEVENT\r\n"), "{text}");
}
