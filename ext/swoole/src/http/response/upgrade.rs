//! Responses that end HTTP: `101 Switching Protocols`.

use super::{FD, RESPONSE, SWITCHING, State, packing};
use crate::websocket::hub;
use highper_http::{EncodeError, Exchange, ResponseHead, SendError};
use highper_zend::{Object, Outcome, Throw};
use std::rc::Rc;

/// The response object of a request.
///
/// # Errors
/// As [`highper_zend::ClassRef::instantiate`].
pub(crate) fn of(exchange: &Rc<Exchange>) -> Result<Object, Throw> {
    let made = RESPONSE.instantiate()?;
    made.set_slot(FD as usize, exchange.connection().serial() as i64);
    if let Some(state) = made.state::<State>() {
        state.exchange.replace(Some(Rc::clone(exchange)));
        state.packs_from.set(packing::of_server().from);
        state.dressed.set(true);
    }
    Ok(made)
}

/// What a callback left with that was given a response: one that threw has not answered.
///
/// # Errors
/// What it threw.
pub(crate) fn left(response: &Object, outcome: Outcome) -> Result<(), Throw> {
    let outcome = outcome.into_result();
    if let (Err(Throw::Object(_)), Some(state)) = (&outcome, response.state::<State>()) {
        state.failed.set(true);
    }
    outcome.map(drop)
}

/// Sends the 101 of a WebSocket handshake, with what was set on the response.
///
/// # Errors
/// It was answered otherwise, or the client is gone.
pub(crate) fn accept(response: &Object) -> Result<(), SendError> {
    let Some(state) = response.state::<State>() else {
        return Err(SendError::Complete);
    };
    let exchange = state.exchange.borrow().clone();
    let exchange = exchange.ok_or(SendError::Complete)?;
    state.switch(&exchange)
}

impl State {
    /// Sends a 101 where the connection may become WebSocket.
    #[cold]
    pub(super) fn switch(&self, exchange: &Exchange) -> Result<(), SendError> {
        let switched = hub::switch(
            exchange,
            |head| self.add_switching_fields(head),
            |name| self.has(name),
        );
        switched.unwrap_or(Err(SendError::Encode(EncodeError::Status(SWITCHING))))
    }

    pub(super) fn add_switching_fields(
        &self,
        head: &mut ResponseHead<'_>,
    ) -> Result<(), EncodeError> {
        for (name, value) in self.fields.borrow().iter() {
            head.header(name, value)?;
        }
        for line in self.cookies.borrow().iter() {
            head.header(b"Set-Cookie", line)?;
        }
        Ok(())
    }
}
