//! `Highper\Beanstalk`: beanstalkd, natively. One class a file; what they share is here.

mod client;
mod exception;
mod job;
mod open;

pub(crate) use open::{is_built_in, object, refused, warm};

use highper_zend::Registry;

pub(crate) fn declare(registry: &mut Registry) {
    exception::declare(registry);
    job::declare(registry);
    client::declare(registry);
}
