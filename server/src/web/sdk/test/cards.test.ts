import { expect, test } from "vitest";
import { readXmlParts } from "../cards";

test("a card says who somebody is and how to reach them", () => {
  const xml =
    "<vCard><N><FAMILY>Doe</FAMILY><GIVEN>John</GIVEN><PREFIX>Dr.</PREFIX></N><ORG><ORGNAME>Example</ORGNAME>" +
    "<ORGUNIT>Sales</ORGUNIT></ORG><TITLE><VALUE>Head</VALUE></TITLE>" +
    "<EMAIL><INTERNET/><HOME/><VALUE>john@example.org</VALUE></EMAIL><TEL><CELL/><VALUE>+1 555</VALUE></TEL>" +
    "<ADR><WORK/><STREET>1 Main St.</STREET><LOCALITY>Town</LOCALITY><PCODE>12345</PCODE></ADR>" +
    "<URL><VALUE>http://example.org/</VALUE></URL><NOTE><VALUE>two\nlines</VALUE></NOTE></vCard>";
  expect(readXmlParts(xml)).toEqual([
    {
      kind: "card",
      card: {
        name: "Dr. John Doe",
        organization: "Example, Sales",
        title: "Head",
        emails: [{ value: "john@example.org", labels: ["home"] }],
        phones: [{ value: "+1 555", labels: ["cell"] }],
        addresses: [{ value: "1 Main St., 12345, Town", labels: ["work"] }],
        urls: ["http://example.org/"],
        note: "two\nlines",
        members: [],
      },
    },
  ]);
});

test("a part may have several cards, and groups have members", () => {
  const member = '<MEMBER CN="Doe, J."><VALUE>j@example.org</VALUE></MEMBER>';
  const group = `<vCardGroup><FN><VALUE>Friends</VALUE></FN>${member}</vCardGroup>`;
  const parts = readXmlParts(`<vCard><FN><VALUE>A</VALUE></FN></vCard>${group}<unknown/>`);
  expect(parts.map((part) => (part.kind === "card" ? [part.card.name, part.card.members] : []))).toEqual([
    ["A", []],
    ["Friends", [{ value: "j@example.org", labels: ["Doe, J."] }]],
  ]);
});

test("a calendar has events and tasks", () => {
  const xml =
    '<iCalendar xmlns="urn:ietf:params:xml:ns:xcal"><vCalendar version="2.0" method="REQUEST"><vtimezone/><vevent>' +
    '<dtstart TZID="Europe/Berlin">20240229T130000</dtstart><dtend>20240229T150000Z</dtend><summary>Lunch</summary>' +
    '<organizer CN="Doe, J.">MAILTO:j@example.org</organizer><attendee>MAILTO:a@e.o</attendee></vevent>' +
    "<vtodo><due>20240301</due></vtodo></vCalendar></iCalendar>";
  expect(readXmlParts(xml)).toEqual([
    {
      kind: "calendar",
      calendar: {
        method: "REQUEST",
        entries: [
          {
            kind: "event",
            summary: "Lunch",
            location: "",
            description: "",
            start: { value: "20240229T130000", zone: "Europe/Berlin" },
            end: { value: "20240229T150000Z" },
            organizer: "Doe, J.",
            attendees: ["a@e.o"],
          },
          { kind: "task", summary: "", location: "", description: "", end: { value: "20240301" }, attendees: [] },
        ],
      },
    },
  ]);
});

test("a report says something of the whole and of each recipient", () => {
  const xml =
    "<MIMEReport><Reporting-MTA>dns; x</Reporting-MTA><Recipient><Final-Recipient>rfc822;b@x</Final-Recipient>" +
    "<Action>failed</Action></Recipient></MIMEReport>";
  expect(readXmlParts(xml)).toEqual([
    {
      kind: "report",
      report: [
        [{ name: "Reporting-MTA", value: "dns; x" }],
        [
          { name: "Final-Recipient", value: "rfc822;b@x" },
          { name: "Action", value: "failed" },
        ],
      ],
    },
  ]);
  expect(readXmlParts("<MIMEReport/>")).toEqual([{ kind: "report", report: [] }]);
});
