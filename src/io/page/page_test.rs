//! Pages and the text they become, case by case.

use super::*;

#[test]
fn blocks_become_lines() {
    let cases = [
        ("plain", "plain\n"),
        ("<p>one<p>two", "one\ntwo\n"),
        ("<h2> A  <em>b</em>\n c</h2>text", "## A b c\ntext\n"),
        ("<ul><li>a<li>b<ul><li>c</ul></ul>after", "- a\n- b\n  - c\nafter\n"),
        ("<ul><li><p>a</p><p>b</p></li></ul>", "- a\nb\n"),
        ("<dl><dt>Term</dt><dd>What it is</dd></dl>", "Term\n- What it is\n"),
        ("a&nbsp;&amp;&eacute;&#8217;&lt;b&gt; &bogus; &#x110000;", "a &é’<b> &bogus; \u{fffd}\n"),
        ("soft\u{ad}ly zero\u{200b}width", "softly zerowidth\n"),
        ("one<br>two<h1>a<br>b</h1>", "one\ntwo\n# a b\n"),
        ("<pre>a\n  b\nc</pre>", "a\nb\nc\n"),
        ("x<script>var a='<p>no</p>';</script><style>p{}</style>y<noscript>no</noscript>", "xy\n"),
        ("x<template><p>no</p></template><svg><title>no</title><text>no</text></svg>y", "xy\n"),
        ("<b>a</b><i>b</i> <span>c</span>d", "ab cd\n"),
        ("<div>a<span>b<div>c</div></span>d</div>", "ab\nc\nd\n"),
        ("</p></div>a</nonsense>b<", "ab<\n"),
        ("<!-- no --><![CDATA[no]]>a<?no?>", "a\n"),
        ("", ""),
    ];
    for (html, expected) in cases {
        assert_eq!(text_of_html(html).main, expected, "{html}");
    }
}

#[test]
fn tables_are_rows_with_bars() {
    let cases = [
        ("<table><tr><th>a<th>b<tr><td>1<td>2</table>x", "a | b\n1 | 2\nx\n"),
        ("<table><thead><tr><td>a<td><td>c<tbody><tr><td><td>2</table>", "a |  | c\n| 2\n"),
        ("<table><tr><td><p>a</p><p>b</p><td>c</table>", "a b | c\n"),
        ("<table><tr><td><a href=x>a</a><td><a href=y>b</table>", "[a](x) | [b](y)\n"),
        (
            "<table><tr><td>Menu<td><h1>T</h1><p>a<p>b<table><tr><td>1<td>2</table>z</table>",
            "Menu |\n# T\na\nb\n1 | 2\nz\n",
        ),
        ("<table><tr><td></div>a</p></table>b", "a\nb\n"),
        ("<td>a<td>b", "a\nb\n"),
    ];
    for (html, expected) in cases {
        assert_eq!(text_of_html(html).main, expected, "{html}");
    }
}

#[test]
fn links_are_kept_as_markdown_that_reads_as_its_words() {
    let base = Url::parse("https://x.gov/a/b").ok();
    let cases = [
        ("see <a href='c'> C </a>, now", "see [C](https://x.gov/a/c) , now\n"),
        ("<a href='/d(1) e'>w</a>", "[w](https://x.gov/d%281%29%20e)\n"),
        ("<a href='#top'>up</a> <a href='javascript:x()'>do</a> <a>no</a>", "up do no\n"),
        ("<a href=mailto:a@x.gov>a@x.gov</a>", "[a@x.gov](mailto:a@x.gov)\n"),
        ("it<a href=n>[1]</a>.", "it[1][](https://x.gov/a/n).\n"),
        ("<a href=n><h3>T</h3><p>more</p></a>", "### [T](https://x.gov/a/n)\n[more](https://x.gov/a/n)\n"),
        (
            "<a href=n><img src=p.png alt='A [b]'> T</a>",
            "[![A (b)](https://x.gov/a/p.png) T](https://x.gov/a/n)\n",
        ),
        ("<a href=n>a<a href=m>b</a>c", "[a](https://x.gov/a/n)[b](https://x.gov/a/m)c\n"),
        ("<a href=n></a><img src=x.png>w", "w\n"),
        ("<base href='/z/'><a href=n>w</a>", "[w](https://x.gov/z/n)\n"),
    ];
    for (html, expected) in cases {
        assert_eq!(text_of_html_at(html, base.as_ref()).main, expected, "{html}");
    }
    assert_eq!(text_of_html("<a href=../c?d=e>w</a>").main, "[w](../c?d=e)\n", "as written");
}

#[test]
fn what_pages_repeat_is_kept_apart_and_kept() {
    let long = "Words of the main text. ".repeat(20);
    let cases: [(&str, &str, &str); 11] = [
        (
            "<nav>n</nav><p>a</p><footer>f</footer>",
            "a\n",
            "[nav, before line 1]\nn\n[footer, before line 2]\nf\n",
        ),
        ("<p>a<aside id=more>s</aside>b", "a\nb\n", "[aside#more, before line 2]\ns\n"),
        ("<header><h1>T</h1><nav>n</nav></header>a", "# T\na\n", "[nav, before line 2]\nn\n"),
        ("<article><header>h</header>a</article>", "h\na\n", ""),
        (
            "<div class='cookie-consent'>c<button>OK</button></div>a",
            "a\n",
            "[div.cookie-consent, before line 1]\nc\nOK\n",
        ),
        ("<div class=nav><main>m</main>x</div>", "m\nx\n", ""),
        (
            "<div role=navigation aria-label='Main menu'>n</div>a",
            "a\n",
            "[div navigation Main menu, before line 1]\nn\n",
        ),
        ("<p hidden>h</p><article><p hidden>k</p></article>", "k\n", "[p, before line 1]\nh\n"),
        ("<nav>only</nav>", "only\n", ""),
        (
            "<ul><li><a href=1>a</a><li><a href=2>b</a><li><a href=3>c</a><li><a href=4>d</a>\
             <li><a href=5>e</a></ul>t",
            "t\n",
            "[list of links, before line 1]\n- [a](1)\n- [b](2)\n- [c](3)\n- [d](4)\n- [e](5)\n",
        ),
        (
            "<p>b<main>LONG</main>c",
            "LONG\n",
            "[outside the main element, before line 1]\nb\n[outside the main element, before line 2]\nc\n",
        ),
    ];
    for (html, main, boilerplate) in cases {
        let page = text_of_html(&html.replace("LONG", &long));
        assert_eq!(
            (page.main.as_str(), page.boilerplate.as_str()),
            (main.replace("LONG", long.trim()).as_str(), boilerplate),
            "{html}"
        );
    }
}

#[test]
fn what_a_page_says_of_itself_is_read() {
    let page = text_of_html_at(
        "<html lang='en-US'><head><title> A &ndash;\n B </title>\
         <link rel='Canonical shortlink' href='/c'></head>x",
        Url::parse("https://x.gov/").ok().as_ref(),
    );
    assert_eq!(page.title.as_deref(), Some("A – B"));
    assert_eq!(page.canonical.as_deref(), Some("https://x.gov/c"));
    assert_eq!(page.language.as_deref(), Some("en-US"));
    let page =
        text_of_html("<meta property=og:title content=T><meta property=og:url content=https://x.gov/o>x");
    assert_eq!((page.title.as_deref(), page.canonical.as_deref()), (Some("T"), Some("https://x.gov/o")));
}

#[test]
fn bytes_are_read_in_their_encoding() {
    let cases: [(&[u8], Option<&str>, &str); 7] = [
        ("<p>é’".as_bytes(), None, "é’\n"),
        (b"<p>\xe9", Some("text/html; charset=ISO-8859-1"), "é\n"),
        (b"<meta charset=windows-1252><p>\x93a\x94", None, "“a”\n"),
        (b"\xff\xfe<\x00p\x00>\x00a\x00", None, "a\n"),
        ("\u{feff}a < b\r\n c".as_bytes(), Some("text/plain"), "a < b\n c\n"),
        (b"one\ntwo <3", None, "one\ntwo <3\n"),
        ("<p>é".as_bytes(), Some("text/html; charset=latin1"), "é\n"),
    ];
    for (bytes, content_type, expected) in cases {
        assert_eq!(text_of_bytes(bytes, content_type, None).main, expected, "{bytes:?}");
    }
}

/// Small and fast, and the same everywhere: no crate for this.
fn noise(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed * 2 + 1;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    }
}

#[test]
fn no_bytes_break_it_and_no_word_is_lost() {
    const TAGS: &[&str] = &[
        "a href=x",
        "/a",
        "p",
        "/p",
        "div",
        "/div",
        "table",
        "/table",
        "tr",
        "td",
        "/td",
        "/tr",
        "li",
        "ul",
        "/ul",
        "h1",
        "/h2",
        "nav",
        "/nav",
        "main",
        "/main",
        "br",
        "img src=i alt=ALT",
        "span",
        "/span",
        "b",
        "/b",
        "pre",
        "/pre",
        "hr",
        "header",
        "/header",
        "div class=cookie",
        "dl",
        "dd",
        "article",
        "/article",
        "th",
        "caption",
        "form",
        "/li",
    ];
    for seed in 1..400 {
        let mut next = noise(seed);
        let mut html = String::new();
        let count = 40;
        for i in 0..count {
            for _ in 0..next(4) {
                html.push_str(&format!("<{}>", TAGS[next(TAGS.len())]));
            }
            html.push_str(&format!(" w{i}w "));
        }
        let page = text_of_html(&html);
        let all = format!("{} {}", page.main, page.boilerplate);
        for i in 0..count {
            assert!(all.contains(&format!("w{i}w")), "w{i}w of {html}\n{all}");
        }
        let bytes: Vec<u8> = (0..500).map(|_| b"<>/&;#ax!-[]='\" \n\x00\xff\xe9\x1b"[next(20)]).collect();
        text_of_bytes(&bytes, None, None);
        text_of_bytes(&bytes, Some("text/html"), None);
    }
}

#[test]
fn deep_and_odd_pages_take_linear_time() {
    let n = 100_000;
    let cases = [
        ("nested blocks", "<div>".repeat(n)),
        ("nested and closed", format!("{}x{}", "<div>".repeat(n), "</div>".repeat(n))),
        ("nested inline", format!("{}x{}", "<b>".repeat(n), "</i>".repeat(n))),
        ("inline under a block", format!("<i><div>{}{}", "<b>".repeat(n), "</i>".repeat(n))),
        ("nested boilerplate", "<div class=cookie><h1>a".repeat(n)),
        ("nested lists", "<ul><li>a".repeat(n)),
        ("nested tables", "<table><tr><td>a".repeat(n)),
        ("unclosed paragraphs", "<p>a".repeat(n)),
        ("links in a line", "<a href=x>a</a> ".repeat(n)),
        ("stray ends", "</div></p></table></a>".repeat(n)),
        ("blocks in a closed cell", format!("<div><table><tr><td>{}", "</div><span>".repeat(n))),
        ("attributes", format!("<p {}>", (0..5_000).map(|i| format!("a{i} ")).collect::<String>())),
        ("brackets", format!("<a href=x>{}", "[".repeat(n))),
    ];
    for (name, html) in cases {
        let begun = std::time::Instant::now();
        text_of_html(&html);
        assert!(begun.elapsed().as_secs() < 20, "{name}: {:?}", begun.elapsed());
    }
}
