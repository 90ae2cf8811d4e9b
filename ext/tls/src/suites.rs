//! Cipher lists and curves as OpenSSL writes them, mapped onto what rustls has.
//!
//! A list names TLS 1.2 suites (`ECDHE-RSA-AES128-GCM-SHA256`) and classes of them (`HIGH`, `AESGCM`), with
//! `!` (never), `-` (take out) and `+` (to the end); see `openssl-ciphers(1)`. As there, it says nothing of
//! TLS 1.3, whose suites stay as they are. What rustls does not have (RC4, CBC, DHE, plain RSA) is passed over,
//! as OpenSSL passes over names that it was built without.

use crate::Error;
use rustls::crypto::{CryptoProvider, SupportedKxGroup};
use rustls::{CipherSuite, NamedGroup, SupportedCipherSuite};

/// One suite of TLS 1.2: its name in OpenSSL, and the classes it is in.
struct Known {
    suite: CipherSuite,
    name: &'static str,
    classes: &'static [&'static str],
}

const KNOWN: [Known; 6] = [
    Known {
        suite: CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        name: "ECDHE-ECDSA-AES256-GCM-SHA384",
        classes: &["aECDSA", "ECDSA", "AES256", "AES", "AESGCM", "SHA384"],
    },
    Known {
        suite: CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        name: "ECDHE-RSA-AES256-GCM-SHA384",
        classes: &["aRSA", "RSA", "AES256", "AES", "AESGCM", "SHA384"],
    },
    Known {
        suite: CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        name: "ECDHE-ECDSA-CHACHA20-POLY1305",
        classes: &["aECDSA", "ECDSA", "CHACHA20", "SHA256"],
    },
    Known {
        suite: CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        name: "ECDHE-RSA-CHACHA20-POLY1305",
        classes: &["aRSA", "RSA", "CHACHA20", "SHA256"],
    },
    Known {
        suite: CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        name: "ECDHE-ECDSA-AES128-GCM-SHA256",
        classes: &["aECDSA", "ECDSA", "AES128", "AES", "AESGCM", "SHA256"],
    },
    Known {
        suite: CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        name: "ECDHE-RSA-AES128-GCM-SHA256",
        classes: &["aRSA", "RSA", "AES128", "AES", "AESGCM", "SHA256"],
    },
];

/// Classes that all of them are in.
const COMMON: [&str; 9] = [
    "ALL",
    "DEFAULT",
    "COMPLEMENTOFDEFAULT",
    "HIGH",
    "ECDHE",
    "EECDH",
    "kECDHE",
    "kEECDH",
    "TLSv1.2",
];

impl Known {
    /// Is it what a word of a list names? Words joined by `+` all have to fit.
    fn fits(&self, word: &str) -> bool {
        word.split('+').all(|part| {
            part.eq_ignore_ascii_case(self.name)
                || self.classes.contains(&part)
                || COMMON.contains(&part) && part != "COMPLEMENTOFDEFAULT"
                // By the name of the standard, too.
                || self.suite.as_str() == Some(part)
        })
    }
}

/// The suites of a list in its order, with those of TLS 1.3 in front.
///
/// # Errors
/// [`Error::NoCiphers`]: none of it is there.
pub(crate) fn chosen(
    provider: &CryptoProvider,
    list: &str,
) -> Result<Vec<SupportedCipherSuite>, Error> {
    let mut chosen: Vec<&Known> = Vec::with_capacity(KNOWN.len());
    let mut never: Vec<CipherSuite> = Vec::new();
    let words = list
        .split([':', ',', ' ', ';'])
        .filter(|word| !word.is_empty());
    for word in words {
        match word.as_bytes()[0] {
            b'!' => {
                for known in KNOWN.iter().filter(|known| known.fits(&word[1..])) {
                    never.push(known.suite);
                    chosen.retain(|one| one.suite != known.suite);
                }
            }
            b'-' => chosen.retain(|one| !one.fits(&word[1..])),
            b'+' => {
                let (last, first): (Vec<_>, Vec<_>) =
                    chosen.iter().partition(|one| one.fits(&word[1..]));
                chosen = first.into_iter().chain(last).collect();
            }
            // @STRENGTH, @SECLEVEL=n: all that is here is strong.
            b'@' => {}
            _ => {
                for known in KNOWN.iter().filter(|known| known.fits(word)) {
                    if !never.contains(&known.suite)
                        && !chosen.iter().any(|one| one.suite == known.suite)
                    {
                        chosen.push(known);
                    }
                }
            }
        }
    }
    let find = |suite: CipherSuite| {
        provider
            .cipher_suites
            .iter()
            .copied()
            .find(|one| one.suite() == suite)
    };
    let older: Vec<_> = chosen.iter().filter_map(|one| find(one.suite)).collect();
    if older.is_empty() {
        return Err(Error::NoCiphers(list.to_owned()));
    }
    let newer = provider
        .cipher_suites
        .iter()
        .copied()
        .filter(|one| one.tls13().is_some());
    Ok(newer.chain(older).collect())
}

/// The groups for the exchange of keys that a list of curves names, in its order; `auto` or nothing: all.
///
/// # Errors
/// [`Error::NoCurves`]: none of it is there.
pub(crate) fn groups(
    provider: &CryptoProvider,
    list: &str,
) -> Result<Vec<&'static dyn SupportedKxGroup>, Error> {
    if list.is_empty() || list == "auto" {
        return Ok(provider.kx_groups.clone());
    }
    let mut chosen: Vec<&'static dyn SupportedKxGroup> = Vec::new();
    for word in list.split([':', ',']) {
        let wanted = match word.trim_start_matches('?') {
            "X25519" | "x25519" => NamedGroup::X25519,
            "P-256" | "prime256v1" | "secp256r1" => NamedGroup::secp256r1,
            "P-384" | "secp384r1" => NamedGroup::secp384r1,
            // Of TLS 1.3: draft-ietf-tls-ecdhe-mlkem.
            "X25519MLKEM768" => NamedGroup::X25519MLKEM768,
            _ => continue,
        };
        let found = provider
            .kx_groups
            .iter()
            .copied()
            .find(|group| group.name() == wanted);
        chosen.extend(found.filter(|_| !chosen.iter().any(|group| group.name() == wanted)));
    }
    if chosen.is_empty() {
        return Err(Error::NoCurves(list.to_owned()));
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::crypto::aws_lc_rs::default_provider;

    fn names(list: &str) -> Vec<CipherSuite> {
        chosen(&default_provider(), list)
            .unwrap()
            .iter()
            .filter(|one| one.tls13().is_none())
            .map(SupportedCipherSuite::suite)
            .collect()
    }

    #[test]
    fn lists_keep_their_order_and_take_out() {
        use CipherSuite as C;
        assert_eq!(
            names("ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"),
            [
                C::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
                C::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
            ]
        );
        assert_eq!(names("HIGH:!aNULL:!MD5").len(), 6);
        assert_eq!(
            names("ALL:!ADH:!EXPORT56:RC4+RSA:+HIGH:+MEDIUM:+LOW:+SSLv2:+EXP").len(),
            6
        );
        assert_eq!(names("HIGH:!AESGCM").len(), 2);
        assert_eq!(
            names("ECDHE+CHACHA20+aRSA"),
            [C::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256]
        );
        assert_eq!(
            names("AESGCM:+AES256").last(),
            Some(&C::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384)
        );
        assert!(!names("!AES128:ALL").contains(&C::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256));
        assert_eq!(names("ALL:-CHACHA20:ECDHE-RSA-CHACHA20-POLY1305").len(), 5);
    }

    #[test]
    fn lists_of_what_is_not_there_are_refused() {
        for list in [
            "",
            "RC4-SHA",
            "AES128-SHA",
            "DHE-RSA-AES128-GCM-SHA256",
            "!ALL:HIGH",
        ] {
            assert!(matches!(
                chosen(&default_provider(), list),
                Err(Error::NoCiphers(_))
            ));
        }
        assert!(matches!(
            groups(&default_provider(), "secp521r1"),
            Err(Error::NoCurves(_))
        ));
    }

    #[test]
    fn curves_keep_their_order() {
        let order: Vec<_> = groups(&default_provider(), "secp384r1:X25519:P-384:unknown")
            .unwrap()
            .iter()
            .map(|group| group.name())
            .collect();
        assert_eq!(order, [NamedGroup::secp384r1, NamedGroup::X25519]);
        assert_eq!(groups(&default_provider(), "auto").unwrap().len(), 4);
    }
}
