use super::*;
use crate::seed::Seed;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn list(input: &[u8]) -> List<'_> {
    parse(input, &Options::default()).list
}

/// PHP's serialize(), which tells integer keys from strings.
fn serialize(list: &List<'_>, out: &mut Vec<u8>) {
    let text = |out: &mut Vec<u8>, bytes: &[u8]| {
        out.extend(format!("s:{}:\"", bytes.len()).bytes());
        out.extend_from_slice(bytes);
        out.extend(b"\";");
    };
    out.extend(format!("a:{}:{{", list.len()).bytes());
    for (key, value) in list.iter() {
        match key {
            Key::Int(number) => out.extend(format!("i:{number};").bytes()),
            Key::Str(bytes) => text(out, bytes),
        }
        match value {
            Input::Int(number) => out.extend(format!("i:{number};").bytes()),
            Input::Text(bytes) => text(out, bytes),
            Input::List(inner) => serialize(inner, out),
        }
    }
    out.push(b'}');
}

fn serialized(input: &[u8]) -> String {
    let mut out = Vec::new();
    serialize(&list(input), &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

#[test]
fn borrows_plain_pairs() {
    let parsed = list(b"page=2&name=x");
    assert!(matches!(
        parsed.get(b"page"),
        Some(Input::Text(Cow::Borrowed(b"2")))
    ));
    assert!(matches!(
        parsed.iter().next(),
        Some((Key::Str(Cow::Borrowed(_)), _))
    ));
}

#[test]
fn brackets_nest_and_append() {
    assert_eq!(
        serialized(b"a[b][]=1&a[b][]=2&a[c]=3&l[]=x"),
        r#"a:2:{s:1:"a";a:2:{s:1:"b";a:2:{i:0;s:1:"1";i:1;s:1:"2";}s:1:"c";s:1:"3";}s:1:"l";a:1:{i:0;s:1:"x";}}"#
    );
}

#[test]
fn names_are_renamed() {
    assert_eq!(serialized(b"+a.b+c=1"), r#"a:1:{s:5:"a_b_c";s:1:"1";}"#);
    assert_eq!(serialized(b"a[b=1"), r#"a:1:{s:3:"a_b";s:1:"1";}"#);
    assert_eq!(serialized(b"..Host-x=1"), "a:0:{}");
}

#[test]
fn keys_are_normalised() {
    for (text, number) in [
        ("5", Some(5)),
        ("-5", Some(-5)),
        ("0", Some(0)),
        ("05", None),
        ("-0", None),
        ("-", None),
        ("", None),
        ("1a", None),
        ("9223372036854775807", Some(i64::MAX)),
        ("9223372036854775808", None),
        ("-9223372036854775808", Some(i64::MIN)),
        ("-9223372036854775809", None),
    ] {
        assert_eq!(integer(text.as_bytes()), number, "{text}");
    }
}

#[test]
fn append_stops_at_the_largest_key() {
    let parsed = list(b"a[9223372036854775806]=1&a[]=2&a[]=3");
    let inner = parsed.get(b"a").and_then(Input::as_list).unwrap();
    assert_eq!(inner.len(), 2);
    assert_eq!(
        inner.get(b"9223372036854775807").and_then(Input::as_text),
        Some(&b"2"[..])
    );
}

#[test]
fn too_many_pairs_are_cut() {
    let options = Options {
        max_vars: 2,
        ..Options::default()
    };
    let parsed = parse(b"a=1&&b=2&c=3", &options);
    assert!(parsed.exceeded);
    assert_eq!(parsed.list.len(), 2);
    assert!(!parse(b"a=1&b=2&", &options).exceeded);
}

#[test]
fn too_deep_names_are_dropped() {
    let deep = |levels: usize| format!("a=1&b=2&a{}=3", "[x]".repeat(levels)).into_bytes();
    assert!(list(&deep(64)).get(b"a").is_some());
    assert!(list(&deep(65)).get(b"a").is_none());
    assert!(list(&deep(65)).get(b"b").is_some());
    let none = Options {
        max_depth: 0,
        ..Options::default()
    };
    assert!(parse(b"a[]=1", &none).list.is_empty());
    assert_eq!(parse(b"a=1", &none).list.len(), 1);
}

#[test]
fn nul_ends_input_and_names() {
    assert_eq!(
        serialized(b"a%00b=1%002&c=3\0&d=4"),
        "a:2:{s:1:\"a\";s:3:\"1\x002\";s:1:\"c\";s:1:\"3\";}"
    );
}

#[test]
fn many_keys_are_indexed() {
    let text: String = (0..5000).map(|n| format!("k{n}={n}&")).collect();
    let options = Options {
        max_vars: 10_000,
        ..Options::default()
    };
    let doubled = format!("{text}{text}");
    let parsed = parse(doubled.as_bytes(), &options).list;
    assert_eq!(parsed.len(), 5000);
    assert_eq!(
        parsed.get(b"k4999").and_then(Input::as_text),
        Some(&b"4999"[..])
    );
    assert!(parsed.get(b"k5000").is_none());
}

const WORDS: &[&str] = &[
    "a",
    "b",
    "ab",
    "[",
    "]",
    "[]",
    "[a]",
    "[b]",
    "[0]",
    "[5]",
    "[-5]",
    "[05]",
    "[ ]",
    "[\t]",
    "[ x]",
    "[x y.z]",
    ".",
    " ",
    "+",
    "%",
    "%2",
    "%5B",
    "%5D",
    "%20",
    "%00",
    "%zz",
    "%2E",
    "=",
    "&",
    "1",
    "9",
    "-",
    "_",
    "Host-",
    "__Host-",
    "__Secure-",
    "_[Secure-",
    "[9223372036854775807]",
    "[-9223372036854775808]",
    "[9223372036854775808]",
    "[1e3]",
    "ü",
    "\r",
    "this",
    "GLOBALS",
    "a[b]=1&a[b]",
    "&a[]=",
    "&b=",
    "=&",
];

fn sample(seed: &mut Seed) -> Vec<u8> {
    let mut out = Vec::new();
    for _ in 0..1 + seed.below(14) {
        out.extend_from_slice(WORDS[seed.below(WORDS.len())].as_bytes());
    }
    out
}

#[test]
fn equals_php() {
    let mut seed = Seed(0x5eed1);
    let mut samples: Vec<Vec<u8>> = (0..3000).map(|_| sample(&mut seed)).collect();
    for levels in [63, 64, 65, 66] {
        samples.push(format!("q=1&a[z]=1&a{}=2", "[x]".repeat(levels)).into_bytes());
        samples.push(format!("q=1&a[z]=1&a{}[=2", "[]".repeat(levels)).into_bytes());
        samples.push(format!("a[z]=1&a{}", "[".repeat(levels)).into_bytes());
    }
    let script = r#"while (($line = fgets(STDIN)) !== false) {
        parse_str(hex2bin(trim($line)), $result); echo bin2hex(serialize($result)), "\n"; }"#;
    // display_errors=1 keeps PHP from warning.
    let child = Command::new("php")
        .args([
            "-n",
            "-d",
            "display_errors=1",
            "-d",
            "max_input_vars=1000",
            "-r",
            script,
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("skipped: there is no php binary");
        return;
    };
    let hexed = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let lines: String = samples.iter().map(|bytes| hexed(bytes) + "\n").collect();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let answers: Vec<&str> = std::str::from_utf8(&output.stdout)
        .unwrap()
        .lines()
        .collect();
    assert_eq!(answers.len(), samples.len(), "php stopped early");
    for (bytes, answer) in samples.iter().zip(answers) {
        let mut mine = Vec::new();
        serialize(&list(bytes), &mut mine);
        assert_eq!(
            hexed(&mine),
            answer,
            "{:?} gives {:?}",
            String::from_utf8_lossy(bytes),
            String::from_utf8_lossy(&mine)
        );
    }
}

#[test]
fn any_input_ends_quickly() {
    let mut seed = Seed(7);
    let start = Instant::now();
    let options = Options::default();
    let mut entries = 0;
    for _ in 0..100_000 {
        let mut bytes = sample(&mut seed);
        if !bytes.is_empty() && seed.below(3) == 0 {
            let at = seed.below(bytes.len());
            bytes[at] = seed.next() as u8;
        }
        entries += parse(&bytes, &options).list.len();
    }
    assert!(entries > 10_000);
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn plain_pairs_are_what_parse_finds() {
    for input in [
        "a=1",
        "a=1&b=2",
        "a=&b=",
        "a=1&a=2",
        "a==b",
        "a=1=2&c=3",
        "abc_d-e=%",
        "a=1&",
        "&a=1",
        "a",
        "a&b=1",
        "a=1&&b=2",
        "1=a",
        "_x=1",
        "__Host-a=1",
        "a.b=1",
        "a[]=1",
        "a=b+c",
        "a=%41",
        "=1",
        "",
        "x=[",
        "A=\u{e4}",
    ] {
        let mut pairs = Vec::new();
        let taken = plain_pairs(input.as_bytes(), &Options::default(), |name, value| {
            pairs.retain(|(have, _)| *have != name);
            pairs.push((name, value));
        });
        if !taken {
            continue;
        }
        let parsed = list(input.as_bytes());
        assert_eq!(parsed.len(), pairs.len(), "{input}");
        for (name, value) in pairs {
            assert_eq!(
                parsed.get(name).and_then(Input::as_text),
                Some(value),
                "{input}"
            );
        }
    }
    let few = Options {
        max_vars: 2,
        ..Options::default()
    };
    assert!(plain_pairs(b"a=1&b=2", &few, |_, _| {}));
    assert!(!plain_pairs(b"a=1&b=2&c=3", &few, |_, _| {}));
}
