//! What an application needs around its controllers and what needs no PHP: the router,
//! configuration from the environment, content negotiation, error pages, parameter
//! conversion, the listen address and command line, and the built-in health endpoints.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod accept;
pub mod breaker;
pub mod collisions;
pub mod console;
pub mod date;
pub mod debug_page;
pub mod dotenv;
pub mod dump;
pub mod env;
pub mod health;
pub mod job;
pub mod language;
pub mod listen;
pub mod message;
pub mod parameter;
pub mod problem;
pub mod refused;
pub mod router;
pub mod rule;
pub mod secret;
pub mod template;
