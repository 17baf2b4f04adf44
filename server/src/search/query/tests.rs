//! Tests of the filters of searches.

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Key {
    match Query::read(text) {
        Ok(Query(Key::All(mut keys))) if keys.len() == 1 => keys.remove(0),
        Ok(Query(key)) => key,
        Err(error) => panic!("{text}: {error}"),
    }
}

fn flags(set: Flags, clear: Flags) -> Key {
    Key::Flags(FlagTerms { set, clear })
}

fn date(year: i16, month: i8, day: i8) -> Date {
    Date::new(year, month, day).unwrap()
}

#[test]
fn keys_are_read_with_their_arguments_in_any_case() {
    let field = |name: &str, text: &str| Key::Text(TextKey::Field(name.into(), text.into()));
    let table = [
        ("ALL", Key::All(vec![])),
        ("unseen", flags(Flags::NONE, Flags::SEEN)),
        ("New", flags(Flags::RECENT, Flags::SEEN)),
        ("KEYWORD Media", flags(Flags::MEDIA, Flags::NONE)),
        ("UNKEYWORD nonsense", Key::Not(Box::new(Key::Never))),
        ("LARGER 1000", Key::Larger(1_000)),
        ("SINCE 1-Feb-2024", Key::Came(Day::Since(date(2024, 2, 1)))),
        ("SENTON \"29-feb-2024\"", Key::Sent(Day::On(date(2024, 2, 29)))),
        ("FROM ann@example.org", field("FROM", "ann@example.org")),
        ("SUBJECT \"a \\\"b\\\" \\\\ c\"", field("SUBJECT", "a \"b\" \\ c")),
        ("HEADER X-Kind \"\"", field("X-Kind", "")),
        ("BODY grüße", Key::Text(TextKey::Body("grüße".into()))),
        ("CHARSET UTF-8 TEXT tea", Key::Text(TextKey::Anywhere("tea".into()))),
        ("NOT NOT SEEN", Key::Not(Box::new(Key::Not(Box::new(flags(Flags::SEEN, Flags::NONE)))))),
        (
            "OR SEEN DELETED",
            Key::Either(Box::new((flags(Flags::SEEN, Flags::NONE), flags(Flags::DELETED, Flags::NONE)))),
        ),
    ];
    for (text, key) in table {
        assert_eq!(read(text), key, "{text}");
    }
}

#[test]
fn keys_beside_each_other_are_all_asked_the_cheap_ones_first() {
    let Key::All(keys) = read("TEXT tea (SEEN LARGER 5) 2:4") else { panic!() };
    let costs: Vec<u8> = keys.iter().map(Key::cost).collect();
    assert_eq!(costs, [0, 1, 3]);
}

#[test]
fn sets_have_ranges_both_ways_and_a_last_one() {
    let numbers = |text: &str| {
        let (Key::Numbers(set) | Key::Uids(set)) = read(text) else { panic!("{text}") };
        (1..=12).filter(|number| set.contains(*number, 9)).collect::<Vec<u32>>()
    };
    assert_eq!(numbers("1,3:5"), [1, 3, 4, 5]);
    assert_eq!(numbers("5:3"), [3, 4, 5]);
    assert_eq!(numbers("7:*"), [7, 8, 9]);
    assert_eq!(numbers("*:7"), [7, 8, 9]);
    assert_eq!(numbers("UID *"), [9]);
    assert_eq!(numbers("UID 20:*"), [9]);
}

#[test]
fn what_is_wrong_is_said() {
    let table = [
        ("", "it is empty: ALL finds all messages"),
        ("SHINY", "\"SHINY\" is no search key of IMAP, such as UNSEEN or SUBJECT \"tea\""),
        ("(SEEN", "a closing parenthesis is missing before \"\""),
        ("SEEN)", "there is no key that \")\" ends"),
        ("SUBJECT", "something is missing before \"\""),
        ("SUBJECT {3}", "a text is missing before \"{3}\": put it in quotation marks"),
        ("SUBJECT \"tea", "a closing quotation mark is missing"),
        ("SINCE 31-Feb-2024", "\"31-Feb-2024\" is no date: write it as 1-Feb-2024"),
        ("SINCE 2024-02-01", "\"2024-02-01\" is no date: write it as 1-Feb-2024"),
        ("LARGER big", "a number is missing before \"big\""),
        ("UID 0", "\"0\" is no set of numbers, such as 1,5:9,20:*"),
        ("UID 1,,2", "\"1,,2\" is no set of numbers, such as 1,5:9,20:*"),
        ("CHARSET KOI8-R ALL", "texts are Unicode: leave out CHARSET KOI8-R"),
        ("HEADER \"a b\" c", "\"a b\" is no name of a header field"),
    ];
    for (text, error) in table {
        assert_eq!(Query::read(text), Err(error.to_owned()), "{text}");
    }
    let deep = "NOT ".repeat(10_000) + "ALL";
    assert_eq!(Query::read(&deep), Err("it has more than 1000 keys, or more than 30 levels".to_owned()));
}

proptest! {
    #[test]
    fn nothing_makes_it_fail_otherwise(text in "[A-Z0-9a-z\"\\\\(){}*:, \u{e4}-]{0,40}") {
        _ = Query::read(&text);
    }
}
