use super::*;
use crate::form::Boundary;
use crate::multipart::{FeedError, Limits, Parser};
use crate::seed::{Seed, TempDir};
use std::os::unix::fs::PermissionsExt;

fn config(dir: &TempDir) -> Config {
    Config {
        dir: dir.path.clone(),
        ..Config::default()
    }
}

fn file(name: &str, filename: &str, content: &str) -> String {
    format!(
        "--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{filename}\"\r\nContent-Type: text/x\r\n\r\n{content}\r\n"
    )
}

fn field(name: &str, value: &str) -> String {
    format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

fn feed(config: Config, body: &str, piece: usize) -> Result<Uploads, FeedError<UploadError>> {
    let mut uploads = Uploads::new(config);
    let mut parser = Parser::new(&Boundary::new(b"b").unwrap(), Limits::default());
    for piece in body.as_bytes().chunks(piece) {
        parser.feed(piece, &mut uploads)?;
    }
    Ok(uploads)
}

fn form(config: Config, parts: &[String]) -> Form {
    feed(config, &(parts.concat() + "--b--"), 8192)
        .unwrap()
        .finish()
}

fn at<'l>(list: &'l List<'static>, path: &[&str]) -> &'l Input<'static> {
    let mut value = list.get(path[0].as_bytes()).unwrap();
    for key in &path[1..] {
        let Input::List(inner) = value else {
            panic!("{key} in {value:?}")
        };
        value = inner.get(key.as_bytes()).unwrap();
    }
    value
}

fn text(list: &List<'static>, path: &[&str]) -> String {
    String::from_utf8_lossy(at(list, path).as_text().unwrap()).into_owned()
}

#[test]
fn files_and_fields() {
    let dir = TempDir::new();
    let form = form(
        config(&dir),
        &[
            field("a[x]", "1"),
            file("f", "C:\\d\\n.txt", "hello"),
            field("a[]", ""),
            file("e", "", ""),
        ],
    );
    assert_eq!(text(&form.fields, &["a", "x"]), "1");
    assert_eq!(text(&form.fields, &["a", "0"]), "");
    assert_eq!(text(&form.files, &["f", "name"]), "n.txt");
    assert_eq!(text(&form.files, &["f", "type"]), "text/x");
    assert_eq!(at(&form.files, &["f", "error"]), &Input::Int(OK));
    assert_eq!(at(&form.files, &["f", "size"]), &Input::Int(5));
    let path = PathBuf::from(text(&form.files, &["f", "tmp_name"]));
    assert_eq!(std::fs::read(&path).unwrap(), b"hello");
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert!(form.temp.contains(&path));
    assert_eq!(at(&form.files, &["e", "error"]), &Input::Int(NO_FILE));
    assert_eq!(text(&form.files, &["e", "tmp_name"]), "");
    let keys: Vec<_> = at(&form.files, &["f"])
        .as_list()
        .unwrap()
        .iter()
        .map(|(key, _)| format!("{key:?}"))
        .collect();
    assert_eq!(keys.len(), 5);
    drop(form);
    assert!(!path.exists());
    assert_eq!(dir.count(), 0);
}

#[test]
fn bracketed_names_as_in_php() {
    let dir = TempDir::new();
    let form = form(
        config(&dir),
        &[
            file("f[]", "1", "x"),
            file("f[]", "2", "yy"),
            file("g[a][b]", "3", "zzz"),
            file("h.i", "4", ""),
        ],
    );
    assert_eq!(text(&form.files, &["f", "name", "0"]), "1");
    assert_eq!(text(&form.files, &["f", "name", "1"]), "2");
    assert_eq!(at(&form.files, &["f", "size", "1"]), &Input::Int(2));
    assert_eq!(text(&form.files, &["g", "name", "a", "b"]), "3");
    assert_eq!(at(&form.files, &["g", "error", "a", "b"]), &Input::Int(OK));
    assert_eq!(at(&form.files, &["h_i", "size"]), &Input::Int(0));
    assert_eq!(form.temp.paths().len(), 4);
}

#[test]
fn files_of_malformed_names_are_left_out() {
    let dir = TempDir::new();
    for name in ["f[", "f]", "f[a", "f[[a]]", "f[a]b", "f[a][", "[b].1"] {
        let form = form(config(&dir), &[file(name, "n", "x"), file("g", "n", "x")]);
        assert_eq!(form.files.len(), 1, "{name}");
        assert_eq!(form.temp.paths().len(), 1, "{name}");
    }
}

#[test]
fn large_files_arrive_whole_in_pieces_of_any_size() {
    let content: String = (0..40_000).map(|n| format!("{n}\r\n--")).collect();
    let body = file("f", "big", &content) + "--b--";
    for piece in [1, 1000, 65_535, 65_536, 65_537, 200_000, 1_000_000] {
        let dir = TempDir::new();
        let form = feed(config(&dir), &body, piece).unwrap().finish();
        let path = text(&form.files, &["f", "tmp_name"]);
        assert!(
            std::fs::read(path).unwrap() == content.as_bytes(),
            "{piece}"
        );
        assert_eq!(
            at(&form.files, &["f", "size"]),
            &Input::Int(content.len() as i64)
        );
    }
}

#[test]
fn too_large_files_are_marked_and_deleted() {
    let dir = TempDir::new();
    let limits = Config {
        file_bytes: 10,
        ..config(&dir)
    };
    let form = form(
        limits,
        &[
            file("a", "a", "12345678901"),
            file("b", "b", "1234567890"),
            field("c", "1"),
        ],
    );
    assert_eq!(at(&form.files, &["a", "error"]), &Input::Int(INI_SIZE));
    assert_eq!(at(&form.files, &["a", "size"]), &Input::Int(0));
    assert_eq!(text(&form.files, &["a", "tmp_name"]), "");
    assert_eq!(at(&form.files, &["b", "error"]), &Input::Int(OK));
    assert_eq!(text(&form.fields, &["c"]), "1");
    assert_eq!(dir.count(), 1);
}

#[test]
fn the_form_may_set_a_limit() {
    let dir = TempDir::new();
    let form = form(
        config(&dir),
        &[
            field("MAX_FILE_SIZE", "3"),
            file("a", "a", "1234"),
            file("b", "b", "123"),
        ],
    );
    assert_eq!(at(&form.files, &["a", "error"]), &Input::Int(FORM_SIZE));
    assert_eq!(at(&form.files, &["b", "error"]), &Input::Int(OK));
}

#[test]
fn limits_refuse_the_body() {
    let dir = TempDir::new();
    let refused = |config, parts: &[String]| feed(config, &parts.concat(), 100).unwrap_err();
    let two = [file("a", "a", "1"), file("b", "b", "2")];
    assert_eq!(
        refused(
            Config {
                files: 1,
                ..config(&dir)
            },
            &two
        ),
        FeedError::Sink(UploadError::TooManyFiles(1))
    );
    let options = query::Options {
        max_vars: 1,
        ..query::Options::default()
    };
    assert_eq!(
        refused(
            Config {
                query: options,
                ..config(&dir)
            },
            &[field("a", ""), field("b", "")]
        ),
        FeedError::Sink(UploadError::TooManyFields(1))
    );
    assert_eq!(
        refused(
            Config {
                field_bytes: 8,
                ..config(&dir)
            },
            &[field("a", "1234"), field("b", "5678")]
        ),
        FeedError::Sink(UploadError::FieldsTooLarge(8))
    );
    let long = field(&"n".repeat(9), "");
    assert_eq!(
        refused(
            Config {
                field_bytes: 8,
                ..config(&dir)
            },
            &[long]
        ),
        FeedError::Sink(UploadError::FieldsTooLarge(8))
    );
    assert_eq!(dir.count(), 0, "refused uploads leave nothing");
}

#[test]
fn an_interrupted_file_is_partial() {
    let dir = TempDir::new();
    let body = file("a", "a", "1234");
    let form = feed(config(&dir), &body[..body.len() - 3], 7)
        .unwrap()
        .finish();
    assert_eq!(at(&form.files, &["a", "error"]), &Input::Int(PARTIAL));
    assert_eq!(dir.count(), 0);
}

#[test]
fn a_missing_folder_is_told() {
    let config = Config {
        dir: "/nonexistent/folder".into(),
        ..Config::default()
    };
    let uploads = feed(config, &(file("a", "a", "1") + "--b--"), 100).unwrap();
    assert!(
        uploads
            .failure()
            .unwrap()
            .to_string()
            .contains("/nonexistent/folder")
    );
    let form = uploads.finish();
    assert_eq!(at(&form.files, &["a", "error"]), &Input::Int(NO_TMP_DIR));
}

#[test]
fn released_files_stay() {
    let dir = TempDir::new();
    let mut form = form(config(&dir), &[file("a", "a", "1")]);
    let path = form.temp.paths()[0].clone();
    assert!(form.temp.release(&path));
    assert!(!form.temp.release(&path));
    drop(form);
    assert!(path.exists());
}

#[test]
fn leftovers_of_a_process_are_swept() {
    let dir = TempDir::new();
    let uploads = feed(config(&dir), &file("a", "a", "1234"), 100).unwrap();
    std::mem::forget(uploads);
    std::fs::write(dir.path.join("highper.upfile.1.x"), "of another process").unwrap();
    assert_eq!(sweep(&config(&dir), std::process::id()).unwrap(), 1);
    assert_eq!(dir.count(), 1);
}

#[test]
fn dropping_a_half_read_upload_deletes_its_file() {
    let dir = TempDir::new();
    let body = file("a", "a", "1234");
    let uploads = feed(config(&dir), &body[..body.len() - 4], 10).unwrap();
    assert_eq!(dir.count(), 1);
    drop(uploads);
    assert_eq!(dir.count(), 0);
}

/// PHP's serialize(), without temporary names.
fn serialize(value: &Input<'static>, hide: bool, out: &mut Vec<u8>) {
    match value {
        Input::Int(number) => out.extend(format!("i:{number};").bytes()),
        Input::Text(text) => {
            let text: &[u8] = if hide && !text.is_empty() {
                b"temp"
            } else {
                text
            };
            out.extend(format!("s:{}:\"", text.len()).bytes());
            out.extend_from_slice(text);
            out.extend(b"\";");
        }
        Input::List(list) => {
            out.extend(format!("a:{}:{{", list.len()).bytes());
            for (key, value) in list.iter() {
                let hide = match key {
                    Key::Int(number) => {
                        out.extend(format!("i:{number};").bytes());
                        hide
                    }
                    Key::Str(text) => {
                        serialize(&Input::Text(text.clone().into_owned().into()), false, out);
                        hide || **text == *b"tmp_name"
                    }
                };
                serialize(value, hide, out);
            }
            out.push(b'}');
        }
    }
}

const ROUTER: &str = r#"<?php
function hide(array $list, bool $in = false): array {
    foreach ($list as $key => $value) {
        $temp = $in || $key === 'tmp_name';
        if (is_array($value)) { $list[$key] = hide($value, $temp); }
        elseif ($temp && $value !== '') { $list[$key] = 'temp'; }
    }
    return $list;
}
foreach ($_FILES as $name => $file) { unset($_FILES[$name]['full_path']); }
header('Content-Type: text/plain');
echo bin2hex(serialize($_POST)), "\n", bin2hex(serialize(hide($_FILES)));
"#;

/// PHP's development server on a port of the system's choice.
struct Php {
    child: std::process::Child,
    address: String,
}

impl Php {
    fn start(dir: &TempDir) -> Option<Self> {
        use std::io::BufRead;
        let router = dir.path.join("router.php");
        std::fs::write(&router, ROUTER).unwrap();
        let mut child = std::process::Command::new("php")
            .args([
                "-n",
                "-d",
                "display_errors=0",
                "-d",
                "error_log=/dev/null",
                "-S",
                "127.0.0.1:0",
            ])
            .arg(&router)
            .stderr(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .spawn()
            .ok()?;
        let mut lines = io::BufReader::new(child.stderr.take().unwrap()).lines();
        let line = lines
            .find_map(|line| line.ok().filter(|line| line.contains("http://")))
            .unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        let address = line
            .split("http://")
            .nth(1)
            .unwrap()
            .split(')')
            .next()
            .unwrap()
            .to_string();
        Some(Self { child, address })
    }

    fn post(&self, body: &str) -> Vec<String> {
        use std::io::Read;
        let mut socket = std::net::TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        write!(
            socket,
            "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        answer
            .split("\r\n\r\n")
            .nth(1)
            .unwrap()
            .lines()
            .map(str::to_string)
            .collect()
    }
}

impl Drop for Php {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn equals_php() {
    const WORDS: &[&str] = &[
        "a", "b", "f", "[", "]", "[]", "[a]", "[b]", "[0]", "[5]", "[05]", "[x y.z]", ".", " ",
        "1", "-", "[a][b]",
    ];
    const FILES: &[&str] = &["n.txt", "", "C:\\d\\n.txt", "a/b", "q\\\"q", "x.", "%41"];
    let dir = TempDir::new();
    let Some(php) = Php::start(&dir) else {
        eprintln!("skipped: there is no php binary");
        return;
    };
    let hexed = |list: List<'static>| {
        let mut out = Vec::new();
        serialize(&Input::List(list), false, &mut out);
        out.iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let mut seed = Seed(21);
    for _ in 0..300 {
        let parts: Vec<String> = (0..1 + seed.below(5))
            .map(|_| {
                let name: String = (0..1 + seed.below(3))
                    .map(|_| WORDS[seed.below(WORDS.len())])
                    .collect();
                let content = "c".repeat(seed.below(20));
                // After a file of a malformed name PHP loses its place in the body.
                if seed.below(3) == 0 || !is_well_formed(name.as_bytes()) {
                    field(&name, &content)
                } else {
                    file(&name, FILES[seed.below(FILES.len())], &content)
                }
            })
            .collect();
        let body = parts.concat() + "--b--\r\n";
        let theirs = php.post(&body);
        let form = feed(config(&dir), &body, 1 + seed.below(100))
            .unwrap()
            .finish();
        let Form {
            fields,
            files,
            temp: _temp,
            raw: _raw,
        } = form;
        assert_eq!([hexed(fields), hexed(files)], theirs[..], "{body}");
    }
}
