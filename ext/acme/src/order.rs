//! One order: RFC 8555, section 7.4.

use crate::http::{self, done};
use crate::settings::{Challenge, Settings};
use crate::store::{Placed, Store};
use crate::{Failure, signed};
use highper_engine::{self as engine, Wake, clock};
use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, ChallengeType, Error, ExternalAccountKey,
    Identifier, NewAccount, NewOrder, Order, OrderStatus,
};
use std::time::Duration;

/// How long an authority may take to look at us, and to sign.
const PATIENCE: Duration = Duration::from_secs(120);
/// The first pause between two questions, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// How a name is proven, if it has to be.
type Proof<'n> = Option<(&'n str, Challenge)>;

/// Runs to the end, with what the authority says of the time.
fn ask<T>(future: impl Future<Output = Result<T, Error>>, proof: Proof<'_>) -> Result<T, Failure> {
    match done(future) {
        None => Err(Failure::cancelled()),
        Some(Ok(value)) => Ok(value),
        Some(Err(error)) => Err(Failure {
            retry_after: http::retry_after(),
            ..Failure::of(&error, proof)
        }),
    }
}

/// The account: the one that is kept, or a new one.
pub(crate) fn account(settings: &Settings, store: &Store) -> Result<Account, Failure> {
    let failed = |error: &std::io::Error| Failure::of_store(store.folder(), error);
    let kept = store.account().map_err(|error| failed(&error))?;
    if let Some(kept) = kept {
        match serde_json::from_slice::<AccountCredentials>(&kept) {
            Ok(known) => {
                let builder = Account::builder_with_http(Box::new(http::Http));
                return ask(builder.from_credentials(known), None);
            }
            // Half a file is none of ours: they are written whole.
            Err(_) => store.forget_account().map_err(|error| failed(&error))?,
        }
    }
    let contact = settings.email.as_ref().map(|mail| format!("mailto:{mail}"));
    let contact: Vec<&str> = contact.iter().map(|contact| &**contact).collect();
    let wanted = NewAccount {
        contact: &contact,
        terms_of_service_agreed: true,
        only_return_existing: false,
    };
    let binding = settings.binding.as_ref();
    let binding = binding.map(|one| ExternalAccountKey::new(one.id.clone(), &one.key));
    let directory = settings.directory.clone();
    let builder = Account::builder_with_http(Box::new(http::Http));
    let (account, known) = ask(builder.create(&wanted, directory, binding.as_ref()), None)?;
    let text = serde_json::to_vec(&known).map_err(|error| Failure::new(error.to_string()))?;
    store.save_account(&text).map_err(|error| failed(&error))?;
    Ok(account)
}

/// Orders a certificate; key and chain as PEM. `attempt` counts from 0: each proves the name in the next way.
pub(crate) fn order(
    account: &Account,
    settings: &Settings,
    store: &Store,
    name: &str,
    attempt: u32,
) -> Result<String, Failure> {
    let names = [Identifier::Dns(name.to_owned())];
    let mut order = ask(account.new_order(&NewOrder::new(&names)), None)?;
    let (placed, proof) = prove(&mut order, settings, store, name, attempt)?;
    let until = clock::after(PATIENCE);
    let mut pause = PAUSES.0;
    loop {
        let status = ask(order.refresh(), proof)?.status;
        match status {
            OrderStatus::Ready | OrderStatus::Valid => break,
            OrderStatus::Invalid => return Err(refused(&mut order, proof)),
            OrderStatus::Pending | OrderStatus::Processing => {
                wait(&mut pause, until, "to look at this server")?;
            }
        }
    }
    drop(placed);
    let key = ask(order.finalize(), None)?;
    let mut pause = PAUSES.0;
    loop {
        if order.state().status == OrderStatus::Ready {
            ask(order.refresh(), None)?;
        } else if let Some(chain) = ask(order.certificate(), None)? {
            return Ok(key + &chain);
        }
        wait(&mut pause, until, "to sign")?;
    }
}

/// Answers the challenges of an order: what is to stay until it is ready, and how the name is proven.
fn prove<'n>(
    order: &mut Order,
    settings: &Settings,
    store: &Store,
    name: &'n str,
    attempt: u32,
) -> Result<(Vec<Placed>, Proof<'n>), Failure> {
    let failed = |error: std::io::Error| Failure::of_store(store.folder(), &error);
    let mut placed = Vec::new();
    let mut proof = None;
    let mut all = order.authorizations();
    while let Some(next) = done(all.next()).ok_or_else(Failure::cancelled)? {
        let mut one = next.map_err(|error| Failure::of(&error, None))?;
        match one.status {
            AuthorizationStatus::Pending => {}
            AuthorizationStatus::Valid => continue,
            status => {
                return Err(Failure::new(format!(
                    "the authority's question about {name} is {status:?}"
                )));
            }
        }
        let offered: Vec<ChallengeType> = one.challenges.iter().map(|c| c.r#type.clone()).collect();
        let known = |challenge: &Challenge| match challenge {
            Challenge::Http => ChallengeType::Http01,
            Challenge::TlsAlpn => ChallengeType::TlsAlpn01,
        };
        let ways: Vec<Challenge> = settings
            .challenges
            .iter()
            .copied()
            .filter(|way| offered.contains(&known(way)))
            .collect();
        let Some(way) = ways.get(attempt as usize % ways.len().max(1)).copied() else {
            return Err(Failure::new(format!(
                "the authority offers none of the challenges that tls.auto.challenges has for {name}"
            )));
        };
        proof = Some((name, way));
        let Some(mut challenge) = one.challenge(known(&way)) else {
            return Err(Failure::new("the authority has no such challenge"));
        };
        let answer = challenge.key_authorization();
        placed.push(match way {
            Challenge::Http => {
                // Else no file of ours.
                let is_token = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
                if challenge.token.is_empty() || !challenge.token.bytes().all(is_token) {
                    return Err(Failure::new("the authority's token is none by RFC 8555"));
                }
                store
                    .put_token(&challenge.token, answer.as_str())
                    .map_err(failed)?
            }
            Challenge::TlsAlpn => {
                let digest = answer.digest();
                let text = signed::challenge(name, digest.as_ref()).map_err(Failure::new)?;
                store.put_challenge(name, &text).map_err(failed)?
            }
        });
        ask(challenge.set_ready(), proof)?;
    }
    Ok((placed, proof))
}

/// Why an order was not taken: the challenge says it.
fn refused(order: &mut Order, proof: Proof<'_>) -> Failure {
    if let Some(problem) = &order.state().error {
        return Failure::of_problem(problem, proof);
    }
    let mut all = order.authorizations();
    while let Some(Some(Ok(mut one))) = done(all.next()) {
        let Some(Ok(state)) = done(one.refresh()) else {
            continue;
        };
        let mut said = state.challenges.iter().filter_map(|one| one.error.as_ref());
        if let Some(problem) = said.next() {
            return Failure::of_problem(problem, proof);
        }
    }
    Failure::new("the authority has refused without a word")
}

fn wait(pause: &mut Duration, until: u64, what: &str) -> Result<(), Failure> {
    let asked = http::retry_after().unwrap_or_default();
    let long = (*pause).max(asked.min(PATIENCE));
    if clock::after(long) > until {
        return Err(Failure {
            is_away: true,
            ..Failure::new(format!("the authority takes too long {what}"))
        });
    }
    *pause = (*pause * 2).min(PAUSES.1);
    match engine::sleep(u64::try_from(long.as_nanos()).unwrap_or(u64::MAX)) {
        Wake::Ready => Ok(()),
        _ => Err(Failure::cancelled()),
    }
}
