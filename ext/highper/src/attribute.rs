//! The attributes, `Highper\Attribute\…`; what they mean is read in [`crate::scan`] and [`crate::plan`].

mod any;
mod body;
mod config;
mod controller;
mod cookie;
mod delete;
mod get;
mod header;
mod inject;
mod middleware;
mod patch;
mod post;
mod put;
mod query;
mod status;
mod stream_body;
mod tagged;

use highper_zend::Registry;

pub(crate) fn declare(registry: &mut Registry) {
    for declare in [
        any::declare,
        body::declare,
        config::declare,
        controller::declare,
        cookie::declare,
        delete::declare,
        get::declare,
        header::declare,
        inject::declare,
        middleware::declare,
        patch::declare,
        post::declare,
        put::declare,
        query::declare,
        status::declare,
        stream_body::declare,
        tagged::declare,
    ] {
        declare(registry);
    }
}
