//! Certificates that we sign ourselves: for the time before there is a real one, and to prove a name by TLS.

use rcgen::{CertificateParams, CustomExtension, DistinguishedName, DnType, KeyPair};

fn pem(params: CertificateParams) -> Result<String, rcgen::Error> {
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok(key.serialize_pem() + &certificate.pem())
}

fn of(names: &[String], common: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common);
    Ok(params)
}

/// A certificate that nobody trusts, for these names, with its key; PEM.
///
/// # Errors
/// A name that none can be made for.
pub fn interim(names: &[String]) -> Result<String, String> {
    of(names, "not signed by an authority yet")
        .and_then(pem)
        .map_err(|error| {
            format!(
                "no certificate can be made for {}: {error}",
                names.join(", ")
            )
        })
}

/// What an authority is shown that asks by TLS whether a name is served here: RFC 8737, section 3.
pub(crate) fn challenge(name: &str, digest: &[u8]) -> Result<String, String> {
    let made = of(&[name.to_owned()], "ACME challenge").and_then(|mut params| {
        params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
        pem(params)
    });
    made.map_err(|error| format!("the challenge for {name} can't be made: {error}"))
}
