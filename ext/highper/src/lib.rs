//! The Highper face: framework classes in PHP's namespace `Highper`.
//!
//! [`application`] collects what people write, [`app`] compiles it in each worker, [`web`]
//! answers what needs no PHP, and [`endpoint`] runs the rest. [`run`] starts the processes.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod annotation;
mod app;
mod application;
mod aspect;
mod attribute;
mod awaitable;
mod beanstalk;
mod beside;
mod body;
mod cache;
mod certificates;
mod config;
mod configured;
mod console;
mod container;
mod container_exception;
mod csrf;
mod db;
mod decode;
mod develop;
mod documentation;
mod endpoint;
mod event;
mod exception;
mod failure;
mod filter;
mod front;
mod gauges;
mod generator;
mod handler;
mod health;
mod http_client;
mod incoming;
mod inspect;
mod library;
mod loader;
mod local;
mod log;
mod memcached;
mod message;
mod metrics;
mod next;
mod openapi;
mod own;
mod pack;
mod part;
mod phase;
mod plan;
mod pool;
mod provider;
mod psr;
mod redis;
mod request;
mod response;
mod route;
mod routes;
mod run;
mod scan;
mod scope;
mod send;
mod session;
mod settings;
mod spare;
mod task;
mod times;
mod translation;
mod upload;
mod validation;
mod view;
mod web;
mod websocket;
mod websocket_client;
mod wire;
mod worker;

use highper_zend::{Access, Call, Done, Function, Ini, Registry, Throw, stub};
use std::path::Path;

/// Declares everything that the module `highper` has.
pub fn declare(registry: &mut Registry) {
    registry
        .constant(
            "Highper\\VERSION",
            env!("CARGO_PKG_VERSION"),
            "The version of Highper.",
        )
        .function(Function::new(
            "function Highper\\stubs(string $directory): int",
            "Writes PHP stubs of all that this extension declares, for IDEs and static analysers. A developer's tool.\n\n\
             @param string $directory Is made when it is missing.\n@return int How many files were written.",
            stubs,
        ))
        .setting(Ini::bool(
            "highper.swoole",
            true,
            Access::System,
            "Provides the namespace `Swoole`.",
        ));
    for declare in [
        application::declare,
        aspect::declare,
        event::declare,
        cache::declare,
        routes::declare,
        config::declare,
        console::declare,
        container::object::declare,
        container_exception::declare,
        provider::declare,
        library::declare,
        loader::declare,
        log::declare,
        metrics::object::declare,
        next::declare,
        request::declare,
        response::declare,
        exception::declare,
        filter::declare,
        attribute::declare,
        awaitable::declare,
        beside::declare,
        scope::declare,
        session::declare,
        view::declare,
        csrf::declare,
        db::declare,
        redis::declare,
        http_client::declare,
        pool::declare,
        wire::declare,
        memcached::declare,
        beanstalk::declare,
        develop::dump::declare,
        task::declare,
        upload::declare,
        validation::declare,
        websocket::declare,
        websocket_client::declare,
        times::declare,
        translation::declare,
        documentation::declare,
        inspect::declare,
    ] {
        declare(registry);
    }
}

fn stubs(call: &mut Call) -> Done {
    let directory = call.text(0)?;
    let count = stub::write(Path::new(directory))
        .map_err(|error| Throw::exception(format!("cannot write stubs to {directory}: {error}")))?;
    call.ret(count)
}
