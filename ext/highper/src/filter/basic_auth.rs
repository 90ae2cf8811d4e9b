//! `Highper\Filter\BasicAuth`

use super::{class, made, text, wrong};
use highper_filter::{BasicAuth, Filter};
use highper_zend::{Call, Done, Registry, Throw};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        class("Highper\\Filter\\BasicAuth")
            .doc("Asks for a name and a password (RFC 7617); Request::user() is the name. To be used over TLS.")
            .method(
                "public function __construct(array $users, string $realm = 'Restricted')",
                "@param array $users passwords by names; 'sha256:…' is the hash of one in hexadecimal digits\n\
                 @param string $realm what browsers show\n\
                 @throws \\ValueError an option is none",
                construct,
            ),
    );
}

fn construct(call: &mut Call) -> Done {
    let mut users = Vec::new();
    for (name, password) in call.array(0)? {
        let name = String::from_utf8_lossy(&name.to_bytes()).into_owned();
        let Some(password) = password.as_str() else {
            let must = format!(
                "must have a text as password of {name}, {} given",
                password.type_name()
            );
            return Err(Throw::argument_type(0, must));
        };
        users.push((name, password.to_owned()));
    }
    let realm = text(call, 1, Some("Restricted"))?.unwrap_or_default();
    let basic = BasicAuth::new(&users, &realm).map_err(wrong)?;
    made(call, Filter::Basic(basic))
}
