//! Tells files with contracts: objects that name the method and the path of an endpoint. Clients
//! write such objects, too, when they send a request.

use regex::Regex;

/// The patterns of endpoints in a text.
pub(super) struct ContractPatterns {
    /// A method and a path in one object.
    pair: Regex,
    /// A list of such pairs and nothing else.
    listed: Regex,
    /// A call whose argument would follow, that sends: it is awaited or returned, or a method of the
    /// object itself.
    sends: Regex,
}

/// So many bytes before an object are looked at for the call that it is an argument of. A call with
/// types of its own (`this.request<LoginResponse, Problem>(`) is seldom longer.
const BEFORE: usize = 200;

impl ContractPatterns {
    pub(super) fn new() -> Option<Self> {
        let regex = |pattern| Regex::new(pattern).ok();
        Some(Self {
            pair: regex(&pair())?,
            listed: regex(
                r#"[\[,]\s*\{\s*(?:method|path|url)\s*:\s*['"`][^'"`]*['"`]\s*,\s*(?:method|path|url)\s*:\s*['"`][^'"`]*['"`]\s*,?\s*\}"#,
            )?,
            sends: regex(
                r"(?:\b(?:await|return)\s+|=>\s*|\bthis\.)[\w.$]*\s*(?:<[^()]*>)?\s*\((?:[\w.$]+\s*,\s*)*$",
            )?,
        })
    }

    /// The number of endpoints that a text describes.
    pub(super) fn count(&self, text: &str) -> usize {
        let pairs = self.pair.find_iter(text);
        let described = pairs.filter(|found| !self.is_sent(text, found.start()));
        // A list of paths says who may call them, or which are called. It does not describe their
        // requests and responses.
        let listed = self.listed.find_iter(text).count();
        described.count().saturating_sub(listed)
    }

    /// Whether the object around the byte `at` is an argument of a call that sends.
    fn is_sent(&self, text: &str, at: usize) -> bool {
        let Some(open) = text[..at].rfind('{') else {
            return false;
        };
        let mut from = open.saturating_sub(BEFORE);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        let before = text[from..open].trim_end();
        // A route or a contract may be returned, too.
        let makes = ["createRoute(", "contract(", "endpoint(", "route("];
        let is_made = makes.iter().any(|call| before.ends_with(call));
        !is_made && self.sends.is_match(before)
    }
}

/// The pattern of a method and a path in one object. A comma follows a value: members of a type end
/// with `;`, and those of another object (the options of a cookie, of `fetch`) are not between them.
fn pair() -> String {
    const METHOD: &str =
        r#"\bmethod\s*:\s*['"`](?:GET|POST|PUT|PATCH|DELETE)['"`](?:\s+as\s+const)?\s*"#;
    const PATH: &str = r#"\b(?:path|url|endpoint)\s*:\s*['"`]/[^'"`]*['"`](?:\s+as\s+const)?\s*"#;
    format!("{METHOD},[^{{}}]*?{PATH}[,}}]|{PATH},[^{{}}]*?{METHOD}[,}}]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_sends_describes_nothing() {
        let patterns = ContractPatterns::new().expect("valid patterns");
        let sent = "
            async health() { const res = await this.send({ method: \"GET\", path: \"/health\" }); }
            add(input: Input) { return this.client.request<User, Problem>({ path: `/users`, method: 'POST', body: input }); }
            list = (params = {}) => this.request<User[], any>({
                path: `/users`,
                method: \"GET\",
                ...params,
            });
            one = (id: string) => http(config, { method: 'GET', url: `/users/${id}` });";
        assert_eq!(patterns.count(sent), 0);
        let described = "
            export const E = { get: { method: 'GET', path: '/users' } };
            export const route = createRoute({ method: 'POST', path: '/users' });
            const make = () => createRoute({ path: '/users', method: 'DELETE' });";
        assert_eq!(patterns.count(described), 3);
    }
}
