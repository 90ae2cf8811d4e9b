//! A prefix and middleware shared by routes.

/// What routes inherit from the groups around them.
///
/// ```
/// # use highper_app::router::Group;
/// let api = Group::default().nest("/api", &[1]).nest("/notes/", &[2]);
/// assert_eq!(api.join("/{id}"), "/api/notes/{id}");
/// assert_eq!(api.join(""), "/api/notes");
/// assert_eq!(api.middleware(), [1, 2]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    prefix: String,
    middleware: Vec<u32>,
}

impl Group {
    /// A group inside this one; its middleware runs inside that of the outer ones.
    #[must_use]
    pub fn nest(&self, prefix: &str, middleware: &[u32]) -> Self {
        let joined = self.join(prefix);
        Self {
            prefix: joined.trim_end_matches('/').into(),
            middleware: [&self.middleware, middleware].concat(),
        }
    }

    /// The whole pattern of a route in this group; `""` and `"/"` are the prefix itself.
    /// A missing slash between the two is added, a double one made single; a trailing slash
    /// that the route itself has stays.
    #[must_use]
    pub fn join(&self, pattern: &str) -> String {
        let pattern = match pattern.trim_start_matches('/') {
            "" if self.prefix.is_empty() => return "/".into(),
            "" => return self.prefix.clone(),
            p => p,
        };
        // An optional part brings its own slash.
        let between = if pattern.starts_with('[') { "" } else { "/" };
        format!("{}{between}{pattern}", self.prefix)
    }

    /// Ids of the middleware, the outermost first.
    #[must_use]
    pub fn middleware(&self) -> &[u32] {
        &self.middleware
    }
}
