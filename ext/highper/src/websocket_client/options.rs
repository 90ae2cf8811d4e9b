//! A client's settings as PHP gives them.

use crate::http_client::{Options, encoded, seconds, size};
use highper_fetch::Url;
use highper_peer::Settings;
use highper_zend::{Call, Throw, Value};

/// The names of all settings, in the order of the constructor's parameters behind the address.
const NAMES: [&str; 15] = [
    "headers",
    "protocols",
    "compress",
    "timeout",
    "connect_timeout",
    "max_message",
    "ping",
    "proxy",
    "verify",
    "cert",
    "private",
    "auth",
    "unix",
    "query",
    "user_agent",
];

fn protocols(value: &Value) -> Result<Vec<String>, String> {
    let wrong = || {
        format!(
            "protocols must be a list of names without blanks and commas, {} given",
            value.describe()
        )
    };
    let list = value.as_array().ok_or_else(wrong)?;
    let is_token = |name: &&str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(&byte))
    };
    list.values()
        .map(|name| {
            let name = name.as_str().filter(is_token).ok_or_else(wrong)?;
            Ok(name.to_owned())
        })
        .collect()
}

/// Address and settings of a constructor's call.
///
/// # Errors
/// What is wrong with them.
pub(super) fn of(call: &Call) -> Result<(Url, Settings), Throw> {
    let wrong = |why: String| super::exception::misused(why);
    let mut url = highper_peer::address(call.text(0)?).map_err(wrong)?;
    let (mut settings, mut options) = (Settings::default(), Options::default());
    for (number, name) in NAMES.iter().enumerate() {
        let Some(value) = call.opt_value(number + 1) else {
            continue;
        };
        match *name {
            "protocols" => settings.protocols = protocols(value).map_err(wrong)?,
            "compress" => settings.compress = value.to_bool(),
            "max_message" => {
                let bytes = size(name, value).map_err(wrong)?;
                settings.max_message = usize::try_from(bytes.min(1 << 31)).unwrap_or(1 << 31);
            }
            "ping" => settings.ping = seconds(name, value).map_err(wrong)?,
            name => options.set(name, value).map_err(wrong)?,
        }
    }
    if let Some(query) = &options.query {
        url.add_query(&encoded(query, false)?.to_string_lossy());
    }
    settings.web = highper_fetch::Settings {
        http2: false,
        ..options.settings
    };
    settings.web.check().map_err(wrong)?;
    Ok((url, settings))
}
