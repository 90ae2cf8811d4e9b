//! The server's part of the handshake: RFC 6455, section 4.2.

use crate::Terms;
use highper_http::{EncodeError, Exchange, ResponseHead};
use highper_websocket::handshake::{self, extension::Deflate};

/// Why a request does not become a WebSocket connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// It does not ask for that, or can't.
    NoUpgrade,
    /// In another version.
    Version,
    /// Its key is none.
    Key,
    /// A page of this origin may not.
    Origin(String),
}

/// What the 101 says.
#[derive(Clone, Debug)]
pub struct Greeting {
    key: Vec<u8>,
    agreed: Option<Deflate>,
    protocol: Option<Vec<u8>>,
}

/// The values of a field.
fn values(exchange: &Exchange, name: &[u8]) -> Vec<Vec<u8>> {
    let request = exchange.request();
    let bytes = request.bytes();
    let fields = request.head().fields(&bytes);
    let same = fields.filter(|(other, _)| other.eq_ignore_ascii_case(name));
    same.map(|(_, value)| value.to_vec()).collect()
}

impl Greeting {
    /// What a request is answered with.
    ///
    /// # Errors
    /// Why it is not.
    pub fn of(exchange: &Exchange, terms: &Terms) -> Result<Self, Refusal> {
        let is_asked = {
            let request = exchange.request();
            let bytes = request.bytes();
            let head = request.head();
            head.method_name(&bytes) == b"GET"
                && head
                    .upgrade(&bytes)
                    .is_some_and(|upgrade| handshake::has_token(upgrade, b"websocket"))
        };
        if !is_asked || exchange.connection().stream() != 0 {
            return Err(Refusal::NoUpgrade);
        }
        let version = values(exchange, b"sec-websocket-version");
        if version.is_empty()
            || version
                .iter()
                .any(|version| version != handshake::VERSION.as_bytes())
        {
            return Err(Refusal::Version);
        }
        let key = match values(exchange, b"sec-websocket-key").as_slice() {
            [key] if handshake::is_key(key) => key.clone(),
            _ => return Err(Refusal::Key),
        };
        let origins = values(exchange, b"origin");
        let origin = origins.first().map(Vec::as_slice);
        let host = values(exchange, b"host").into_iter().next();
        if !terms.origins.allows(origin, host.as_deref()) {
            let origin = String::from_utf8_lossy(origin.unwrap_or_default()).into_owned();
            return Err(Refusal::Origin(origin));
        }
        let offered = values(exchange, b"sec-websocket-extensions");
        let agreed = match terms.compress {
            true => Deflate::default().answer(offered.iter().map(Vec::as_slice)),
            false => None,
        };
        let ours: Vec<&[u8]> = terms.protocols.iter().map(Vec::as_slice).collect();
        let wanted = values(exchange, b"sec-websocket-protocol");
        let protocol = handshake::protocol(wanted.iter().map(Vec::as_slice), &ours);
        Ok(Self {
            key,
            agreed,
            protocol: protocol.map(<[u8]>::to_vec),
        })
    }

    /// The bits of the window of what is sent, where compression was agreed on.
    pub(crate) fn window(&self) -> Option<u8> {
        self.agreed.map(|agreed| agreed.server_max_window_bits)
    }

    /// Writes the fields.
    ///
    /// # Errors
    /// A subprotocol that can't be sent.
    pub fn write(&self, head: &mut ResponseHead<'_>) -> Result<(), EncodeError> {
        head.header(b"Upgrade", b"websocket")?;
        head.header(b"Sec-WebSocket-Accept", &handshake::accept(&self.key))?;
        if let Some(protocol) = &self.protocol {
            head.header(b"Sec-WebSocket-Protocol", protocol)?;
        }
        match &self.agreed {
            Some(agreed) => head.header(b"Sec-WebSocket-Extensions", agreed.field().as_bytes()),
            None => Ok(()),
        }
    }
}
