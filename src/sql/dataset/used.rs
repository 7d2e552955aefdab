//! Which names a statement uses, as far as its tokens tell: rather too many than too few, for what is not projected is not
//! there.

use std::collections::HashSet;

use crate::sql::token::{Token, TokenKind};

/// The names that a statement uses.
#[derive(Debug, Clone, Default)]
pub struct Used {
    /// Every column there is.
    all: bool,
    /// Words and quoted identifiers, in lower case.
    names: HashSet<String>,
    /// Those that the statement itself gives to something: `AS name`.
    given: HashSet<String>,
    /// Arguments of `$__dataset`.
    datasets: HashSet<String>,
}

impl Used {
    /// What the statement of these tokens uses, macros not expanded; `further` are names that its macros stand for.
    #[must_use]
    pub fn new(tokens: &[Token<'_>], further: impl IntoIterator<Item = String>) -> Self {
        let tokens: Vec<&Token<'_>> = tokens.iter().filter(|token| !token.is_trivia()).collect();
        let mut used = Self::default();
        used.names.extend(further.into_iter().map(|name| name.to_lowercase()));
        for (index, token) in tokens.iter().enumerate() {
            let before = |back: usize| index.checked_sub(back).and_then(|at| tokens.get(at)).copied();
            let next = tokens.get(index + 1);
            if before(1).is_some_and(|token| token.is_punctuation("(")) && before(2).is_some_and(is_dataset) {
                let name = token.quoted_text().unwrap_or(token.text);
                used.datasets.insert(name.to_lowercase());
                continue;
            }
            match token.kind {
                TokenKind::Word | TokenKind::QuotedIdentifier => {
                    // A name that is called is a function's.
                    if token.kind == TokenKind::Word && next.is_some_and(|next| next.is_punctuation("(")) {
                        continue;
                    }
                    let name = token.quoted_text().map(|text| text.replace("\"\"", "\""));
                    let name = name.as_deref().unwrap_or(token.text).to_lowercase();
                    if before(1).is_some_and(|token| token.is_keyword("AS")) {
                        used.given.insert(name.clone());
                    }
                    used.names.insert(name);
                }
                TokenKind::Punctuation if token.text == "*" => used.all |= is_star(before(1), before(2)),
                _ => {}
            }
        }
        used
    }

    /// Whether a column of this name may be used.
    #[must_use]
    pub fn column(&self, name: &str) -> bool {
        self.all || self.names.contains(&name.to_lowercase())
    }

    /// Whether a column of this name is used by its name, which the statement does not give to anything else.
    #[must_use]
    pub fn column_itself(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.names.contains(&name) && !self.given.contains(&name)
    }

    /// Whether the statement reads the dataset of this name.
    #[must_use]
    pub fn dataset(&self, name: &str) -> bool {
        self.datasets.contains(&name.to_lowercase())
    }
}

fn is_dataset(token: &Token<'_>) -> bool {
    token.kind == TokenKind::Macro && matches!(token.text, "$__dataset" | "${__dataset}")
}

/// Whether a `*` after these tokens stands for columns: neither `count(*)` nor a product.
fn is_star(before: Option<&Token<'_>>, second: Option<&Token<'_>>) -> bool {
    let Some(before) = before else { return true };
    match before.kind {
        TokenKind::Word => ["SELECT", "DISTINCT", "ALL"].iter().any(|keyword| before.is_keyword(keyword)),
        TokenKind::Punctuation => match before.text {
            "(" => !second.is_some_and(|function| function.is_keyword("count")),
            ")" | "]" => false,
            _ => true,
        },
        _ => false,
    }
}
