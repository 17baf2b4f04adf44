//! Does a piece of a page stay within itself?

use proptest::prelude::*;

use super::*;

#[test]
fn a_page_becomes_a_piece_that_says_the_same() {
    let table = [
        ("plain &amp; text", "plain &amp; text"),
        (
            "<html><head><title>t</title><style>p {}</style></head><body bgcolor=red><p>a<p>b</body></html>",
            "<p>a</p><p>b</p>",
        ),
        ("<B CLASS='x \"y\"'>bold</B>", "<b class=\"x &quot;y&quot;\">bold</b>"),
        (
            "<img src=cid:a@b alt=\"1 > 0\" onerror=alert(1)><br/>",
            "<img src=\"cid:a@b\" alt=\"1 &gt; 0\"><br>",
        ),
        ("<!-- a --><!DOCTYPE html><?xml ?>x<!-->y<!--->z<!--w--!>v", "xyzv"),
        ("<script>if (a</script\n>b<script>c", "b"),
        ("1 < 2 <3", "1 &lt; 2 &lt;3"),
        ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
        (
            "<table><tr><td>a<td>b<tr><td>c</table>",
            "<table><tr><td>a</td><td>b<tr><td>c</td></tr></td></tr></table>",
        ),
    ];
    for (page, piece) in table {
        assert_eq!(fragment(page), piece, "{page}");
    }
}

#[test]
fn nothing_reaches_beyond_the_piece() {
    let table = [
        ("</blockquote></div>out", "out"),
        ("<b>open", "<b>open</b>"),
        ("<b><i>x</b>y", "<b><i>x</i></b>y"),
        ("a<!-- open", "a"),
        ("a<textarea>open", "a"),
        ("a<plaintext>b", "ab"),
        ("a<b title=\"open", "a"),
        ("<scr:ipt>x</script>y", "y"),
        ("</ x>y</>z", "yz"),
        ("<li><div><li>x", "<li><div></div></li><li>x</li>"),
        ("<dt><p><b><dd>x", "<dt><p><b></b></p></dt><dd>x</dd>"),
        ("<li><ul><li>x", "<li><ul><li>x</li></ul></li>"),
        ("<li><dd><li>x", "<li><dd><li>x</li></dd></li>"),
    ];
    for (page, piece) in table {
        assert_eq!(fragment(page), piece, "{page}");
    }
    let deep = fragment(&"<div>".repeat(100_000));
    assert_eq!(deep.matches("<div>").count(), DEPTH_CAP);
    assert_eq!(deep.matches("</div>").count(), DEPTH_CAP);
}

/// The elements that are open at the end of a text that has nothing but tags as the writer writes them; none if an end
/// tag ends nothing.
fn open_at_end(piece: &str) -> Option<usize> {
    let mut open = Vec::new();
    for tag in piece.split('<').skip(1) {
        let tag = tag.split_once('>')?.0;
        match tag.strip_prefix('/') {
            Some(name) => (open.pop()? == name).then_some(())?,
            None => {
                let name = tag.split(' ').next()?;
                if !VOID.contains(&name) {
                    open.push(name);
                }
            }
        }
    }
    Some(open.len())
}

proptest! {
    #[test]
    fn whatever_comes_is_closed(pieces in prop::collection::vec(prop::sample::select(vec![
        "<", ">", "/", "<b>", "</b>", "<p>", "<i x='", "\"", "<!--", "-->", "--!>", "<script>", "</script>", "<td a=b>", "x ", "</",
        "<plaintext>", "<svg/>", "</div>", "<div ", "=", "<li>", "<dd>", "<ul>", "<div>", "\u{e4}", "<x\u{e4}>", "<a:b>",
    ]), 0..30)) {
        let piece = fragment(&pieces.concat());
        prop_assert_eq!(open_at_end(&piece), Some(0), "{}", piece);
        prop_assert_eq!(fragment(&piece), piece.clone(), "a piece of a piece is itself");
    }
}
