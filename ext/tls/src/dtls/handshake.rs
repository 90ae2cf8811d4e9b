//! What the handshakes of both sides have in common.

use super::codec::{Reader, put_u16, put_u24, put_vector};
use super::message::Message;
use super::outbox::Outbox;
use super::record::{ALERT, Guard};
use super::secrets::{PROOF, Randoms, Secrets, Who};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use rustls::pki_types::CertificateDer;
use rustls::{AlertDescription, SignatureScheme, Tls12CipherSuite};

/// Certificates of a chain at most.
const MOST_CERTIFICATES: usize = 16;

/// A handshake that can't go on: what the peer is told, and what is said here.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) alert: AlertDescription,
    pub(super) text: String,
}

pub(super) fn failure(alert: AlertDescription, text: &str) -> Failure {
    Failure {
        alert,
        text: text.to_owned(),
    }
}

pub(super) fn malformed() -> Failure {
    failure(
        AlertDescription::DecodeError,
        "a message of the handshake is malformed",
    )
}

pub(super) fn unexpected() -> Failure {
    failure(
        AlertDescription::UnexpectedMessage,
        "a message of the handshake came out of turn",
    )
}

impl From<rustls::Error> for Failure {
    fn from(error: rustls::Error) -> Self {
        failure(AlertDescription::InternalError, &error.to_string())
    }
}

/// What a step of a handshake leads to.
pub(super) enum Step {
    /// More has to come.
    More,
    /// From now on the peer's records are enciphered.
    Keys(Guard),
    /// It is over.
    Done,
}

/// What has been said so far.
pub(super) struct Shared {
    /// All messages, each in one piece.
    pub(super) transcript: Vec<u8>,
    /// The place of our next message.
    pub(super) place: u16,
    pub(super) randoms: Randoms,
    pub(super) suite: Option<&'static Tls12CipherSuite>,
    pub(super) is_extended: bool,
    pub(super) secrets: Option<Secrets>,
    pub(super) peer: Option<Vec<CertificateDer<'static>>>,
}

impl Shared {
    pub(super) fn new(place: u16) -> Self {
        Self {
            transcript: Vec::new(),
            place,
            randoms: Randoms {
                client: [0; 32],
                server: [0; 32],
            },
            suite: None,
            is_extended: false,
            secrets: None,
            peer: None,
        }
    }

    /// Says something.
    pub(super) fn say(&mut self, outbox: &mut Outbox, epoch: u16, kind: u8, body: Vec<u8>) {
        let message = Message {
            kind,
            place: self.place,
            body,
        };
        message.put(&mut self.transcript);
        // A server's places go on from the client's, which may begin anywhere.
        self.place = self.place.wrapping_add(1);
        outbox.message(epoch, kind, message.place, message.body);
    }

    /// Ends our part.
    pub(super) fn finish(&mut self, outbox: &mut Outbox, who: Who) -> Result<(), Failure> {
        let secrets = self.secrets.as_ref().ok_or_else(unexpected)?;
        let proof = secrets.proof(who, &self.transcript);
        outbox.change_cipher();
        self.say(outbox, 1, super::message::FINISHED, proof.to_vec());
        Ok(())
    }

    /// The peer ends its part.
    pub(super) fn check(&mut self, message: &Message, who: Who) -> Result<(), Failure> {
        let secrets = self.secrets.as_ref().ok_or_else(unexpected)?;
        let proof: [u8; PROOF] = secrets.proof(who, &self.transcript);
        verify_slices_are_equal(&proof, &message.body).map_err(|_| {
            failure(
                AlertDescription::DecryptError,
                "the two sides did not see the same handshake",
            )
        })?;
        message.put(&mut self.transcript);
        Ok(())
    }

    /// The message that proves that somebody has the key of a certificate.
    pub(super) fn signed_so_far(&self) -> &[u8] {
        &self.transcript
    }

    /// Takes the peer's certificates.
    pub(super) fn take_certificates(&mut self, body: &[u8]) -> Result<(), Failure> {
        let mut all = Vec::new();
        let mut list = Reader(Reader(body).vector(3).ok_or_else(malformed)?);
        while !list.is_empty() {
            let one = list.vector(3).ok_or_else(malformed)?;
            if all.len() == MOST_CERTIFICATES {
                return Err(failure(
                    AlertDescription::BadCertificate,
                    "the peer's chain of certificates is too long",
                ));
            }
            all.push(CertificateDer::from(one.to_vec()));
        }
        self.peer = (!all.is_empty()).then_some(all);
        Ok(())
    }
}

pub(super) fn certificates(chain: &[CertificateDer<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    put_vector(&mut body, 3, |out| {
        for one in chain {
            put_u24(out, one.len());
            out.extend_from_slice(one);
        }
    });
    body
}

/// A scheme and a signature.
pub(super) fn put_signature(out: &mut Vec<u8>, scheme: SignatureScheme, signature: &[u8]) {
    put_u16(out, scheme.into());
    put_vector(out, 2, |out| out.extend_from_slice(signature));
}

/// Numbers as schemes.
pub(super) fn schemes(numbers: &[u16]) -> Vec<SignatureScheme> {
    numbers.iter().copied().map(SignatureScheme::from).collect()
}

/// Tells the peer why a session ends.
pub(super) fn tell(outbox: &mut Outbox, failure: &Failure) {
    outbox.send_plain(ALERT, &[2, failure.alert.into()]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_begins_at_the_last_place_breaks_nothing() {
        let mut shared = Shared::new(u16::MAX);
        let mut outbox = Outbox::new(0);
        shared.say(&mut outbox, 0, 2, vec![1]);
        shared.say(&mut outbox, 0, 14, Vec::new());
        assert_eq!(shared.place, 1);
    }
}
