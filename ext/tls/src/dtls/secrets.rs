//! Keys of a session, and the proof that both sides saw the same handshake (RFC 5246, sections 6.3, 7.4.9 and 8.1).

use super::record::{Guard, shape};
use rustls::crypto::ActiveKeyExchange;
use rustls::{Error, Tls12CipherSuite};

/// Bytes of the proof.
pub(super) const PROOF: usize = 12;

/// What both sides have agreed on.
pub(super) struct Secrets {
    suite: &'static Tls12CipherSuite,
    master: [u8; 48],
}

/// Who says something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Client,
    Server,
}

/// The randoms of both sides.
pub(super) struct Randoms {
    pub(super) client: [u8; 32],
    pub(super) server: [u8; 32],
}

fn joined(first: &[u8; 32], second: &[u8; 32]) -> [u8; 64] {
    let mut both = [0; 64];
    both[..32].copy_from_slice(first);
    both[32..].copy_from_slice(second);
    both
}

impl Secrets {
    /// Ends an exchange of keys. `transcript`: all messages so far, where the master secret is bound to them (RFC 7627).
    pub(super) fn agree(
        suite: &'static Tls12CipherSuite,
        exchange: Box<dyn ActiveKeyExchange>,
        key: &[u8],
        randoms: &Randoms,
        transcript: Option<&[u8]>,
    ) -> Result<Self, Error> {
        let mut master = [0; 48];
        let prf = suite.prf_provider;
        match transcript {
            Some(transcript) => {
                let seed = suite.common.hash_provider.hash(transcript);
                let label = b"extended master secret";
                prf.for_key_exchange(&mut master, exchange, key, label, seed.as_ref())?;
            }
            None => {
                let seed = joined(&randoms.client, &randoms.server);
                prf.for_key_exchange(&mut master, exchange, key, b"master secret", &seed)?;
            }
        }
        Ok(Self { suite, master })
    }

    /// What protects the client's records, and the server's.
    pub(super) fn guards(&self, randoms: &Randoms) -> Option<(Guard, Guard)> {
        let (algorithm, nonce) = shape(self.suite.common.suite)?;
        let key = algorithm.key_len();
        let mut block = vec![0; 2 * (key + nonce)];
        let seed = joined(&randoms.server, &randoms.client);
        let prf = self.suite.prf_provider;
        prf.for_secret(&mut block, &self.master, b"key expansion", &seed);
        let (keys, nonces) = block.split_at(2 * key);
        let client = Guard::new(algorithm, &keys[..key], &nonces[..nonce])?;
        let server = Guard::new(algorithm, &keys[key..], &nonces[nonce..])?;
        Some((client, server))
    }

    /// The proof of one side, over all messages before it.
    pub(super) fn proof(&self, who: Who, transcript: &[u8]) -> [u8; PROOF] {
        let label: &[u8] = match who {
            Who::Client => b"client finished",
            Who::Server => b"server finished",
        };
        let seed = self.suite.common.hash_provider.hash(transcript);
        let mut proof = [0; PROOF];
        let prf = self.suite.prf_provider;
        prf.for_secret(&mut proof, &self.master, label, seed.as_ref());
        proof
    }
}

impl Drop for Secrets {
    fn drop(&mut self) {
        self.master.fill(0);
        std::hint::black_box(&self.master);
    }
}
