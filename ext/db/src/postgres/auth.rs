//! Proofs of a password: SCRAM-SHA-256 (RFC 5802, RFC 7677) and the older MD5 of PostgreSQL.

use super::md5::md5_hex;
use crate::Error;
use crate::error::Kind;
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign, verify};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::{digest, pbkdf2};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::num::NonZeroU32;

/// A server that asks for more work than this has something else in mind.
const MOST_ROUNDS: u32 = 10_000_000;

pub(super) fn refused(message: &str) -> Error {
    Error::new(Kind::Connection, "28000", message)
}

/// What the MD5 method wants to see.
pub(super) fn md5(user: &str, password: &str, salt: &[u8]) -> String {
    let inner = md5_hex(&[password.as_bytes(), user.as_bytes()].concat());
    format!("md5{}", md5_hex(&[inner.as_bytes(), salt].concat()))
}

/// A log-in by SCRAM-SHA-256, without channel binding.
pub(super) struct Scram {
    password: String,
    nonce: String,
    /// What has been said so far, and what proves the server.
    said: String,
    server: Option<Vec<u8>>,
}

impl Scram {
    pub(super) fn new(password: &str) -> Result<Self, Error> {
        let mut random = [0_u8; 18];
        SystemRandom::new()
            .fill(&mut random)
            .map_err(|_| refused("there are no random numbers for the log-in"))?;
        Ok(Self::with_nonce(password, BASE64_STANDARD.encode(random)))
    }

    fn with_nonce(password: &str, nonce: String) -> Self {
        Self {
            password: password.to_owned(),
            said: format!("n=,r={nonce}"),
            nonce,
            server: None,
        }
    }

    /// The first message.
    pub(super) fn first(&self) -> String {
        format!("n,,{}", self.said)
    }

    /// The answer to the server's first message.
    pub(super) fn answer(&mut self, message: &str) -> Result<String, Error> {
        let wrong = || refused("the server's SCRAM message is wrong");
        let part = |name: &str| message.split(',').find_map(|part| part.strip_prefix(name));
        let nonce = part("r=").ok_or_else(wrong)?;
        let salt = BASE64_STANDARD
            .decode(part("s=").ok_or_else(wrong)?)
            .map_err(|_| wrong())?;
        let rounds: u32 = part("i=").and_then(|n| n.parse().ok()).ok_or_else(wrong)?;
        let rounds = NonZeroU32::new(rounds.min(MOST_ROUNDS)).ok_or_else(wrong)?;
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err(wrong());
        }
        let mut salted = [0_u8; 32];
        pbkdf2::derive(
            pbkdf2::PBKDF2_HMAC_SHA256,
            rounds,
            &salt,
            self.password.as_bytes(),
            &mut salted,
        );
        let salted = Key::new(HMAC_SHA256, &salted);
        let client = sign(&salted, b"Client Key");
        let stored = digest::digest(&digest::SHA256, client.as_ref());
        // "biws" is "n,,".
        let bare = format!("c=biws,r={nonce}");
        let all = format!("{},{message},{bare}", self.said);
        let signature = sign(&Key::new(HMAC_SHA256, stored.as_ref()), all.as_bytes());
        let proof: Vec<u8> = client
            .as_ref()
            .iter()
            .zip(signature.as_ref())
            .map(|(a, b)| a ^ b)
            .collect();
        let server = Key::new(HMAC_SHA256, sign(&salted, b"Server Key").as_ref());
        self.server = Some(sign(&server, all.as_bytes()).as_ref().to_vec());
        Ok(format!("{bare},p={}", BASE64_STANDARD.encode(proof)))
    }

    /// Does the server know the password too?
    pub(super) fn finish(&self, message: &str) -> Result<(), Error> {
        let wanted = self.server.as_deref();
        let given = message
            .split(',')
            .find_map(|part| part.strip_prefix("v="))
            .and_then(|text| BASE64_STANDARD.decode(text).ok());
        let is_same = match (wanted, given) {
            (Some(wanted), Some(given)) => {
                let key = Key::new(HMAC_SHA256, wanted);
                let tag = sign(&key, wanted);
                verify(&key, &given, tag.as_ref()).is_ok()
            }
            _ => false,
        };
        match is_same {
            true => Ok(()),
            false => Err(refused(
                "the server does not know the password it asked for",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn md5_of_a_password() {
        // Computed by its definition with Python's hashlib.
        assert_eq!(md5("user", "secret", b"abcd"), MD5);
    }
    const MD5: &str = "md5fd7c993d0b0386ed609939ae4ac157ce";

    #[test]
    fn scram_both_sides() {
        // A server's side by the definitions, as of RFC 7677, section 3, whose user name is left out here.
        let mut scram = Scram::with_nonce("pencil", "rOprNGfwEbeRWgbNEkqO".into());
        assert_eq!(scram.first(), "n,,n=,r=rOprNGfwEbeRWgbNEkqO");
        let server = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let answer = scram.answer(server).unwrap();
        assert_eq!(answer, SCRAM_ANSWER);
        scram.finish(SCRAM_END).unwrap();
        assert!(scram.finish("v=AAAA").is_err());
        assert!(scram.finish("e=other-error").is_err());
        for bad in [
            "",
            "r=x,s=,i=1",
            "r=rOprNGfwEbeRWgbNEkqOx,s=!,i=1",
            "r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=0",
        ] {
            assert!(scram.answer(bad).is_err(), "{bad}");
        }
    }
    const SCRAM_ANSWER: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=qvT2SWdEH5Q06albL+hjSYuUhCG7VndFyzIb7CK4n9k=";
    const SCRAM_END: &str = "v=3HO6Qt1M4MKJrmlKaoOqLAI0/0TV0HZe7J9H3MBtSOg=";
}
