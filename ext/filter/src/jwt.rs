//! JSON Web Tokens (RFC 7519) that are signed (RFC 7515): HS256, RS256 and ES256.
//!
//! The algorithm is the application's, never the token's, so that nobody can choose a weaker one (RFC 8725, 3.1).

use crate::der::{PublicKey, public_key};
use aws_lc_rs::{hmac, signature};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// How tokens are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC with SHA-256 and a secret that both sides have.
    Hs256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
}

impl Algorithm {
    /// By its name in RFC 7518.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "HS256" => Self::Hs256,
            "RS256" => Self::Rs256,
            "ES256" => Self::Es256,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }
}

#[derive(Clone)]
enum Key {
    Secret(Box<hmac::Key>),
    Rsa(Vec<u8>),
    P256(Vec<u8>),
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a key")
    }
}

/// What tokens must be.
#[derive(Clone, Debug)]
pub struct Options {
    /// Keys by the tokens' `kid`; one with an empty name is for all.
    pub keys: Vec<(String, String)>,
    /// How they are signed.
    pub algorithm: Algorithm,
    /// Who made them: `iss`.
    pub issuer: Option<String>,
    /// Whom they are for: one of `aud`.
    pub audience: Option<String>,
    /// Seconds by which clocks may differ.
    pub leeway: u64,
    /// Must there be an end, `exp`?
    pub must_end: bool,
}

/// Reads tokens.
#[derive(Clone, Debug)]
pub struct Verifier {
    keys: Vec<(String, Key)>,
    options: Options,
}

impl Verifier {
    /// For tokens like this.
    ///
    /// # Errors
    /// What is wrong with a key.
    pub fn new(mut options: Options) -> Result<Self, String> {
        let mut keys = Vec::new();
        for (name, text) in std::mem::take(&mut options.keys) {
            keys.push((name, key(options.algorithm, &text)?));
        }
        if keys.is_empty() {
            return Err("must not be empty".into());
        }
        Ok(Self { keys, options })
    }

    /// The claims of a token. `now` in seconds since 1970.
    ///
    /// # Errors
    /// Why it is not accepted: a sentence for who has sent it.
    pub fn verify(&self, token: &[u8], now: u64) -> Result<Map<String, Value>, &'static str> {
        const NO_TOKEN: &str = "The token is malformed";
        let mut parts = token.split(|b| *b == b'.');
        let (Some(head), Some(body), Some(sign), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NO_TOKEN);
        };
        let signed = &token[..head.len() + 1 + body.len()];
        let decode = |part: &[u8]| URL_SAFE_NO_PAD.decode(part).map_err(|_| NO_TOKEN);
        let header: Map<String, Value> =
            serde_json::from_slice(&decode(head)?).map_err(|_| NO_TOKEN)?;
        if header.get("alg").and_then(Value::as_str) != Some(self.options.algorithm.name()) {
            return Err("The token is signed in another way");
        }
        if header.contains_key("crit") {
            return Err("The token has critical parts that are not understood");
        }
        let signature = decode(sign)?;
        let kid = header.get("kid").and_then(Value::as_str);
        let fits = |name: &str| name.is_empty() || Some(name) == kid;
        if !self
            .keys
            .iter()
            .any(|(name, key)| fits(name) && key.has_signed(signed, &signature))
        {
            return Err("The token's signature is not valid");
        }
        let claims: Map<String, Value> =
            serde_json::from_slice(&decode(body)?).map_err(|_| NO_TOKEN)?;
        self.check(&claims, now)?;
        Ok(claims)
    }

    fn check(&self, claims: &Map<String, Value>, now: u64) -> Result<(), &'static str> {
        let options = &self.options;
        let (now, leeway) = (now as f64, options.leeway as f64);
        let time = |name: &str| match claims.get(name) {
            None => Ok(None),
            Some(value) => value
                .as_f64()
                .map(Some)
                .ok_or("The token has a time that is no number"),
        };
        match time("exp")? {
            Some(end) if end + leeway <= now => return Err("The token has expired"),
            None if options.must_end => return Err("The token has no end"),
            _ => {}
        }
        if time("nbf")?.is_some_and(|begin| begin - leeway > now) {
            return Err("The token is not valid yet");
        }
        time("iat")?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if options.issuer.is_some() && options.issuer.as_deref() != text("iss") {
            return Err("The token is of another issuer");
        }
        if let Some(audience) = &options.audience {
            let is_for = match claims.get("aud") {
                Some(Value::Array(all)) => all.iter().any(|one| one.as_str() == Some(audience)),
                Some(Value::String(one)) => one == audience,
                _ => false,
            };
            if !is_for {
                return Err("The token is for another audience");
            }
        }
        Ok(())
    }
}

impl Key {
    fn has_signed(&self, message: &[u8], sign: &[u8]) -> bool {
        match self {
            Self::Secret(key) => hmac::verify(key, message, sign).is_ok(),
            Self::Rsa(key) => {
                signature::UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, key)
                    .verify(message, sign)
                    .is_ok()
            }
            Self::P256(key) => {
                signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, key)
                    .verify(message, sign)
                    .is_ok()
            }
        }
    }
}

fn key(algorithm: Algorithm, text: &str) -> Result<Key, String> {
    let public =
        |what: &str| format!("must be a public key of {what} in PEM (-----BEGIN PUBLIC KEY-----)");
    match algorithm {
        // RFC 7518, 3.2.
        Algorithm::Hs256 if text.len() < 32 => Err(format!(
            "must have at least 32 bytes for HS256, one of {} given",
            text.len()
        )),
        Algorithm::Hs256 if text.contains("-----BEGIN") => {
            Err("must be a secret for HS256, a key in PEM given".into())
        }
        Algorithm::Hs256 => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes());
            Ok(Key::Secret(Box::new(key)))
        }
        Algorithm::Rs256 => match public_key(text) {
            Some(PublicKey::Rsa(key)) => Ok(Key::Rsa(key)),
            _ => Err(public("RSA")),
        },
        Algorithm::Es256 => match public_key(text) {
            Some(PublicKey::P256(key)) => Ok(Key::P256(key)),
            _ => Err(public("P-256")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::KeyPair;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::json;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    const NOW: u64 = 1_800_000_000;

    fn options() -> Options {
        Options {
            keys: vec![(String::new(), SECRET.into())],
            algorithm: Algorithm::Hs256,
            issuer: None,
            audience: None,
            leeway: 10,
            must_end: true,
        }
    }

    fn part(value: &Value) -> String {
        URL_SAFE_NO_PAD.encode(value.to_string())
    }

    fn token(head: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", part(head), part(claims));
        let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
        format!(
            "{signed}.{}",
            URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes()))
        )
    }

    fn check(options: Options, claims: &Value) -> Result<Map<String, Value>, &'static str> {
        let token = token(&json!({"alg": "HS256", "typ": "JWT"}), claims);
        Verifier::new(options)
            .unwrap()
            .verify(token.as_bytes(), NOW)
    }

    #[test]
    fn times() {
        let at = |name: &str, time: Value| {
            check(options(), &json!({"exp": NOW + 60, name: time})).map(|_| ())
        };
        assert_eq!(at("exp", json!(NOW - 9)), Ok(()));
        assert_eq!(at("exp", json!(NOW - 10)), Err("The token has expired"));
        assert_eq!(at("nbf", json!(NOW + 10)), Ok(()));
        assert_eq!(
            at("nbf", json!(NOW + 11)),
            Err("The token is not valid yet")
        );
        assert_eq!(at("exp", json!(NOW as f64 + 0.5)), Ok(()));
        for name in ["exp", "nbf", "iat"] {
            assert_eq!(
                at(name, json!("9999999999")),
                Err("The token has a time that is no number")
            );
        }
        assert_eq!(check(options(), &json!({})), Err("The token has no end"));
        assert!(
            check(
                Options {
                    must_end: false,
                    ..options()
                },
                &json!({})
            )
            .is_ok()
        );
    }

    #[test]
    fn whose_it_is() {
        let claims =
            |iss: Value, aud: Value| json!({"exp": NOW + 60, "iss": iss, "aud": aud, "sub": "7"});
        let all = || Options {
            issuer: Some("me".into()),
            audience: Some("you".into()),
            ..options()
        };
        assert_eq!(
            check(all(), &claims(json!("me"), json!("you"))).unwrap()["sub"],
            "7"
        );
        assert!(check(all(), &claims(json!("me"), json!(["he", "you"]))).is_ok());
        assert_eq!(
            check(all(), &claims(json!("he"), json!("you"))),
            Err("The token is of another issuer")
        );
        assert_eq!(
            check(all(), &claims(json!(["me"]), json!("you"))),
            Err("The token is of another issuer")
        );
        for aud in [json!("he"), json!([]), json!(null), json!({"you": 1})] {
            assert_eq!(
                check(all(), &claims(json!("me"), aud)),
                Err("The token is for another audience")
            );
        }
    }

    #[test]
    fn what_is_no_token_of_ours() {
        let verifier = Verifier::new(options()).unwrap();
        let good = token(&json!({"alg": "HS256"}), &json!({"exp": NOW + 60}));
        assert!(verifier.verify(good.as_bytes(), NOW).is_ok());
        for wrong in [
            "",
            ".",
            "..",
            "a.b.c",
            &good[..good.len() - 1],
            &format!("{good}.x"),
            &format!("{good}="),
            &good.replace('.', ""),
        ] {
            assert!(verifier.verify(wrong.as_bytes(), NOW).is_err(), "{wrong}");
        }
        let body = part(&json!({"exp": NOW + 60}));
        let none = format!("{}.{body}.", part(&json!({"alg": "none"})));
        assert_eq!(
            verifier.verify(none.as_bytes(), NOW),
            Err("The token is signed in another way")
        );
        let crit = token(
            &json!({"alg": "HS256", "crit": ["x"]}),
            &json!({"exp": NOW + 60}),
        );
        assert!(verifier.verify(crit.as_bytes(), NOW).is_err());
        let list = token(&json!({"alg": "HS256"}), &json!([1]));
        assert_eq!(
            verifier.verify(list.as_bytes(), NOW),
            Err("The token is malformed")
        );
        // Every bit counts.
        for at in 0..good.len() {
            let mut other = good.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            assert!(verifier.verify(&other, NOW).is_err(), "{at}");
        }
    }

    #[test]
    fn keys_by_their_names() {
        let keys = vec![
            ("old".into(), "x".repeat(32)),
            ("new".into(), SECRET.to_owned()),
        ];
        let verifier = Verifier::new(Options { keys, ..options() }).unwrap();
        let with = |kid: Value| {
            token(
                &json!({"alg": "HS256", "kid": kid}),
                &json!({"exp": NOW + 60}),
            )
        };
        assert!(verifier.verify(with(json!("new")).as_bytes(), NOW).is_ok());
        for kid in [json!("old"), json!("none"), json!(null), json!(7)] {
            assert!(verifier.verify(with(kid).as_bytes(), NOW).is_err());
        }
    }

    #[test]
    fn elliptic_curves() {
        let random = SystemRandom::new();
        let kind = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = signature::EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
        let pair = signature::EcdsaKeyPair::from_pkcs8(kind, pair.as_ref()).unwrap();
        let mut der = vec![
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
            0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
        ];
        der.extend_from_slice(pair.public_key().as_ref());
        let pem = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            STANDARD.encode(der)
        );
        let options = Options {
            keys: vec![(String::new(), pem.clone())],
            algorithm: Algorithm::Es256,
            ..options()
        };
        let verifier = Verifier::new(options.clone()).unwrap();
        let signed = format!(
            "{}.{}",
            part(&json!({"alg": "ES256"})),
            part(&json!({"exp": NOW + 1}))
        );
        let sign = pair.sign(&random, signed.as_bytes()).unwrap();
        let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(sign));
        assert!(verifier.verify(token.as_bytes(), NOW).is_ok());
        assert!(
            verifier
                .verify(format!("{signed}.AAAA").as_bytes(), NOW)
                .is_err()
        );
        let wrong = |algorithm, key: &str| {
            Verifier::new(Options {
                algorithm,
                keys: vec![(String::new(), key.into())],
                ..options.clone()
            })
            .unwrap_err()
        };
        assert!(wrong(Algorithm::Rs256, &pem).contains("RSA"));
        // A public key that serves as a secret is known to everybody.
        assert!(wrong(Algorithm::Hs256, &pem).contains("PEM"));
        assert!(wrong(Algorithm::Hs256, "short").contains("32 bytes"));
        assert!(wrong(Algorithm::Es256, SECRET).contains("P-256"));
    }
}
