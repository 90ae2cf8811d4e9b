//! The opening handshake: RFC 6455, section 4.1.

use crate::error::Kind;
use crate::{Error, Settings};
use highper_client::{Event, Head, Limits, Reader, RequestHead, Sent};
use highper_engine::clock;
use highper_fetch::Url;
use highper_net::Socket;
use highper_websocket::handshake::extension::Deflate;
use highper_websocket::handshake::{self, accept};

/// What is asked for at a time.
const CHUNK: usize = 16 * 1024;
/// Fields that the handshake itself sets.
const OURS: [&str; 7] = [
    "connection",
    "upgrade",
    "content-length",
    "transfer-encoding",
    "sec-websocket-key",
    "sec-websocket-version",
    "sec-websocket-extensions",
];

/// What both sides have agreed on.
pub(crate) struct Agreed {
    pub(crate) protocol: Option<String>,
    pub(crate) deflate: Option<Deflate>,
    /// The response's head.
    pub(crate) head: Head,
    /// What came behind the response.
    pub(crate) rest: Vec<u8>,
}

/// Seconds until a moment, as sockets take them: negative for no limit.
pub(crate) fn left(deadline: Option<u64>) -> f64 {
    match deadline {
        None => -1.0,
        Some(at) => (at.saturating_sub(clock::now()) as f64 / 1e9).max(1e-6),
    }
}

fn request(url: &Url, settings: &Settings, key: &[u8]) -> Result<Vec<u8>, highper_client::Error> {
    let mut head = RequestHead::new(b"GET", url.target().as_bytes())?;
    let fields = &settings.web.headers;
    let has = |wanted: &str| {
        let is = |name: &[u8]| name.eq_ignore_ascii_case(wanted.as_bytes());
        fields.iter().any(|(name, _)| is(name))
    };
    if !has("host") {
        head.header(b"Host", url.authority().as_bytes())?;
    }
    if let Some(user) = url.user().filter(|_| !has("authorization")) {
        let login = format!("Basic {}", highper_tls::base64(user));
        head.header(b"Authorization", login.as_bytes())?;
    }
    for (name, value) in fields {
        let is_ours = OURS
            .iter()
            .any(|own| name.eq_ignore_ascii_case(own.as_bytes()));
        let is_replaced =
            !settings.protocols.is_empty() && name.eq_ignore_ascii_case(b"sec-websocket-protocol");
        if !is_ours && !is_replaced {
            head.header(name, value)?;
        }
    }
    head.header(b"Connection", b"Upgrade")?;
    head.header(b"Upgrade", b"websocket")?;
    head.header(b"Sec-WebSocket-Version", handshake::VERSION.as_bytes())?;
    head.header(b"Sec-WebSocket-Key", key)?;
    if !settings.protocols.is_empty() {
        head.header(
            b"Sec-WebSocket-Protocol",
            settings.protocols.join(", ").as_bytes(),
        )?;
    }
    if settings.compress {
        // The server may limit how far back we refer.
        let offer = format!("{}; client_max_window_bits", Deflate::default().field());
        head.header(b"Sec-WebSocket-Extensions", offer.as_bytes())?;
    }
    Ok(head.finish())
}

/// What we say first.
pub(crate) struct Greeting {
    key: [u8; 24],
    head: Vec<u8>,
}

impl Greeting {
    /// For an address.
    pub(crate) fn new(url: &Url, settings: &Settings) -> Result<Self, Error> {
        let key = handshake::new_key()
            .map_err(|_| Error::new(Kind::Connect, "the system has no random numbers"))?;
        let head = request(url, settings, &key).map_err(|error| {
            Error::new(Kind::Usage, format!("the handshake can't be sent: {error}"))
        })?;
        Ok(Self { key, head })
    }

    /// Makes a connection a WebSocket.
    pub(crate) fn exchange(
        &self,
        socket: &Socket,
        settings: &Settings,
        deadline: Option<u64>,
    ) -> Result<Agreed, Error> {
        exchange(socket, &self.head, &self.key, settings, deadline)
    }
}

fn exchange(
    socket: &Socket,
    head: &[u8],
    key: &[u8],
    settings: &Settings,
    deadline: Option<u64>,
) -> Result<Agreed, Error> {
    let part = socket
        .send_all(head, left(deadline))
        .map_err(Error::of_net)?;
    if let Some(error) = part.error {
        return Err(Error::of_net(error));
    }
    let mut reader = Reader::new(Sent::Other, Limits::default());
    let mut rest = Vec::new();
    loop {
        let found = socket
            .receive(CHUNK, left(deadline), |bytes| {
                if bytes.is_empty() {
                    return Err(Error::new(
                        Kind::Connect,
                        "the server closed the connection before it answered",
                    ));
                }
                let mut at = 0;
                loop {
                    let step = reader
                        .feed(&bytes[at..])
                        .map_err(|error| Error::new(Kind::Protocol, error.to_string()))?;
                    at += step.used;
                    match step.event {
                        Event::More => return Ok(false),
                        Event::Head => {
                            rest.extend_from_slice(&bytes[at..]);
                            return Ok(true);
                        }
                        Event::Body(_) | Event::End => {}
                    }
                }
            })
            .map_err(Error::of_net)??;
        if found {
            break;
        }
    }
    let head = reader.into_head();
    let (protocol, deflate) = judge(&head, key, settings)?;
    Ok(Agreed {
        protocol,
        deflate,
        head,
        rest,
    })
}

/// Is this the answer to our handshake?
fn judge(
    head: &Head,
    key: &[u8],
    settings: &Settings,
) -> Result<(Option<String>, Option<Deflate>), Error> {
    if head.status != 101 {
        return Err(Error::new(
            Kind::Refused(head.status),
            format!(
                "the server answered the handshake with status {}",
                head.status
            ),
        ));
    }
    let wrong = |why: &str| Error::new(Kind::Protocol, format!("the server's handshake {why}"));
    let is_upgrade = head.lists(b"upgrade", b"websocket") && head.lists(b"connection", b"upgrade");
    if !is_upgrade {
        return Err(wrong("is no upgrade to a WebSocket"));
    }
    let mut accepts = head.values(b"sec-websocket-accept");
    if accepts.next() != Some(&accept(key)[..]) || accepts.next().is_some() {
        return Err(wrong("does not answer ours (Sec-WebSocket-Accept)"));
    }
    let protocol = match head.values(b"sec-websocket-protocol").next() {
        None => None,
        Some(name) => {
            let name = String::from_utf8_lossy(name).into_owned();
            let by_hand = settings.protocols.is_empty()
                && settings
                    .web
                    .headers
                    .iter()
                    .any(|(field, _)| field.eq_ignore_ascii_case(b"sec-websocket-protocol"));
            if !by_hand && !settings.protocols.contains(&name) {
                return Err(wrong("chose a subprotocol that was not offered"));
            }
            Some(name)
        }
    };
    let extensions = head.values(b"sec-websocket-extensions");
    let deflate =
        Deflate::accepted(extensions).map_err(|error| wrong(&format!("fails: {error}")))?;
    if deflate.is_some() && !settings.compress {
        return Err(wrong("chose an extension that was not offered"));
    }
    Ok((protocol, deflate))
}
