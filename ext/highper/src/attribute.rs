//! The attributes, `Highper\Attribute\…`; what they mean is read in [`crate::scan`] and [`crate::plan`].

mod any;
mod body;
mod config;
mod controller;
mod cookie;
mod cron;
mod date;
mod delete;
mod each;
mod email;
mod file;
mod get;
mod header;
mod in_values;
mod inject;
pub(crate) mod job;
mod length;
mod middleware;
mod patch;
mod post;
pub(crate) mod process;
mod put;
mod query;
mod range;
mod regex;
mod required;
mod status;
mod stream_body;
mod tagged;
mod unique;
mod url;
mod uuid;
mod when;

use highper_zend::Registry;

pub(crate) fn declare(registry: &mut Registry) {
    for declare in [
        any::declare,
        cron::declare,
        process::declare,
        body::declare,
        config::declare,
        controller::declare,
        cookie::declare,
        date::declare,
        delete::declare,
        each::declare,
        email::declare,
        file::declare,
        get::declare,
        header::declare,
        in_values::declare,
        inject::declare,
        job::declare,
        length::declare,
        middleware::declare,
        patch::declare,
        post::declare,
        put::declare,
        query::declare,
        range::declare,
        regex::declare,
        required::declare,
        status::declare,
        stream_body::declare,
        tagged::declare,
        unique::declare,
        url::declare,
        uuid::declare,
        when::declare,
    ] {
        declare(registry);
    }
}
