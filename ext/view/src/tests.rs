use super::*;
use minijinja::context;

fn templates(files: &[(&str, &str)], fuel: Option<u64>) -> (PathBuf, Templates) {
    let folder = std::env::temp_dir().join(format!(
        "highper-views-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let options = Options {
        folder: folder.clone(),
        reload: true,
        fuel,
        strict: true,
    };
    (folder, Templates::new(options))
}

#[test]
fn inheritance_macros_and_escaping() {
    let (folder, views) = templates(
        &[
            (
                "layout.html",
                "<h1>{% block title %}{% endblock %}</h1>\n{% block body %}{% endblock %}",
            ),
            (
                "m.html",
                "{% macro item(x) %}<li>{{ x }}</li>{% endmacro %}",
            ),
            (
                "sub/page.html",
                "{% extends 'layout.html' %}{% import 'm.html' as m %}{% block title %}{{ t }}{% endblock %}{% block body %}{% for x in xs %}{{ m.item(x) }}{% endfor %}{{ t|raw }}{{ n }}{{ f }}{{ y }}{% endblock %}",
            ),
            ("plain.txt", "{{ t }}"),
        ],
        Some(FUEL),
    );
    let all =
        context! { t => "<T>", xs => vec!["a'", "b"], n => Value::from(()), f => false, y => true };
    assert_eq!(
        views.render("sub/page.html", all.clone()).unwrap(),
        "<h1>&lt;T&gt;</h1>\n<li>a&#039;</li><li>b</li><T>1"
    );
    assert_eq!(views.render("plain.txt", all).unwrap(), "<T>");
    assert_eq!(views.compile(&[".html", ".txt"]).unwrap(), 4);
    assert!(views.has("sub/page.html"));
    for name in [
        "",
        "sub",
        "../layout.html",
        "sub/../layout.html",
        "./layout.html",
        "/etc/passwd",
    ] {
        assert!(!views.has(name), "{name}");
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn errors_say_where() {
    let (folder, views) = templates(
        &[
            ("bad.html", "one\n{% if %}"),
            ("outer.html", "\n{% include 'inner.html' %}"),
            ("inner.html", "\n\n{{ missing }}"),
            (
                "loop.html",
                "{% for a in range(100000) %}{% for b in range(100000) %}{{ b }}{% endfor %}{% endfor %}",
            ),
            ("self.html", "{% include 'self.html' %}"),
        ],
        Some(100_000),
    );
    let error = views.render("bad.html", Value::from(())).unwrap_err();
    assert_eq!((error.name.as_str(), error.line), ("bad.html", 2));
    assert_eq!(views.compile(&[".html"]).unwrap_err().name, "bad.html");
    let error = views.render("outer.html", context! {}).unwrap_err();
    assert_eq!(
        (error.name.as_str(), error.line),
        ("inner.html", 3),
        "{error}"
    );
    assert!(
        views
            .render("loop.html", context! {})
            .unwrap_err()
            .message
            .contains("too long")
    );
    assert!(views.render("self.html", context! {}).is_err());
    let error = views.render("none.html", context! {}).unwrap_err();
    assert!(error.to_string().contains("none.html"), "{error}");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn changed_files_are_read_again() {
    let (folder, views) = templates(&[("a.html", "one")], None);
    assert_eq!(views.render("a.html", context! {}).unwrap(), "one");
    fs::write(folder.join("a.html"), "second").unwrap();
    assert_eq!(views.render("a.html", context! {}).unwrap(), "second");
    fs::remove_dir_all(folder).unwrap();
}
