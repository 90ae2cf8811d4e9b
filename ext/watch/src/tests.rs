use super::*;
use crate::files::What;
use std::fs;
use std::path::Path;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("highper-watch-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("src/Sub")).unwrap();
        Self(path.canonicalize().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn options(&self, polling: bool) -> Options {
        let place = |name: &str, what, deep| Place {
            path: self.0.join(name),
            what,
            deep,
        };
        Options {
            places: vec![
                place("src", What::Code, true),
                place("views", What::All, true),
                place("", What::Environment, false),
            ],
            polling,
            every: Duration::ZERO,
            ..Options::default()
        }
    }

    fn watcher(&self, polling: bool) -> Watcher {
        Watcher::new(self.options(polling), Instant::now())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What is told of when time goes on without anything happening; the clock is the test's.
fn settled(watcher: &mut Watcher, folder: &Folder) -> Vec<String> {
    thread_local! { static BEGUN: std::cell::Cell<u32> = const { std::cell::Cell::new(0) }; }
    let now = Instant::now() + Duration::from_secs(1) * BEGUN.replace(BEGUN.get() + 1);
    let mut all = Vec::new();
    for step in 0..6 {
        all.extend(watcher.look(now + watcher.options.quiet * step));
    }
    all.iter()
        .map(|path| path.strip_prefix(&folder.0).unwrap().display().to_string())
        .collect()
}

fn both(name: &str, test: impl Fn(&Folder, &mut Watcher)) {
    for polling in [false, true] {
        let folder = Folder::new(&format!("{name}-{polling}"));
        folder.write("src/Home.php", "<?php");
        let mut watcher = folder.watcher(polling);
        assert_eq!(watcher.is_told(), !polling);
        assert_eq!(settled(&mut watcher, &folder), Vec::<String>::new());
        test(&folder, &mut watcher);
        assert_eq!(
            settled(&mut watcher, &folder),
            Vec::<String>::new(),
            "a change is told of once"
        );
    }
}

#[test]
fn a_file_that_is_written_is_told_of_once() {
    both("written", |folder, watcher| {
        folder.write("src/Home.php", "<?php // other");
        assert_eq!(settled(watcher, folder), ["src/Home.php"]);
    });
}

#[test]
fn saving_by_a_second_file_and_a_rename_is_a_change_of_the_first() {
    both("renamed", |folder, watcher| {
        let second = folder.write("src/.Home.php.tmp", "<?ph2");
        folder.write("src/4913", "");
        fs::remove_file(folder.0.join("src/4913")).unwrap();
        fs::rename(
            folder.0.join("src/Home.php"),
            folder.0.join("src/Home.php~"),
        )
        .unwrap();
        fs::rename(second, folder.0.join("src/Home.php")).unwrap();
        assert_eq!(settled(watcher, folder), ["src/Home.php"]);
    });
}

#[test]
fn new_folders_are_watched_and_deleted_ones_told_of() {
    both("folders", |folder, watcher| {
        folder.write("src/New/Deep/A.php", "a");
        folder.write("views/home.html", "first");
        assert_eq!(
            settled(watcher, folder),
            ["src/New/Deep/A.php", "views/home.html"]
        );
        folder.write("src/New/Deep/B.php", "b");
        assert_eq!(settled(watcher, folder), ["src/New/Deep/B.php"]);
        fs::remove_dir_all(folder.0.join("src/New")).unwrap();
        assert_eq!(
            settled(watcher, folder),
            ["src/New/Deep/A.php", "src/New/Deep/B.php"]
        );
    });
}

#[test]
fn what_does_not_matter_is_not_told_of() {
    both("others", |folder, watcher| {
        folder.write("src/notes.txt", "");
        folder.write("src/.Home.php.swp", "");
        folder.write("src/vendor/A.php", "");
        folder.write("src/.git/A.php", "");
        folder.write("app.log", "");
        assert_eq!(settled(watcher, folder), Vec::<String>::new());
        folder.write(".env.local", "A=1");
        assert_eq!(settled(watcher, folder), [".env.local"]);
    });
}

#[test]
fn links_are_followed_and_circles_end() {
    both("links", |folder, watcher| {
        let target = folder.write("elsewhere/C.php", "c");
        std::os::unix::fs::symlink(folder.0.join("elsewhere"), folder.0.join("src/Linked"))
            .unwrap();
        std::os::unix::fs::symlink(&folder.0, folder.0.join("src/Circle")).unwrap();
        std::os::unix::fs::symlink(&target, folder.0.join("src/One.php")).unwrap();
        let found = settled(watcher, folder);
        assert!(
            found.contains(&"src/Linked/C.php".to_owned())
                || found.iter().any(|f| f.ends_with("elsewhere/C.php")),
            "{found:?}"
        );
        assert!(found.contains(&"src/One.php".to_owned()), "{found:?}");
        folder.write("elsewhere/C.php", "other");
        assert!(settled(watcher, folder).contains(&"src/One.php".to_owned()));
    });
}

#[test]
fn nothing_is_told_of_before_it_is_quiet() {
    let folder = Folder::new("quiet");
    let mut watcher = folder.watcher(false);
    let now = Instant::now();
    let ms = Duration::from_millis;
    folder.write("src/A.php", "a");
    assert!(watcher.look(now).is_empty());
    assert_eq!(watcher.patience(now), Some(ms(20)));
    folder.write("src/B.php", "b");
    assert!(watcher.look(now + ms(15)).is_empty());
    assert!(watcher.look(now + ms(30)).is_empty());
    assert_eq!(watcher.look(now + ms(35)).len(), 2);
    assert_eq!(watcher.patience(now), None);
    // Something that never ends is told of in parts.
    for step in 0..=100 {
        folder.write("src/A.php", &"x".repeat(step));
        let told = watcher.look(now + ms(1000) + ms(20) * step as u32);
        assert_eq!(told.len(), usize::from(step == 100), "{step}");
    }
}

#[test]
fn a_lock_of_git_holds_everything_back() {
    let folder = Folder::new("lock");
    let lock = folder.write(".git/index.lock", "");
    let mut options = folder.options(false);
    options.busy = Some(lock.clone());
    let now = Instant::now();
    let mut watcher = Watcher::new(options, now);
    for file in 0..100 {
        folder.write(&format!("src/F{file}.php"), "");
    }
    let ms = Duration::from_millis;
    assert!(watcher.look(now).is_empty());
    assert!(watcher.look(now + ms(25)).is_empty());
    assert!(watcher.look(now + ms(100)).is_empty());
    fs::remove_file(lock).unwrap();
    assert_eq!(watcher.look(now + ms(200)).len(), 100);
}

#[test]
fn files_by_name_and_places_that_are_not_there_yet() {
    let folder = Folder::new("named");
    let file = folder.write("boot/app.inc", "1");
    let mut options = folder.options(false);
    options.files = vec![file, folder.0.join("boot/later.php")];
    let mut watcher = Watcher::new(options, Instant::now());
    folder.write("boot/other.inc", "");
    assert_eq!(settled(&mut watcher, &folder), Vec::<String>::new());
    folder.write("boot/app.inc", "22");
    folder.write("boot/later.php", "");
    assert_eq!(
        settled(&mut watcher, &folder),
        ["boot/app.inc", "boot/later.php"]
    );
    fs::create_dir(folder.0.join("views")).unwrap();
    folder.write("views/a.html", "");
    assert_eq!(settled(&mut watcher, &folder), ["views/a.html"]);
}

#[test]
fn without_inotify_it_looks_and_says_so_once() {
    let folder = Folder::new("fallback");
    let mut watcher = folder.watcher(false);
    watcher.fall_back(&reason(rustix::io::Errno::NOSPC));
    let said = watcher.warning().unwrap();
    assert!(said.contains("max_user_watches"), "{said}");
    assert!(watcher.warning().is_none() && watcher.fd().is_none());
    folder.write("src/A.php", "a");
    assert_eq!(settled(&mut watcher, &folder), ["src/A.php"]);
    assert!(Path::new(&folder.0).exists());
}
