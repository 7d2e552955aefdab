//! Numbers of one meaning on both legs: Trino reads `100.0` as a decimal, Timestream as a double, and their quotients differ.

use std::borrow::Cow;

use crate::sql::token::Token;

/// `text`, a number that follows the token `before`, written as a double for Trino if it has a decimal point.
pub(super) fn double<'a>(text: &'a str, before: Option<&Token<'_>>) -> Cow<'a, str> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'_'));
    let begins_with_point = before.is_some_and(|before| before.is_punctuation("."));
    if plain && (begins_with_point || text.bytes().filter(|byte| *byte == b'.').count() == 1) {
        Cow::Owned(format!("{text}E0"))
    } else {
        Cow::Borrowed(text)
    }
}
