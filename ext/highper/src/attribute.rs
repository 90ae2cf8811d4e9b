//! The attributes, `Highper\Attribute\…`; what they mean is read in [`crate::scan`] and [`crate::plan`].

mod any;
mod argument;
mod around;
mod body;
mod breaker;
mod cached;
pub(crate) mod command;
mod config;
mod controller;
mod cookie;
mod cron;
mod csrf_exempt;
mod date;
mod delete;
mod each;
mod email;
mod evict;
mod file;
mod get;
mod header;
mod in_values;
mod inject;
pub(crate) mod job;
mod length;
mod limit;
mod listen;
mod logged;
mod middleware;
mod option;
mod patch;
mod post;
pub(crate) mod process;
mod put;
mod query;
mod range;
mod regex;
mod required;
mod retry;
mod status;
mod stream_body;
mod tagged;
mod tcp;
mod template;
mod timeout;
mod transactional;
mod udp;
mod unique;
mod url;
mod uuid;
mod web_socket;
mod when;

use highper_zend::{Call, Done, Registry};

pub(crate) fn declare(registry: &mut Registry) {
    for declare in [
        any::declare,
        argument::declare,
        command::declare,
        option::declare,
        around::declare,
        cron::declare,
        process::declare,
        body::declare,
        breaker::declare,
        cached::declare,
        config::declare,
        controller::declare,
        cookie::declare,
        csrf_exempt::declare,
        date::declare,
        delete::declare,
        each::declare,
        email::declare,
        evict::declare,
        file::declare,
        get::declare,
        header::declare,
        in_values::declare,
        inject::declare,
        job::declare,
        length::declare,
        limit::declare,
        listen::declare,
        logged::declare,
        middleware::declare,
        patch::declare,
        post::declare,
        put::declare,
        query::declare,
        range::declare,
        regex::declare,
        required::declare,
        retry::declare,
        status::declare,
        stream_body::declare,
        tagged::declare,
        tcp::declare,
        template::declare,
        timeout::declare,
        transactional::declare,
        udp::declare,
        unique::declare,
        url::declare,
        uuid::declare,
        web_socket::declare,
        when::declare,
    ] {
        declare(registry);
    }
}

/// The constructor of those that make routes.
fn route(call: &mut Call) -> Done {
    let this = call.this_object()?;
    this.set("path", call.opt_bytes(0, b"")?)?;
    this.set("name", call.opt_str(1)?)
}
