//! What the two sides agree on about compression: `Sec-WebSocket-Extensions`, RFC 7692, section 7.1.

use std::fmt::Write;

/// The extension's name.
const NAME: &[u8] = b"permessage-deflate";

/// What was agreed on, or is wanted, about permessage-deflate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deflate {
    /// The server begins each message anew.
    pub server_no_context_takeover: bool,
    /// The client begins each message anew.
    pub client_no_context_takeover: bool,
    /// How far back the server refers: 9 to 15 bits.
    pub server_max_window_bits: u8,
    /// How far back the client refers: 9 to 15 bits; in an offer `None` says that the client knows no such limit.
    pub client_max_window_bits: Option<u8>,
}

impl Default for Deflate {
    /// Each message anew: a connection at rest keeps no window, some 300 KiB for both directions.
    fn default() -> Self {
        Self {
            server_no_context_takeover: true,
            client_no_context_takeover: true,
            server_max_window_bits: 15,
            client_max_window_bits: None,
        }
    }
}

/// The parameters of one extension in a list.
struct Parameters<'a>(&'a [u8]);

impl<'a> Iterator for Parameters<'a> {
    type Item = (&'a [u8], Option<&'a [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.0.is_empty() {
            let (part, rest) = cut(self.0, b';');
            self.0 = rest;
            let part = part.trim_ascii();
            if part.is_empty() {
                continue;
            }
            let (name, value) = match part.iter().position(|byte| *byte == b'=') {
                None => (part, None),
                Some(at) => (
                    part[..at].trim_ascii(),
                    Some(unquoted(part[at + 1..].trim_ascii())),
                ),
            };
            return Some((name, value));
        }
        None
    }
}

fn unquoted(value: &[u8]) -> &[u8] {
    match value {
        [b'"', inner @ .., b'"'] => inner,
        other => other,
    }
}

/// What stands before the first such byte that is not quoted, and what behind it.
fn cut(text: &[u8], at: u8) -> (&[u8], &[u8]) {
    let mut quoted = false;
    for (index, byte) in text.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            byte if *byte == at && !quoted => return (&text[..index], &text[index + 1..]),
            _ => {}
        }
    }
    (text, &[])
}

/// The extensions in a field, each with its parameters.
fn list(mut field: &[u8]) -> impl Iterator<Item = (&[u8], Parameters<'_>)> {
    std::iter::from_fn(move || {
        while !field.is_empty() {
            let (item, rest) = cut(field, b',');
            field = rest;
            let (name, parameters) = cut(item, b';');
            if !name.trim_ascii().is_empty() {
                return Some((name.trim_ascii(), Parameters(parameters)));
            }
        }
        None
    })
}

fn bits(value: &[u8]) -> Option<u8> {
    match value {
        [digit @ b'8'..=b'9'] => Some(digit - b'0'),
        [b'1', digit @ b'0'..=b'5'] => Some(10 + digit - b'0'),
        _ => None,
    }
}

/// One offer, or one answer: none when it has a parameter that is unknown, twice there, or has a value it can't have.
fn read(parameters: Parameters<'_>, is_offer: bool) -> Option<Deflate> {
    let mut found = Deflate {
        server_no_context_takeover: false,
        client_no_context_takeover: false,
        server_max_window_bits: 15,
        client_max_window_bits: None,
    };
    let mut seen = [false; 4];
    for (name, value) in parameters {
        let number = match (name, value) {
            (b"server_no_context_takeover", None) => {
                found.server_no_context_takeover = true;
                0
            }
            (b"client_no_context_takeover", None) => {
                found.client_no_context_takeover = true;
                1
            }
            (b"server_max_window_bits", Some(value)) => {
                found.server_max_window_bits = bits(value)?;
                2
            }
            (b"client_max_window_bits", value) => {
                found.client_max_window_bits = match value {
                    Some(value) => Some(bits(value)?),
                    None if is_offer => Some(15),
                    None => return None,
                };
                3
            }
            _ => return None,
        };
        if std::mem::replace(&mut seen[number], true) {
            return None;
        }
    }
    Some(found)
}

impl Deflate {
    /// A server's answer to what the client offers: the first offer that can be met, as narrow as `self` wants it. None when
    /// there is none; then nothing is said.
    ///
    /// An offer that limits the server to a window of 8 bits can't be met: zlib makes none.
    pub fn answer<'a>(&self, offered: impl IntoIterator<Item = &'a [u8]>) -> Option<Self> {
        offered
            .into_iter()
            .flat_map(list)
            .filter(|(name, _)| name.eq_ignore_ascii_case(NAME))
            .filter_map(|(_, parameters)| read(parameters, true))
            .find(|offer| offer.server_max_window_bits >= 9)
            .map(|offer| Self {
                server_no_context_takeover: self.server_no_context_takeover
                    || offer.server_no_context_takeover,
                client_no_context_takeover: self.client_no_context_takeover
                    || offer.client_no_context_takeover,
                server_max_window_bits: self
                    .server_max_window_bits
                    .min(offer.server_max_window_bits),
                client_max_window_bits: match (
                    self.client_max_window_bits,
                    offer.client_max_window_bits,
                ) {
                    (Some(ours), Some(theirs)) => Some(ours.min(theirs)),
                    _ => None,
                },
            })
    }

    /// What a client has to make of the server's answer. `Ok(None)`: no compression.
    ///
    /// # Errors
    /// The server answered with what was not offered, or what can't be: the connection is to be failed.
    pub fn accepted<'a>(
        answer: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Option<Self>, Unacceptable> {
        let mut agreed = None;
        for (name, parameters) in answer.into_iter().flat_map(list) {
            if !name.eq_ignore_ascii_case(NAME) || agreed.is_some() {
                return Err(Unacceptable);
            }
            agreed = Some(read(parameters, false).ok_or(Unacceptable)?);
        }
        Ok(agreed)
    }

    /// As the field has it, in an offer or an answer.
    #[must_use]
    pub fn field(&self) -> String {
        let mut text = String::from("permessage-deflate");
        if self.server_no_context_takeover {
            text.push_str("; server_no_context_takeover");
        }
        if self.client_no_context_takeover {
            text.push_str("; client_no_context_takeover");
        }
        if self.server_max_window_bits < 15 {
            // Writing to a string does not fail.
            let _ = write!(
                text,
                "; server_max_window_bits={}",
                self.server_max_window_bits
            );
        }
        if let Some(bits) = self.client_max_window_bits {
            let _ = write!(text, "; client_max_window_bits={bits}");
        }
        text
    }
}

/// A server's answer that a client can't accept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unacceptable;

impl std::fmt::Display for Unacceptable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(
            "the server answered with an extension, or parameters of one, that were not offered",
        )
    }
}

impl std::error::Error for Unacceptable {}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(offers: &str) -> Option<String> {
        Deflate::default()
            .answer([offers.as_bytes()])
            .map(|agreed| agreed.field())
    }

    #[test]
    fn offers_are_answered() {
        let plain = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
        assert_eq!(answer("permessage-deflate").as_deref(), Some(plain));
        assert_eq!(
            answer("permessage-deflate; client_max_window_bits").as_deref(),
            Some(plain)
        );
        assert_eq!(
            answer(" x-other ;a=\"b,c\" , Permessage-Deflate").as_deref(),
            Some(plain)
        );
        assert_eq!(
            answer("permessage-deflate; server_max_window_bits=\"10\"").as_deref(),
            Some(&*format!("{plain}; server_max_window_bits=10"))
        );
        // The first that can be met.
        assert_eq!(
            answer("permessage-deflate; server_max_window_bits=8, permessage-deflate").as_deref(),
            Some(plain)
        );
        for refused in [
            "",
            "permessage-bzip2",
            "permessage-deflate; unknown",
            "permessage-deflate; server_max_window_bits=16",
            "permessage-deflate; server_max_window_bits=09",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; server_no_context_takeover=1",
            "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        ] {
            assert_eq!(answer(refused), None, "{refused}");
        }
    }

    #[test]
    fn answers_are_read() {
        let read = |answer: &'static str| Deflate::accepted([answer.as_bytes()]);
        assert_eq!(read(""), Ok(None));
        let agreed = read("permessage-deflate; client_max_window_bits=11")
            .unwrap()
            .unwrap();
        assert_eq!(agreed.client_max_window_bits, Some(11));
        assert!(!agreed.server_no_context_takeover);
        for wrong in [
            "x-other",
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate, permessage-deflate",
        ] {
            assert_eq!(read(wrong), Err(Unacceptable), "{wrong}");
        }
    }
}
