//! The handshake of the side that begins.

use super::codec::{Reader, put_vector};
use super::config::{Config, Role};
use super::handshake::{
    Failure, Shared, Step, certificates, failure, malformed, put_signature, schemes, unexpected,
};
use super::hello::{Offer, ServerHello};
use super::message::{self, Message};
use super::outbox::Outbox;
use super::record::{VERSION, shape};
use super::secrets::{Secrets, Who};
use rustls::crypto::ActiveKeyExchange;
use rustls::{AlertDescription, SignatureScheme};
use std::time::Instant;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wants {
    /// Whether a cookie is asked for, or the server's hello.
    Hello,
    Certificate,
    Key,
    /// A request for our certificate, or the end.
    Done,
    Finished,
}

/// Where it stands.
pub(super) struct Client {
    wants: Wants,
    name: Option<String>,
    exchange: Option<(Box<dyn ActiveKeyExchange>, Vec<u8>)>,
    /// The signatures that the server wants from us; `None`: none.
    asked: Option<Vec<SignatureScheme>>,
    has_cookie: bool,
}

impl Client {
    pub(super) fn new(name: Option<String>) -> Self {
        Self {
            wants: Wants::Hello,
            name,
            exchange: None,
            asked: None,
            has_cookie: false,
        }
    }

    /// Says the first word, or once more with a cookie.
    pub(super) fn hello(
        &self,
        config: &Config,
        shared: &mut Shared,
        outbox: &mut Outbox,
        cookie: &[u8],
        now: Instant,
    ) {
        let suites: Vec<u16> = config
            .suites()
            .filter(|suite| shape(suite.common.suite).is_some())
            .map(|suite| suite.common.suite.into())
            .collect();
        let groups: Vec<u16> = config.groups().map(|group| group.name().into()).collect();
        let schemes: Vec<u16> = config.schemes().into_iter().map(u16::from).collect();
        let offer = Offer {
            random: &shared.randoms.client,
            cookie,
            suites: &suites,
            name: self.name.as_deref(),
            groups: &groups,
            schemes: &schemes,
        };
        let body = offer.body();
        outbox.begin();
        // What was said before the cookie does not count.
        shared.transcript.clear();
        shared.say(outbox, 0, message::CLIENT_HELLO, body);
        outbox.fly(now, true);
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
            (Wants::Hello, message::HELLO_VERIFY) if !self.has_cookie => {
                let mut reader = Reader(&message.body);
                reader.u16().ok_or_else(malformed)?;
                let cookie = reader.vector(1).ok_or_else(malformed)?;
                self.has_cookie = true;
                self.hello(config, shared, outbox, cookie, now);
                return Ok(Step::More);
            }
            (Wants::Hello, message::SERVER_HELLO) => self.chosen(config, shared, message)?,
            (Wants::Certificate, message::CERTIFICATE) => {
                shared.take_certificates(&message.body)?;
                if shared.peer.is_none() {
                    return Err(malformed());
                }
                self.wants = Wants::Key;
            }
            (Wants::Key, message::SERVER_KEY) => self.key(config, shared, message)?,
            (Wants::Done, message::CERTIFICATE_REQUEST) if self.asked.is_none() => {
                let mut reader = Reader(&message.body);
                reader.vector(1).ok_or_else(malformed)?;
                let wanted = reader.numbers(2).ok_or_else(malformed)?;
                self.asked = Some(schemes(&wanted));
            }
            (Wants::Done, message::SERVER_DONE) => {
                message.put(&mut shared.transcript);
                return self.answer(config, shared, outbox, now);
            }
            (Wants::Finished, message::FINISHED) => {
                shared.check(message, Who::Server)?;
                outbox.forget_flight();
                return Ok(Step::Done);
            }
            _ => return Err(unexpected()),
        }
        message.put(&mut shared.transcript);
        Ok(Step::More)
    }

    fn chosen(
        &mut self,
        config: &Config,
        shared: &mut Shared,
        message: &Message,
    ) -> Result<(), Failure> {
        let hello = ServerHello::parse(&message.body).ok_or_else(malformed)?;
        if hello.version != VERSION {
            return Err(failure(
                AlertDescription::ProtocolVersion,
                "the server does not speak DTLS 1.2",
            ));
        }
        let suite = config
            .suites()
            .find(|suite| u16::from(suite.common.suite) == hello.suite)
            .filter(|suite| shape(suite.common.suite).is_some());
        let suite = suite.ok_or_else(|| {
            failure(
                AlertDescription::IllegalParameter,
                "the server has chosen a cipher that was not offered",
            )
        })?;
        shared.suite = Some(suite);
        shared.is_extended = hello.is_extended;
        shared.randoms.server = hello.random;
        self.wants = Wants::Certificate;
        Ok(())
    }

    fn key(
        &mut self,
        config: &Config,
        shared: &mut Shared,
        message: &Message,
    ) -> Result<(), Failure> {
        let mut reader = Reader(&message.body);
        let kind = reader.u8().ok_or_else(malformed)?;
        let group = reader.u16().ok_or_else(malformed)?;
        let key = reader.vector(1).ok_or_else(malformed)?;
        let parameters = &message.body[..message.body.len() - reader.0.len()];
        let scheme = reader.u16().ok_or_else(malformed)?;
        let signature = reader.vector(2).ok_or_else(malformed)?;
        let found = config
            .groups()
            .find(|one| kind == 3 && u16::from(one.name()) == group);
        let group = found.ok_or_else(|| {
            failure(
                AlertDescription::IllegalParameter,
                "the server has chosen a curve that was not offered",
            )
        })?;
        let mut signed = Vec::with_capacity(64 + parameters.len());
        signed.extend_from_slice(&shared.randoms.client);
        signed.extend_from_slice(&shared.randoms.server);
        signed.extend_from_slice(parameters);
        let certificate = shared.peer.as_ref().and_then(|peer| peer.first());
        let suite = shared.suite.ok_or_else(unexpected)?;
        let is_right = suite.sign.contains(&SignatureScheme::from(scheme))
            && certificate.is_some_and(|certificate| {
                config.is_signed(certificate, scheme, &signed, signature)
            });
        if !is_right {
            return Err(failure(
                AlertDescription::DecryptError,
                "the server does not have the key of its certificate",
            ));
        }
        self.exchange = Some((group.start()?, key.to_vec()));
        self.wants = Wants::Done;
        Ok(())
    }

    /// Everything of the server's is there.
    fn answer(
        &mut self,
        config: &Config,
        shared: &mut Shared,
        outbox: &mut Outbox,
        now: Instant,
    ) -> Result<Step, Failure> {
        let (Some(suite), Some((exchange, key))) = (shared.suite, self.exchange.take()) else {
            return Err(unexpected());
        };
        let own = match &config.role {
            Role::Client { own, .. } => own.clone(),
            Role::Server { .. } => None,
        };
        outbox.begin();
        let mut signer = None;
        if let Some(wanted) = &self.asked {
            signer = own.as_ref().and_then(|own| own.key.choose_scheme(wanted));
            let chain = match (&signer, &own) {
                (Some(_), Some(own)) => &own.cert[..],
                _ => &[],
            };
            shared.say(outbox, 0, message::CERTIFICATE, certificates(chain));
        }
        let mut body = Vec::new();
        put_vector(&mut body, 1, |out| {
            out.extend_from_slice(exchange.pub_key())
        });
        shared.say(outbox, 0, message::CLIENT_KEY, body);
        let bound = shared.is_extended.then_some(&shared.transcript[..]);
        let secrets = Secrets::agree(suite, exchange, &key, &shared.randoms, bound)
            .map_err(|error| failure(AlertDescription::IllegalParameter, &error.to_string()))?;
        let (client, server) = secrets.guards(&shared.randoms).ok_or_else(unexpected)?;
        shared.secrets = Some(secrets);
        if let Some(signer) = signer {
            let mut body = Vec::new();
            let signature = signer.sign(shared.signed_so_far())?;
            put_signature(&mut body, signer.scheme(), &signature);
            shared.say(outbox, 0, message::CERTIFICATE_VERIFY, body);
        }
        outbox.set_guard(client);
        shared.finish(outbox, Who::Client)?;
        outbox.fly(now, true);
        self.wants = Wants::Finished;
        Ok(Step::Keys(server))
    }
}
