//! Exceptions that are meant for clients: `Highper\Http\HttpException` and its children.

mod bad_request;
pub(crate) mod cancelled;
mod conflict;
mod forbidden;
pub(crate) mod http_exception;
mod not_found;
pub(crate) mod service_unavailable;
mod too_many_requests;
mod unauthorized;
pub(crate) mod unprocessable;

use highper_zend::Registry;

pub(crate) fn declare(registry: &mut Registry) {
    for declare in [
        cancelled::declare,
        http_exception::declare,
        unprocessable::declare,
        bad_request::declare,
        unauthorized::declare,
        forbidden::declare,
        not_found::declare,
        conflict::declare,
        too_many_requests::declare,
        service_unavailable::declare,
    ] {
        declare(registry);
    }
}
