//! The request that a message becomes.

use highper_http::Addresses;
use highper_net::Address;
use std::io::Write;
use std::net::SocketAddr;

/// Where messages are for.
#[derive(Clone, Copy, Debug)]
pub struct Place<'p> {
    /// `TCP` or `UDP`.
    pub method: &'p str,
    /// What all paths begin with.
    pub prefix: &'p str,
    /// What the message says it is for.
    pub key: &'p [u8],
}

/// The bytes of a request of HTTP/1.1, all there.
pub(crate) fn request(place: &Place<'_>, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(160 + place.key.len() + body.len());
    out.extend_from_slice(place.method.as_bytes());
    out.push(b' ');
    escape(
        place.prefix.trim_end_matches('/').as_bytes(),
        b"/",
        &mut out,
    );
    let (path, query) = match place.key.iter().position(|byte| *byte == b'?') {
        Some(at) => (&place.key[..at], Some(&place.key[at + 1..])),
        None => (place.key, None),
    };
    if path.first() != Some(&b'/') {
        out.push(b'/');
    }
    escape(path, b"/", &mut out);
    if let Some(query) = query {
        out.push(b'?');
        escape(query, b"/=&+%", &mut out);
    }
    out.extend_from_slice(b" HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n");
    if !body.is_empty() {
        let _ = write!(
            out,
            "Content-Type: {}\r\nContent-Length: {}\r\n",
            kind(body),
            body.len()
        );
    }
    out.extend_from_slice(b"Connection: close\r\n\r\n");
    out.extend_from_slice(body);
    out
}

/// Adds bytes so that a path has them back when it is decoded.
fn escape(bytes: &[u8], kept: &[u8], out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) || kept.contains(byte) {
            out.push(*byte);
        } else {
            out.extend_from_slice(&[
                b'%',
                HEX[usize::from(byte >> 4)],
                HEX[usize::from(byte & 15)],
            ]);
        }
    }
}

/// What a body is, by its first byte.
fn kind(body: &[u8]) -> &'static str {
    match body.trim_ascii_start().first() {
        Some(b'{' | b'[' | b'"') => "application/json",
        _ if std::str::from_utf8(body).is_ok() => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Where a message came from.
pub(crate) fn addresses(peer: Option<&Address>) -> Addresses {
    let peer = peer.and_then(|peer| {
        let host = String::from_utf8(peer.host()).ok()?;
        Some(SocketAddr::new(host.parse().ok()?, peer.port()))
    });
    Addresses {
        peer_ip: peer.map(|peer| peer.ip().to_string()).unwrap_or_default(),
        peer,
        local: None,
        local_ip: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(key: &[u8], body: &[u8]) -> String {
        let place = Place {
            method: "TCP",
            prefix: "/api/",
            key,
        };
        let bytes = request(&place, body);
        let line = bytes.split(|byte| *byte == b'\n').next().unwrap();
        String::from_utf8(line.to_vec()).unwrap()
    }

    #[test]
    fn keys_become_paths() {
        assert_eq!(head(b"a/b.c", b""), "TCP /api/a/b.c HTTP/1.1\r");
        assert_eq!(head(b"/a", b""), "TCP /api/a HTTP/1.1\r");
        assert_eq!(head(b"x?n=1 2&m", b""), "TCP /api/x?n=1%202&m HTTP/1.1\r");
        // Nothing of a message can become a line of the head.
        assert_eq!(
            head(b"a HTTP/1.1\r\nX: y\xff%", b""),
            "TCP /api/a%20HTTP/1.1%0D%0AX%3A%20y%FF%25 HTTP/1.1\r"
        );
    }

    #[test]
    fn kinds_of_bodies() {
        assert_eq!(kind(b" {}"), "application/json");
        assert_eq!(kind(b"12"), "text/plain; charset=utf-8");
        assert_eq!(kind(b"\xff\xfe"), "application/octet-stream");
    }
}
