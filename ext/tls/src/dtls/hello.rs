//! What both sides say first (RFC 5246, section 7.4.1; RFC 6347, section 4.2.1).

use super::codec::{Reader, put_u16, put_vector};
use super::record::VERSION;

const SERVER_NAME: u16 = 0;
const GROUPS: u16 = 10;
const POINTS: u16 = 11;
const SCHEMES: u16 = 13;
/// RFC 7627: the master secret belongs to this handshake only.
const EXTENDED_MASTER: u16 = 23;
/// RFC 5746: this is no renegotiation.
const RENEGOTIATION: u16 = 0xff01;
/// The same, as a suite.
const FIRST_HANDSHAKE: u16 = 0x00ff;

/// What a client offers.
pub(super) struct ClientHello<'a> {
    pub(super) version: u16,
    pub(super) random: [u8; 32],
    pub(super) session: &'a [u8],
    pub(super) cookie: &'a [u8],
    pub(super) suites: Vec<u16>,
    pub(super) name: Option<String>,
    pub(super) groups: Vec<u16>,
    pub(super) schemes: Vec<u16>,
    pub(super) is_extended: bool,
    /// Does it know RFC 5746?
    pub(super) is_careful: bool,
}

fn host(list: &[u8]) -> Option<String> {
    let mut names = Reader(Reader(list).vector(2)?);
    while !names.is_empty() {
        let kind = names.u8()?;
        let name = names.vector(2)?;
        if kind == 0 {
            return String::from_utf8(name.to_vec()).ok();
        }
    }
    None
}

impl<'a> ClientHello<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(body);
        let version = reader.u16()?;
        let random = reader.random()?;
        let session = reader.vector(1).filter(|session| session.len() <= 32)?;
        let cookie = reader.vector(1)?;
        let suites = reader.numbers(2)?;
        let compression = reader.vector(1)?;
        let mut hello = Self {
            version,
            random,
            session,
            cookie,
            is_careful: suites.contains(&FIRST_HANDSHAKE),
            suites,
            name: None,
            groups: Vec::new(),
            schemes: Vec::new(),
            is_extended: false,
        };
        if !compression.contains(&0) {
            return None;
        }
        if reader.is_empty() {
            return Some(hello);
        }
        let mut extensions = Reader(reader.vector(2)?);
        while !extensions.is_empty() {
            let kind = extensions.u16()?;
            let content = extensions.vector(2)?;
            match kind {
                SERVER_NAME => hello.name = host(content),
                GROUPS => hello.groups = Reader(content).numbers(2)?,
                SCHEMES => hello.schemes = Reader(content).numbers(2)?,
                EXTENDED_MASTER => hello.is_extended = true,
                // Something in it would be a renegotiation.
                RENEGOTIATION if content == [0] => hello.is_careful = true,
                RENEGOTIATION => return None,
                _ => {}
            }
        }
        reader.is_empty().then_some(hello)
    }
}

/// What our client offers.
pub(super) struct Offer<'a> {
    pub(super) random: &'a [u8; 32],
    pub(super) cookie: &'a [u8],
    pub(super) suites: &'a [u16],
    pub(super) name: Option<&'a str>,
    pub(super) groups: &'a [u16],
    pub(super) schemes: &'a [u16],
}

fn put_numbers(out: &mut Vec<u8>, numbers: &[u16]) {
    put_vector(out, 2, |out| {
        for number in numbers {
            put_u16(out, *number);
        }
    });
}

fn put_extension(out: &mut Vec<u8>, kind: u16, write: impl FnOnce(&mut Vec<u8>)) {
    put_u16(out, kind);
    put_vector(out, 2, write);
}

impl Offer<'_> {
    pub(super) fn body(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        put_u16(&mut out, VERSION);
        out.extend_from_slice(self.random);
        out.push(0);
        put_vector(&mut out, 1, |out| out.extend_from_slice(self.cookie));
        put_numbers(&mut out, self.suites);
        out.extend_from_slice(&[1, 0]);
        put_vector(&mut out, 2, |out| {
            if let Some(name) = self.name {
                put_extension(out, SERVER_NAME, |out| {
                    put_vector(out, 2, |out| {
                        out.push(0);
                        put_vector(out, 2, |out| out.extend_from_slice(name.as_bytes()));
                    });
                });
            }
            put_extension(out, GROUPS, |out| put_numbers(out, self.groups));
            put_extension(out, POINTS, |out| out.extend_from_slice(&[1, 0]));
            put_extension(out, SCHEMES, |out| put_numbers(out, self.schemes));
            put_extension(out, EXTENDED_MASTER, |_| {});
            put_extension(out, RENEGOTIATION, |out| out.push(0));
        });
        out
    }
}

/// What a server has chosen.
pub(super) struct ServerHello {
    pub(super) version: u16,
    pub(super) random: [u8; 32],
    pub(super) suite: u16,
    pub(super) is_extended: bool,
    pub(super) is_careful: bool,
}

impl ServerHello {
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let mut reader = Reader(body);
        let version = reader.u16()?;
        let random = reader.random()?;
        reader.vector(1)?;
        let suite = reader.u16()?;
        let compression = reader.u8()?;
        let mut hello = Self {
            version,
            random,
            suite,
            is_extended: false,
            is_careful: false,
        };
        if compression != 0 {
            return None;
        }
        if reader.is_empty() {
            return Some(hello);
        }
        let mut extensions = Reader(reader.vector(2)?);
        while !extensions.is_empty() {
            let kind = extensions.u16()?;
            let content = extensions.vector(2)?;
            match kind {
                EXTENDED_MASTER => hello.is_extended = true,
                RENEGOTIATION if content == [0] => hello.is_careful = true,
                // Something in it would be a renegotiation; and nobody has asked for anything else.
                SERVER_NAME | POINTS | GROUPS => {}
                _ => return None,
            }
        }
        reader.is_empty().then_some(hello)
    }

    pub(super) fn body(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        put_u16(&mut out, self.version);
        out.extend_from_slice(&self.random);
        // Sessions are not resumed: each has a handshake of its own.
        out.push(0);
        put_u16(&mut out, self.suite);
        out.push(0);
        put_vector(&mut out, 2, |out| {
            put_extension(out, POINTS, |out| out.extend_from_slice(&[1, 0]));
            if self.is_extended {
                put_extension(out, EXTENDED_MASTER, |_| {});
            }
            if self.is_careful {
                put_extension(out, RENEGOTIATION, |out| out.push(0));
            }
        });
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered_is_understood() {
        let offer = Offer {
            random: &[7; 32],
            cookie: b"cookie",
            suites: &[0xc02f],
            name: Some("one.example"),
            groups: &[29, 23],
            schemes: &[0x0403],
        };
        let body = offer.body();
        let hello = ClientHello::parse(&body).unwrap();
        assert_eq!(hello.name.as_deref(), Some("one.example"));
        assert_eq!((hello.cookie, hello.version), (&b"cookie"[..], VERSION));
        assert_eq!(
            (&hello.groups[..], &hello.schemes[..]),
            (&[29, 23][..], &[0x0403][..])
        );
        assert!(hello.is_extended && hello.is_careful);
        for length in 0..body.len() {
            let cut = ClientHello::parse(&body[..length]);
            // Only one without its extensions is whole.
            assert!(cut.is_none_or(|hello| hello.groups.is_empty()), "{length}");
        }
        let chosen = ServerHello {
            version: VERSION,
            random: [1; 32],
            suite: 0xc02f,
            is_extended: true,
            is_careful: true,
        };
        let back = ServerHello::parse(&chosen.body()).unwrap();
        assert!(back.is_extended && back.is_careful && back.suite == 0xc02f);
    }
}
