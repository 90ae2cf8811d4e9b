use super::*;
use crate::seed::{Seed, TempDir};
use rustix::io::Errno;
use std::io::Read;
use std::os::unix::fs::{FileExt, symlink};
use std::time::{Duration, SystemTime};

struct Site {
    dir: TempDir,
    files: StaticFiles,
}

const OUTSIDE: &str = "secret outside";

impl Site {
    fn with(options: Options) -> Self {
        let dir = TempDir::new();
        let root = dir.path.join("public");
        for folder in [
            "sub/empty",
            "docs",
            "a b",
            ".git",
            ".well-known",
            "index-folder/index.html",
        ] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
        }
        let write = |name: &str, content: &str| {
            std::fs::write(root.join(name), content).unwrap();
        };
        write("index.html", "<p>home</p>");
        write("docs/index.html", "<p>docs</p>");
        write("a b/index.html", "<p>space</p>");
        write("app.js", "0123456789");
        write("app.js.gz", "gzipped!");
        write("app.js.br", "brotli");
        write("empty.txt", "");
        write("index.php", "<?php secret");
        write("old.PHP.bak", "<?php secret");
        write("c%.txt", "percent");
        write(".env", "secret");
        write(".git/config", "secret");
        write(".well-known/acme", "token");
        std::fs::write(dir.path.join("outside.txt"), OUTSIDE).unwrap();
        std::fs::create_dir(dir.path.join("public-not")).unwrap();
        std::fs::write(dir.path.join("public-not/x.txt"), OUTSIDE).unwrap();
        symlink("app.js", root.join("inside-link.js")).unwrap();
        symlink("../outside.txt", root.join("relative.txt")).unwrap();
        symlink(dir.path.join("outside.txt"), root.join("absolute.txt")).unwrap();
        symlink("..", root.join("up")).unwrap();
        symlink("/", root.join("slash")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        symlink("../public-not/x.txt", root.join("sibling.txt")).unwrap();
        let files = StaticFiles::new(&root, options).unwrap();
        Self { dir, files }
    }

    fn new() -> Self {
        Self::with(Options::default())
    }

    fn get(&self, path: &str) -> Answer {
        self.files
            .serve(&Request {
                method: b"GET",
                path: path.as_bytes(),
                ..Request::default()
            })
            .unwrap()
    }

    fn plan(&self, request: Request<'_>) -> Plan {
        let request = Request {
            method: if request.method.is_empty() {
                b"GET"
            } else {
                request.method
            },
            path: if request.path.is_empty() {
                b"/app.js"
            } else {
                request.path
            },
            ..request
        };
        match self.files.serve(&request).unwrap() {
            Answer::Plan(plan) => plan,
            Answer::Miss(miss) => panic!("{miss:?}"),
        }
    }
}

fn content(plan: &Plan) -> String {
    let mut out = Vec::new();
    let read = |file: &File, offset: u64, length: u64| {
        let mut bytes = vec![0; length as usize];
        file.read_exact_at(&mut bytes, offset).unwrap();
        bytes
    };
    match &plan.body {
        Body::Empty => {}
        Body::File {
            file,
            offset,
            length,
        } => out = read(file, *offset, *length),
        Body::Ranges { file, pieces, tail } => {
            for piece in pieces {
                out.extend_from_slice(&piece.head);
                out.extend(read(file, piece.offset, piece.length));
            }
            out.extend_from_slice(tail);
        }
    }
    assert!(matches!(plan.body, Body::Empty) || plan.length == Some(out.len() as u64));
    String::from_utf8(out).unwrap()
}

#[test]
fn serves_files() {
    let site = Site::new();
    let plan = site.plan(Request::default());
    assert_eq!((plan.status, content(&plan).as_str()), (200, "0123456789"));
    assert_eq!(
        plan.header("Content-Type"),
        Some("text/javascript; charset=utf-8")
    );
    assert_eq!(plan.header("Accept-Ranges"), Some("bytes"));
    assert_eq!(plan.header("Vary"), Some("Accept-Encoding"));
    assert!(plan.header("ETag").unwrap().starts_with('"'));
    assert!(date::parse(plan.header("Last-Modified").unwrap().as_bytes()).is_some());
    for (path, expected) in [
        ("/%61pp.js", "0123456789"),
        ("//docs///index.html", "<p>docs</p>"),
        ("/", "<p>home</p>"),
        ("/docs/", "<p>docs</p>"),
        ("/a%20b/", "<p>space</p>"),
        ("/c%25.txt", "percent"),
        ("/inside-link.js", "0123456789"),
        ("/.well-known/acme", "token"),
        ("/empty.txt", ""),
    ] {
        let plan = site.plan(Request {
            path: path.as_bytes(),
            ..Request::default()
        });
        assert_eq!(
            (plan.status, content(&plan).as_str()),
            (200, expected),
            "{path}"
        );
    }
}

#[test]
fn head_has_the_length_and_no_body() {
    let plan = Site::new().plan(Request {
        method: b"HEAD",
        range: Some(b"bytes=0-1"),
        ..Request::default()
    });
    assert_eq!((plan.status, plan.length), (200, Some(10)));
    assert!(matches!(plan.body, Body::Empty));
}

#[test]
fn attacks_miss() {
    let site = Site::new();
    for path in [
        "/../outside.txt",
        "/..%2foutside.txt",
        "/%2e%2e/outside.txt",
        "/%2E%2E%2Foutside.txt",
        "/docs/../../outside.txt",
        "/docs/../index.html",
        "/./index.html",
        "/.env",
        "/%2eenv",
        "/.git/config",
        "/docs/.well-known/x",
        "/.well-known/.env",
        "/.well-known/../.env",
        "/index.php",
        "/index.PHP",
        "/%69ndex.ph%70",
        "/index.php/",
        "/index.php~",
        "/old.PHP.bak",
        "/index.html%00.txt",
        "/app.js%00",
        "/app.js/",
        "/app.js/x",
        "/%",
        "/%2",
        "/%zz",
        "",
        "*",
        "app.js",
        "http://x/app.js",
        "/docs%2findex.html",
        "/relative.txt",
        "/absolute.txt",
        "/up/outside.txt",
        "/up/public/app.js",
        "/slash/etc/passwd",
        "/loop",
        "/sibling.txt",
        "/../public-not/x.txt",
        "/sub",
        "/sub/",
        "/sub/empty/",
        "/index-folder/",
        "/missing",
        "/docs\\index.html",
        "/\u{fffd}",
        "/%ff%fe",
        "/proc/self/environ",
        "/..",
        "/%2e%2e",
        "/...",
        "/ ",
        &format!("/{}", "a".repeat(300)),
        &format!("/{}", "a/".repeat(5000)),
    ] {
        assert!(matches!(site.get(path), Answer::Miss(_)), "{path}");
    }
    assert!(matches!(
        site.get("/relative.txt"),
        Answer::Miss(Miss::Hidden)
    ));
    assert!(matches!(
        site.get("/docs%2findex.html"),
        Answer::Miss(Miss::Malformed)
    ));
    assert!(matches!(site.get("/sub/"), Answer::Miss(Miss::NotAFile)));
    assert!(matches!(site.get("/missing"), Answer::Miss(Miss::NotFound)));
}

#[test]
fn random_paths_never_leave() {
    let site = Site::new();
    let mut seed = Seed(11);
    const WORDS: &[&str] = &[
        "/",
        "..",
        ".",
        "%2e",
        "%2f",
        "up",
        "slash",
        "etc",
        "passwd",
        "public",
        "public-not",
        "x.txt",
        "outside.txt",
        "relative.txt",
        "docs",
        "%",
        "%00",
        "\\",
        "//",
        "app.js",
        "index.php",
        ".env",
        ".git",
        "config",
    ];
    for _ in 0..20_000 {
        let path: String = (0..1 + seed.below(8))
            .map(|_| WORDS[seed.below(WORDS.len())])
            .collect();
        if let Answer::Plan(plan) = site.get(&format!("/{path}")) {
            let body = content(&plan);
            assert!(
                !body.contains("secret") && !body.contains("root:"),
                "{path}"
            );
        }
    }
}

#[test]
fn the_walk_without_openat2_is_as_strict() {
    let site = Site::new();
    let read = |path: &str| {
        site.files.root.walk(Path::new(path)).ok().map(|file| {
            let mut text = String::new();
            let _ = File::from(file).read_to_string(&mut text);
            text
        })
    };
    assert_eq!(read("app.js").as_deref(), Some("0123456789"));
    assert_eq!(read("docs/index.html").as_deref(), Some("<p>docs</p>"));
    assert_eq!(read("inside-link.js").as_deref(), Some("0123456789"));
    assert!(read(".").is_some());
    for path in [
        "relative.txt",
        "absolute.txt",
        "up/outside.txt",
        "slash/etc/passwd",
        "loop",
        "sibling.txt",
        "missing",
    ] {
        assert_eq!(read(path), None, "{path}");
    }
}

#[test]
fn the_walk_does_not_leave_the_folder_to_come_back() {
    let site = Site::new();
    let walk = |path: &str| site.files.root.walk(Path::new(path)).map(drop);
    for path in ["up/public/app.js", "up/public", "up"] {
        assert_eq!(walk(path), Err(Errno::XDEV), "{path}");
    }
    assert_eq!(walk("absolute.txt"), Err(Errno::XDEV));
    assert_eq!(walk("loop"), Err(Errno::LOOP));
    assert_eq!(walk("app.js/x"), Err(Errno::NOTDIR));
    assert_eq!(walk("missing"), Err(Errno::NOENT));
    assert_eq!(walk("docs/../app.js"), Ok(()));
}

#[test]
fn pipes_and_unreadable_things_do_not_hang() {
    let site = Site::new();
    let pipe = site.dir.path.join("public/pipe");
    let made = std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .unwrap();
    assert!(made.success());
    assert!(matches!(site.get("/pipe"), Answer::Miss(Miss::NotAFile)));
}

#[test]
fn folders_redirect_safely() {
    let site = Site::new();
    let to = |path: &str, query: Option<&[u8]>| {
        let plan = site.plan(Request {
            path: path.as_bytes(),
            query,
            ..Request::default()
        });
        assert_eq!((plan.status, plan.length), (301, Some(0)));
        plan.header("Location").unwrap().to_string()
    };
    assert_eq!(to("/docs", None), "/docs/");
    assert_eq!(to("//docs", Some(b"a=b&c")), "/docs/?a=b&c");
    assert_eq!(to("/a%20b", Some(b"x\r\ny: z")), "/a%20b/");
}

#[test]
fn a_base_is_stripped() {
    let site = Site::with(Options {
        base: "/assets".into(),
        ..Options::default()
    });
    assert!(matches!(site.get("/assets/app.js"), Answer::Plan(_)));
    let plan = site.plan(Request {
        path: b"/assets/docs",
        ..Request::default()
    });
    assert_eq!(plan.header("Location"), Some("/assets/docs/"));
    for path in ["/app.js", "/assets", "/assetsx/app.js", "/assets/../app.js"] {
        assert!(matches!(site.get(path), Answer::Miss(_)), "{path}");
    }
}

#[test]
fn links_may_be_followed() {
    let site = Site::with(Options {
        follow_links: true,
        ..Options::default()
    });
    let plan = site.plan(Request {
        path: b"/relative.txt",
        ..Request::default()
    });
    assert_eq!(content(&plan), OUTSIDE);
    assert!(matches!(
        site.get("/../outside.txt"),
        Answer::Miss(Miss::Hidden)
    ));
}

#[test]
fn other_methods_are_refused() {
    let site = Site::new();
    for method in [&b"POST"[..], b"PUT", b"DELETE", b"get"] {
        let plan = site.plan(Request {
            method,
            ..Request::default()
        });
        assert_eq!(
            (plan.status, plan.header("Allow")),
            (405, Some("GET, HEAD"))
        );
    }
    let miss = site
        .files
        .serve(&Request {
            method: b"POST",
            path: b"/missing",
            ..Request::default()
        })
        .unwrap();
    assert!(matches!(miss, Answer::Miss(Miss::NotFound)));
}

#[test]
fn conditions() {
    let site = Site::new();
    let plain = site.plan(Request::default());
    let etag = plain.header("ETag").unwrap().as_bytes();
    let modified = plain.header("Last-Modified").unwrap().as_bytes();
    let (old, new) = (
        &b"Sun, 06 Nov 1994 08:49:37 GMT"[..],
        &b"Fri, 31 Dec 9999 23:59:59 GMT"[..],
    );
    let status = |request: Request<'_>| {
        let plan = site.plan(request);
        if plan.status == 304 {
            assert!(plan.header("ETag").is_some() && plan.length.is_none());
            assert!(plan.header("Content-Type").is_none());
        }
        plan.status
    };
    let base = Request::default();
    let weak = [b"W/", etag].concat();
    assert_eq!(
        status(Request {
            if_none_match: Some(etag),
            ..base
        }),
        304
    );
    assert_eq!(
        status(Request {
            if_none_match: Some(&weak),
            ..base
        }),
        304
    );
    assert_eq!(
        status(Request {
            if_none_match: Some(b"*"),
            method: b"HEAD",
            ..base
        }),
        304
    );
    assert_eq!(
        status(Request {
            if_none_match: Some(b"\"x\""),
            if_modified_since: Some(modified),
            ..base
        }),
        200
    );
    assert_eq!(
        status(Request {
            if_modified_since: Some(modified),
            ..base
        }),
        304
    );
    assert_eq!(
        status(Request {
            if_modified_since: Some(new),
            ..base
        }),
        304
    );
    assert_eq!(
        status(Request {
            if_modified_since: Some(old),
            ..base
        }),
        200
    );
    assert_eq!(
        status(Request {
            if_modified_since: Some(b"yesterday"),
            ..base
        }),
        200
    );
    assert_eq!(
        status(Request {
            if_match: Some(etag),
            ..base
        }),
        200
    );
    assert_eq!(
        status(Request {
            if_match: Some(b"*"),
            if_unmodified_since: Some(old),
            ..base
        }),
        200
    );
    assert_eq!(
        status(Request {
            if_match: Some(&weak),
            ..base
        }),
        412
    );
    assert_eq!(
        status(Request {
            if_match: Some(b"\"x\""),
            ..base
        }),
        412
    );
    assert_eq!(
        status(Request {
            if_unmodified_since: Some(old),
            ..base
        }),
        412
    );
    assert_eq!(
        status(Request {
            if_unmodified_since: Some(modified),
            ..base
        }),
        200
    );
    assert_eq!(
        status(Request {
            if_match: Some(etag),
            if_none_match: Some(etag),
            ..base
        }),
        304
    );
}

#[test]
fn ranges() {
    let site = Site::new();
    let range = |range: &'static str, if_range: Option<&[u8]>| {
        site.plan(Request {
            range: Some(range.as_bytes()),
            if_range,
            ..Request::default()
        })
    };
    let plan = range("bytes=2-4", None);
    assert_eq!((plan.status, content(&plan).as_str()), (206, "234"));
    assert_eq!(plan.header("Content-Range"), Some("bytes 2-4/10"));
    let plan = range("bytes=-1", None);
    assert_eq!((plan.status, content(&plan).as_str()), (206, "9"));
    let plan = range("bytes=20-", None);
    assert_eq!(
        (plan.status, plan.length, plan.header("Content-Range")),
        (416, Some(0), Some("bytes */10"))
    );
    assert!(matches!(plan.body, Body::Empty));
    assert_eq!(range("bytes=x", None).status, 416);
    assert_eq!(range("pages=1", None).status, 200);
    let etag = site
        .plan(Request::default())
        .header("ETag")
        .unwrap()
        .to_string();
    let modified = site
        .plan(Request::default())
        .header("Last-Modified")
        .unwrap()
        .to_string();
    assert_eq!(range("bytes=2-4", Some(etag.as_bytes())).status, 206);
    assert_eq!(range("bytes=2-4", Some(modified.as_bytes())).status, 206);
    assert_eq!(range("bytes=2-4", Some(b"\"other\"")).status, 200);
    assert_eq!(
        range("bytes=2-4", Some(format!("W/{etag}").as_bytes())).status,
        200
    );
    assert_eq!(
        range("bytes=2-4", Some(b"Fri, 31 Dec 9999 23:59:59 GMT")).status,
        200
    );
}

#[test]
fn several_ranges() {
    let plan = Site::new().plan(Request {
        range: Some(b"bytes=0-1,-2"),
        ..Request::default()
    });
    assert_eq!(plan.status, 206);
    let kind = plan.header("Content-Type").unwrap();
    let boundary = kind
        .strip_prefix("multipart/byteranges; boundary=")
        .unwrap();
    let part = |range: &str, text: &str| {
        format!(
            "--{boundary}\r\nContent-Type: text/javascript; charset=utf-8\r\nContent-Range: bytes {range}/10\r\n\r\n{text}\r\n"
        )
    };
    assert_eq!(
        content(&plan),
        part("0-1", "01") + &part("8-9", "89") + &format!("--{boundary}--\r\n")
    );
}

#[test]
fn precompressed_siblings() {
    let site = Site::new();
    let with = |accept: &'static str| {
        site.plan(Request {
            accept_encoding: Some(accept.as_bytes()),
            ..Request::default()
        })
    };
    let plan = with("gzip, br");
    assert_eq!(
        (plan.header("Content-Encoding"), content(&plan).as_str()),
        (Some("br"), "brotli")
    );
    assert_eq!(
        plan.header("Content-Type"),
        Some("text/javascript; charset=utf-8")
    );
    let plan = with("gzip, br;q=0.5, zstd");
    assert_eq!(
        (plan.header("Content-Encoding"), content(&plan).as_str()),
        (Some("gzip"), "gzipped!")
    );
    assert!(plan.header("ETag").unwrap().ends_with("-gz\""));
    let plan = with("zstd");
    assert_eq!(
        (plan.header("Content-Encoding"), content(&plan).as_str()),
        (None, "0123456789")
    );
    assert_eq!(plan.header("Vary"), Some("Accept-Encoding"));
    let public = site.dir.path.join("public");
    let later = SystemTime::now() + Duration::from_secs(60);
    File::options()
        .write(true)
        .open(public.join("app.js"))
        .unwrap()
        .set_modified(later)
        .unwrap();
    assert_eq!(
        with("gzip, br").header("Content-Encoding"),
        None,
        "older than the original"
    );
    let off = Site::with(Options {
        precompressed: false,
        ..Options::default()
    });
    let plan = off.plan(Request {
        accept_encoding: Some(b"br"),
        ..Request::default()
    });
    assert_eq!(
        (plan.header("Content-Encoding"), plan.header("Vary")),
        (None, None)
    );
}

#[test]
fn etags_change_with_the_file() {
    let site = Site::with(Options {
        weak_etag: true,
        cache_control: Some("max-age=60".into()),
        ..Options::default()
    });
    let before = site.plan(Request::default());
    assert!(before.header("ETag").unwrap().starts_with("W/\""));
    assert_eq!(before.header("Cache-Control"), Some("max-age=60"));
    std::fs::write(site.dir.path.join("public/app.js"), "01234567890").unwrap();
    assert_ne!(
        site.plan(Request::default()).header("ETag"),
        before.header("ETag")
    );
}

#[test]
fn a_missing_root_is_named() {
    let error = StaticFiles::new(Path::new("/nonexistent/root"), Options::default()).unwrap_err();
    assert!(error.to_string().contains("/nonexistent/root"));
}
