//! Names of files that editors and tools make for themselves, and which names somebody wants to hear of.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};

/// Is it a file that an editor makes beside the one that is edited? Vim's swap files and its probe `4913`, Emacs's locks,
/// backups, JetBrains' and others' second files, NFS's leftovers.
pub(crate) fn is_temporary(name: &[u8]) -> bool {
    let is_hidden = name.starts_with(b".") && !name.starts_with(b".env");
    let ends = |end: &[u8]| name.ends_with(end);
    is_hidden
        || name.starts_with(b"#")
        || name == b"4913"
        || [
            b"~".as_slice(),
            b".swp",
            b".swo",
            b".swx",
            b".tmp",
            b".part",
            b".bak",
            b"___jb_tmp___",
            b"___jb_old___",
        ]
        .into_iter()
        .any(ends)
}

/// Folders that no application's own code is in.
pub(crate) fn is_foreign(name: &[u8]) -> bool {
    name.starts_with(b".") || matches!(name, b"vendor" | b"node_modules")
}

/// Which names of a folder matter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) all: bool,
    pub(crate) code: bool,
    pub(crate) environment: bool,
    pub(crate) names: HashSet<OsString>,
}

impl Filter {
    pub(crate) fn takes(&self, name: &OsStr) -> bool {
        let bytes = name.as_encoded_bytes();
        if self.names.contains(name) {
            return true;
        }
        !is_temporary(bytes)
            && (self.all
                || (self.code && bytes.ends_with(b".php"))
                || (self.environment && (bytes == b".env" || bytes.starts_with(b".env."))))
    }

    pub(crate) fn join(&mut self, other: &Self) {
        self.all |= other.all;
        self.code |= other.code;
        self.environment |= other.environment;
        self.names.extend(other.names.iter().cloned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_editors_leave_is_nothing_to_hear_of() {
        for name in [
            ".Home.php.swp",
            "Home.php~",
            "4913",
            "#Home.php#",
            ".#Home.php",
            "Home.php___jb_tmp___",
            "Home.php.tmp",
            ".gitignore",
        ] {
            assert!(is_temporary(name.as_bytes()), "{name}");
        }
        for name in ["Home.php", ".env", ".env.local", "home.html", "en.json"] {
            assert!(!is_temporary(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn filters_take_what_was_asked_for() {
        let code = Filter {
            code: true,
            ..Filter::default()
        };
        assert!(
            code.takes(OsStr::new("a.php"))
                && !code.takes(OsStr::new("a.log"))
                && !code.takes(OsStr::new(".env"))
        );
        let mut both = Filter {
            environment: true,
            ..Filter::default()
        };
        assert!(both.takes(OsStr::new(".env.dev")) && !both.takes(OsStr::new(".envrc")));
        both.join(&Filter {
            names: HashSet::from(["app.inc".into()]),
            ..code
        });
        assert!(
            both.takes(OsStr::new("app.inc"))
                && both.takes(OsStr::new("a.php"))
                && !both.takes(OsStr::new("b.inc"))
        );
    }
}
