//! `Highper\Memcached`: memcached, natively. One class a file; what they share is here.

mod client;
mod exception;
mod values;

use highper_zend::Registry;

pub(crate) fn declare(registry: &mut Registry) {
    exception::declare(registry);
    client::declare(registry);
}
