//! `Highper\Filter\TrustedProxies`

use super::{class, made, text, texts, wrong};
use highper_filter::proxies::Fields;
use highper_filter::{Filter, TrustedProxies};
use highper_zend::{Call, Done, Registry, Throw};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        class("Highper\\Filter\\TrustedProxies")
            .doc("Takes from proxies that are trusted who the client is: Request::ip(), scheme() and host(), and the limits after this filter.")
            .method(
                "public function __construct(array|string $proxies, string $headers = 'X-Forwarded')",
                "@param array|string $proxies addresses and networks (10.0.0.0/8, 2001:db8::/32), 'private' for those that are nobody's in the \
                 internet, 'unix' for Unix sockets, '*' for every peer\n\
                 @param string $headers what they tell it in: 'X-Forwarded' (-For, -Proto, -Host, -Port) or 'Forwarded'\n\
                 @throws \\ValueError an option is none",
                construct,
            ),
    );
}

fn construct(call: &mut Call) -> Done {
    let proxies = texts(call, 0, &[])?;
    let fields = match text(call, 1, None)?.as_deref() {
        None | Some("X-Forwarded") => Fields::XForwarded,
        Some("Forwarded") => Fields::Forwarded,
        Some(other) => {
            let must = format!("must be 'X-Forwarded' or 'Forwarded', '{other}' given");
            return Err(Throw::argument_value(1, must));
        }
    };
    let trusted = TrustedProxies::new(&proxies, fields).map_err(|why| {
        let must = match why.starts_with("must") {
            true => why,
            false => format!("must be addresses and networks: {why}"),
        };
        wrong((0, must))
    })?;
    made(call, Filter::Proxies(trusted))
}
