//! `Highper\Filter\SecurityHeaders`

use super::{class, made, seconds, text, wrong};
use highper_filter::{Filter, SecurityHeaders, security};
use highper_zend::{Call, Done, Registry};

const YEAR: u64 = 31_536_000;
const REFERRER: &str = "strict-origin-when-cross-origin";

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        class("Highper\\Filter\\SecurityHeaders")
            .doc("Headers that tell browsers what not to do. A header that the handler sets itself goes before.")
            .method(
                "public function __construct(?int $hsts = 31536000, bool $subdomains = true, bool $preload = false, bool $nosniff = true, ?string $frame = 'SAMEORIGIN', ?string $referrer = 'strict-origin-when-cross-origin', ?string $permissions = null, ?string $opener = null)",
                "@param ?int $hsts Strict-Transport-Security, seconds; sent over TLS only\n\
                 @param bool $subdomains the same for all names below\n\
                 @param bool $preload for the lists that browsers are shipped with\n\
                 @param bool $nosniff X-Content-Type-Options\n\
                 @param ?string $frame X-Frame-Options: DENY or SAMEORIGIN\n\
                 @param ?string $referrer Referrer-Policy\n\
                 @param ?string $permissions Permissions-Policy, such as 'camera=(), geolocation=(self)'\n\
                 @param ?string $opener Cross-Origin-Opener-Policy\n\
                 @throws \\ValueError an option is none",
                construct,
            ),
    );
}

fn construct(call: &mut Call) -> Done {
    let options = security::Options {
        hsts: seconds(call, 0, Some(YEAR))?,
        subdomains: call.opt_bool(1, true)?,
        preload: call.opt_bool(2, false)?,
        nosniff: call.opt_bool(3, true)?,
        frame: text(call, 4, Some("SAMEORIGIN"))?,
        referrer: text(call, 5, Some(REFERRER))?,
        permissions: text(call, 6, None)?,
        opener: text(call, 7, None)?,
    };
    let made_of = SecurityHeaders::new(&options).map_err(wrong)?;
    made(call, Filter::Security(made_of))
}
