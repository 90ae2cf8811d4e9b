//! Connections for protocols that begin as a request and go on as something else.

use crate::link::Link;
use crate::{Error, Settings, Url};
use highper_net::Socket;
use highper_tls::{Context, Settings as TlsSettings};

/// What a connection by TLS is made with.
pub(crate) fn context(url: &Url, settings: &Settings, http2: bool) -> Result<Context, Error> {
    let mut alpn = vec![b"http/1.1".to_vec()];
    if http2 {
        alpn.insert(0, b"h2".to_vec());
    }
    let (certificate, key) = settings.certificate.clone().unzip();
    Context::client(TlsSettings {
        verify_peer: settings.verify,
        ca_file: settings.ca.clone(),
        certificate,
        key,
        host_name: Some(url.host().to_owned()),
        alpn,
        ..TlsSettings::default()
    })
    .map_err(|error| Error::usage(format!("TLS: {error}")))
}

/// A connection to the server of an address, by TLS where that is of `https`, through a tunnel where the settings name a proxy. It
/// belongs to no pool.
///
/// # Errors
/// There is none, or the settings forbid it.
pub fn dial(settings: &Settings, url: &Url, deadline: Option<u64>) -> Result<Box<Socket>, Error> {
    let context = match url.is_secure() {
        true => Some(context(url, settings, false)?),
        false => None,
    };
    let link = Link::reach(settings, url, context.as_ref(), true, deadline)?;
    Ok(link.socket)
}
