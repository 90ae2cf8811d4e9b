//! What browsers are told not to do.

use crate::Seen;
use crate::notes::Notes;
use crate::token::is_value;

/// What an application wants; `None` leaves a field away.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long browsers are to come by TLS only: seconds.
    pub hsts: Option<u64>,
    /// The same for all names below this one.
    pub subdomains: bool,
    /// Into the browsers' own lists.
    pub preload: bool,
    /// Bodies are what their type says.
    pub nosniff: bool,
    /// Who may show it in a frame: `DENY` or `SAMEORIGIN`.
    pub frame: Option<String>,
    /// What other sites are told of where a visitor comes from.
    pub referrer: Option<String>,
    /// What a page may use of a device.
    pub permissions: Option<String>,
    /// Who may share a group of windows with it.
    pub opener: Option<String>,
}

const REFERRERS: [&str; 8] = [
    "no-referrer",
    "no-referrer-when-downgrade",
    "origin",
    "origin-when-cross-origin",
    "same-origin",
    "strict-origin",
    "strict-origin-when-cross-origin",
    "unsafe-url",
];
const OPENERS: [&str; 3] = ["same-origin", "same-origin-allow-popups", "unsafe-none"];

/// Adds the fields.
#[derive(Clone, Debug)]
pub struct SecurityHeaders {
    /// Only said over TLS (RFC 6797, 7.2).
    hsts: Option<String>,
    always: String,
    nosniff: bool,
}

impl SecurityHeaders {
    /// With these options.
    ///
    /// # Errors
    /// The number of the option that is wrong, counted from 0, and what it must be.
    pub fn new(options: &Options) -> Result<Self, (usize, String)> {
        let mut always = String::new();
        let mut push = |name: &str, value: &str| always.push_str(&format!("{name}: {value}\r\n"));
        if options.nosniff {
            push("X-Content-Type-Options", "nosniff");
        }
        if let Some(frame) = &options.frame {
            let frame = frame.to_ascii_uppercase();
            if !matches!(&*frame, "DENY" | "SAMEORIGIN") {
                return Err((
                    4,
                    format!("must be 'DENY', 'SAMEORIGIN' or null, '{frame}' given"),
                ));
            }
            push("X-Frame-Options", &frame);
        }
        if let Some(referrer) = &options.referrer {
            // Several, of which a browser takes the last that it knows.
            if let Some(wrong) = referrer
                .split(',')
                .map(str::trim)
                .find(|r| !REFERRERS.contains(r))
            {
                return Err((
                    5,
                    format!(
                        "must be one of {}, or null; '{wrong}' given",
                        REFERRERS.join(", ")
                    ),
                ));
            }
            push("Referrer-Policy", referrer);
        }
        if let Some(permissions) = &options.permissions {
            if permissions.is_empty() || !is_value(permissions.as_bytes()) {
                return Err((
                    6,
                    "must be a policy such as 'camera=(), geolocation=(self)', or null".into(),
                ));
            }
            push("Permissions-Policy", permissions);
        }
        if let Some(opener) = &options.opener {
            if !OPENERS.contains(&&**opener) {
                return Err((
                    7,
                    format!(
                        "must be one of {}, or null; '{opener}' given",
                        OPENERS.join(", ")
                    ),
                ));
            }
            push("Cross-Origin-Opener-Policy", opener);
        }
        let hsts = options.hsts.map(|seconds| {
            let below = if options.subdomains {
                "; includeSubDomains"
            } else {
                ""
            };
            let preload = if options.preload { "; preload" } else { "" };
            format!("max-age={seconds}{below}{preload}")
        });
        if options.preload && (!options.subdomains || options.hsts.is_none_or(|s| s < 31_536_000)) {
            return Err((
                2,
                "needs hsts of at least 31536000 seconds with subdomains".into(),
            ));
        }
        Ok(Self {
            hsts,
            always,
            nosniff: options.nosniff,
        })
    }

    pub(crate) fn enter(&self, seen: &Seen<'_>, notes: &mut Notes) {
        if let Some(hsts) = &self.hsts
            && seen.is_secure(notes)
        {
            notes.add("Strict-Transport-Security", hsts.as_bytes());
        }
        notes.add_lines(self.always.as_bytes());
        notes.forbids_sniffing |= self.nosniff;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Filter;
    use crate::fake::{Peer, run, with};

    fn options() -> Options {
        Options {
            hsts: Some(31_536_000),
            subdomains: true,
            preload: false,
            nosniff: true,
            frame: Some("deny".into()),
            referrer: Some("no-referrer".into()),
            permissions: Some("camera=()".into()),
            opener: Some("same-origin".into()),
        }
    }

    #[test]
    fn fields() {
        let filter = Filter::Security(SecurityHeaders::new(&options()).unwrap());
        let plain = run(&filter, "GET / HTTP/1.1\nHost: h").0;
        assert_eq!(
            plain,
            "X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nReferrer-Policy: no-referrer\r\n\
             Permissions-Policy: camera=()\r\nCross-Origin-Opener-Policy: same-origin\r\n"
        );
        with("GET / HTTP/1.1\nHost: h", &Peer(None, true), |seen| {
            let mut notes = Notes::default();
            filter.enter(seen, &mut notes);
            assert!(notes.lines().starts_with(
                b"Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"
            ));
        });
    }

    #[test]
    fn wrong_options() {
        let wrong = |options: Options| SecurityHeaders::new(&options).unwrap_err().0;
        assert_eq!(
            wrong(Options {
                preload: true,
                hsts: None,
                ..options()
            }),
            2
        );
        assert_eq!(
            wrong(Options {
                preload: true,
                subdomains: false,
                ..options()
            }),
            2
        );
        assert_eq!(
            wrong(Options {
                frame: Some("ALLOW".into()),
                ..options()
            }),
            4
        );
        assert_eq!(
            wrong(Options {
                referrer: Some("nobody".into()),
                ..options()
            }),
            5
        );
        assert_eq!(
            wrong(Options {
                permissions: Some("a\r\nB: c".into()),
                ..options()
            }),
            6
        );
        assert_eq!(
            wrong(Options {
                opener: Some("x".into()),
                ..options()
            }),
            7
        );
    }
}
