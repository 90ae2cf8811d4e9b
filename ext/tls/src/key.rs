//! Private keys from files, encrypted ones too.

use crate::Error;
use pkcs8::{EncryptedPrivateKeyInfoRef, SecretDocument};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::path::Path;

const BEGIN: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
const END: &str = "-----END ENCRYPTED PRIVATE KEY-----";

/// The first key of a PEM file. `passphrase` opens one that is encrypted (PKCS #8 with PBES2, RFC 8018: what
/// `openssl genpkey -aes256` and `openssl pkcs8 -topk8` write).
pub(crate) fn read(path: &Path, passphrase: Option<&str>) -> Result<PrivateKeyDer<'static>, Error> {
    let failed = |why: String| Error::File(path.to_owned(), why);
    let text = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
    // A key of the older kind is encrypted inside its block (RFC 1421): what is decoded is no key.
    if has(&text, "Proc-Type: 4,ENCRYPTED") {
        return Err(failed(
            "its key is encrypted in the way of old: convert it with `openssl pkcs8 -topk8`"
                .to_owned(),
        ));
    }
    match (PrivateKeyDer::from_pem_slice(&text), passphrase) {
        (Ok(key), _) => Ok(key),
        (Err(_), Some(passphrase)) if has(&text, BEGIN) => {
            decrypt(&text, passphrase).map_err(failed)
        }
        (Err(_), None) if has(&text, BEGIN) => Err(failed(
            "its private key is encrypted: set ssl_passphrase".to_owned(),
        )),
        (Err(pem::Error::NoItemsFound), _) => Err(failed("no private key in it".to_owned())),
        (Err(error), _) => Err(failed(error.to_string())),
    }
}

/// The first key of a PEM text.
pub(crate) fn of_text(text: &[u8]) -> Option<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_slice(text).ok()
}

fn has(text: &[u8], what: &str) -> bool {
    text.windows(what.len())
        .any(|window| window == what.as_bytes())
}

fn decrypt(text: &[u8], passphrase: &str) -> Result<PrivateKeyDer<'static>, String> {
    let text = String::from_utf8_lossy(text);
    let block = text
        .find(BEGIN)
        .and_then(|from| {
            let rest = &text[from..];
            rest.find(END).map(|to| &rest[..to + END.len()])
        })
        .ok_or("its encrypted private key has no end")?;
    let (_, document) = SecretDocument::from_pem(block)
        .map_err(|error| format!("its encrypted private key is broken: {error}"))?;
    let info = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes())
        .map_err(|error| format!("its private key is encrypted in an unknown way: {error}"))?;
    let key = info
        .decrypt(passphrase)
        .map_err(|_| "ssl_passphrase does not open its private key".to_owned())?;
    Ok(PrivatePkcs8KeyDer::from(key.as_bytes().to_vec()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// A key made by OpenSSL's own command, as users make theirs.
    fn made(arguments: &[&str]) -> std::path::PathBuf {
        let name = format!("highper-key-{}-{}", std::process::id(), arguments.len());
        let path = std::env::temp_dir().join(name);
        let status = Command::new("openssl")
            .args(arguments)
            .arg("-out")
            .arg(&path)
            .stderr(std::process::Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
        path
    }

    #[test]
    fn encrypted_keys_open_with_their_passphrase_only() {
        let file = made(&[
            "genpkey",
            "-algorithm",
            "EC",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-aes256",
            "-pass",
            "pass:right",
        ]);
        let opened = read(&file, Some("right"));
        assert!(opened.is_ok(), "{opened:?}");
        let wrong = read(&file, Some("wrong")).unwrap_err().to_string();
        assert!(wrong.contains("ssl_passphrase does not open"), "{wrong}");
        let none = read(&file, None).unwrap_err().to_string();
        assert!(none.contains("set ssl_passphrase"), "{none}");
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn what_is_no_key_is_said_to_be_none() {
        let file = std::env::temp_dir().join(format!("highper-no-key-{}", std::process::id()));
        for (text, said) in [
            ("", "no private key"),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA", "no end"),
            (
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
                "private key",
            ),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
                "openssl pkcs8 -topk8",
            ),
        ] {
            std::fs::write(&file, text).unwrap();
            let why = read(&file, Some("x")).unwrap_err().to_string();
            assert!(why.contains(said), "{why}");
        }
        std::fs::remove_file(file).unwrap();
    }
}
