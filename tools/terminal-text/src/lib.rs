//! Display of untrusted text on a terminal.
//!
//! Characters that could control the terminal or hide text are escaped. The width of the text is
//! measured in columns, and the text can be clipped.

use core::fmt::{self, Display, Write};

use unicode_width::UnicodeWidthStr;

/// Returns `true` if a character would act on a terminal or on the line instead of being displayed.
///
/// These are control characters, line and paragraph separators, and the characters that Unicode
/// lists as `Default_Ignorable_Code_Point`, such as the bidirectional controls. Joiners and
/// variation selectors are exempt because emoji and several scripts need them.
pub const fn is_hidden(character: char) -> bool {
    matches!(character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}'
        | '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
        | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}'
    )
}

fn write_char(out: &mut impl Write, character: char) -> fmt::Result {
    match character {
        '\n' => out.write_char('⏎'),
        hidden if is_hidden(hidden) => write!(out, "{}", hidden.escape_default()),
        other => out.write_char(other),
    }
}

/// Displays a value with hidden characters escaped.
#[derive(Clone, Copy, Debug)]
pub struct Visible<T>(pub T);

impl<T: Display> Display for Visible<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Escape<'f, 'a>(&'f mut fmt::Formatter<'a>);

        impl Write for Escape<'_, '_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                text.chars().try_for_each(|character| write_char(self.0, character))
            }
        }

        write!(Escape(f), "{}", self.0)
    }
}

/// Clips a text to at most `columns`, with hidden characters escaped. A clipped text ends with an
/// ellipsis.
pub fn clip(text: impl Display, columns: usize) -> String {
    let mut clip = Clip { columns, shown: String::new(), used: 0, fitting: 0, count: 0 };
    // An error means that the text did not fit.
    if write!(clip, "{text}").is_err() {
        clip.shown.truncate(clip.fitting);
        clip.shown.push('…');
    }
    clip.shown
}

struct Clip {
    columns: usize,
    shown: String,
    /// The width of `shown` in columns.
    used: usize,
    /// The length of the longest prefix of `shown` that leaves room for an ellipsis.
    fitting: usize,
    /// The number of characters so far.
    count: usize,
}

impl Write for Clip {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|character| {
            let start = self.shown.len();
            write_char(&mut self.shown, character)?;
            self.used += width(&self.shown[start..]);
            self.count += 1;
            // The number of characters is limited because some have no width.
            if self.used > self.columns || self.count > 4 * self.columns + 1 {
                return Err(fmt::Error);
            }
            if self.used < self.columns {
                self.fitting = self.shown.len();
            }
            Ok(())
        })
    }
}

/// Converts bytes to text, with hidden characters and invalid UTF-8 escaped.
pub fn escape_bytes(bytes: &[u8]) -> String {
    let mut shown = String::new();
    for chunk in bytes.utf8_chunks() {
        // Writing to a string does not fail.
        let _ = chunk.valid().chars().try_for_each(|character| write_char(&mut shown, character));
        let _ = chunk.invalid().iter().try_for_each(|byte| write!(shown, "\\x{byte:02x}"));
    }
    shown
}

/// Returns the width of a text in terminal columns.
pub fn width(text: &str) -> usize {
    text.width()
}

#[cfg(test)]
mod tests {
    use super::{Visible, clip, escape_bytes, width};

    #[test]
    fn hidden_characters_are_escaped() {
        assert_eq!(Visible("a\u{1b}[2J\u{202e}b\n").to_string(), "a\\u{1b}[2J\\u{202e}b⏎");
        assert_eq!(escape_bytes(b"a\x07\xff\xe8\xaa\x9e"), "a\\u{7}\\xff語");
    }

    #[test]
    fn long_texts_are_clipped() {
        assert_eq!(clip("12345", 5), "12345");
        assert_eq!(clip("123456", 5), "1234…");
        assert_eq!(clip("語語語", 5), "語語…");
        assert!(clip("\u{301}".repeat(100), 5).chars().count() < 25);
        assert_eq!(width("e\u{301}語"), 3);
    }
}
