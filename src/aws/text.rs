//! AWS's words made fit to show: text from outside is bounded, on one line, and holds nothing that looks like a secret.

/// Characters kept of a text.
const MAX_CHARACTERS: usize = 400;
/// What stands where something was taken out.
const REDACTED: &str = "[redacted]";

/// `text` on one line, without control characters, shortened, and with everything that looks like a key, a token or a
/// signature taken out.
#[must_use]
pub fn presentable(text: &str) -> String {
    let line: String = text
        .chars()
        .take(MAX_CHARACTERS * 8)
        .map(|c| if c.is_control() || is_invisible(c) { ' ' } else { c })
        .collect();
    let mut words = Vec::new();
    let mut length = 0;
    for word in line.split_whitespace() {
        let word = redact(word);
        length += word.chars().count() + 1;
        words.push(word);
        if length > MAX_CHARACTERS {
            break;
        }
    }
    shorten(&words.join(" "), MAX_CHARACTERS)
}

/// At most `limit` characters of `text`, with a sign where it was cut.
pub fn shorten(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Marks that change how the text around them is drawn, and could make one sentence read as another.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Takes secrets out of one word: what follows a telling label, access key ids, and runs shaped like keys or tokens.
fn redact(word: &str) -> String {
    const LABELS: [&str; 6] =
        ["x-amz-security-token", "signature=", "credential=", "sessiontoken", "secretaccesskey", "secretkey"];
    let lower = word.to_ascii_lowercase();
    if let Some(label) = LABELS.iter().find(|label| lower.contains(*label)) {
        return format!("{label}{}{REDACTED}", if label.ends_with('=') { "" } else { "=" });
    }
    let mut result = String::with_capacity(word.len());
    let mut run = String::new();
    for c in word.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=') {
            run.push(c);
        } else {
            push_run(&mut result, &run);
            run.clear();
            result.push(c);
        }
    }
    push_run(&mut result, &run);
    result
}

fn push_run(result: &mut String, run: &str) {
    result.push_str(if looks_secret(run) { REDACTED } else { run });
}

/// An access key id (`AKIA...`, `ASIA...`), a secret key (40 characters of base64, mixed) or a long token.
fn looks_secret(run: &str) -> bool {
    let key_id = run.len() == 20 && (run.starts_with("AKIA") || run.starts_with("ASIA"));
    let mixed = run.bytes().any(|b| b.is_ascii_lowercase())
        && run.bytes().any(|b| b.is_ascii_uppercase())
        && run.bytes().any(|b| b.is_ascii_digit());
    key_id || (run.len() == 40 && mixed) || (run.len() >= 100 && mixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_made_presentable() {
        let token = format!("IQoJb3JpZ2luX2VjE{}", "aB3/".repeat(60));
        let cases = [
            ("plain words stay", "plain words stay".to_owned()),
            ("two\nlines\tand \u{1b}[31mred\u{7}", "two lines and [31mred".to_owned()),
            ("left\u{202e}right", "left right".to_owned()),
            ("key AKIAIOSFODNN7EXAMPLE.", "key [redacted].".to_owned()),
            ("secret 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'", "secret '[redacted]'".to_owned()),
            (&format!("token {token} end"), "token [redacted] end".to_owned()),
            ("x-amz-security-token:abc rest", "x-amz-security-token=[redacted] rest".to_owned()),
            ("Signature=abc,", "signature=[redacted]".to_owned()),
            (
                "arn:aws:sts::123456789012:assumed-role/GrafanaReader/switchboard",
                "arn:aws:sts::123456789012:assumed-role/GrafanaReader/switchboard".to_owned(),
            ),
            ("da39a3ee5e6b4b0d3255bfef95601890afd80709", "da39a3ee5e6b4b0d3255bfef95601890afd80709".to_owned()),
            ("", String::new()),
        ];
        for (given, wanted) in cases {
            assert_eq!(presentable(given), wanted, "{given:?}");
        }
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        let text = presentable(&"é".repeat(10_000));
        assert_eq!(text.chars().count(), MAX_CHARACTERS + 1);
        assert!(text.ends_with('…'));
        assert!(presentable(&"word ".repeat(10_000)).chars().count() <= MAX_CHARACTERS + 1);
    }
}
