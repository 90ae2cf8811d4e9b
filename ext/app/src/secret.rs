//! Masking of what must not be shown on pages, in logs and in error messages.

use std::borrow::Cow;

/// What stands in for a secret.
pub const MASK: &str = "******";

/// Parts of names whose values are secrets, in lower case.
const WORDS: [&str; 10] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "key",
    "dsn",
    "auth",
    "credential",
    "cookie",
];

/// True for a header, variable or setting whose value is a secret: its name contains password,
/// passwd, passphrase, secret, token, key, dsn, auth, credential or cookie, in any case.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    WORDS.iter().any(|word| {
        name.as_bytes()
            .windows(word.len())
            .any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
    })
}

/// `value` as it may be shown: masked whole where the name is a secret's, else with the
/// passwords of URLs and secret query values in it masked. An empty value stays empty, so that
/// one sees that it is missing.
#[must_use]
pub fn masked<'v>(name: &str, value: &'v str) -> Cow<'v, str> {
    if value.is_empty() {
        Cow::Borrowed(value)
    } else if is_secret(name) {
        Cow::Borrowed(MASK)
    } else {
        masked_text(value)
    }
}

/// Masks the members of objects whose names are those of secrets, at any depth, and what is secret in the texts of others.
pub fn mask_json(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(members) => {
            for (name, value) in members {
                match is_secret(name) {
                    true => *value = MASK.into(),
                    false => mask_json(value),
                }
            }
        }
        serde_json::Value::Array(values) => values.iter_mut().for_each(mask_json),
        serde_json::Value::String(text) => {
            if let Cow::Owned(masked) = masked_text(text) {
                *text = masked;
            }
        }
        _ => {}
    }
}

/// `text` with passwords in URLs (`redis://user:…@host`), lone tokens of http URLs
/// (`https://…@host`) and secret query values (`?token=…`) masked. Rather too much than too little.
#[must_use]
pub fn masked_text(text: &str) -> Cow<'_, str> {
    match urls(text) {
        Cow::Borrowed(text) => query(text),
        Cow::Owned(text) => Cow::Owned(query(&text).into_owned()),
    }
}

fn urls(text: &str) -> Cow<'_, str> {
    if !text.contains("://") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let scheme_from =
            rest[..at].rfind(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c));
        let scheme = &rest[scheme_from.map_or(0, |i| {
            i + rest[i..].chars().next().map_or(1, char::len_utf8)
        })..at];
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let end = after
            .find(|c: char| c.is_whitespace() || "\"'<>".contains(c))
            .unwrap_or(after.len());
        // An unencoded '@', '/' or '?' may be part of the password: the last '@' counts.
        match after[..end].rfind('@') {
            Some(host) => {
                let user = &after[..host];
                match user.find(':') {
                    Some(colon) => {
                        out.push_str(&user[..=colon]);
                        out.push_str(MASK);
                    }
                    None if scheme.starts_with("http") && !user.contains('/') => out.push_str(MASK),
                    None => out.push_str(user),
                }
                rest = &after[host..];
            }
            None => rest = after,
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn query(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut done = 0;
    for (at, _) in text.match_indices(['?', '&', ';']) {
        let pair = &text[at + 1..];
        let end = pair
            .find(|c: char| c.is_whitespace() || "&;#\"'<>".contains(c))
            .unwrap_or(pair.len());
        if let Some((name, value)) = pair[..end].split_once('=')
            && !value.is_empty()
            && is_secret(name)
        {
            out.push_str(&text[done..at + 1 + name.len() + 1]);
            out.push_str(MASK);
            done = at + 1 + end;
        }
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        for (name, value, want) in [
            ("DB_PASSWORD", "x", MASK),
            ("Authorization", "Bearer x", MASK),
            ("Cookie", "a=b", MASK),
            ("X-Api-Key", "k", MASK),
            ("API_TOKEN", "", ""),
            ("HOME", "/root", "/root"),
            ("DATABASE_URL", "mysql://u:p@h/db", "mysql://u:******@h/db"),
            (
                "DATABASE_URL",
                "mysql://u:p@/?x@h/db",
                "mysql://u:******@h/db",
            ),
            (
                "URL",
                "a redis://:pw@h:1 b pg://u@h",
                "a redis://:******@h:1 b pg://u@h",
            ),
            (
                "REPO",
                "https://ghp_x@github.com/a",
                "https://******@github.com/a",
            ),
            (
                "LINK",
                "https://h/p?a=1&access_token=x&b=2",
                "https://h/p?a=1&access_token=******&b=2",
            ),
            ("URI", "/p?token=a%20b", "/p?token=******"),
            ("N", "é://a:b@c", "é://a:******@c"),
        ] {
            assert_eq!(masked(name, value), want, "{name}={value}");
        }
    }

    #[test]
    fn nested_secrets() {
        let mut value = serde_json::json!({"a": {"api_token": [1], "b": ["redis://u:p@h", 2]}, "password": null});
        mask_json(&mut value);
        let wanted = serde_json::json!({"a": {"api_token": MASK, "b": ["redis://u:******@h", 2]}, "password": MASK});
        assert_eq!(value, wanted);
    }
}
