//! The server's part of the handshake: what is refused, what is agreed on, what the 101 says. RFC 6455, section 4.2.

use super::options::Options;
use highper_http::{EncodeError, ResponseHead};
use highper_websocket::Decoder;
use highper_websocket::handshake::{self, extension::Deflate};

/// Why an upgrade is refused: the status, and a field that says what to do.
pub(crate) type Refusal = (u16, Option<(&'static [u8], &'static [u8])>);

/// What a 101 says of itself.
pub(crate) struct Greeting<'a> {
    options: &'a Options,
    key: Option<Vec<u8>>,
    agreed: Option<Deflate>,
}

/// Is a request for an upgrade refused? `values`: those of its field of this name in lower case.
pub(crate) fn refusal(values: impl Fn(&[u8]) -> Vec<Vec<u8>>) -> Option<Refusal> {
    let version = values(b"sec-websocket-version");
    if version
        .iter()
        .any(|version| version != handshake::VERSION.as_bytes())
    {
        return Some((426, Some((b"Sec-WebSocket-Version", b"13"))));
    }
    match values(b"sec-websocket-key").as_slice() {
        [key] if handshake::is_key(key) => None,
        _ => Some((400, None)),
    }
}

impl<'a> Greeting<'a> {
    /// `values` are those of the request's fields; `has`: was a field set by the application, which then has its way?
    pub(crate) fn new(
        options: &'a Options,
        values: impl Fn(&[u8]) -> Vec<Vec<u8>>,
        has: impl Fn(&[u8]) -> bool,
    ) -> Self {
        let offered = values(b"sec-websocket-extensions");
        let agreed = match options.compression && !has(b"sec-websocket-extensions") {
            true => Deflate::default().answer(offered.iter().map(Vec::as_slice)),
            false => None,
        };
        Self {
            options,
            key: values(b"sec-websocket-key").into_iter().next(),
            agreed,
        }
    }

    /// For what the client sends.
    pub(crate) fn decoder(&self) -> Decoder {
        self.options.decoder(self.agreed.is_some())
    }

    /// Writes the fields that the application has not set.
    ///
    /// # Errors
    /// A subprotocol that can't be sent.
    pub(crate) fn write(
        &self,
        head: &mut ResponseHead<'_>,
        has: impl Fn(&[u8]) -> bool,
    ) -> Result<(), EncodeError> {
        if !has(b"upgrade") {
            head.header(b"Upgrade", b"websocket")?;
        }
        if let (false, Some(key)) = (has(b"sec-websocket-accept"), &self.key) {
            head.header(b"Sec-WebSocket-Accept", &handshake::accept(key))?;
        }
        if !has(b"sec-websocket-version") {
            head.header(b"Sec-WebSocket-Version", handshake::VERSION.as_bytes())?;
        }
        if let (false, Some(protocol)) = (has(b"sec-websocket-protocol"), &self.options.subprotocol)
        {
            head.header(b"Sec-WebSocket-Protocol", protocol)?;
        }
        match &self.agreed {
            Some(agreed) => head.header(b"Sec-WebSocket-Extensions", agreed.field().as_bytes()),
            None => Ok(()),
        }
    }
}
