//! Answers that a test gives instead of servers.

use super::client::Handle;
use super::exception::misused;
use super::outgoing;
use super::perform::Prepared;
use highper_zend::{Object, Throw};

/// What the test says to a request; nothing where there is no test, or it lets the request through.
pub(super) fn answer(handle: &Handle, prepared: &Prepared) -> Result<Option<Object>, Throw> {
    let Some(fake) = handle.fake.borrow().clone() else {
        return Ok(None);
    };
    let request = outgoing::object(prepared, &handle.client.settings().headers)?;
    let said = fake.call(&[request.into()]).into_result()?;
    if said.is_null() {
        return Ok(None);
    }
    said.into_object().map(Some).map_err(|other| {
        misused(format!(
            "what fake() was given must return a Highper\\Http\\ClientResponse, or null to ask the server, {} returned",
            other.type_name()
        ))
    })
}
