//! Error bodies that tell nothing of the inside: problem+json (RFC 9457) and an HTML page.

use crate::accept::ErrorFormat;
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// An error as the client may see it.
#[derive(Clone, Debug, Default)]
pub struct Problem<'a> {
    /// The HTTP status.
    pub status: u16,
    /// `type`, a URI; left out (meaning `about:blank`) where it is none.
    pub kind: Option<&'a str>,
    /// The status's reason phrase where it is none.
    pub title: Option<&'a str>,
    /// What went wrong this time; only text that is meant for users.
    pub detail: Option<&'a str>,
    /// `instance`, a URI of this occurrence.
    pub instance: Option<&'a str>,
    /// Written as `requestId`, and on the HTML page.
    pub request_id: Option<&'a str>,
    /// Further members, such as `errors`; a standard member's name is not overwritten.
    pub extensions: Map<String, Value>,
}

impl Problem<'_> {
    fn title_or_reason(&self) -> &str {
        self.title.unwrap_or_else(|| reason(self.status))
    }

    /// The members, in the order of the RFC.
    #[must_use]
    pub fn members(&self) -> Map<String, Value> {
        let mut members = Map::new();
        let mut put = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                members.insert(name.into(), value.into());
            }
        };
        put("type", self.kind);
        put("title", Some(self.title_or_reason()));
        put("detail", self.detail);
        put("instance", self.instance);
        put("requestId", self.request_id);
        members.insert("status".into(), self.status.into());
        for (name, value) in &self.extensions {
            members.entry(name.clone()).or_insert_with(|| value.clone());
        }
        members
    }

    /// The body in a form that the client likes.
    #[must_use]
    pub fn body(&self, format: ErrorFormat) -> String {
        match format {
            ErrorFormat::Html => self.html(),
            ErrorFormat::Problem | ErrorFormat::Json => self.json(),
        }
    }

    /// The JSON body.
    #[must_use]
    pub fn json(&self) -> String {
        Value::Object(self.members()).to_string()
    }

    /// The HTML page: status, a friendly sentence or the detail, the request id. Nothing is
    /// loaded from elsewhere, so it works under any Content-Security-Policy that allows inline
    /// styles.
    #[must_use]
    pub fn html(&self) -> String {
        let mut page = String::with_capacity(2048);
        let title = Escaped(self.title_or_reason());
        let text = Escaped(self.detail.unwrap_or_else(|| friendly(self.status)));
        // Writing to a String does not fail.
        let _ = write!(
            page,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
             <meta name=\"robots\" content=\"noindex\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>{status} {title}</title>\n<style>{CSS}</style>\n</head>\n<body>\n<main>\n\
             <p class=\"status\">{status}</p>\n<h1>{title}</h1>\n<p>{text}</p>\n",
            status = self.status,
        );
        if let Some(id) = self.request_id {
            let _ = writeln!(
                page,
                "<p class=\"id\">Request <code>{}</code></p>",
                Escaped(id)
            );
        }
        page.push_str("</main>\n</body>\n</html>\n");
        page
    }
}

const CSS: &str = "\
:root{--bg:#f6f7f9;--fg:#1c2330;--dim:#69748a;--card:#fff;--line:#e3e7ee;--accent:#4f5bd5}\
@media(prefers-color-scheme:dark){:root{--bg:#12151c;--fg:#e8ebf2;--dim:#8d97ab;--card:#1a1f29;--line:#2a3140;--accent:#8f9aff}}\
*{box-sizing:border-box}\
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--bg);color:var(--fg);\
font:1rem/1.6 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}\
main{width:100%;max-width:30rem;padding:2.5rem;background:var(--card);border:1px solid var(--line);border-radius:1rem;\
box-shadow:0 10px 40px rgb(0 0 0/.06)}\
.status{margin:0;font-size:3.5rem;font-weight:700;line-height:1;letter-spacing:-.03em;color:var(--accent)}\
h1{margin:.75rem 0 .5rem;font-size:1.35rem;line-height:1.3}p{margin:0;overflow-wrap:anywhere}\
.id{margin-top:1.75rem;padding-top:1.25rem;border-top:1px solid var(--line);font-size:.85rem;color:var(--dim)}\
code{font-family:ui-monospace,SFMono-Regular,Menlo,monospace;user-select:all}";

/// What a visitor reads when there is no text for this occurrence.
fn friendly(status: u16) -> &'static str {
    match status {
        400 => "The request could not be understood.",
        401 => "You need to sign in to see this.",
        403 => "You are not allowed to see this.",
        404 => "There is nothing at this address.",
        405 => "This address does not support that kind of request.",
        408 => "The request took too long to arrive.",
        413 => "What you sent is too large.",
        422 => "Some of what you sent is not valid.",
        429 => "There were too many requests. Please wait a moment and try again.",
        503 => "The service is not available right now. Please try again in a moment.",
        504 => "The answer took too long. Please try again.",
        500..=599 => "Something went wrong on our side. Please try again later.",
        _ => "The request could not be completed.",
    }
}

/// The reason phrase of a status; "Error" where it has none.
#[must_use]
pub fn reason(status: u16) -> &'static str {
    match highper_http1::reason(status) {
        "" => "Error",
        known => known,
    }
}

/// Text made safe for HTML content and quoted attributes.
pub struct Escaped<'a>(pub &'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut done = 0;
        for (at, byte) in self.0.bytes().enumerate() {
            let entity = match byte {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                b'\'' => "&#39;",
                // HTML has no way to write these.
                0..=8 | 11 | 12 | 14..=31 | 127 => "\u{fffd}",
                _ => continue,
            };
            f.write_str(&self.0[done..at])?;
            f.write_str(entity)?;
            done = at + 1;
        }
        f.write_str(&self.0[done..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json() {
        let mut p = Problem {
            status: 422,
            detail: Some("a \"b\""),
            request_id: Some("r1"),
            ..Problem::default()
        };
        p.extensions
            .insert("errors".into(), serde_json::json!({"title": ["x"]}));
        p.extensions.insert("status".into(), 200.into());
        let back: Value = serde_json::from_str(&p.json()).unwrap();
        assert_eq!(
            back,
            serde_json::json!({"title": "Unprocessable Content", "status": 422, "detail": "a \"b\"",
                "requestId": "r1", "errors": {"title": ["x"]}})
        );
        let p = Problem {
            status: 404,
            kind: Some("urn:x"),
            title: Some("T"),
            instance: Some("/i"),
            ..Problem::default()
        };
        let back: Value = serde_json::from_str(&p.json()).unwrap();
        assert_eq!(
            back,
            serde_json::json!({"type": "urn:x", "title": "T", "status": 404, "instance": "/i"})
        );
    }

    #[test]
    fn html() {
        let p = Problem {
            status: 500,
            request_id: Some("<i>"),
            ..Problem::default()
        };
        let page = p.html();
        assert!(page.contains("<title>500 Internal Server Error</title>"));
        assert!(page.contains("Something went wrong on our side"));
        assert!(page.contains("<code>&lt;i&gt;</code>"));
        assert!(page.contains("prefers-color-scheme:dark"));
        let p = Problem {
            status: 404,
            detail: Some("note <script>"),
            title: Some("a&b"),
            ..Problem::default()
        };
        let page = p.html();
        assert!(page.contains("<p>note &lt;script&gt;</p>") && page.contains("<h1>a&amp;b</h1>"));
        assert!(!page.contains("<script") && !page.contains("Request <code>"));
    }

    #[test]
    fn escaping() {
        assert_eq!(
            Escaped("a<b>\"'&\0é\n").to_string(),
            "a&lt;b&gt;&quot;&#39;&amp;\u{fffd}é\n"
        );
    }
}
