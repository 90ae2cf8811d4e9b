//! What the settings of a coroutine server say.

use crate::http::request::parsed::Manner;
use crate::http::response::packing::Packing;
use crate::websocket::options::Options;
use highper_http::{Http2, Limits};
use highper_runtime::superglobals::{self, Scope};
use highper_zend::{Array, Throw};
use std::rc::Rc;

/// `package_max_length` where nothing is set: 2 MiB.
const MAX_LENGTH: u64 = 2 << 20;

/// For the connections that are accepted from now on.
pub(super) struct Config {
    pub(super) limits: Limits,
    pub(super) packing: Rc<Packing>,
    pub(super) manner: Manner,
    pub(super) websocket: Rc<Options>,
    /// Is HTTP/2 spoken, and what are clients told?
    pub(super) http2: Option<Http2>,
    /// Has each request superglobals of its own (`highper.superglobals`)?
    pub(super) is_own: bool,
}

impl Config {
    /// # Errors
    /// A setting that can't be.
    pub(super) fn of(settings: &Array) -> Result<Self, Throw> {
        let on = |name: &str, default: bool| {
            let value = settings.get(name);
            value.map_or(default, |value| value.deref().to_bool())
        };
        let body = settings
            .get("package_max_length")
            .and_then(|value| u64::try_from(value.deref().to_long()).ok())
            .filter(|length| *length > 0);
        let dir = settings
            .get("upload_tmp_dir")
            .and_then(|value| Some(value.deref().to_str().ok()?.to_string_lossy().into_owned()));
        Ok(Self {
            limits: Limits {
                body_bytes: body.unwrap_or(MAX_LENGTH),
                head_bytes: 64_000,
                fields: 128,
                target_bytes: 64_000,
                require_host: false,
                ..Limits::default()
            },
            packing: Rc::new(Packing::of(settings)?),
            manner: Manner {
                cookies: on("http_parse_cookie", true),
                body: on("http_parse_post", true),
                php_files: on("http_parse_files", false),
                dir: dir.unwrap_or_else(|| "/tmp".to_owned()).into(),
            },
            websocket: Rc::new(Options::of(settings)),
            http2: super::http2::told(settings),
            is_own: superglobals::configured().map_err(Throw::error)? == Scope::Request,
        })
    }
}
