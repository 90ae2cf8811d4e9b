//! `Highper\Filter\ContentSecurityPolicy`

use super::{class, made, wrong};
use highper_filter::{ContentSecurityPolicy, Filter};
use highper_zend::{Call, Done, Registry, Throw, Value};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        class("Highper\\Filter\\ContentSecurityPolicy")
            .doc("Where a page may load things from. The source 'nonce' stands for a nonce of each answer's own, which Request::nonce() has.")
            .method(
                "public function __construct(array $directives = ['default-src' => \"'self'\"], bool $reportOnly = false)",
                "@param array $directives by their names: the sources, as one text or a list: ['script-src' => [\"'self'\", \"'nonce'\"]]\n\
                 @param bool $reportOnly browsers report what they would refuse\n\
                 @throws \\ValueError a directive is none",
                construct,
            ),
    );
}

fn construct(call: &mut Call) -> Done {
    let mut directives = Vec::new();
    match call.opt_array(0)? {
        None => directives.push(("default-src".to_owned(), "'self'".to_owned())),
        Some(list) => {
            for (name, sources) in list {
                let name = String::from_utf8_lossy(&name.to_bytes()).into_owned();
                let one = |value: &Value| match value.as_str() {
                    Some(text) => Ok(text.to_owned()),
                    None => Err(Throw::argument_type(
                        0,
                        format!(
                            "must have texts as sources of {name}, {} given",
                            value.type_name()
                        ),
                    )),
                };
                let sources = match sources.as_array() {
                    Some(all) => all
                        .values()
                        .map(one)
                        .collect::<Result<Vec<_>, _>>()?
                        .join(" "),
                    None => one(sources)?,
                };
                directives.push((name, sources));
            }
        }
    }
    let policy = ContentSecurityPolicy::new(&directives, call.opt_bool(1, false)?);
    made(call, Filter::Csp(policy.map_err(|why| wrong((0, why)))?))
}
