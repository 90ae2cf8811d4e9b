//! Addresses: `ws` and `wss` (RFC 6455, section 3).

use highper_fetch::Url;

/// Reads an address; `http` and `https` mean the same as `ws` and `wss`.
///
/// # Errors
/// What is wrong with it, in words.
pub fn address(text: &str) -> Result<Url, String> {
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    let (scheme, rest) = text
        .split_once("://")
        .ok_or("an address of a WebSocket is written ws://host/path or wss://host/path")?;
    let own = match scheme.to_ascii_lowercase().as_str() {
        "ws" | "http" => "http",
        "wss" | "https" => "https",
        other => {
            return Err(format!(
                "a WebSocket is not spoken by the scheme '{}': write ws://host/path or wss://host/path",
                other.escape_default()
            ));
        }
    };
    Url::parse(&format!("{own}://{rest}")).map_err(|why| why.replacen("'http", "'ws", 1))
}

/// An address as messages show it: without user and query, which may hold secrets.
#[must_use]
pub fn shown(url: &Url) -> String {
    format!("ws{}", url.shown().trim_start_matches("http"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let url = address(" WSS://u:p@h:444/a?b#c ").unwrap();
        assert_eq!(
            (url.port(), url.target(), url.is_secure()),
            (444, "/a?b", true)
        );
        assert_eq!(shown(&url), "wss://h:444/a");
        assert!(!address("ws://h").unwrap().is_secure());
        for (text, why) in [
            ("h/a", "is written ws://host/path"),
            ("ftp://h", "the scheme 'ftp'"),
            ("ws:///a", "no host"),
            ("ws://h:0", "port"),
        ] {
            let said = address(text).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
    }
}
