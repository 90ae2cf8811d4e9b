//! Who the client is, where proxies stand between it and this server (RFC 7239, and the fields before it).

use crate::Seen;
use crate::address::{Network, plain};
use crate::notes::Notes;
use crate::token::is_token;
use std::net::{IpAddr, SocketAddr};

/// Which fields proxies tell it in. Others are not believed: a client may have sent them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fields {
    /// `X-Forwarded-For`, `-Proto`, `-Host`, `-Port`.
    XForwarded,
    /// `Forwarded`.
    Forwarded,
}

/// Takes what trusted proxies say of the client.
#[derive(Clone, Debug)]
pub struct TrustedProxies {
    networks: Vec<Network>,
    /// Is every peer one, and what comes by a Unix socket?
    all: bool,
    unix: bool,
    fields: Fields,
}

impl TrustedProxies {
    /// Of these addresses and networks; `private` stands for all that are nobody's in the internet, `unix` for Unix
    /// sockets, `*` for every peer.
    ///
    /// # Errors
    /// The address that is none.
    pub fn new(proxies: &[String], fields: Fields) -> Result<Self, String> {
        let mut made = Self {
            networks: Vec::new(),
            all: false,
            unix: false,
            fields,
        };
        if proxies.is_empty() {
            return Err("must not be empty".into());
        }
        for text in proxies {
            match &**text {
                "*" => made.all = true,
                "unix" => made.unix = true,
                "private" => made.networks.extend(Network::private()),
                text => made.networks.push(Network::parse(text)?),
            }
        }
        Ok(made)
    }

    fn trusts(&self, ip: Option<IpAddr>) -> bool {
        self.all || ip.map_or(self.unix, |ip| self.networks.iter().any(|n| n.has(ip)))
    }

    pub(crate) fn enter(&self, seen: &Seen<'_>, notes: &mut Notes) {
        if !self.trusts(seen.origin.ip()) {
            return;
        }
        match self.fields {
            Fields::XForwarded => self.x_forwarded(seen, notes),
            Fields::Forwarded => self.forwarded(seen, notes),
        }
    }

    /// The last of a chain of addresses that is no proxy of ours, and how far from the end it is. An entry that can't
    /// be read ends the chain: what stands before it was written by nobody that is trusted.
    fn client(&self, chain: &[&[u8]]) -> (Option<IpAddr>, usize) {
        let mut nearest = (None, 0);
        for (far, entry) in chain.iter().rev().enumerate() {
            let Some(ip) = address(entry) else {
                break;
            };
            nearest = (Some(ip), far);
            if !self.networks.iter().any(|n| n.has(ip)) {
                break;
            }
        }
        nearest
    }

    fn x_forwarded(&self, seen: &Seen<'_>, notes: &mut Notes) {
        let chain = list(seen, b"x-forwarded-for");
        let (client, far) = self.client(&chain);
        notes.client = client;
        // Each proxy adds one entry to each list, or sets a list of one.
        let said = |name: &[u8]| {
            let all = list(seen, name);
            match all.len() {
                0 => None,
                n => all.get(n.saturating_sub(far + 1)).or(all.first()).copied(),
            }
        };
        notes.secure = said(b"x-forwarded-proto").and_then(scheme);
        if let Some(host) = said(b"x-forwarded-host").and_then(host) {
            let port = said(b"x-forwarded-port")
                .and_then(|p| std::str::from_utf8(p).ok()?.parse::<u16>().ok());
            let usual = if notes.secure == Some(true) { 443 } else { 80 };
            notes.host = Some(match port.filter(|p| *p != usual && !has_port(host)) {
                Some(port) => format!("{host}:{port}").into(),
                None => host.into(),
            });
        }
    }

    fn forwarded(&self, seen: &Seen<'_>, notes: &mut Notes) {
        let elements = list(seen, b"forwarded");
        let pairs: Vec<Vec<(&[u8], &[u8])>> = elements.iter().map(|e| pairs(e)).collect();
        let get = |at: usize, name: &str| {
            let found = pairs
                .get(at)?
                .iter()
                .find(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes()));
            found.map(|(_, value)| *value)
        };
        let chain: Vec<&[u8]> = (0..pairs.len())
            .map(|at| get(at, "for").unwrap_or_default())
            .collect();
        let (client, far) = self.client(&chain);
        notes.client = client;
        if pairs.is_empty() {
            return;
        }
        let at = pairs.len() - 1 - far;
        notes.secure = get(at, "proto").and_then(scheme);
        notes.host = get(at, "host").and_then(host).map(Into::into);
    }
}

/// The entries of all fields of a name, in order. Commas in quotes do not divide: quotes are counted from the end,
/// where the nearest proxy has written, so that one which a client leaves open hides nothing of that.
fn list<'a>(seen: &Seen<'a>, name: &[u8]) -> Vec<&'a [u8]> {
    let mut all = Vec::new();
    for (_, value) in seen
        .head
        .fields(seen.bytes)
        .filter(|(n, _)| n.eq_ignore_ascii_case(name))
    {
        all.extend(divided(value, b','));
    }
    all
}

fn divided(text: &[u8], by: u8) -> Vec<&[u8]> {
    let mut quoted = false;
    let parts = text.rsplit(move |b| {
        quoted ^= *b == b'"';
        *b == by && !quoted
    });
    let mut parts: Vec<&[u8]> = parts.map(<[u8]>::trim_ascii).collect();
    parts.reverse();
    parts
}

fn pairs(element: &[u8]) -> Vec<(&[u8], &[u8])> {
    let pair = |part: &'_ [u8]| -> Option<(usize, usize)> {
        let at = part.iter().position(|b| *b == b'=')?;
        is_token(&part[..at]).then_some((at, part.len()))
    };
    divided(element, b';')
        .into_iter()
        .filter_map(|part| {
            let (at, end) = pair(part)?;
            let value = &part[at + 1..end];
            let value = value
                .strip_prefix(b"\"")
                .and_then(|v| v.strip_suffix(b"\""))
                .unwrap_or(value);
            Some((&part[..at], value))
        })
        .collect()
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn address(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?;
    let bare = text
        .strip_prefix('[')
        .and_then(|t| t.strip_suffix(']'))
        .unwrap_or(text);
    let ip = bare
        .parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|a| a.ip()));
    ip.map(plain)
}

fn scheme(text: &[u8]) -> Option<bool> {
    match text {
        t if t.eq_ignore_ascii_case(b"https") => Some(true),
        t if t.eq_ignore_ascii_case(b"http") => Some(false),
        _ => None,
    }
}

fn host(text: &[u8]) -> Option<&str> {
    let is_host = |b: &u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(b);
    let fits = (1..=255).contains(&text.len()) && text.iter().all(is_host);
    std::str::from_utf8(text).ok().filter(|_| fits)
}

fn has_port(host: &str) -> bool {
    host.rsplit_once(':')
        .is_some_and(|(_, port)| !port.contains(']'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Peer, with};

    fn run(
        proxies: &[&str],
        fields: Fields,
        peer: Option<&str>,
        head: &str,
    ) -> (Option<String>, Option<bool>, Option<String>) {
        let proxies: Vec<String> = proxies.iter().map(ToString::to_string).collect();
        let filter = TrustedProxies::new(&proxies, fields).unwrap();
        let peer = Peer(peer.map(|p| p.parse().unwrap()), false);
        with(&format!("GET / HTTP/1.1\nHost: h\n{head}"), &peer, |seen| {
            let mut notes = Notes::default();
            filter.enter(seen, &mut notes);
            (
                notes.client.map(|c| c.to_string()),
                notes.secure,
                notes.host.clone().map(Into::into),
            )
        })
    }

    fn x(
        proxies: &[&str],
        peer: &str,
        head: &str,
    ) -> (Option<String>, Option<bool>, Option<String>) {
        run(proxies, Fields::XForwarded, Some(peer), head)
    }

    #[test]
    fn only_proxies_are_believed() {
        let head =
            "X-Forwarded-For: 192.0.2.9\nX-Forwarded-Proto: https\nX-Forwarded-Host: site.example";
        let said = (
            Some("192.0.2.9".into()),
            Some(true),
            Some("site.example".into()),
        );
        assert_eq!(x(&["10.0.0.0/8"], "10.0.0.1", head), said);
        assert_eq!(x(&["private"], "127.0.0.1", head), said);
        assert_eq!(x(&["*"], "203.0.113.1", head), said);
        assert_eq!(x(&["10.0.0.0/8"], "203.0.113.1", head), (None, None, None));
        assert_eq!(run(&["unix"], Fields::XForwarded, None, head), said);
        assert_eq!(
            run(&["10.0.0.0/8"], Fields::XForwarded, None, head),
            (None, None, None)
        );
        assert_eq!(
            run(&["*"], Fields::Forwarded, Some("10.0.0.1"), head),
            (None, None, None)
        );
    }

    #[test]
    fn what_a_client_has_made_up_is_passed_over() {
        let client = |head: &str| x(&["10.0.0.0/8"], "10.0.0.1", head).0.unwrap_or_default();
        assert_eq!(client("X-Forwarded-For: 1.1.1.1, 192.0.2.9"), "192.0.2.9");
        assert_eq!(
            client("X-Forwarded-For: 1.1.1.1, 192.0.2.9, 10.0.0.7"),
            "192.0.2.9"
        );
        assert_eq!(
            client("X-Forwarded-For: 1.1.1.1\nX-Forwarded-For: 192.0.2.9:4711"),
            "192.0.2.9"
        );
        assert_eq!(
            client("X-Forwarded-For: 1.1.1.1, unknown, 10.0.0.7"),
            "10.0.0.7"
        );
        assert_eq!(client("X-Forwarded-For: [2001:db8::1]:80"), "2001:db8::1");
        assert_eq!(client("X-Forwarded-For: ::ffff:192.0.2.9"), "192.0.2.9");
        assert_eq!(client("X-Forwarded-For: "), "");
        // A quote that is left open takes nothing of what proxies have added.
        assert_eq!(client("X-Forwarded-For: \"1.1.1.1, 192.0.2.9"), "192.0.2.9");
        assert_eq!(
            client("X-Forwarded-For: a\"b\"c\", 192.0.2.9, 10.0.0.7"),
            "192.0.2.9"
        );
        let two = x(
            &["10.0.0.0/8"],
            "10.0.0.1",
            "X-Forwarded-For: 192.0.2.9, 10.0.0.7\nX-Forwarded-Proto: https, http",
        );
        assert_eq!(two.1, Some(true));
        let one = x(
            &["10.0.0.0/8"],
            "10.0.0.1",
            "X-Forwarded-For: 192.0.2.9, 10.0.0.7\nX-Forwarded-Proto: https",
        );
        assert_eq!(one.1, Some(true));
    }

    #[test]
    fn hosts() {
        let host = |head: &str| x(&["*"], "10.0.0.1", head).2;
        assert_eq!(
            host("X-Forwarded-Host: a.example\nX-Forwarded-Port: 8443"),
            Some("a.example:8443".into())
        );
        assert_eq!(
            host("X-Forwarded-Host: a.example\nX-Forwarded-Proto: https\nX-Forwarded-Port: 443"),
            Some("a.example".into())
        );
        assert_eq!(
            host("X-Forwarded-Host: a.example:81\nX-Forwarded-Port: 82"),
            Some("a.example:81".into())
        );
        assert_eq!(host("X-Forwarded-Host: a\"><b"), None);
        assert_eq!(host("X-Forwarded-Port: 82"), None);
    }

    #[test]
    fn forwarded() {
        let f = |head: &str| run(&["10.0.0.0/8"], Fields::Forwarded, Some("10.0.0.1"), head);
        assert_eq!(
            f("Forwarded: for=\"[2001:db8::17]:47\";proto=https;host=\"a.example\""),
            (
                Some("2001:db8::17".into()),
                Some(true),
                Some("a.example".into())
            )
        );
        assert_eq!(
            f(
                "Forwarded: for=1.1.1.1;proto=https, For=192.0.2.60;Proto=http;by=203.0.113.43, for=10.0.0.9"
            ),
            (Some("192.0.2.60".into()), Some(false), None)
        );
        assert_eq!(f("Forwarded: for=unknown"), (None, None, None));
        assert_eq!(
            f("Forwarded: for=_hidden, for=10.0.0.9"),
            (Some("10.0.0.9".into()), None, None)
        );
        assert_eq!(f("Forwarded: \";;,=,\""), (None, None, None));
    }

    #[test]
    fn wrong_proxies() {
        let new = |text: &str| TrustedProxies::new(&[text.to_owned()], Fields::Forwarded);
        assert!(new("10.0.0.0/40").unwrap_err().contains("10.0.0.0/40"));
        assert!(TrustedProxies::new(&[], Fields::Forwarded).is_err());
    }
}
