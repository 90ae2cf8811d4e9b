//! The built-in health endpoints, answered without PHP.

/// Which endpoint a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// The process answers: restart it when it does not.
    Live,
    /// The worker takes requests: send none when it does not.
    Ready,
}

/// What a worker knows about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It has not finished its start.
    Starting,
    /// It takes requests.
    Serving,
    /// It finishes what it has and takes nothing new.
    Draining,
}

/// Where the endpoints are. A route of the application on the same path goes first, if the
/// caller asks the router first.
#[derive(Clone, Debug)]
pub struct Health {
    /// `/healthz` unless set; empty turns it off.
    pub live: String,
    /// `/readyz` unless set; empty turns it off.
    pub ready: String,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            live: "/healthz".into(),
            ready: "/readyz".into(),
        }
    }
}

impl Health {
    /// The endpoint that a GET or HEAD request for `path` (without query) means.
    #[must_use]
    pub fn endpoint(&self, method: &[u8], path: &[u8]) -> Option<Endpoint> {
        if path.is_empty() || !matches!(method, b"GET" | b"HEAD") {
            None
        } else if path == self.live.as_bytes() {
            Some(Endpoint::Live)
        } else if path == self.ready.as_bytes() {
            Some(Endpoint::Ready)
        } else {
            None
        }
    }
}

impl Endpoint {
    /// Status and `application/json` body; to be sent with `Cache-Control: no-store`.
    #[must_use]
    pub fn answer(self, state: State) -> (u16, &'static str) {
        match (self, state) {
            (Self::Live, _) => (200, r#"{"status":"ok"}"#),
            (Self::Ready, State::Serving) => (200, r#"{"status":"ready"}"#),
            (Self::Ready, State::Starting) => (503, r#"{"status":"starting"}"#),
            (Self::Ready, State::Draining) => (503, r#"{"status":"draining"}"#),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let h = Health::default();
        assert_eq!(h.endpoint(b"GET", b"/healthz"), Some(Endpoint::Live));
        assert_eq!(h.endpoint(b"HEAD", b"/readyz"), Some(Endpoint::Ready));
        assert_eq!(h.endpoint(b"POST", b"/readyz"), None);
        assert_eq!(h.endpoint(b"GET", b"/healthz/"), None);
        let off = Health {
            live: String::new(),
            ready: "/up".into(),
        };
        assert_eq!(off.endpoint(b"GET", b""), None);
        assert_eq!(off.endpoint(b"GET", b"/up"), Some(Endpoint::Ready));
        assert_eq!(Endpoint::Live.answer(State::Draining).0, 200);
        assert_eq!(
            Endpoint::Ready.answer(State::Draining),
            (503, r#"{"status":"draining"}"#)
        );
        assert_eq!(Endpoint::Ready.answer(State::Serving).0, 200);
    }
}
