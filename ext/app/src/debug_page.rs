//! The page that a developer sees when a handler fails: message, source lines, stack, request
//! and environment. It is for development and loopback peers only; who calls it decides that.
//! Secrets are masked here, whatever the caller gives.

use crate::dump::Dump;
use crate::problem::{Escaped, Problem, reason};
use crate::refused::{self, Refused};
use crate::secret;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _};

/// Lines shown before and after the one that matters.
pub const AROUND: u32 = 6;
/// Stack frames shown; of more, the middle is left out.
const FRAMES: usize = 60;
/// Exceptions of a chain of previous ones that are shown.
const CHAIN: usize = 10;
/// A source file is read up to this many bytes.
const LARGEST: u64 = 4 << 20;
/// Longer lines, messages and values are cut to this many bytes.
const WIDEST: usize = 4096;

/// An exception or error, and the ones it came from.
#[derive(Clone, Debug, Default)]
pub struct Exception {
    /// Its class.
    pub class: String,
    /// Its message.
    pub message: String,
    /// The file where it was thrown.
    pub file: String,
    /// The line there, from 1; 0 where it is not known.
    pub line: u32,
    /// The stack, innermost first.
    pub frames: Vec<Frame>,
}

/// One entry of the stack.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// What was called, as in `Notes->find()`.
    pub call: String,
    /// The file of the call; empty inside PHP itself.
    pub file: String,
    /// The line there, from 1.
    pub line: u32,
}

/// All that the page shows.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The status of the answer.
    pub status: u16,
    /// The exception first, then its previous ones. Empty is allowed: then only the status is shown.
    pub exceptions: Vec<Exception>,
    /// `GET`
    pub method: String,
    /// Path and query as sent.
    pub uri: String,
    /// The request's headers.
    pub headers: Vec<(String, String)>,
    /// Its query, its cookies and its session, by names.
    pub query: Vec<(String, String)>,
    /// Cookies: their names are shown.
    pub cookies: Vec<(String, String)>,
    /// Values of its session.
    pub session: Vec<(String, String)>,
    /// Its body: what it is, and the fields of a form or JSON object; or all of it, under no name.
    pub body: Vec<(String, String)>,
    /// What types are bound to, and for how long.
    pub bindings: Vec<(String, String)>,
    /// Objects that were made for this request.
    pub scoped: Vec<(String, String)>,
    /// What the handler has shown by `dump()`.
    pub dumps: Vec<Dump>,
    /// Changed code that is not taken.
    pub refused: Vec<Refused>,
    /// The environment's variables.
    pub environment: Vec<(String, String)>,
    /// The request's id.
    pub request_id: Option<String>,
    /// Worker and coroutine, and what else is worth a line.
    pub facts: Vec<(String, String)>,
}

/// Some lines of a source file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// The number of the first line.
    pub first: u32,
    /// The lines, without their ends.
    pub lines: Vec<String>,
}

impl Excerpt {
    /// The lines around `line` of a regular file; `None` where there is no such file or line.
    /// Bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn read(file: &str, line: u32, around: u32) -> Option<Self> {
        if line == 0 || !std::fs::metadata(file).ok()?.is_file() {
            return None;
        }
        let mut reader = BufReader::new(std::fs::File::open(file).ok()?.take(LARGEST));
        let first = line.saturating_sub(around).max(1);
        let mut excerpt = Self {
            first,
            lines: vec![],
        };
        let mut bytes = vec![];
        for number in 1..=line.saturating_add(around) {
            bytes.clear();
            if reader.read_until(b'\n', &mut bytes).ok()? == 0 {
                break;
            }
            if number >= first {
                let text = String::from_utf8_lossy(&bytes);
                excerpt
                    .lines
                    .push(cut(text.trim_end_matches(['\n', '\r'])).into_owned());
            }
        }
        (line - first < excerpt.lines.len() as u32).then_some(excerpt)
    }
}

fn cut(text: &str) -> std::borrow::Cow<'_, str> {
    if text.len() <= WIDEST {
        return text.into();
    }
    format!("{}…", &text[..text.floor_char_boundary(WIDEST)]).into()
}

/// A text that may hold secrets, masked and then cut.
fn safe(text: &str) -> String {
    cut(&secret::masked_text(text)).into_owned()
}

fn safe_pairs(pairs: &[(String, String)]) -> impl Iterator<Item = (&str, String)> {
    pairs
        .iter()
        .map(|(n, v)| (n.as_str(), cut(&secret::masked(n, v)).into_owned()))
}

/// Names of classes, which are no secrets whatever they are called.
fn plain(pairs: &[(String, String)]) -> impl Iterator<Item = (&str, String)> {
    pairs.iter().map(|(n, v)| (n.as_str(), cut(v).into_owned()))
}

/// The frames to show, and how many are left out after the first half.
fn shown(frames: &[Frame]) -> (&[Frame], usize, &[Frame]) {
    if frames.len() <= FRAMES {
        return (frames, 0, &[]);
    }
    let half = FRAMES / 2;
    (
        &frames[..half],
        frames.len() - FRAMES,
        &frames[frames.len() - half..],
    )
}

impl Report {
    /// The JSON body: problem+json with the members `exception` (class, message, file, line,
    /// source, trace, previous), `request` and `environment`.
    #[must_use]
    pub fn json(&self) -> String {
        let source = |file: &str, line| {
            Excerpt::read(file, line, AROUND).map(|e| {
                let numbered: Vec<Value> = (e.first..)
                    .zip(&e.lines)
                    .map(|(n, t)| json!({"line": n, "text": t}))
                    .collect();
                numbered
            })
        };
        let mut chain: Option<Value> = None;
        for e in self.exceptions.iter().take(CHAIN).rev() {
            let (head, left_out, tail) = shown(&e.frames);
            let frame = |f: &Frame| json!({"call": safe(&f.call), "file": f.file, "line": f.line});
            let mut trace: Vec<Value> = head.iter().map(frame).collect();
            if left_out > 0 {
                trace.push(json!({"leftOut": left_out}));
            }
            trace.extend(tail.iter().map(frame));
            chain = Some(json!({
                "class": e.class, "message": safe(&e.message), "file": e.file, "line": e.line,
                "source": source(&e.file, e.line), "trace": trace, "previous": chain,
            }));
        }
        let object = |pairs: &[(String, String)]| -> Value {
            Value::Object(
                safe_pairs(pairs)
                    .map(|(n, v)| (n.to_owned(), v.into()))
                    .collect(),
            )
        };
        let classes = |pairs: &[(String, String)]| -> Value {
            Value::Object(
                plain(pairs)
                    .map(|(n, v)| (n.to_owned(), v.into()))
                    .collect(),
            )
        };
        let first = self.exceptions.first().map(|e| safe(&e.message));
        let mut problem = Problem {
            status: self.status,
            detail: first.as_deref(),
            request_id: self.request_id.as_deref(),
            ..Problem::default()
        };
        problem.extensions.insert("exception".into(), chain.into());
        problem.extensions.insert(
            "request".into(),
            json!({
                "method": self.method, "uri": safe(&self.uri), "headers": object(&self.headers),
                "query": object(&self.query), "cookies": self.cookies.iter().map(|(n, _)| &**n).collect::<Vec<_>>(),
                "session": object(&self.session), "body": object(&self.body),
            }),
        );
        problem.extensions.insert(
            "container".into(),
            json!({"bindings": classes(&self.bindings), "scoped": classes(&self.scoped)}),
        );
        if !self.dumps.is_empty() {
            let dumps = self.dumps.iter().map(Dump::text);
            problem.extensions.insert("dumps".into(), dumps.collect());
        }
        if !self.refused.is_empty() {
            let refused = refused::to_json(&self.refused);
            problem.extensions.insert("notTaken".into(), refused);
        }
        problem
            .extensions
            .insert("environment".into(), object(&self.environment));
        problem
            .extensions
            .insert("facts".into(), object(&self.facts));
        problem.json()
    }

    /// The HTML page. It loads nothing and runs no script.
    #[must_use]
    pub fn html(&self) -> String {
        let mut page = String::with_capacity(16 * 1024);
        let (class, message) = match self.exceptions.first() {
            Some(e) => (e.class.as_str(), safe(&e.message)),
            None => (reason(self.status), String::new()),
        };
        // Writing to a String does not fail.
        let _ = write!(
            page,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}: {}</title>\n\
             <style>{CSS}</style>\n</head>\n<body>\n",
            Escaped(class),
            Escaped(&message),
        );
        for (at, _) in TABS.iter().enumerate() {
            let checked = if at == 0 { " checked" } else { "" };
            let _ = write!(
                page,
                "<input type=\"radio\" name=\"tab\" id=\"tab{at}\"{checked}>"
            );
        }
        let _ = write!(
            page,
            "\n<header><p><b>{}</b> {} <span>{}</span></p><nav>",
            self.status,
            Escaped(&self.method),
            Escaped(&safe(&self.uri)),
        );
        for (at, name) in TABS.iter().enumerate() {
            let _ = write!(page, "<label for=\"tab{at}\">{name}</label>");
        }
        page.push_str("</nav></header>\n<main id=\"pane0\">\n");
        for dump in &self.dumps {
            let _ = write!(
                page,
                "<section><details open><summary>dump() at {}:{}</summary>",
                Escaped(&dump.file),
                dump.line
            );
            for value in &dump.values {
                let _ = writeln!(page, "<pre class=\"dump\">{}</pre>", Escaped(&value.text()));
            }
            page.push_str("</details></section>\n");
        }
        for (i, e) in self.exceptions.iter().take(CHAIN).enumerate() {
            exception(&mut page, e, i > 0);
        }
        if self.exceptions.is_empty() && self.dumps.is_empty() {
            let _ = writeln!(
                page,
                "<section><h1>{}</h1></section>",
                Escaped(reason(self.status))
            );
        }
        let mut facts = self.facts.clone();
        if let Some(id) = &self.request_id {
            facts.insert(0, ("Request".into(), id.clone()));
        }
        page.push_str("</main>\n<main id=\"pane1\">\n");
        table(&mut page, "This request", &facts, true);
        table(&mut page, "Headers", &self.headers, true);
        table(&mut page, "Query", &self.query, true);
        table(&mut page, "Body", &self.body, true);
        table(&mut page, "Cookies", &masked_all(&self.cookies), true);
        table(&mut page, "Session", &self.session, true);
        page.push_str("</main>\n<main id=\"pane2\">\n");
        rows(
            &mut page,
            "Objects of this request",
            plain(&self.scoped),
            true,
        );
        rows(&mut page, "Bindings", plain(&self.bindings), true);
        if self.scoped.is_empty() && self.bindings.is_empty() {
            page.push_str("<section><p>Nothing is bound, and no object was made for this request.</p></section>\n");
        }
        page.push_str("</main>\n<main id=\"pane3\">\n");
        table(&mut page, "Environment", &self.environment, true);
        page.push_str("</main>\n");
        if !self.refused.is_empty() {
            page.push_str(&refused::banner(&self.refused));
        }
        page.push_str("</body>\n</html>\n");
        page
    }
}

/// What the page shows, one at a time; switched without a script.
const TABS: [&str; 4] = ["Source", "Request", "Container", "Environment"];

/// Cookies say who somebody is.
fn masked_all(pairs: &[(String, String)]) -> Vec<(String, String)> {
    let hidden = pairs
        .iter()
        .map(|(name, _)| (name.clone(), secret::MASK.to_owned()));
    hidden.collect()
}

fn exception(page: &mut String, e: &Exception, previous: bool) {
    let _ = write!(
        page,
        "<section>\n{}<p class=\"class\">{}</p>\n<h1>{}</h1>\n<p class=\"at\">{}</p>\n",
        if previous {
            "<p class=\"previous\">Caused by</p>\n"
        } else {
            ""
        },
        Escaped(&e.class),
        Escaped(&safe(&e.message)),
        Escaped(&place(&e.file, e.line)),
    );
    source(page, &e.file, e.line);
    let (head, left_out, tail) = shown(&e.frames);
    if !head.is_empty() {
        page.push_str("<h2>Stack</h2>\n<ol>\n");
        frames(page, head);
        if left_out > 0 {
            let _ = writeln!(page, "<li class=\"gap\">{left_out} more</li>");
        }
        frames(page, tail);
        page.push_str("</ol>\n");
    }
    page.push_str("</section>\n");
}

fn place(file: &str, line: u32) -> String {
    match (file, line) {
        ("", _) => "[internal function]".into(),
        (f, 0) => f.into(),
        (f, l) => format!("{f}:{l}"),
    }
}

fn frames(page: &mut String, frames: &[Frame]) {
    for f in frames {
        let _ = write!(
            page,
            "<li><details><summary><code>{}</code> <span>{}</span></summary>",
            Escaped(&safe(&f.call)),
            Escaped(&place(&f.file, f.line)),
        );
        source(page, &f.file, f.line);
        page.push_str("</details></li>\n");
    }
}

fn source(page: &mut String, file: &str, line: u32) {
    let Some(excerpt) = Excerpt::read(file, line, AROUND) else {
        return;
    };
    page.push_str("<pre>");
    for (n, text) in (excerpt.first..).zip(&excerpt.lines) {
        let mark = if n == line { " class=\"here\"" } else { "" };
        let _ = write!(page, "<span{mark}><i>{n}</i>{}\n</span>", Escaped(text));
    }
    page.push_str("</pre>\n");
}

fn table(page: &mut String, title: &str, pairs: &[(String, String)], open: bool) {
    rows(page, title, safe_pairs(pairs), open);
}

fn rows<'a>(
    page: &mut String,
    title: &str,
    pairs: impl Iterator<Item = (&'a str, String)>,
    open: bool,
) {
    let mut pairs = pairs.peekable();
    if pairs.peek().is_none() {
        return;
    }
    let open = if open { " open" } else { "" };
    let _ = write!(
        page,
        "<section><details{open}><summary>{}</summary><table>",
        Escaped(title)
    );
    for (name, value) in pairs {
        let _ = write!(
            page,
            "<tr><th>{}</th><td>{}</td></tr>",
            Escaped(name),
            Escaped(&value)
        );
    }
    page.push_str("</table></details></section>\n");
}

const CSS: &str = "\
:root{--bg:#f6f7f9;--fg:#1c2330;--dim:#69748a;--card:#fff;--line:#e3e7ee;--accent:#c2334d;--here:#fdeaed;--code:#fafbfc}\
@media(prefers-color-scheme:dark){:root{--bg:#12151c;--fg:#e8ebf2;--dim:#8d97ab;--card:#1a1f29;--line:#2a3140;--accent:#ff8093;--here:#43222b;--code:#151922}}\
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--fg);font:.95rem/1.55 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}\
header{position:sticky;top:0;background:var(--card);border-bottom:1px solid var(--line);padding:.6rem 1.5rem;z-index:1}\
body>input{position:absolute;opacity:0}main{display:none!important}\
#tab0:checked~#pane0,#tab1:checked~#pane1,#tab2:checked~#pane2,#tab3:checked~#pane3{display:grid!important}\
nav{display:flex;gap:.3rem;margin-top:.4rem}label{cursor:pointer;padding:.2rem .8rem;border-radius:.5rem;color:var(--dim)}\
#tab0:checked~header label:nth-child(1),#tab1:checked~header label:nth-child(2),#tab2:checked~header label:nth-child(3),#tab3:checked~header label:nth-child(4){background:var(--here);color:var(--accent)}\
body>input:focus-visible~header nav{outline:2px solid var(--accent);outline-offset:2px;border-radius:.5rem}.dump{padding:.6rem 1rem;white-space:pre-wrap;overflow-wrap:anywhere}\
header p{margin:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}header b{color:var(--accent)}\
header span,li span,.at,.previous{color:var(--dim)}\
main{max-width:68rem;margin:0 auto;padding:1.5rem;display:grid;grid-template-columns:minmax(0,1fr);gap:1rem}\
section{background:var(--card);border:1px solid var(--line);border-radius:.8rem;padding:1.25rem 1.5rem}\
h1{margin:.15rem 0 .4rem;font-size:1.4rem;line-height:1.35;overflow-wrap:anywhere;white-space:pre-wrap}\
h2{font-size:1rem;margin:1.2rem 0 .4rem}p{margin:0}.class{color:var(--accent);font-weight:600}\
pre,code,td,.at,.class{font-family:ui-monospace,SFMono-Regular,Menlo,monospace;font-size:.84rem}\
pre{margin:.8rem 0 0;padding:.6rem 0;background:var(--code);border:1px solid var(--line);border-radius:.5rem;overflow-x:auto;tab-size:4}\
pre span{display:block;padding:0 1rem 0 0;min-width:max-content}pre i{display:inline-block;width:3.6rem;padding-right:1rem;text-align:right;color:var(--dim);font-style:normal;user-select:none}\
.here{background:var(--here)}ol{margin:0;padding-left:1.8rem}li{padding:.2rem 0;overflow-wrap:anywhere}.gap{list-style:none;color:var(--dim)}\
summary{cursor:pointer}section>details>summary{font-weight:600}\
table{width:100%;border-collapse:collapse;margin-top:.6rem;table-layout:fixed}th,td{text-align:left;vertical-align:top;padding:.3rem .5rem .3rem 0;border-top:1px solid var(--line);overflow-wrap:anywhere}\
th{width:14rem;font-weight:500;color:var(--dim);font-size:.84rem}";

#[cfg(test)]
mod tests {
    use super::*;

    fn report(file: &str) -> Report {
        let pair = |n: &str, v: &str| (n.to_owned(), v.to_owned());
        let frame = Frame {
            call: "Notes->find('<x>')".into(),
            file: file.into(),
            line: 2,
        };
        let inner = Exception {
            class: "PDOException".into(),
            message: "mysql://u:hunter2@h".into(),
            ..Exception::default()
        };
        Report {
            status: 500,
            exceptions: vec![
                Exception {
                    class: "App\\Broken".into(),
                    message: "<script>alert(1)</script>".into(),
                    file: file.into(),
                    line: 3,
                    frames: vec![
                        frame,
                        Frame {
                            call: "{main}".into(),
                            ..Frame::default()
                        },
                    ],
                },
                inner,
            ],
            method: "GET".into(),
            uri: "/n?token=hunter2&x=1".into(),
            headers: vec![
                pair("Authorization", "hunter2"),
                pair("Host", "h"),
                pair("Cookie", "s=hunter2"),
            ],
            environment: vec![
                pair("DB_PASSWORD", "hunter2"),
                pair("DATABASE_URL", "pg://u:hunter2@h"),
                pair("PATH", "/bin"),
            ],
            request_id: Some("r-1".into()),
            facts: vec![pair("Coroutine", "7")],
            query: vec![pair("token", "hunter2"), pair("x", "<u>1</u>")],
            cookies: vec![pair("theme", "hunter2")],
            session: vec![pair("user", "7"), pair("csrf_token", "hunter2")],
            body: vec![pair("password", "hunter2"), pair("title", "<u>2</u>")],
            bindings: vec![pair("App\\Clock", "App\\SystemClock, one for a worker")],
            scoped: vec![pair("App\\User", "#12")],
            dumps: vec![Dump {
                file: "a.php".into(),
                line: 9,
                values: vec![crate::dump::Node::Text("<u>3</u>".into(), 8)],
            }],
            refused: vec![Refused {
                file: "/b.php".into(),
                line: 4,
                message: "<u>4</u>".into(),
            }],
        }
    }

    struct Source(String);

    impl Source {
        fn new(name: &str, bytes: &[u8]) -> Self {
            let path = std::env::temp_dir()
                .join(format!("highper-page-{}-{name}.php", std::process::id()));
            std::fs::write(&path, bytes).unwrap();
            Self(path.to_str().unwrap().into())
        }
    }

    impl Drop for Source {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    #[test]
    fn html() {
        let file = Source::new("html", b"<?php\nfind('&');\nthrow new <b>;\n// end\n");
        let page = report(&file.0).html();
        assert!(
            !page.contains("hunter2")
                && !page.contains("<script>")
                && !page.contains("<b>;")
                && !page.contains("<u>")
        );
        for part in [
            "<h1>&lt;script&gt;alert(1)&lt;/script&gt;</h1>",
            "<span class=\"here\"><i>3</i>throw new &lt;b&gt;;\n</span>",
            "<span class=\"here\"><i>2</i>find(&#39;&amp;&#39;);\n</span>",
            "App\\Broken",
            "Caused by",
            "mysql://u:******@h",
            "[internal function]",
            "<th>PATH</th><td>/bin</td>",
            "/n?token=******&amp;x=1",
            "r-1",
            "<th>x</th><td>&lt;u&gt;1&lt;/u&gt;</td>",
            "<th>title</th><td>&lt;u&gt;2&lt;/u&gt;</td>",
            "&lt;u&gt;3&lt;/u&gt;",
            "&lt;u&gt;4&lt;/u&gt; in /b.php:4",
            "<th>theme</th><td>******</td>",
            "<th>App\\Clock</th><td>App\\SystemClock, one for a worker</td>",
            "<th>App\\User</th><td>#12</td>",
            "<label for=\"tab3\">Environment</label>",
        ] {
            assert!(page.contains(part), "{part}\n{page}");
        }
    }

    #[test]
    fn json() {
        let file = Source::new("json", b"<?php\nfind();\nthrow;\n");
        let body = report(&file.0).json();
        assert!(!body.contains("hunter2"));
        let v: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(v["status"], 500);
        assert_eq!(
            v["exception"]["source"][2],
            json!({"line": 3, "text": "throw;"})
        );
        assert_eq!(v["exception"]["previous"]["class"], "PDOException");
        assert_eq!(v["exception"]["previous"]["previous"], Value::Null);
        assert_eq!(v["exception"]["trace"][0]["call"], "Notes->find('<x>')");
        assert_eq!(v["request"]["headers"]["Authorization"], secret::MASK);
        assert_eq!(v["environment"]["PATH"], "/bin");
        assert_eq!(v["request"]["cookies"], json!(["theme"]));
        assert_eq!(v["request"]["body"]["title"], "<u>2</u>");
        assert_eq!(v["container"]["scoped"]["App\\User"], "#12");
        assert_eq!(v["dumps"][0], "a.php:9\n\"<u>3</u>\"");
        assert_eq!(v["notTaken"][0]["line"], 4);
        let empty: Value = serde_json::from_str(
            &Report {
                status: 500,
                ..Report::default()
            }
            .json(),
        )
        .unwrap();
        assert_eq!(empty["exception"], Value::Null);
    }

    #[test]
    fn deep_stacks_are_cut() {
        let frames = (0..10_000)
            .map(|n| Frame {
                call: format!("f{n}()"),
                ..Frame::default()
            })
            .collect();
        let report = Report {
            status: 500,
            exceptions: vec![Exception {
                frames,
                ..Exception::default()
            }],
            ..Report::default()
        };
        let page = report.html();
        assert!(page.contains("9940 more") && page.contains("f0()") && page.contains("f9999()"));
        assert!(page.len() < 20_000, "{}", page.len());
    }

    #[test]
    fn excerpts() {
        let file = Source::new("lines", b"1\r\n2\n\xff\n4\n5");
        let read = |line, around| {
            Excerpt::read(&file.0, line, around).map(|e| (e.first, e.lines.join("|")))
        };
        assert_eq!(read(3, 1), Some((2, "2|\u{fffd}|4".into())));
        assert_eq!(read(1, 9), Some((1, "1|2|\u{fffd}|4|5".into())));
        assert_eq!(read(5, 0), Some((5, "5".into())));
        assert_eq!(read(6, 2), None);
        assert_eq!(read(0, 2), None);
        assert_eq!(read(u32::MAX, 2), None);
        assert_eq!(Excerpt::read("/nonexistent", 1, 1), None);
        assert_eq!(Excerpt::read("/dev/zero", 1, 1), None);
        assert_eq!(Excerpt::read("", 1, 1), None);
    }
}
