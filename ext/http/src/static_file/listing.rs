//! The list of what is in a folder, as a page.

use super::open::{Location, is_denied};
use super::{StaticFiles, push_escaped};
use rustix::fs::{AtFlags, Dir, FileType, statat};

/// Names that a page has at most.
const MOST_NAMES: usize = 10_000;

impl StaticFiles {
    /// A page with the names in the folder of a path: those that would be served, folders first.
    /// `None` where there is no such folder, or it can't be read.
    #[must_use]
    pub fn list(&self, path: &[u8]) -> Option<String> {
        let location = Location::parse(path, &self.options).ok()?;
        let entry = self.root.entry(&location.path).ok()?;
        if !entry.is_dir {
            return None;
        }
        let mut names = Vec::new();
        for found in Dir::read_from(&entry.file).ok()?.take(MOST_NAMES) {
            let found = found.ok()?;
            let name = found.file_name().to_bytes();
            if matches!(name, b"." | b"..")
                || name.starts_with(b".") && !self.options.dotfiles
                || is_denied(name, &self.options)
            {
                continue;
            }
            let kind = match found.file_type() {
                FileType::Unknown | FileType::Symlink => {
                    match statat(&entry.file, found.file_name(), AtFlags::empty()) {
                        Ok(about) => FileType::from_raw_mode(about.st_mode),
                        Err(_) => continue,
                    }
                }
                kind => kind,
            };
            match kind {
                FileType::Directory => names.push((false, name.to_vec())),
                FileType::RegularFile => names.push((true, name.to_vec())),
                _ => {}
            }
        }
        names.sort_unstable();
        Some(page(&self.options.base, &location.path, &names))
    }
}

/// The page; names are pairs of whether it is a file, and the name.
fn page(base: &str, path: &[u8], names: &[(bool, Vec<u8>)]) -> String {
    let mut here = String::from(base);
    here.push('/');
    push_escaped(&mut here, path);
    if !path.is_empty() {
        here.push('/');
    }
    let mut title = String::from("/");
    push_text(&mut title, path);
    let mut out = format!(
        "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>Index of {title}</title></head>\n<body><h1>Index of {title}</h1>\n<ul>\n"
    );
    if let Some(end) = path.iter().rposition(|byte| *byte == b'/') {
        push_link(&mut out, &format!("{base}/"), &path[..end], true, b"../");
    } else if !path.is_empty() {
        push_link(&mut out, &format!("{base}/"), b"", false, b"../");
    }
    for (is_file, name) in names {
        let mut shown = name.clone();
        if !is_file {
            shown.push(b'/');
        }
        push_link(&mut out, &here, name, !is_file, &shown);
    }
    out.push_str("</ul></body></html>\n");
    out
}

fn push_link(out: &mut String, before: &str, name: &[u8], slash: bool, shown: &[u8]) {
    // An escaped path holds an apostrophe and an ampersand as they are.
    let mut target = String::from(before);
    push_escaped(&mut target, name);
    if slash {
        target.push('/');
    }
    out.push_str("<li><a href=\"");
    push_text(out, target.as_bytes());
    out.push_str("\">");
    push_text(out, shown);
    out.push_str("</a></li>\n");
}

/// Adds bytes as text of a page.
fn push_text(out: &mut String, bytes: &[u8]) {
    for letter in String::from_utf8_lossy(bytes).chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::static_file::Options;
    use std::fs;

    #[test]
    fn a_page_has_what_would_be_served_folders_first() {
        let folder = std::env::temp_dir().join(format!("listing-{}", std::process::id()));
        fs::create_dir_all(folder.join("sub/deeper")).unwrap();
        for name in ["b.txt", "<i>&.txt", ".hidden", "x.php", "sub/c d.txt"] {
            fs::write(folder.join(name), "x").unwrap();
        }
        std::os::unix::fs::symlink("nowhere", folder.join("broken")).unwrap();
        let files = StaticFiles::new(&folder, Options::default()).unwrap();
        let links = |path: &[u8]| -> Vec<String> {
            let page = files.list(path).unwrap();
            let lines = page.lines().filter(|line| line.starts_with("<li>"));
            lines.map(ToOwned::to_owned).collect()
        };
        assert_eq!(
            links(b"/"),
            [
                "<li><a href=\"/sub/\">sub/</a></li>",
                "<li><a href=\"/%3Ci%3E&amp;.txt\">&lt;i&gt;&amp;.txt</a></li>",
                "<li><a href=\"/b.txt\">b.txt</a></li>",
            ]
        );
        assert_eq!(
            links(b"/sub"),
            [
                "<li><a href=\"/\">../</a></li>",
                "<li><a href=\"/sub/deeper/\">deeper/</a></li>",
                "<li><a href=\"/sub/c%20d.txt\">c d.txt</a></li>",
            ]
        );
        assert_eq!(
            links(b"/sub/deeper/"),
            ["<li><a href=\"/sub/\">../</a></li>"]
        );
        for path in [&b"/b.txt"[..], b"/none", b"/../", b"/.hidden"] {
            assert!(files.list(path).is_none());
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
