//! The judgement of a peer's certificates.

use crate::context::provider;
use crate::old::Old;
use crate::{Context, Error, certificate};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{CertificateError, OtherError};
use std::fmt;
use std::sync::Arc;

/// See [`crate::Session::verify`].
pub(crate) fn of(
    certificates: Option<&[CertificateDer<'_>]>,
    context: &Context,
    allow_self_signed: bool,
) -> Result<(), Error> {
    let settings = context.settings();
    let (end, chain) = certificates
        .and_then(<[_]>::split_first)
        .ok_or(Error::NoPeerCertificate)?;
    if let Some(most) = settings.verify_depth
        && chain.len() > usize::from(most)
    {
        let too_long = CertificateError::Other(OtherError(Arc::new(TooDeep(most))));
        return Err(Error::NotTrusted(too_long.into()));
    }
    let trusted = trust(context, end, chain);
    match trusted {
        Err(Error::NotTrusted(rustls::Error::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. }
            | CertificateError::Revoked,
        ))) => return trusted,
        Err(Error::NotTrusted(_)) if is_listed(settings.ca_file.as_deref(), end) => {}
        Err(Error::NotTrusted(_))
            if allow_self_signed && chain.is_empty() && certificate::signs_itself(end) => {}
        Err(_) => return trusted,
        Ok(()) => {}
    }
    let name = settings
        .host_name
        .as_deref()
        .filter(|name| !name.is_empty());
    if let Some(name) = name.filter(|_| !context.is_server()) {
        let name = ServerName::try_from(name)
            .map_err(|_| Error::NotTrusted(CertificateError::NotValidForName.into()))?;
        let parsed = ParsedCertificate::try_from(end).map_err(Error::NotTrusted)?;
        verify_server_name(&parsed, &name).map_err(Error::NotTrusted)?;
    }
    Ok(())
}

fn trust(
    context: &Context,
    end: &CertificateDer<'_>,
    chain: &[CertificateDer<'_>],
) -> Result<(), Error> {
    let settings = context.settings();
    if let Some(old) = Old::parse(end).filter(Old::is_first) {
        return trust_old(&old, context);
    }
    let roots = certificate::roots(settings.ca_file.as_deref(), settings.ca_path.as_deref())?;
    let now = UnixTime::now();
    if context.is_server() {
        let untrusted = |_| Error::NotTrusted(CertificateError::UnknownIssuer.into());
        return WebPkiClientVerifier::builder_with_provider(roots, provider())
            .build()
            .map_err(untrusted)?
            .verify_client_cert(end, chain, now)
            .map(drop)
            .map_err(Error::NotTrusted);
    }
    let parsed = ParsedCertificate::try_from(end).map_err(Error::NotTrusted)?;
    let algorithms = provider().signature_verification_algorithms.all;
    verify_server_cert_signed_by_trust_anchor(&parsed, &roots, chain, now, algorithms)
        .map_err(Error::NotTrusted)
}

/// One of version 1 has to be signed by one of the trusted file.
fn trust_old(old: &Old<'_>, context: &Context) -> Result<(), Error> {
    let wrong = |error: CertificateError| Err(Error::NotTrusted(error.into()));
    if !old.is_valid(UnixTime::now()) {
        return wrong(CertificateError::Expired);
    }
    let known = provider().signature_verification_algorithms;
    let trusted = match context.settings().ca_file.as_deref() {
        Some(file) => certificate::chain(file)?,
        None => Vec::new(),
    };
    let signed = trusted.iter().any(|by| {
        Old::parse(by).is_some_and(|by| by.is_valid(UnixTime::now()) && old.is_signed(&by, &known))
    });
    match signed {
        true => Ok(()),
        false => wrong(CertificateError::UnknownIssuer),
    }
}

/// More certificates lead to the root than `ssl_verify_depth` allows.
#[derive(Debug)]
struct TooDeep(u8);

impl fmt::Display for TooDeep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = self.0;
        write!(
            f,
            "more certificates lead to its root than ssl_verify_depth, {most}"
        )
    }
}

impl std::error::Error for TooDeep {}

/// Is this very certificate in the file of trusted ones?
fn is_listed(file: Option<&std::path::Path>, certificate: &CertificateDer<'_>) -> bool {
    file.and_then(|file| certificate::chain(file).ok())
        .is_some_and(|trusted| trusted.iter().any(|trusted| trusted == certificate))
}
