//! Tables, and random routers against a matcher too simple to be wrong.

use super::*;

fn add(b: &mut Builder, methods: &[&str], pattern: &str, handler: u32) {
    let at = format!("routes.php:{handler}");
    b.add(NewRoute {
        methods,
        pattern,
        handler,
        name: None,
        at: &at,
    })
    .unwrap();
}

fn show(router: &Router, method: &str, path: &str) -> String {
    match router.find(method.as_bytes(), path.as_bytes()) {
        Answer::Found(f) => {
            let params: Vec<_> = f.params.iter().map(|(n, v)| format!("{n}={v}")).collect();
            format!("{} {}", f.handler, params.join(","))
                .trim_end()
                .into()
        }
        Answer::NotFound => "404".into(),
        Answer::MethodNotAllowed { allow } => format!("405 {allow}"),
        Answer::Options { allow } => format!("204 {allow}"),
        Answer::Redirect { slash } => format!("308 {slash}"),
        Answer::BadRequest(e) => format!("400 {e}"),
    }
}

#[test]
fn table() {
    let mut b = Builder::new();
    add(&mut b, &["GET"], "/", 1);
    add(&mut b, &["GET"], "/notes", 2);
    add(&mut b, &["POST"], "/notes", 3);
    add(&mut b, &["GET"], r"/notes/{id:\d+}", 4);
    add(&mut b, &["PUT", "patch"], "/notes/{slug}", 5);
    add(&mut b, &["GET"], "/notes/new", 6);
    add(&mut b, &["GET"], "/files/{path:*}", 7);
    add(&mut b, &["GET"], "/files/{name}.{ext:[a-z]+}", 8);
    add(
        &mut b,
        &["GET"],
        r"/archive/{year:\d{4}}[/{month:\d{2}}[/{day}]]",
        9,
    );
    add(&mut b, &["GET"], "/pages/{page?}", 10);
    add(&mut b, &["*"], "/any", 11);
    add(&mut b, &["HEAD"], "/any", 12);
    add(&mut b, &["PROPFIND"], "/dav", 13);
    add(&mut b, &["GET"], "/café/{x}", 14);
    add(&mut b, &["GET"], "/{a}/{b}", 15);
    add(&mut b, &["OPTIONS"], "/own", 16);
    add(&mut b, &["DELETE"], "/own", 17);
    let r = b.build();
    for (method, path, want) in [
        ("GET", "/", "1"),
        ("HEAD", "/", "1"),
        ("GET", "/notes", "2"),
        ("GET", "/n%6ftes", "2"),
        ("POST", "/notes", "3"),
        ("DELETE", "/notes", "405 GET, HEAD, POST, OPTIONS"),
        ("OPTIONS", "/notes", "204 GET, HEAD, POST, OPTIONS"),
        (
            "OPTIONS",
            "*",
            "204 GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, PROPFIND",
        ),
        ("GET", "/notes/42", "4 id=42"),
        ("GET", "/notes/%34%32", "4 id=42"),
        ("PATCH", "/notes/42", "5 slug=42"),
        ("DELETE", "/notes/42", "405 GET, HEAD, PUT, PATCH, OPTIONS"),
        ("GET", "/notes/abc", "15 a=notes,b=abc"),
        ("GET", "/notes/new", "6"),
        ("PUT", "/notes/new", "5 slug=new"),
        ("GET", "/notes/", "404"),
        ("GET", "/files/a/b/c", "7 path=a/b/c"),
        ("GET", "/files/", "404"),
        ("GET", "/files/a.b.tar", "8 name=a.b,ext=tar"),
        ("GET", "/files/a.b.T", "7 path=a.b.T"),
        ("GET", "/archive/2026", "9 year=2026"),
        ("GET", "/archive/2026/03", "9 year=2026,month=03"),
        ("GET", "/archive/2026/03/x", "9 year=2026,month=03,day=x"),
        ("GET", "/archive/26/03/x", "404"),
        ("GET", "/pages", "10"),
        ("GET", "/pages/2", "10 page=2"),
        ("BREW", "/any", "11"),
        ("HEAD", "/any", "12"),
        ("OPTIONS", "/any", "11"),
        ("PROPFIND", "/dav", "13"),
        ("GET", "/caf%C3%A9/1", "14 x=1"),
        ("GET", "/caf%c3%a9/1", "14 x=1"),
        ("GET", "/café/a%2Fb%20c+d", "14 x=a/b c+d"),
        (
            "GET",
            "/x/%zz",
            "400 has a '%' without two hexadecimal digits after it",
        ),
        (
            "GET",
            "/x/%f",
            "400 has a '%' without two hexadecimal digits after it",
        ),
        ("GET", "/x/%ff", "400 is not UTF-8 after decoding"),
        ("GET", "/x/%00", "400 has a zero byte"),
        ("OPTIONS", "/own", "16"),
        ("get", "/notes", "405 GET, HEAD, POST, OPTIONS"),
        ("GET", "", "404"),
        ("GET", "notes", "404"),
        ("GET", "/a%2Fb", "404"),
        ("GET", "//b", "404"),
    ] {
        assert_eq!(show(&r, method, path), want, "{method} {path}");
    }
}

#[test]
fn redirects() {
    let mut b = Builder::new().trailing_slash(TrailingSlash::Redirect);
    add(&mut b, &["GET"], "/a", 1);
    add(&mut b, &["GET"], "/b/", 2);
    add(&mut b, &["GET"], "/c/{x}", 3);
    let r = b.build();
    for (path, want) in [
        ("/a/", "308 false"),
        ("/b", "308 true"),
        ("/c/1/", "308 false"),
        ("/a", "1"),
        ("/x", "404"),
        ("/", "404"),
    ] {
        assert_eq!(show(&r, "GET", path), want, "{path}");
    }
    assert_eq!(location("/a/", Some("q=1"), false), "/a?q=1");
    assert_eq!(location("//evil.example/", None, false), "/evil.example");
    assert_eq!(location("/\\evil.example", None, true), "/evil.example/");
}

#[test]
fn errors_name_both_routes() {
    let mut b = Builder::new();
    let new = |methods, pattern, name, at| NewRoute {
        methods,
        pattern,
        handler: 0,
        name,
        at,
    };
    b.add(new(&["GET", "POST"], "/n/{id}", Some("n"), "a.php:1"))
        .unwrap();
    let e = b
        .add(new(&["POST"], "/n/{slug}", None, "b.php:2"))
        .unwrap_err()
        .to_string();
    assert_eq!(
        e,
        "route POST /n/{slug} (b.php:2) cannot be added: it matches the same paths with the same method as GET|POST /n/{id} (a.php:1)"
    );
    let e = b
        .add(new(&["GET"], "/other", Some("n"), "b.php:3"))
        .unwrap_err()
        .to_string();
    assert!(
        e.contains("\"n\" belongs to GET|POST /n/{id} (a.php:1)"),
        "{e}"
    );
    for (pattern, part) in [
        ("notes", "begins with '/'"),
        ("/{id", "without '}'"),
        ("/id}", "without '{'"),
        ("/{1d}", "not a parameter name"),
        ("/{}", "not a parameter name"),
        ("/{a}/{a}", "occurs twice"),
        ("/{a}{b}", "without a text between"),
        ("/{a:*}/b", "must be the last"),
        ("/{a:(}", "not a valid regular expression"),
        ("/{a:}", "empty constraint"),
        ("/{a:x/y}", "holds a '/'"),
        ("/{a?}/b", "must be the last"),
        ("/b{a?}", "a whole segment"),
        ("/a[/b]/c", "at the end"),
        ("/a[/b", "without ']'"),
        ("/a]", "without '['"),
        ("/a?b", "cannot be part"),
        ("/a b", "cannot be part"),
        ("/%zz", "'%' without"),
        ("/a%2Fb", "encoded '/'"),
        (
            "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}/{j}/{k}/{l}/{m}/{n}/{o}/{p}/{q}",
            "more than 16",
        ),
        ("/{a:\\", "without '}'"),
    ] {
        let e = b
            .add(new(&["GET"], pattern, None, "c.php:9"))
            .unwrap_err()
            .to_string();
        assert!(e.contains(part) && e.contains("c.php:9"), "{pattern}: {e}");
    }
    assert!(
        b.add(new(&[], "/m", None, "c.php:9"))
            .unwrap_err()
            .to_string()
            .contains("no method")
    );
    assert!(
        b.add(new(&["GE T"], "/m", None, "c.php:9"))
            .unwrap_err()
            .to_string()
            .contains("not an HTTP method")
    );
}

#[test]
fn sixteen_parameters() {
    let names = "abcdefghijklmnop";
    let pattern: String = names.chars().map(|c| format!("/{{{c}}}")).collect();
    let mut b = Builder::new();
    add(&mut b, &["GET"], &pattern, 1);
    let path: String = names.chars().map(|c| format!("/{c}{c}")).collect();
    let want: Vec<_> = names.chars().map(|c| format!("{c}={c}{c}")).collect();
    assert_eq!(
        show(&b.build(), "GET", &path),
        format!("1 {}", want.join(","))
    );
}

#[test]
fn urls() {
    let mut b = Builder::new();
    for (pattern, name) in [
        (r"/n/{id:\d+}", "n"),
        ("/f/{p:*}", "f"),
        ("/a/{y}[/{m}]", "a"),
        ("/", "home"),
        ("/p/{page?}", "p"),
        ("/é", "e"),
    ] {
        b.add(NewRoute {
            methods: &["GET"],
            pattern,
            handler: 0,
            name: Some(name),
            at: "r.php:1",
        })
        .unwrap();
    }
    let r = b.build();
    for (name, values, want) in [
        ("n", &[("id", "5")][..], "/n/5"),
        ("n", &[("id", "5"), ("q[]", "a b&c")], "/n/5?q[]=a%20b%26c"),
        ("f", &[("p", "a/b c")], "/f/a/b%20c"),
        ("a", &[("y", "a/b")], "/a/a%2Fb"),
        ("a", &[("y", "1"), ("m", "2")], "/a/1/2"),
        ("home", &[], "/"),
        ("p", &[], "/p"),
        ("p", &[("page", "3")], "/p/3"),
        ("e", &[], "/%C3%A9"),
    ] {
        assert_eq!(r.url(name, values).unwrap(), want);
    }
    for (name, values, want) in [
        ("x", &[][..], "no route is named \"x\""),
        ("n", &[], r#"route "n" (/n/{id:\d+}): id is missing"#),
        (
            "n",
            &[("id", "x")],
            r#"route "n" (/n/{id:\d+}): id must match \d+, "x" given"#,
        ),
        (
            "f",
            &[("p", "")],
            r#"route "f" (/f/{p:*}): p must not be empty"#,
        ),
    ] {
        assert_eq!(r.url(name, values).unwrap_err().to_string(), want);
    }
}

#[test]
fn hostile_paths_end_soon() {
    let mut b = Builder::new();
    add(&mut b, &["GET"], "/{a}-{b}-{c}-{d}/{e}-{f}-{g}-{h}/x", 1);
    let r = b.build();
    let dashes = "-".repeat(4000);
    let started = std::time::Instant::now();
    assert_eq!(show(&r, "GET", &format!("/{dashes}/{dashes}/y")), "404");
    assert!(
        started.elapsed().as_millis() < 500,
        "{:?}",
        started.elapsed()
    );
}

/// xorshift, so that a failure can be run again from its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

/// All ways to match, segment by segment, as (specificity per segment, route).
fn naive(patterns: &[(Vec<String>, usize)], path: &str) -> Option<usize> {
    let segments: Vec<&str> = path[1..].split('/').collect();
    let mut best: Option<(Vec<u8>, usize)> = None;
    for (pattern, route) in patterns {
        let mut key = vec![];
        let mut fits = true;
        for (i, p) in pattern.iter().enumerate() {
            let Some(s) = segments.get(i) else {
                fits = false;
                break;
            };
            if p == "{r:*}" {
                fits &= !segments[i..].join("/").is_empty();
                key.push(3);
                break;
            }
            let rank = match p.as_str() {
                p if p == *s => 0,
                p if p.starts_with('{') && p.contains(':') => {
                    fits &= !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
                    1
                }
                p if p.starts_with('{') => {
                    fits &= !s.is_empty();
                    2
                }
                _ => {
                    fits = false;
                    0
                }
            };
            key.push(rank);
        }
        let whole = pattern.last().is_some_and(|p| p == "{r:*}") || pattern.len() == segments.len();
        if fits && whole && best.as_ref().is_none_or(|(k, _)| key < *k) {
            best = Some((key, *route));
        }
    }
    best.map(|(_, r)| r)
}

#[test]
fn random_routers_agree_with_a_naive_matcher() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut hits, mut misses) = (0, 0);
    for _ in 0..400 {
        let mut b = Builder::new();
        let mut patterns = vec![];
        for n in 0..1 + random.below(25) {
            let mut parts: Vec<String> = vec![];
            for i in 0..1 + random.below(4) {
                let text = random.of(&[
                    "a", "ab", "abc", "b", "1", "12", "{x}", "{x}", r"{d:\d+}", "{r:*}",
                ]);
                parts.push(
                    text.replace("{x}", &format!("{{x{i}}}"))
                        .replace("{d", &format!("{{d{i}")),
                );
                if text == "{r:*}" {
                    break;
                }
            }
            let pattern = format!("/{}", parts.join("/"));
            let new = NewRoute {
                methods: &["GET"],
                pattern: &pattern,
                handler: n as u32,
                name: None,
                at: "r",
            };
            if b.add(new).is_ok() {
                patterns.push((parts, n));
            }
        }
        let r = b.build();
        for _ in 0..200 {
            let path: String = (0..1 + random.below(5))
                .map(|_| {
                    format!(
                        "/{}",
                        random.of(&["a", "ab", "abc", "abcd", "b", "1", "12", ""])
                    )
                })
                .collect();
            let want = naive(&patterns, &path);
            let got = match r.find(b"GET", path.as_bytes()) {
                Answer::Found(f) => Some(f.handler as usize),
                _ => None,
            };
            assert_eq!(got, want, "{path} in {patterns:?}");
            if want.is_some() {
                hits += 1
            } else {
                misses += 1
            }
        }
    }
    assert!(hits > 10_000 && misses > 10_000, "{hits} {misses}");
}

#[test]
fn random_routers_agree_with_matchit() {
    let mut random = Random(77);
    let mut hits = 0;
    for _ in 0..300 {
        let mut b = Builder::new();
        let mut referee = matchit::Router::new();
        for n in 0..20u32 {
            let depth = 1 + random.below(4);
            let ours: String = (0..depth)
                .map(|i| {
                    format!(
                        "/{}",
                        random
                            .of(&["x", "xy", "y", "{p}"])
                            .replace('p', &format!("p{i}"))
                    )
                })
                .collect();
            let new = NewRoute {
                methods: &["GET"],
                pattern: &ours,
                handler: n,
                name: None,
                at: "r",
            };
            assert_eq!(
                b.add(new).is_ok(),
                referee.insert(ours.clone(), n).is_ok(),
                "{ours}"
            );
        }
        let r = b.build();
        for _ in 0..100 {
            let path: String = (0..1 + random.below(5))
                .map(|_| format!("/{}", random.of(&["x", "xy", "y", "z", "xyz"])))
                .collect();
            let got = match r.find(b"GET", path.as_bytes()) {
                Answer::Found(f) => {
                    let params: Vec<_> = f
                        .params
                        .raw()
                        .map(|(n, v)| (n.to_owned(), String::from_utf8_lossy(v).into_owned()))
                        .collect();
                    Some((f.handler, params))
                }
                _ => None,
            };
            let want = referee.at(&path).ok().map(|m| {
                (
                    *m.value,
                    m.params
                        .iter()
                        .map(|(n, v)| (n.to_owned(), v.to_owned()))
                        .collect::<Vec<_>>(),
                )
            });
            hits += usize::from(want.is_some());
            assert_eq!(got, want, "{path}");
        }
    }
    assert!(hits > 5_000, "{hits}");
}
