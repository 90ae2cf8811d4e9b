//! The handshake of the side that answers.

use super::codec::{Reader, put_u16, put_vector};
use super::config::{Config, Role};
use super::handshake::{
    Failure, Shared, Step, certificates, failure, malformed, put_signature, schemes, unexpected,
};
use super::hello::{ClientHello, ServerHello};
use super::message::{self, Message};
use super::outbox::Outbox;
use super::record::{VERSION, shape};
use super::secrets::{Secrets, Who};
use rustls::crypto::ActiveKeyExchange;
use rustls::{AlertDescription, Tls12CipherSuite};
use std::time::Instant;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wants {
    Hello,
    Certificate,
    Key,
    Proof,
    Finished,
}

/// Where it stands.
pub(super) struct Server {
    wants: Wants,
    exchange: Option<Box<dyn ActiveKeyExchange>>,
}

fn no_common(what: &str) -> Failure {
    let text = format!("client and server have no {what} in common");
    failure(AlertDescription::HandshakeFailure, &text)
}

impl Server {
    pub(super) fn new() -> Self {
        Self {
            wants: Wants::Hello,
            exchange: None,
        }
    }

    pub(super) fn take(
        &mut self,
        config: &Config,
        shared: &mut Shared,
        outbox: &mut Outbox,
        message: &Message,
        now: Instant,
    ) -> Result<Step, Failure> {
        match (self.wants, message.kind) {
            (Wants::Hello, message::CLIENT_HELLO) => {
                message.put(&mut shared.transcript);
                self.answer(config, shared, outbox, message)?;
                outbox.fly(now, true);
                Ok(Step::More)
            }
            (Wants::Certificate, message::CERTIFICATE) => {
                message.put(&mut shared.transcript);
                shared.take_certificates(&message.body)?;
                self.wants = Wants::Key;
                Ok(Step::More)
            }
            (Wants::Key, message::CLIENT_KEY) => {
                message.put(&mut shared.transcript);
                self.agree(shared, outbox, message)
            }
            (Wants::Proof, message::CERTIFICATE_VERIFY) => {
                let certificate = shared.peer.as_ref().and_then(|peer| peer.first());
                let certificate = certificate.ok_or_else(unexpected)?;
                let mut reader = Reader(&message.body);
                let scheme = reader.u16().ok_or_else(malformed)?;
                let signature = reader.vector(2).ok_or_else(malformed)?;
                if !config.is_signed(certificate, scheme, shared.signed_so_far(), signature) {
                    return Err(failure(
                        AlertDescription::DecryptError,
                        "the client does not have the key of its certificate",
                    ));
                }
                message.put(&mut shared.transcript);
                self.wants = Wants::Finished;
                Ok(Step::More)
            }
            (Wants::Finished, message::FINISHED) => {
                shared.check(message, Who::Client)?;
                outbox.begin();
                shared.finish(outbox, Who::Server)?;
                outbox.fly(now, false);
                Ok(Step::Done)
            }
            _ => Err(unexpected()),
        }
    }

    fn answer(
        &mut self,
        config: &Config,
        shared: &mut Shared,
        outbox: &mut Outbox,
        message: &Message,
    ) -> Result<(), Failure> {
        let Role::Server {
            asks, prefers_own, ..
        } = config.role
        else {
            return Err(unexpected());
        };
        let hello = ClientHello::parse(&message.body).ok_or_else(malformed)?;
        // Versions count down.
        if hello.version > VERSION {
            return Err(failure(
                AlertDescription::ProtocolVersion,
                "the client does not speak DTLS 1.2",
            ));
        }
        let own = config.certificate(hello.name.as_deref());
        let own = own.ok_or_else(|| no_common("certificate"))?;
        let offered = schemes(&hello.schemes);
        let fits = |suite: &&'static Tls12CipherSuite| {
            shape(suite.common.suite).is_some()
                && hello.suites.contains(&suite.common.suite.into())
                && own
                    .key
                    .choose_scheme(&suite.resolve_sig_schemes(&offered))
                    .is_some()
        };
        let mut fitting: Vec<&'static Tls12CipherSuite> = config.suites().filter(fits).collect();
        if !prefers_own {
            let place = |suite: &&'static Tls12CipherSuite| {
                let number = suite.common.suite.into();
                hello.suites.iter().position(|one| *one == number)
            };
            fitting.sort_by_key(place);
        }
        let suite = *fitting.first().ok_or_else(|| no_common("cipher"))?;
        let signer = own
            .key
            .choose_scheme(&suite.resolve_sig_schemes(&offered))
            .ok_or_else(|| no_common("kind of signature"))?;
        let group = config
            .groups()
            .find(|group| hello.groups.contains(&group.name().into()))
            .ok_or_else(|| no_common("curve"))?;
        let exchange = group.start()?;
        shared.randoms.client = hello.random;
        shared.randoms.server = config.random()?;
        shared.suite = Some(suite);
        shared.is_extended = hello.is_extended;

        let chosen = ServerHello {
            version: VERSION,
            random: shared.randoms.server,
            suite: suite.common.suite.into(),
            is_extended: hello.is_extended,
            is_careful: hello.is_careful,
        };
        outbox.begin();
        shared.say(outbox, 0, message::SERVER_HELLO, chosen.body());
        shared.say(outbox, 0, message::CERTIFICATE, certificates(&own.cert));
        let mut key = vec![3];
        put_u16(&mut key, group.name().into());
        put_vector(&mut key, 1, |out| out.extend_from_slice(exchange.pub_key()));
        let mut signed = Vec::with_capacity(64 + key.len());
        signed.extend_from_slice(&shared.randoms.client);
        signed.extend_from_slice(&shared.randoms.server);
        signed.extend_from_slice(&key);
        put_signature(&mut key, signer.scheme(), &signer.sign(&signed)?);
        shared.say(outbox, 0, message::SERVER_KEY, key);
        if asks {
            // Certificates of RSA and ECDSA keys; of anybody.
            let mut request = vec![2, 1, 64];
            put_vector(&mut request, 2, |out| {
                for scheme in config.schemes() {
                    put_u16(out, scheme.into());
                }
            });
            put_u16(&mut request, 0);
            shared.say(outbox, 0, message::CERTIFICATE_REQUEST, request);
        }
        shared.say(outbox, 0, message::SERVER_DONE, Vec::new());
        self.exchange = Some(exchange);
        self.wants = match asks {
            true => Wants::Certificate,
            false => Wants::Key,
        };
        Ok(())
    }

    fn agree(
        &mut self,
        shared: &mut Shared,
        outbox: &mut Outbox,
        message: &Message,
    ) -> Result<Step, Failure> {
        let key = Reader(&message.body).vector(1).ok_or_else(malformed)?;
        let (Some(suite), Some(exchange)) = (shared.suite, self.exchange.take()) else {
            return Err(unexpected());
        };
        let bound = shared.is_extended.then_some(&shared.transcript[..]);
        let secrets = Secrets::agree(suite, exchange, key, &shared.randoms, bound)
            .map_err(|error| failure(AlertDescription::IllegalParameter, &error.to_string()))?;
        let guards = secrets.guards(&shared.randoms);
        let (client, server) = guards.ok_or_else(unexpected)?;
        shared.secrets = Some(secrets);
        outbox.set_guard(server);
        self.wants = match shared.peer.is_some() {
            true => Wants::Proof,
            false => Wants::Finished,
        };
        Ok(Step::Keys(client))
    }
}
