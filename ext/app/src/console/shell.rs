//! Scripts by which shells complete command lines.

/// The script of a shell for the program at `path`, which is called `name`; `None` for shells that there is none for.
#[must_use]
pub fn script(shell: &str, path: &str, name: &str) -> Option<String> {
    let text = match shell {
        "bash" => include_str!("shell/completion.bash"),
        "zsh" => include_str!("shell/completion.zsh"),
        "fish" => include_str!("shell/completion.fish"),
        _ => return None,
    };
    let quoted = |text: &str| match shell {
        "fish" => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
        _ => format!("'{}'", text.replace('\'', "'\\''")),
    };
    let lines = text.lines().map(|line| match line.starts_with('#') {
        // A comment ends where its line does.
        true => line.replace("NAME", &name.replace(char::is_control, "?")),
        false => line
            .replace("SCRIPT", &quoted(path))
            .replace("NAME", &quoted(name)),
    });
    Some(lines.map(|line| line + "\n").collect())
}

#[cfg(test)]
mod tests {
    use super::super::complete::SHELLS;
    use super::*;

    #[test]
    fn every_shell_has_one_and_names_are_quoted() {
        for shell in SHELLS {
            let text = script(shell, "/srv/it's/server.php", "server.php").unwrap();
            assert!(!text.contains("SCRIPT") && !text.contains("NAME"), "{text}");
            let quoted = if shell == "fish" {
                r"'/srv/it\'s/server.php'"
            } else {
                r"'/srv/it'\''s/server.php'"
            };
            assert!(text.contains(quoted), "{text}");
        }
        assert!(
            script("bash", "/a", "a\nrm -rf b")
                .unwrap()
                .lines()
                .next()
                .unwrap()
                .contains("a?rm -rf b")
        );
        assert_eq!(script("tcsh", "/a", "a"), None);
    }
}
