//! Messages with places, and their plural forms.
//!
//! A plural message has its forms between bars: `one note|{count} notes`. Which form is meant follows the rules of
//! the language (those of CLDR for whole numbers, in the order one, few, many, other); a form may also say its numbers
//! itself: `{0} none|{1} one|[2,9] some|[10,*] many`.

/// Puts values in the places of a message: `{name}`. A place that `value` knows nothing for stays as it is.
pub fn fill(message: &str, mut value: impl FnMut(&str) -> Option<String>) -> String {
    let mut text = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(open) = rest.find('{') {
        text.push_str(&rest[..open]);
        rest = &rest[open..];
        let Some(close) = rest.find('}') else {
            break;
        };
        match value(&rest[1..close]) {
            Some(found) => {
                text.push_str(&found);
                rest = &rest[close + 1..];
            }
            None => {
                text.push('{');
                rest = &rest[1..];
            }
        }
    }
    text.push_str(rest);
    text
}

/// Is it written in the language of ICU, `{count, plural, …}`?
#[must_use]
pub fn is_icu(message: &str) -> bool {
    message.match_indices('{').any(|(at, _)| {
        let inside = message[at + 1..].trim_start();
        let name = inside
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(inside.len());
        name > 0 && inside[name..].trim_start().starts_with(',')
    })
}

/// The form of a message for a number.
#[must_use]
pub fn choose<'a>(message: &'a str, locale: &str, count: f64) -> &'a str {
    let forms: Vec<&str> = message.split('|').collect();
    for form in &forms {
        if let Some((is_meant, text)) = explicit(form.trim_start(), count)
            && is_meant
        {
            return text.trim_start();
        }
    }
    let plain: Vec<&str> = forms
        .iter()
        .copied()
        .filter(|form| explicit(form.trim_start(), count).is_none())
        .collect();
    let at = form_of(locale, count).min(plain.len().saturating_sub(1));
    match plain.get(at) {
        Some(form) => form,
        // Only explicit forms, and none of them is meant: the last is the nearest.
        None => forms
            .last()
            .and_then(|form| explicit(form.trim_start(), count))
            .map_or(message, |(_, text)| text.trim_start()),
    }
}

/// `{0} text` and `[1,5] text`: is it meant, and the text. `None` for a form without numbers.
fn explicit(form: &str, count: f64) -> Option<(bool, &str)> {
    let is_one = form.starts_with('{');
    let close = match form.as_bytes().first()? {
        b'{' => form.find('}')?,
        b'[' => form.find(']')?,
        _ => return None,
    };
    let (inside, text) = (&form[1..close], &form[close + 1..]);
    let number = |text: &str| match text.trim() {
        "*" => Some(None),
        text => text.parse::<f64>().ok().map(Some),
    };
    if is_one {
        let only = number(inside)??;
        return Some((count == only, text));
    }
    let (from, to) = inside.split_once(',')?;
    let (from, to) = (number(from)?, number(to)?);
    let is_meant = from.is_none_or(|from| count >= from) && to.is_none_or(|to| count <= to);
    Some((is_meant, text))
}

/// Which of the forms of a language a number takes, from 0.
fn form_of(locale: &str, count: f64) -> usize {
    let language = locale.split(['-', '_']).next().unwrap_or_default();
    let language = language.to_ascii_lowercase();
    let count = count.abs();
    let is_whole = count.fract() == 0.0 && count < 9e15;
    let n = if is_whole { count as u64 } else { 0 };
    let (tens, hundreds) = (n % 10, n % 100);
    match &*language {
        // No plural.
        "bm" | "bo" | "dz" | "id" | "ig" | "in" | "ja" | "jv" | "ka" | "km" | "ko" | "lo"
        | "ms" | "my" | "th" | "to" | "vi" | "wo" | "yo" | "zh" | "tr" | "az" | "fa" => 0,
        // Nothing is one, too.
        "am" | "bn" | "fr" | "gu" | "hi" | "hy" | "kn" | "ln" | "mg" | "pa" | "ti" | "wa"
        | "zu" | "pt" => usize::from(count >= 2.0),
        "be" | "bs" | "hr" | "ru" | "sh" | "sr" | "uk" if is_whole => {
            if tens == 1 && hundreds != 11 {
                0
            } else if (2..=4).contains(&tens) && !(12..=14).contains(&hundreds) {
                1
            } else {
                2
            }
        }
        "pl" if is_whole => {
            if n == 1 {
                0
            } else if (2..=4).contains(&tens) && !(12..=14).contains(&hundreds) {
                1
            } else {
                2
            }
        }
        "cs" | "sk" if is_whole => match n {
            1 => 0,
            2..=4 => 1,
            _ => 2,
        },
        "lt" if is_whole => {
            if tens == 1 && !(11..=19).contains(&hundreds) {
                0
            } else if (2..=9).contains(&tens) && !(11..=19).contains(&hundreds) {
                1
            } else {
                2
            }
        }
        "lv" if is_whole => {
            if tens == 0 || (11..=19).contains(&hundreds) {
                0
            } else if tens == 1 && hundreds != 11 {
                1
            } else {
                2
            }
        }
        "ro" | "mo" if is_whole => {
            if n == 1 {
                0
            } else if n == 0 || (1..=19).contains(&hundreds) {
                1
            } else {
                2
            }
        }
        "sl" if is_whole => match hundreds {
            1 => 0,
            2 => 1,
            3 | 4 => 2,
            _ => 3,
        },
        "ga" if is_whole => match n {
            1 => 0,
            2 => 1,
            3..=6 => 2,
            7..=10 => 3,
            _ => 4,
        },
        "mt" if is_whole => match (n, hundreds) {
            (1, _) => 0,
            (2, _) => 1,
            (0, _) | (_, 3..=10) => 2,
            (_, 11..=19) => 3,
            _ => 4,
        },
        "cy" if is_whole => match n {
            0 => 0,
            1 => 1,
            2 => 2,
            3 => 3,
            6 => 4,
            _ => 5,
        },
        "ar" if is_whole => match (n, hundreds) {
            (0, _) => 0,
            (1, _) => 1,
            (2, _) => 2,
            (_, 3..=10) => 3,
            (_, 11..=99) => 4,
            _ => 5,
        },
        // The form of fractions is the last.
        "be" | "bs" | "hr" | "ru" | "sh" | "sr" | "uk" | "pl" | "cs" | "sk" | "lt" | "lv"
        | "ro" | "mo" | "sl" | "ga" | "mt" | "cy" | "ar" => usize::MAX,
        "mk" | "is" => usize::from(tens != 1 || hundreds == 11),
        _ => usize::from(count != 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_places() {
        let value = |name: &str| (name == "name").then(|| "Ann {x}".to_owned());
        assert_eq!(fill("Hello, {name}!", value), "Hello, Ann {x}!");
        assert_eq!(fill("{other} {name", value), "{other} {name");
        assert_eq!(fill("{{name}}", value), "{Ann {x}}");
        assert_eq!(fill("", value), "");
        assert_eq!(fill("ü{name}ü", value), "üAnn {x}ü");
    }

    #[test]
    fn knows_icu() {
        assert!(is_icu("{count, plural, one {# note} other {# notes}}"));
        assert!(is_icu("a {n,number}"));
        assert!(!is_icu("a {n}, b"));
        assert!(!is_icu("{0} none|[1,*] some"));
        assert!(!is_icu("a, b"));
    }

    #[test]
    fn chooses_by_language() {
        let en = "one note|{count} notes";
        assert_eq!(choose(en, "en", 1.0), "one note");
        assert_eq!(choose(en, "en_GB", 0.0), "{count} notes");
        assert_eq!(choose(en, "fr", 0.0), "one note");
        assert_eq!(choose(en, "fr", 1.5), "one note");
        assert_eq!(choose("all", "en", 5.0), "all");
        assert_eq!(choose("片|x", "ja", 5.0), "片");
        let ru = "заметка|заметки|заметок";
        let form = |n: f64| choose(ru, "ru-RU", n);
        assert_eq!(
            [1.0, 2.0, 5.0, 11.0, 21.0, 112.0, 0.5].map(form),
            [
                "заметка",
                "заметки",
                "заметок",
                "заметок",
                "заметка",
                "заметок",
                "заметок"
            ]
        );
        let pl = |n: f64| choose("a|b|c", "pl", n);
        assert_eq!([1.0, 21.0, 22.0, 12.0].map(pl), ["a", "c", "b", "c"]);
        let ar = |n: f64| choose("z|o|t|f|m|h", "ar", n);
        assert_eq!(
            [0.0, 1.0, 2.0, 105.0, 111.0, 100.0].map(ar),
            ["z", "o", "t", "f", "m", "h"]
        );
    }

    #[test]
    fn forms_say_their_numbers() {
        let text = "{0} none|{1} one|[2,9] some|[10,*] many";
        let form = |n: f64| choose(text, "en", n);
        assert_eq!(
            [0.0, 1.0, 2.0, 9.0, 10.0, 1e9].map(form),
            ["none", "one", "some", "some", "many", "many"]
        );
        assert_eq!(form(-3.0), "many");
        assert_eq!(choose("{0} none|one|{count} more", "en", 0.0), "none");
        assert_eq!(choose("{0} none|one|{count} more", "en", 1.0), "one");
        assert_eq!(
            choose("{0} none|one|{count} more", "en", 7.0),
            "{count} more"
        );
    }
}
