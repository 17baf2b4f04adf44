//! Where do the parts of a multipart begin and end?

use super::*;

fn parts(body: &str, boundary: &str) -> (Vec<String>, Option<Problem>) {
    let (parts, problem) = split(body.as_bytes(), boundary.as_bytes());
    (parts.into_iter().map(|part| body[part].to_owned()).collect(), problem)
}

fn expected(parts: &[&str], problem: Option<Problem>) -> (Vec<String>, Option<Problem>) {
    (parts.iter().map(|part| (*part).to_owned()).collect(), problem)
}

#[test]
fn parts_end_before_the_line_end_that_belongs_to_the_boundary() {
    for end in ["\r\n", "\n", "\r"] {
        let body = "before|--x|a|b|--x \t|c||--x--|behind|--x|no".replace('|', end);
        let first = format!("a{end}b");
        let second = format!("c{end}");
        assert_eq!(parts(&body, "x"), expected(&[&first, &second], None), "{end:?}");
    }
}

#[test]
fn only_a_line_of_its_own_is_a_boundary() {
    let body = "--x\na --x\n--xy\n --x\n--x-\n---x\n--x--y\n--x--";
    assert_eq!(parts(body, "x"), expected(&["a --x\n--xy\n --x\n--x-\n---x\n--x--y"], None));
}

#[test]
fn what_is_not_closed_or_not_there_is_told() {
    assert_eq!(parts("--x\na\n--x\nb\n", "x"), expected(&["a", "b\n"], Some(Problem::NotClosed)));
    assert_eq!(parts("--x", "x"), expected(&[""], Some(Problem::NotClosed)));
    assert_eq!(parts("a\n--y--", "x"), expected(&[], Some(Problem::NoParts)));
    assert_eq!(parts("--x--", "x"), expected(&[], None));
    assert_eq!(parts("--x\n--x\n\n--x--", "x"), expected(&["", ""], None));
}

#[test]
fn an_entity_is_found_by_its_number_and_the_message_without() {
    let raw = b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\na\n--x\nContent-Type: message/rfc822\n\n\nb\n--x--\n";
    let tree = Tree::read(raw);
    let numbers: Vec<_> =
        tree.entities().map(|(_, entity)| entity.id.as_ref().map(PartId::to_string)).collect();
    let number = |text: &str| Some(text.to_owned());
    assert_eq!(numbers, [None, number("01"), number("02"), number("02-01")]);
    let bodies: Vec<_> = tree.entities().skip(1).map(|(_, entity)| tree.body(entity)).collect();
    assert_eq!(bodies, [b"a".as_slice(), b"\nb", b"b"]);
    assert_eq!(tree.find(None), Some(0));
    assert_eq!(tree.find(PartId::parse("02-01").as_ref()), Some(3));
    assert_eq!(tree.find(PartId::parse("03").as_ref()), None);
}
