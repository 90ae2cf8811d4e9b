//! `Highper\Filter\BearerAuth`

use super::{class, made, seconds, text, wrong};
use highper_filter::jwt::{Algorithm, Options, Verifier};
use highper_filter::{BearerAuth, Filter};
use highper_zend::{Call, Done, Registry, Throw};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        class("Highper\\Filter\\BearerAuth")
            .doc("Asks for a signed JSON Web Token in Authorization: Bearer …; Request::claims() are its claims, Request::user() is its `sub`.")
            .method(
                "public function __construct(string|array $key, string $algorithm = 'HS256', ?string $issuer = null, ?string $audience = null, int $leeway = 0, bool $mustExpire = true, bool $optional = false, string $realm = 'api')",
                "@param string|array $key the secret (HS256, 32 bytes at least) or the public key in PEM; several by the tokens' `kid`\n\
                 @param string $algorithm HS256, RS256 or ES256; tokens that are signed in another way are refused\n\
                 @param ?string $issuer what `iss` must be\n\
                 @param ?string $audience what `aud` must be or have\n\
                 @param int $leeway seconds by which clocks may differ\n\
                 @param bool $mustExpire are tokens without `exp` refused?\n\
                 @param bool $optional does who has no token go on as nobody?\n\
                 @param string $realm what clients are told\n\
                 @throws \\ValueError an option is none",
                construct,
            ),
    );
}

fn construct(call: &mut Call) -> Done {
    let mut keys = Vec::new();
    let value = call.value(0)?;
    let not = |given: &str| Throw::argument_type(0, format!("must be of texts, {given} given"));
    match value.as_array() {
        Some(list) => {
            for (name, key) in list {
                let name = String::from_utf8_lossy(&name.to_bytes()).into_owned();
                let key = key.as_str().ok_or_else(|| not(key.type_name()))?;
                keys.push((name, key.to_owned()));
            }
        }
        None => {
            let key = value.as_str().ok_or_else(|| not(value.type_name()))?;
            keys.push((String::new(), key.to_owned()));
        }
    }
    let name = text(call, 1, Some("HS256"))?.unwrap_or_default();
    let algorithm = Algorithm::parse(&name).ok_or_else(|| {
        Throw::argument_value(
            1,
            format!("must be 'HS256', 'RS256' or 'ES256', '{name}' given"),
        )
    })?;
    let options = Options {
        keys,
        algorithm,
        issuer: text(call, 2, None)?,
        audience: text(call, 3, None)?,
        leeway: seconds(call, 4, Some(0))?.unwrap_or(0),
        must_end: call.opt_bool(5, true)?,
    };
    let is_optional = call.opt_bool(6, false)?;
    let realm = text(call, 7, Some("api"))?.unwrap_or_default();
    let verifier = Verifier::new(options).map_err(|why| wrong((0, why)))?;
    let bearer = BearerAuth::new(verifier, &realm, is_optional).map_err(|why| wrong((7, why)))?;
    made(call, Filter::Bearer(bearer))
}
